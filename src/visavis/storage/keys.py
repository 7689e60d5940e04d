"""Key pairs as a server needs them: by id, decrypted, hundreds of times a second."""

from __future__ import annotations

import threading
import time

import sqlalchemy as sa

from visavis.service.accounts import AccessKey, KeyKind
from visavis.storage.account_rows import read_account
from visavis.storage.encryption import Purpose, Sealer
from visavis.storage.generate import is_key_id
from visavis.storage.part import StoreContext, StorePart
from visavis.storage.tables import ACCESS_KEYS, KEY_SECRETS

KEY_CACHE_S = 1.0
"""For how long a process may act on what a key and its account were."""

_CACHE_LIMIT = 4096


class SqlKeyFinder(StorePart):
    """See `visavis.service.ports.KeyFinder`.

    A key that was found is remembered, decrypted, for `KEY_CACHE_S`, with its account: a busy server does not read
    and decrypt it for every call, and a key that is disabled, or an account that is changed, is so everywhere within
    that time; in the process that did it, at once. That there is no such key is not remembered.
    """

    def __init__(self, context: StoreContext) -> None:
        super().__init__(context)
        self._key_secrets = Sealer(context.secret_key, Purpose.KEY_SECRET)
        self._key_cache: dict[tuple[KeyKind, str], tuple[float, AccessKey]] = {}
        self._key_cache_lock = threading.Lock()
        self._key_generation = 0

    def find_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
        """See `visavis.service.ports.KeyFinder`."""
        if not is_key_id(key_id):
            return None
        cached = self.known_key(kind, key_id)
        if cached is not None:
            return cached
        now, generation = time.monotonic(), self._key_generation
        key = self._read_key(kind, key_id)
        with self._key_cache_lock:
            # What was read before a change must not outlive it.
            if generation == self._key_generation:
                self._remember(kind, key_id, now, key)
        return key

    def known_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
        """See `visavis.service.ports.KeyFinder`."""
        with self._key_cache_lock:
            until, cached = self._key_cache.get((kind, key_id), (0.0, None))
        return cached if cached is not None and time.monotonic() < until else None

    def forget_keys(self) -> None:
        """Drop what this process remembers; after a change."""
        with self._key_cache_lock:
            self._key_generation += 1
            self._key_cache.clear()

    def _remember(self, kind: KeyKind, key_id: str, now: float, key: AccessKey | None) -> None:
        if key is None:
            self._key_cache.pop((kind, key_id), None)
            return
        if len(self._key_cache) >= _CACHE_LIMIT:
            self._key_cache.clear()
        self._key_cache[kind, key_id] = (now + KEY_CACHE_S, key)

    def _read_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
        keys = {"kind": kind.value, "id": key_id}
        with self._database.reading() as connection:
            row = connection.execute(_KEY, keys).one_or_none()
            if row is None:
                return None
            account = read_account(connection, row.account_id)
            sealed = connection.execute(_SECRETS, keys).all()
        if account is None or not sealed:
            # Deleted between one statement and the next, by another process.
            return None
        secrets = tuple(
            self._key_secrets.open(value, *secret_row(kind, key_id, serial)).decode() for serial, value in sealed
        )
        return AccessKey(key_id, kind, secrets, row.is_enabled, account)


def secret_row(kind: KeyKind, key_id: str, serial: int) -> tuple[str, str, str]:
    """What identifies the row of a secret."""
    return kind.value, key_id, str(serial)


_KEY = sa.select(ACCESS_KEYS.c.account_id, ACCESS_KEYS.c.is_enabled).where(
    ACCESS_KEYS.c.kind == sa.bindparam("kind"), ACCESS_KEYS.c.key_id == sa.bindparam("id")
)
_SECRETS = (
    sa.select(KEY_SECRETS.c.serial, KEY_SECRETS.c.sealed)
    .where(KEY_SECRETS.c.kind == sa.bindparam("kind"), KEY_SECRETS.c.key_id == sa.bindparam("id"))
    .order_by(KEY_SECRETS.c.serial.desc())
)
