"""Calls by the second."""

from __future__ import annotations

import struct

import sqlalchemy as sa

from visavis.errors import RateLimitedError
from visavis.storage.ledger import lock_ledger
from visavis.storage.part import StoreContext, StorePart
from visavis.storage.tables import RATES

_WINDOW_S = 1.0


class SqlRateCounter(StorePart):
    """See `visavis.service.ports.RateCounter`. The window moves: no second, wherever it begins, has too many calls.

    The times of the last second's calls are kept in the store, one row an account, and are read and written in one
    write transaction. A limiter in a worker's own memory would admit its limit once per worker, and a counter by
    calendar second, or a token bucket, up to twice the limit in a second that begins between two of theirs.

    Workers on several machines need clocks that agree to a small part of a second.
    """

    def __init__(self, context: StoreContext) -> None:
        super().__init__(context)
        new = context.database.insert(RATES).values(
            account_id=sa.bindparam("account"), admitted_at=sa.bindparam("admitted_at", type_=sa.LargeBinary)
        )
        self._keep_admitted = new.on_conflict_do_update(
            index_elements=[RATES.c.account_id], set_={"admitted_at": new.excluded.admitted_at}
        )

    def count_call(self, account_id: str, per_second: int) -> None:
        """See `visavis.service.ports.RateCounter`. A call that is refused does not count against the next.

        Raises:
            AccountStateError: the account has just been deleted.
        """
        with self._database.writing() as connection:
            lock_ledger(connection, account_id)
            # Not before it is this call's turn: the times are kept in order.
            now = self._clock()
            packed = connection.execute(_ADMITTED, {"account": account_id}).scalar_one_or_none() or b""
            admitted = _within_window(packed, now)
            if len(admitted) >= per_second:
                raise RateLimitedError(len(admitted) + 1, per_second)
            admitted.append(now)
            row = {"account": account_id, "admitted_at": struct.pack(f"<{len(admitted)}d", *admitted)}
            connection.execute(self._keep_admitted, row)


_ADMITTED = sa.select(RATES.c.admitted_at).where(RATES.c.account_id == sa.bindparam("account"))


def _within_window(packed: bytes, now: float) -> list[float]:
    """The times that count at `now`. Those far ahead of it come from before a clock was set back; they are dropped."""
    times = struct.unpack(f"<{len(packed) // 8}d", packed)
    return [at for at in times if now - _WINDOW_S < at < now + _WINDOW_S]
