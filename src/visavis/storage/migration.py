"""Brings a store to the version that this code is for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import filelock
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from visavis.errors import StoreError
from visavis.storage.database import Database

VERSION_TABLE = "visavis_version"
"""Where the store says which version it is of."""

_LOCK_TIMEOUT_S = 60
_ADVISORY_LOCK = 0x76697361


def migrate_store(database: Database, *, migrate: bool) -> None:
    """Make or update the tables, while every other process that would do the same waits.

    Args:
        database: of the store.
        migrate: False: change nothing, and refuse a store that would have to be changed.

    Raises:
        StoreError: the store is of a newer version, or of an older one and must not be changed; or it fails.
    """
    with lock_opening(database):
        if database.is_sqlite:
            _require_wal(database)
        with database.writing() as connection:
            if not database.is_sqlite:
                wait_for_opening(connection)
            upgrade(connection, migrate)


def wait_for_opening(connection: sa.Connection) -> None:
    """Keep every other process from opening a PostgreSQL store until the transaction ends."""
    connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT_S}s'"))
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))


def upgrade(connection: sa.Connection, migrate: bool) -> None:
    """See `migrate_store`; in a transaction of the caller's, while nobody else opens the store."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    found = set(MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads())
    if found == set(scripts.get_heads()):
        return
    if not found <= {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(f"the store is of a newer version ({', '.join(sorted(found))}) than this visavis")
    if not migrate:
        raise StoreError("the store is of an older version, or empty, and is not to be changed")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextlib.contextmanager
def lock_opening(database: Database) -> Iterator[None]:
    """Keep every other process from opening a SQLite store; of a PostgreSQL store see `wait_for_opening`.

    A file beside SQLite's: to switch a new file over to WAL takes a lock that SQLite does not wait for.

    Raises:
        StoreError: another process has held it for too long, or the file cannot be made.
    """
    if not database.is_sqlite:
        yield
        return
    lock = f"{database.url.database}.lock"
    try:
        with filelock.FileLock(lock, timeout=_LOCK_TIMEOUT_S, mode=0o600):
            yield
    except filelock.Timeout:
        raise StoreError(f"another process has held {lock} for {_LOCK_TIMEOUT_S} seconds") from None
    except OSError as error:
        raise StoreError(f"cannot lock {lock}: {error.strerror}") from error


def _require_wal(database: Database) -> None:
    with database.driver_connection() as connection:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError(f"SQLite cannot use a write-ahead log for {database.url.database}; is it a local disk?")
