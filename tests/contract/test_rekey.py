"""Another secret key for a store, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contract.full_store import FACES, check_store, fill_store, rows_of
from tests.contract.stores import BACKENDS, SECRET_KEY, new_database
from visavis.errors import ParameterError, SecretKeyError, StoreError
from visavis.storage import open_store, rekey
from visavis.storage.database import Database
from visavis.storage.rekey import Resealed, change_secret_key
from visavis.storage.tables import FACES as FACES_TABLE
from visavis.storage.tables import METADATA

NEW_KEY = bytes(range(32, 64))
SEALED = {("store", "key_check"), ("key_secrets", "sealed"), ("faces", "vector"), ("faces", "measures")}
UNSEALED = {("rates", "admitted_at"), ("nonces", "digest")}


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_database(request.param, tmp_path) as database_url:
        yield database_url


def test_every_column_of_bytes_is_thought_of() -> None:
    """A new one must be sealed anew by `rekey`, or be named here."""
    columns = {(table.name, column.name) for table in METADATA.sorted_tables for column in table.c}
    of_bytes = {(t, c) for t, c in columns if isinstance(METADATA.tables[t].c[c].type, sa.LargeBinary)}
    assert of_bytes == SEALED | UNSEALED


@pytest.mark.parametrize("page", [1, 2, FACES, 500])
def test_all_opens_with_the_new_key_and_nothing_with_the_old(
    url: str, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekey, "_ROWS_AT_ONCE", page)
    filled = fill_store(url, SECRET_KEY)
    before = rows_of(url)
    assert change_secret_key(url, SECRET_KEY, NEW_KEY) == Resealed(secrets=6, faces=FACES)
    with open_store(url, NEW_KEY, migrate=False) as store:
        check_store(store, *filled)
    with pytest.raises(SecretKeyError):
        open_store(url, SECRET_KEY)
    after = rows_of(url)
    assert {name for name in before if before[name] != after[name]} == {table for table, _ in SEALED}
    for name in before:
        assert len(before[name]) == len(after[name])


def test_change_that_was_made_already_is_no_error(url: str) -> None:
    filled = fill_store(url, SECRET_KEY)
    assert change_secret_key(url, SECRET_KEY, NEW_KEY) is not None
    after = rows_of(url)
    assert change_secret_key(url, SECRET_KEY, NEW_KEY) is None
    assert rows_of(url) == after
    with open_store(url, NEW_KEY) as store:
        check_store(store, *filled)


def test_wrong_old_key_changes_nothing(url: str) -> None:
    fill_store(url, SECRET_KEY)
    before = rows_of(url)
    with pytest.raises(SecretKeyError, match="old secret key is not the one"):
        change_secret_key(url, bytes(32), NEW_KEY)
    assert rows_of(url) == before


def test_row_that_cannot_be_read_is_named_and_nothing_is_changed(url: str) -> None:
    """The last of the faces, so that all the rest was sealed anew before it."""
    account_id, _ = fill_store(url, SECRET_KEY)
    token = f"{FACES - 1:032x}"
    database = Database(url)
    with database.writing() as connection:
        connection.execute(sa.update(FACES_TABLE).where(FACES_TABLE.c.token == token).values(measures=b"\x01damaged"))
    database.close()
    before = rows_of(url)
    with pytest.raises(StoreError, match=f"face's measures in the store is damaged: {account_id} {token} sface"):
        change_secret_key(url, SECRET_KEY, NEW_KEY)
    assert rows_of(url) == before


def test_interruption_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filled = fill_store(url, SECRET_KEY)
    before = rows_of(url)
    seen = []

    def interrupt(*arguments: object) -> int:
        seen.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(rekey, "_reseal", interrupt)
    with pytest.raises(KeyboardInterrupt):
        change_secret_key(url, SECRET_KEY, NEW_KEY)
    assert seen
    assert rows_of(url) == before
    with open_store(url, SECRET_KEY, migrate=False) as store:
        check_store(store, *filled)


def test_store_that_is_open_elsewhere_is_refused(url: str) -> None:
    fill_store(url, SECRET_KEY)
    before = rows_of(url)
    with open_store(url, SECRET_KEY), pytest.raises(StoreError, match="stop every server first"):
        change_secret_key(url, SECRET_KEY, NEW_KEY)
    assert rows_of(url) == before


def test_database_without_a_store_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match=r"there is no store|or empty"):
        change_secret_key(url, SECRET_KEY, NEW_KEY)


def test_no_file_is_made_for_a_store_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store at"):
        change_secret_key(f"sqlite:///{tmp_path / 'nothing.db'}", SECRET_KEY, NEW_KEY)
    assert list(tmp_path.iterdir()) == []


def test_old_ciphertext_is_not_left_in_the_files(tmp_path: Path) -> None:
    """Whoever has the old key, which may be why it is changed, finds nothing in the new file."""
    url = f"sqlite:///{tmp_path / 'visavis.db'}"
    fill_store(url, SECRET_KEY)
    with sqlite3.connect(tmp_path / "visavis.db") as reader:
        old = [row[0] for row in reader.execute("SELECT sealed FROM key_secrets UNION ALL SELECT vector FROM faces")]
    reader.close()
    change_secret_key(url, SECRET_KEY, NEW_KEY)
    contents = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(old) == 6 + FACES
    assert not [value for value in old if value in contents]


@pytest.mark.parametrize("wrong", ["mysql://host/db", "sqlite://", "nonsense"])
def test_url_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ParameterError):
        change_secret_key(wrong, SECRET_KEY, NEW_KEY)
