"""A store with rows in every table, and what is in it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from visavis.service.accounts import Interface, KeyKind, Limits
from visavis.service.ports import StoredFace
from visavis.storage import SqlStore, open_store
from visavis.storage.database import Database
from visavis.storage.tables import METADATA

NOW = 1_800_000_000.0
FACES = 5


def fill_store(url: str, secret_key: bytes) -> tuple[str, dict[KeyKind, tuple[str, ...]]]:
    """An account's id, and the ids and secrets of its keys: one of each kind; Tencent's has two secrets."""
    with open_store(url, secret_key, clock=lambda: NOW) as store:
        account = store.create_account("Zoë 店", interfaces=[Interface.NATIVE_COMPARE], limits=Limits(total=10**15))
        store.add_package(account.account_id, 7, NOW + 86_400)
        store.reserve_call(account.account_id, account.limits, NOW)
        store.count_call(account.account_id, 5)
        store.remember_nonce(KeyKind.ALIBABA, "key", "once", NOW, 900.0)
        store.put_faces([_face(account.account_id, number) for number in range(FACES)])
        pairs = [store.create_key(account.account_id, kind) for kind in KeyKind]
        keys: dict[KeyKind, tuple[str, ...]] = {pair.kind: (pair.key_id, pair.secret) for pair in pairs}
        tencent, old = keys[KeyKind.TENCENT]
        keys[KeyKind.TENCENT] = tencent, store.rotate_key(KeyKind.TENCENT, tencent).secret, old
    return account.account_id, keys


def check_store(store: SqlStore, account_id: str, keys: dict[KeyKind, tuple[str, ...]]) -> None:
    """Everything that is sealed opens, and says what it said."""
    for kind, (key_id, *secrets) in keys.items():
        found = store.find_key(kind, key_id)
        assert found is not None
        assert list(found.secrets) == secrets
    for number in range(FACES):
        expected = _face(account_id, number)
        face = store.get_face(account_id, expected.token, NOW)
        assert face is not None
        assert (face.vector, face.findings) == (expected.vector, expected.findings)


def rows_of(url: str) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table."""
    database = Database(url)
    try:
        with database.reading() as connection:
            return {
                table.name: {tuple(row) for row in connection.execute(sa.select(table))}
                for table in METADATA.sorted_tables
            }
    finally:
        database.close()


def _face(account_id: str, number: int) -> StoredFace:
    findings = f'{{"age": {number}}}'
    expires_at = None if number == 0 else NOW + 3600
    return StoredFace(f"{number:032x}", account_id, "sface", bytes([number] * 16), "live", findings, expires_at)
