"""A store that nobody else has open."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from visavis.errors import StoreError
from visavis.storage.database import Database
from visavis.storage.migration import lock_opening, upgrade, wait_for_opening

_SQLITE = "sqlite:///"
_OPEN = "another process has the store open; stop every server first"


@contextlib.contextmanager
def exclusive_store(url: str, *, make: bool = False) -> Iterator[sa.Connection]:
    """One write transaction, all or nothing; nobody else can open the store before it ends.

    A server that ran meanwhile would go on with what it remembers, and write where nobody reads any more. A server
    that uses PostgreSQL under another user's name is not seen.

    Args:
        url: see `open_store`.
        make: the store where it is missing, and bring it to this version; False: refuse one that has to be changed.

    Raises:
        ParameterError: another kind of URL.
        StoreError: there is no store, it is of another version, or another process has it open.
    """
    if not make:
        _require_file(url)
    database = Database(url)
    try:
        with lock_opening(database):
            if database.is_sqlite:
                _leave_wal(database)
            with database.writing() as connection:
                if not database.is_sqlite:
                    wait_for_opening(connection)
                    _require_no_other_client(connection)
                upgrade(connection, make)
                yield connection
    finally:
        database.close()


def _require_file(url: str) -> None:
    path = Path(url.removeprefix(_SQLITE))
    if url.startswith(_SQLITE) and not path.is_file():
        raise StoreError(f"there is no store at {path}")


def _leave_wal(database: Database) -> None:
    """SQLite does so only for the one who is alone; whoever opens the store next goes back to WAL."""
    with database.driver_connection() as connection:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            mode = "wal"
    if mode != "delete":
        raise StoreError(_OPEN)


def _require_no_other_client(connection: sa.Connection) -> None:
    if connection.execute(_OTHER_CLIENTS).scalar_one():
        raise StoreError(_OPEN)


_OTHER_CLIENTS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
