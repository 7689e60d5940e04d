"""A store from one database to another, each in SQLite or in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contract.full_store import FACES, check_store, fill_store, rows_of
from tests.contract.stores import BACKENDS, SECRET_KEY, new_database
from visavis.errors import ParameterError, SecretKeyError, StoreError
from visavis.storage import copy, open_store
from visavis.storage.copy import copy_store
from visavis.storage.database import Database
from visavis.storage.tables import METADATA, NONCES

DIRECTIONS = [(source, target) for source in BACKENDS for target in BACKENDS]


@pytest.fixture(params=DIRECTIONS, ids="-to-".join)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    with ExitStack() as stack:
        made = []
        for side, backend in zip(("source", "target"), request.param, strict=True):
            (tmp_path / side).mkdir()
            made.append(stack.enter_context(new_database(backend, tmp_path / side)))
        yield made[0], made[1]


@pytest.mark.parametrize("page", [1, 2, 500])
def test_target_has_every_row(urls: tuple[str, str], page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "_ROWS_AT_ONCE", page)
    source, target = urls
    filled = fill_store(source, SECRET_KEY)
    before = rows_of(source)
    assert copy_store(source, target) == {
        "store": 1,
        "accounts": 1,
        "grants": 1,
        "access_keys": 5,
        "key_secrets": 6,
        "ledgers": 1,
        "daily_calls": 1,
        "packages": 1,
        "rates": 1,
        "nonces": 1,
        "faces": FACES,
    }
    assert rows_of(source) == rows_of(target) == before
    with open_store(target, SECRET_KEY, migrate=False) as store:
        check_store(store, *filled)
    with pytest.raises(SecretKeyError):
        open_store(target, bytes(32))


def test_target_that_is_not_empty_is_left_alone(urls: tuple[str, str]) -> None:
    source, target = urls
    fill_store(source, SECRET_KEY)
    open_store(target, SECRET_KEY).close()
    before = rows_of(target)
    with pytest.raises(StoreError, match="the target is not empty: it has rows in store"):
        copy_store(source, target)
    assert rows_of(target) == before


def test_every_table_of_the_target_is_looked_at(urls: tuple[str, str]) -> None:
    source, target = urls
    fill_store(source, SECRET_KEY)
    open_store(target, SECRET_KEY).close()
    database = Database(target)
    with database.writing() as connection:
        connection.execute(sa.delete(METADATA.tables["store"]))
        connection.execute(sa.insert(NONCES).values(digest=b"x", expires_at=1.0))
    database.close()
    with pytest.raises(StoreError, match="it has rows in nonces"):
        copy_store(source, target)


def test_rows_that_are_lost_are_noticed(urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = urls
    fill_store(source, SECRET_KEY)
    count, file_or_name = copy._count, sa.make_url(target).database

    def lose_one(connection: sa.Connection, table: sa.Table) -> int:
        is_lost = table is NONCES and connection.engine.url.database == file_or_name
        return max(0, count(connection, table) - is_lost)

    monkeypatch.setattr(copy, "_count", lose_one)
    with pytest.raises(StoreError, match="nonces has 1 rows, and 0 after it was copied"):
        copy_store(source, target)
    monkeypatch.undo()
    assert copy_store(source, target)["nonces"] == 1


@pytest.mark.parametrize("side", [0, 1], ids=["source", "target"])
def test_store_that_is_open_elsewhere_is_refused(urls: tuple[str, str], side: int) -> None:
    fill_store(urls[0], SECRET_KEY)
    with open_store(urls[side], SECRET_KEY), pytest.raises(StoreError, match="stop every server first"):
        copy_store(*urls)


def test_source_without_a_store_is_refused(urls: tuple[str, str]) -> None:
    with pytest.raises(StoreError, match=r"there is no store|or empty"):
        copy_store(*urls)


@pytest.mark.parametrize("target", ["visavis.db", "./visavis.db", "sub/../visavis.db"])
def test_store_is_not_copied_onto_itself(tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    fill_store("sqlite:///visavis.db", SECRET_KEY)
    with pytest.raises(ParameterError, match="onto itself"):
        copy_store("sqlite:///visavis.db", f"sqlite:///{target}")
