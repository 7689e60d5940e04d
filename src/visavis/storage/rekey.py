"""Another secret key for a store: everything that is sealed in it is sealed anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from visavis.errors import SecretKeyError, StoreError
from visavis.storage.encryption import Purpose, Sealer
from visavis.storage.exclusive import exclusive_store
from visavis.storage.tables import FACES, KEY_SECRETS, STORE

_ROWS_AT_ONCE = 500
_STORE_ROW = ("store",)


@dataclass(frozen=True, slots=True)
class _SealedTable:
    """Columns that are sealed, and what identifies the row that they are bound to."""

    table: sa.Table
    purposes: dict[str, Purpose]
    identity: tuple[str, ...]


_KEY_SECRETS = _SealedTable(KEY_SECRETS, {"sealed": Purpose.KEY_SECRET}, ("kind", "key_id", "serial"))
_FACES = _SealedTable(
    FACES, {"vector": Purpose.TEMPLATE, "measures": Purpose.MEASURES}, ("account_id", "token", "model_id")
)


@dataclass(frozen=True, slots=True)
class Resealed:
    """How much was sealed anew.

    Attributes:
        secrets: of keys; a key that is being rotated has two.
        faces: templates with their measures.
    """

    secrets: int
    faces: int


def change_secret_key(url: str, old: bytes, new: bytes) -> Resealed | None:
    """Seal everything anew, in one transaction: the store is of the old key or of the new one, and never of both.

    Args:
        url: see `open_store`.
        old: the secret key that the store was written with.
        new: the one that it is to be read with. It must be safe on a disk by now.

    Returns:
        What was done; None where the store is of the new key already, so that a change that was interrupted can be
        made again.

    Raises:
        ParameterError: another kind of URL.
        SecretKeyError: the store is of another key than the old one.
        StoreError: there is no store, another process has it open, or something in it cannot be read.
    """
    with exclusive_store(url) as connection:
        if not _change_key_check(connection, old, new):
            return None
        return Resealed(_reseal(connection, _KEY_SECRETS, old, new), _reseal(connection, _FACES, old, new))


def _change_key_check(connection: sa.Connection, old: bytes, new: bytes) -> bool:
    """False where the store is of the new key already."""
    olds, news = (Sealer(key, Purpose.KEY_CHECK) for key in (old, new))
    sealed: bytes | None = connection.execute(sa.select(STORE.c.key_check)).scalar_one_or_none()
    if sealed is None:
        raise StoreError("the store is empty")
    if _try_to_open(news, sealed) is not None:
        return False
    checked = _try_to_open(olds, sealed)
    if checked is None:
        raise SecretKeyError("the old secret key is not the one that the store was written with")
    connection.execute(sa.update(STORE).values(key_check=news.seal(checked, *_STORE_ROW)))
    return True


def _try_to_open(sealer: Sealer, sealed: bytes) -> bytes | None:
    try:
        return sealer.open(sealed, *_STORE_ROW)
    except StoreError:
        return None


def _reseal(connection: sa.Connection, sealed: _SealedTable, old: bytes, new: bytes) -> int:
    sealers = {name: (Sealer(old, purpose), Sealer(new, purpose)) for name, purpose in sealed.purposes.items()}
    is_row = sa.and_(*(column == sa.bindparam(f"of_{column.name}") for column in sealed.table.primary_key))
    update = sa.update(sealed.table).where(is_row).values({name: sa.bindparam(f"new_{name}") for name in sealers})
    count = 0
    for rows in _pages(connection, sealed.table):
        connection.execute(update, [_resealed(sealed, sealers, row) for row in rows])
        count += len(rows)
    return count


def _resealed(sealed: _SealedTable, sealers: dict[str, tuple[Sealer, Sealer]], row: sa.Row[Any]) -> dict[str, Any]:
    identity = tuple(str(row._mapping[name]) for name in sealed.identity)
    values = {f"of_{column.name}": row._mapping[column.name] for column in sealed.table.primary_key}
    for name, (olds, news) in sealers.items():
        try:
            values[f"new_{name}"] = news.seal(olds.open(row._mapping[name], *identity), *identity)
        except StoreError as error:
            raise StoreError(f"{error}: {' '.join(identity)}; nothing was changed") from None
    return values


def _pages(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[sa.Row[Any]]]:
    """All rows, a page at a time, in the order of the primary key: none is read twice though they change meanwhile."""
    key = tuple(table.primary_key)
    page = sa.select(table).order_by(*key).limit(_ROWS_AT_ONCE)
    rows = connection.execute(page).all()
    while rows:
        yield rows
        last = sa.tuple_(*(sa.literal(rows[-1]._mapping[column.name], column.type) for column in key))
        rows = connection.execute(page.where(sa.tuple_(*key) > last)).all()
