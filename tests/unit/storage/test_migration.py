"""Stores of other versions."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.contract.stores import BACKENDS, SECRET_KEY, new_database
from visavis.errors import StoreError
from visavis.service.accounts import QualityDemand
from visavis.storage import SqlStore, open_store
from visavis.storage.database import Database
from visavis.storage.migration import VERSION_TABLE
from visavis.storage.tables import METADATA


@pytest.mark.parametrize("backend", BACKENDS)
def test_migrations_lead_to_the_tables_of_the_code(backend: str, tmp_path: Path) -> None:
    with new_database(backend, tmp_path) as url:
        open_store(url, SECRET_KEY).close()
        opened = Database(url)
        with opened.reading() as connection:
            options = {"version_table": VERSION_TABLE, "compare_type": True}
            assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []
        opened.close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_older_store_is_brought_up_to_date_with_what_is_in_it(backend: str, tmp_path: Path) -> None:
    with new_database(backend, tmp_path) as url:
        with open_store(url, SECRET_KEY) as store:
            account_id = store.create_account("old").account_id
        opened = Database(url)
        with opened.writing() as connection:
            connection.execute(sa.text("ALTER TABLE accounts DROP COLUMN quality"))
            connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))
        opened.close()
        with pytest.raises(StoreError, match="older version"):
            open_store(url, SECRET_KEY, migrate=False)
        with open_store(url, SECRET_KEY) as store:
            assert store.get_account(account_id).quality is QualityDemand.NONE


def test_every_index_and_foreign_key_is_there(tmp_path: Path, store: SqlStore) -> None:
    """SQLite's reflection says little; its own words say whether deletes cascade."""
    with sqlite3.connect(tmp_path / "visavis.db") as reader:
        rows = reader.execute("SELECT sql FROM sqlite_master WHERE type = 'table'").fetchall()
    reader.close()
    tables = [sql for (sql,) in rows if "account_id" in sql and "CREATE TABLE accounts" not in sql]
    assert len(tables) == 7
    assert all("REFERENCES accounts (account_id) ON DELETE CASCADE" in sql for sql in tables)


def test_empty_database_is_not_touched_unless_allowed(url: str) -> None:
    with pytest.raises(StoreError, match="not to be changed"):
        open_store(url, SECRET_KEY, migrate=False)
    open_store(url, SECRET_KEY).close()
    open_store(url, SECRET_KEY, migrate=False).close()


@pytest.mark.parametrize("migrate", [True, False])
def test_newer_store_is_refused_and_left_alone(url: str, store: SqlStore, tmp_path: Path, migrate: bool) -> None:
    store.close()
    with sqlite3.connect(tmp_path / "visavis.db") as writer:
        writer.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer version \\(9999\\)"):
        open_store(url, SECRET_KEY, migrate=migrate)
    assert writer.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall() == [("9999",)]
    writer.close()


def test_database_of_something_else_is_refused_and_left_alone(url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "visavis.db") as other:
        other.execute("CREATE TABLE accounts (whatever)")
    with pytest.raises(StoreError, match="accounts already exists"):
        open_store(url, SECRET_KEY)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("accounts",)]
    other.close()
