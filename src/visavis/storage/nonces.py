"""Nonces that were used."""

from __future__ import annotations

import hashlib
import itertools

import sqlalchemy as sa

from visavis.service.accounts import KeyKind
from visavis.storage.part import StoreContext, StorePart
from visavis.storage.tables import NONCES

_PURGE_EVERY = 16
_PURGE_AT_MOST = 64


class SqlNonceLog(StorePart):
    """See `visavis.service.ports.NonceLog`."""

    def __init__(self, context: StoreContext) -> None:
        super().__init__(context)
        self._nonce_numbers = itertools.count(1)
        new = context.database.insert(NONCES).values(
            digest=sa.bindparam("digest"), expires_at=sa.bindparam("expires_at")
        )
        self._remember_new = new.on_conflict_do_update(
            index_elements=[NONCES.c.digest],
            set_={"expires_at": new.excluded.expires_at},
            where=NONCES.c.expires_at <= sa.bindparam("now"),
        ).execution_options(preserve_rowcount=True)

    def remember_nonce(self, kind: KeyKind, key_id: str, nonce: str, now: float, lifetime_s: float) -> bool:
        """See `visavis.service.ports.NonceLog`. Every now and then a call deletes some that have expired."""
        row = {"digest": _digest(kind, key_id, nonce), "expires_at": now + lifetime_s, "now": now}
        with self._database.writing() as connection:
            is_new = connection.execute(self._remember_new, row).rowcount == 1
            # More are deleted than are added, so that they do not pile up; few at a time, so that nobody waits.
            if next(self._nonce_numbers) % _PURGE_EVERY == 0:
                connection.execute(_PURGE, {"now": now})
        return is_new


# Rows that another process is about to delete, or to use again, are left to it.
_EXPIRED = (
    sa.select(NONCES.c.digest)
    .where(NONCES.c.expires_at <= sa.bindparam("now"))
    .order_by(NONCES.c.expires_at)
    .limit(_PURGE_AT_MOST)
    .with_for_update(skip_locked=True)
)
_PURGE = sa.delete(NONCES).where(NONCES.c.digest.in_(_EXPIRED))


def _digest(kind: KeyKind, key_id: str, nonce: str) -> bytes:
    # A key id has no line feed, so that what comes first cannot be mistaken for what comes after it.
    return hashlib.sha256(f"{kind}\n{key_id}\n{nonce}".encode("utf-8", "surrogatepass")).digest()
