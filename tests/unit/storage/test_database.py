"""Which URLs can be a store, and how its connections are set up."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contract.stores import SECRET_KEY
from visavis.errors import ParameterError, StoreError
from visavis.service.accounts import Limits
from visavis.storage import SqlStore, database, open_store
from visavis.storage.database import Database


@pytest.mark.parametrize(
    "url",
    [
        "",
        "visavis.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "sqlite:///a\0",
    ],
)
def test_what_is_no_file_is_refused(url: str) -> None:
    with pytest.raises(ParameterError):
        Database(url)


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql+asyncpg://a/b", "sqlite+aiosqlite:///x", "nonsense://a"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ParameterError, match="sqlite or postgresql"):
        Database(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_by_psycopg(scheme: str) -> None:
    opened = Database(f"{scheme}://user@host/name")
    assert opened.url.drivername == "postgresql+psycopg"
    assert not opened.is_sqlite


def test_path_may_have_any_character(tmp_path: Path) -> None:
    path = tmp_path / "a?b=c&d %41#é" / "visavis.db"
    with open_store(f"sqlite:///{path}", SECRET_KEY):
        assert path.is_file()


def test_file_is_its_owner_s_only(tmp_path: Path, url: str, store: SqlStore) -> None:
    store.create_account("a")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes) >= {"visavis.db", "visavis.db-wal", "visavis.db-shm"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 1),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("busy_timeout", 5000),
    ],
)
def test_sqlite_is_set_up_on_every_connection(url: str, store: SqlStore, setting: str, value: object) -> None:
    opened = Database(url)
    with opened.reading() as one, opened.reading() as other:
        assert [connection.exec_driver_sql(f"PRAGMA {setting}").scalar() for connection in (one, other)] == [value] * 2
    opened.close()


def test_writer_locks_before_it_reads(url: str, store: SqlStore) -> None:
    """Otherwise two could read the same count, and both write it plus one."""
    opened = Database(url)
    with opened.writing():
        impatient = sqlite3.connect(opened.url.database or "", timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            impatient.execute("BEGIN IMMEDIATE")
        impatient.close()
    opened.close()


def test_failed_transaction_leaves_nothing(url: str, store: SqlStore) -> None:
    opened = Database(url)
    with pytest.raises(StoreError), opened.writing() as connection:
        connection.execute(sa.text("INSERT INTO nonces VALUES ('a', 1.0)"))
        connection.execute(sa.text("INSERT INTO nowhere VALUES (1)"))
    with opened.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM nonces")) == 0
    opened.close()


def test_store_that_others_keep_busy_is_an_error(
    url: str, store: SqlStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account_id = store.create_account("a").account_id
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    with open_store(url, SECRET_KEY) as impatient:
        other = sqlite3.connect(tmp_path / "visavis.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            impatient.reserve_call(account_id, Limits(), 0.0)
        other.execute("ROLLBACK")
        other.close()
        impatient.reserve_call(account_id, Limits(), 0.0)


def test_store_that_another_thread_keeps_busy_is_an_error(
    url: str, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Database(url)
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    failures = []

    def write() -> None:
        try:
            with opened.writing():
                pass
        except StoreError as error:
            failures.append(str(error))

    with opened.writing():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert failures == ["the store has been busy for 0.05 seconds"]
    opened.close()


@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"\0" * 4096], ids=["text", "zeros"])
def test_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "visavis.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{path}", SECRET_KEY)
    assert path.read_bytes() == content


def test_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        open_store(f"sqlite:///{tmp_path}", SECRET_KEY)


def test_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(StoreError, match="connection") as caught:
        open_store("postgresql://user:hidden-word@127.0.0.1:1/name", SECRET_KEY)
    assert "hidden-word" not in str(caught.value)
