"""A store from one database to another."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from visavis.errors import ParameterError, StoreError
from visavis.storage.exclusive import exclusive_store
from visavis.storage.tables import METADATA

_ROWS_AT_ONCE = 500
_SQLITE = "sqlite:///"


def copy_store(source: str, target: str) -> dict[str, int]:
    """Copy every row of every table, in one transaction: the target has all of them in the end, or none.

    What is sealed stays sealed: the same secret key belongs to both.

    Args:
        source: where it is, see `open_store`.
        target: an empty database, or a file that is not there yet.

    Returns:
        How many rows each table has.

    Raises:
        ParameterError: another kind of URL, or twice the same store.
        StoreError: there is no store at the source, one of them is open elsewhere, the target is not empty, or a row
            does not fit into it.
    """
    if _is_same(source, target):
        raise ParameterError("the store cannot be copied onto itself")
    with exclusive_store(source) as reading, exclusive_store(target, make=True) as writing:
        for table in METADATA.sorted_tables:
            if _count(writing, table):
                raise StoreError(f"the target is not empty: it has rows in {table.name}")
        copied = {table.name: _copy_table(reading, writing, table) for table in METADATA.sorted_tables}
    return copied


def _copy_table(reading: sa.Connection, writing: sa.Connection, table: sa.Table) -> int:
    rows = reading.execute(sa.select(table), execution_options={"yield_per": _ROWS_AT_ONCE})
    for page in rows.mappings().partitions():
        writing.execute(sa.insert(table), [dict(row) for row in page])
    expected, found = _count(reading, table), _count(writing, table)
    if expected != found:
        raise StoreError(f"{table.name} has {expected} rows, and {found} after it was copied; nothing was kept")
    return found


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _is_same(source: str, target: str) -> bool:
    if source.startswith(_SQLITE) and target.startswith(_SQLITE):
        return Path(source.removeprefix(_SQLITE)).resolve() == Path(target.removeprefix(_SQLITE)).resolve()
    return source == target
