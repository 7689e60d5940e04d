"""Charged calls by day, in total, and by package."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from visavis.errors import DailyLimitError, ParameterError, QuotaExhaustedError
from visavis.service.accounts import Limits
from visavis.service.ports import Reservation
from visavis.storage.ledger import lock_ledger
from visavis.storage.part import StoreContext, StorePart
from visavis.storage.tables import DAILY_CALLS, LEDGERS, PACKAGES


@dataclass(frozen=True, slots=True, eq=False)
class _Receipt(Reservation):
    """A reservation that can be given back once: whoever gets the lock has done so."""

    given_back: threading.Lock = field(default_factory=threading.Lock, repr=False)


class SqlQuotaBook(StorePart):
    """See `visavis.service.ports.QuotaBook`.

    A call is counted in one write transaction under the lock of the account's ledger: what is read there to decide
    stays true until it is written. An account without limits and packages reads one row and writes two.
    """

    def __init__(self, context: StoreContext) -> None:
        super().__init__(context)
        new = context.database.insert(DAILY_CALLS).values(
            account_id=sa.bindparam("account"), day=sa.bindparam("today"), calls=1
        )
        self._count_day = new.on_conflict_do_update(
            index_elements=[DAILY_CALLS.c.account_id, DAILY_CALLS.c.day], set_={"calls": DAILY_CALLS.c.calls + 1}
        )

    def reserve_call(self, account_id: str, limits: Limits, now: float) -> Reservation:
        """See `visavis.service.ports.QuotaBook`.

        Raises:
            AccountStateError: the account has just been deleted.
        """
        keys = {"account": account_id, "today": day_of(now)}
        with self._database.writing() as connection:
            ledger = lock_ledger(connection, account_id)
            if limits.per_day is not None and _daily_calls(connection, keys) >= limits.per_day:
                raise DailyLimitError(f"{limits.per_day} calls a day are used up")
            if limits.total is not None and ledger.calls >= limits.total:
                raise QuotaExhaustedError(f"{limits.total} calls are used up")
            package_id = _use_package(connection, account_id, now) if ledger.has_packages else None
            connection.execute(_COUNT_TOTAL, keys)
            connection.execute(self._count_day, keys)
        return _Receipt(account_id, keys["today"], package_id)

    def give_back_call(self, reservation: Reservation) -> None:
        """See `visavis.service.ports.QuotaBook`. A reservation that was given back already is left alone.

        Raises:
            ParameterError: it does not come from `reserve_call`.
        """
        if not isinstance(reservation, _Receipt):
            raise ParameterError("only what reserve_call returned can be given back")
        if not reservation.given_back.acquire(blocking=False):
            return
        keys = {"account": reservation.account_id, "today": reservation.day, "package": reservation.package_id}
        is_done = False
        try:
            with self._database.writing() as connection:
                # In the order in which `reserve_call` takes its locks, so that neither waits for the other forever.
                connection.execute(_UNCOUNT_TOTAL, keys)
                connection.execute(_UNCOUNT_DAY, keys)
                if reservation.package_id is not None:
                    connection.execute(_UNUSE_PACKAGE, keys)
            is_done = True
        finally:
            if not is_done:
                reservation.given_back.release()


def day_of(now: float) -> str:
    """The UTC day, `YYYY-MM-DD`."""
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def _daily_calls(connection: sa.Connection, keys: dict[str, str]) -> int:
    return connection.execute(_CALLS_OF_DAY, keys).scalar_one_or_none() or 0


def _use_package(connection: sa.Connection, account_id: str, now: float) -> str:
    package_id: str | None = connection.execute(_OPEN_PACKAGE, {"account": account_id, "now": now}).scalar_one_or_none()
    if package_id is None:
        raise QuotaExhaustedError("all packages are used up or have expired")
    connection.execute(_USE_PACKAGE, {"package": package_id})
    return package_id


_OF_ACCOUNT = LEDGERS.c.account_id == sa.bindparam("account")
_OF_DAY = sa.and_(DAILY_CALLS.c.account_id == sa.bindparam("account"), DAILY_CALLS.c.day == sa.bindparam("today"))
_OF_PACKAGE = PACKAGES.c.package_id == sa.bindparam("package")

_COUNT_TOTAL = sa.update(LEDGERS).where(_OF_ACCOUNT).values(calls=LEDGERS.c.calls + 1)
_UNCOUNT_TOTAL = sa.update(LEDGERS).where(_OF_ACCOUNT, LEDGERS.c.calls > 0).values(calls=LEDGERS.c.calls - 1)
_CALLS_OF_DAY = sa.select(DAILY_CALLS.c.calls).where(_OF_DAY)
_UNCOUNT_DAY = sa.update(DAILY_CALLS).where(_OF_DAY, DAILY_CALLS.c.calls > 0).values(calls=DAILY_CALLS.c.calls - 1)
_OPEN_PACKAGE = (
    sa.select(PACKAGES.c.package_id)
    .where(
        PACKAGES.c.account_id == sa.bindparam("account"),
        PACKAGES.c.used < PACKAGES.c.calls,
        PACKAGES.c.expires_at > sa.bindparam("now"),
    )
    .order_by(PACKAGES.c.expires_at, PACKAGES.c.package_id)
    .limit(1)
)
_USE_PACKAGE = sa.update(PACKAGES).where(_OF_PACKAGE).values(used=PACKAGES.c.used + 1)
_UNUSE_PACKAGE = sa.update(PACKAGES).where(_OF_PACKAGE, PACKAGES.c.used > 0).values(used=PACKAGES.c.used - 1)
