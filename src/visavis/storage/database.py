"""Connections and transactions, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from visavis.errors import ParameterError, StoreError

BUSY_TIMEOUT_S = 5
_WRITING = "visavis_writing"


class Database:
    """One store's connections; good for all threads of a process, but not across a fork.

    Args:
        url: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/DATABASE`.

    Raises:
        ParameterError: another kind of URL.
        StoreError: the driver is missing, or the file cannot be made.
    """

    def __init__(self, url: str) -> None:
        self.url = _parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _open_sqlite(self.url) if self.is_sqlite else _open_postgresql(self.url)
        self._writing_engine = self.engine.execution_options(**{_WRITING: True})
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads.

        Raises:
            StoreError: the store cannot be read.
        """
        with _translated(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes: all or nothing. In SQLite it is the only one of all processes.

        Raises:
            StoreError: the store cannot be written; others have kept it busy for seconds, for example.
        """
        turn = self._own_turn() if self.is_sqlite else contextlib.nullcontext()
        with turn, _translated(), self._writing_engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _own_turn(self) -> Iterator[None]:
        """SQLite lets writers that wait sleep for up to 100 ms at a time; the threads of one process can do better."""
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_S):
            raise StoreError(f"the store has been busy for {BUSY_TIMEOUT_S} seconds")
        try:
            yield
        finally:
            self._turn.release()

    @contextlib.contextmanager
    def driver_connection(self) -> Iterator[Any]:
        """The driver's own connection, outside of any transaction.

        Raises:
            StoreError: the store cannot be opened.
        """
        try:
            with _translated(), contextlib.closing(self.engine.raw_connection()) as connection:
                yield connection.driver_connection
        except sqlite3.Error as error:
            raise StoreError(f"the store failed: {error}") from error

    def insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


_SQLITE_PREFIX = "sqlite:///"


def _parse_url(text: str) -> sa.URL:
    if text.startswith(_SQLITE_PREFIX):
        # A path may have any character; what looks like a query or an escape is a part of its name.
        return _sqlite_url(text.removeprefix(_SQLITE_PREFIX))
    try:
        url = sa.make_url(text)
    except ArgumentError:
        raise ParameterError("the store's URL is not one; sqlite:///PATH or postgresql://… is") from None
    if url.drivername == "sqlite":
        return _sqlite_url(url.database or "")
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise ParameterError(f"the store cannot be {url.drivername}; it can be sqlite or postgresql")


def _sqlite_url(path: str) -> sa.URL:
    if path in ("", ":memory:") or path.startswith("file:") or "\0" in path:
        raise ParameterError("the store must be a file, which several processes can share: sqlite:///PATH")
    return sa.URL.create("sqlite", database=path)


def _open_sqlite(url: sa.URL) -> sa.Engine:
    _make_private_file(Path(url.database or ""))
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_timeout=BUSY_TIMEOUT_S,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: object) -> None:
        # The driver would begin transactions by itself, and too late: after what was read to decide on them.
        connection.isolation_level = None
        for setting in ("foreign_keys = ON", "secure_delete = ON", "synchronous = NORMAL"):
            connection.execute(f"PRAGMA {setting}").close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        is_writing = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return engine


def _make_private_file(path: Path) -> None:
    """SQLite would make it readable for everyone; its side files get the mode of this one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(f"cannot make {path}: {error.strerror}") from error


def _open_postgresql(url: sa.URL) -> sa.Engine:
    try:
        engine = sa.create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_timeout=BUSY_TIMEOUT_S,
            connect_args={"connect_timeout": BUSY_TIMEOUT_S},
        )
    except ModuleNotFoundError as error:
        raise StoreError("a store in PostgreSQL needs psycopg; install visavis[postgresql]") from error

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{BUSY_TIMEOUT_S}s'")
        connection.commit()

    return engine


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # Of the driver's error only the first line: what follows can quote a row.
        cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise StoreError(f"the store failed: {cause}") from error
