"""Nothing that must stay secret can be read in the database's files, nor in any of its columns."""

from __future__ import annotations

import base64
import sqlite3
from pathlib import Path

import pytest

from tests.contract.stores import SECRET_KEY
from visavis.errors import StoreError
from visavis.service.accounts import KeyKind
from visavis.service.ports import StoredFace
from visavis.storage import SqlStore, open_store

NOW = 1_800_000_000.0
VECTOR = bytes(range(100, 228))
MEASURES = '{"age": 31, "sharpness": 87.25}'


def _face(account_id: str, token: str = "ab" * 16) -> StoredFace:
    return StoredFace(token, account_id, "sface", VECTOR, "live", MEASURES, None)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_no_secret_template_or_measure_is_in_the_files(store: SqlStore, tmp_path: Path) -> None:
    account_id = store.create_account("visible name").account_id
    secrets = [store.create_key(account_id, kind).secret for kind in KeyKind]
    secrets += [store.rotate_key(key.kind, key.key_id).secret for key in store.list_keys()]
    store.put_faces([_face(account_id)])
    files = _files(tmp_path)
    assert any(b"visible name" in content for content in files.values()), "the files are those that were written"
    # A native secret begins with its id, which is no secret.
    hidden = [secret[12:].encode() for secret in secrets] + [VECTOR[:8], VECTOR[-8:], b"sharpness", b"87.25"]
    hidden += [SECRET_KEY, base64.b64encode(SECRET_KEY), SECRET_KEY.hex().encode()]
    for name, content in files.items():
        for value in hidden:
            assert value not in content, name


def test_deleted_face_leaves_nothing_even_encrypted(url: str, store: SqlStore, tmp_path: Path) -> None:
    account_id = store.create_account("a").account_id
    store.put_faces([_face(account_id)])
    with sqlite3.connect(tmp_path / "visavis.db") as reader:
        (sealed,) = reader.execute("SELECT vector FROM faces").fetchone()
    reader.close()
    store.delete_face(account_id, "ab" * 16)
    store.close()
    assert all(sealed not in content for content in _files(tmp_path).values())


def test_row_under_another_token_does_not_open(store: SqlStore, tmp_path: Path) -> None:
    """Whoever can write the file cannot pass one person's template off as another's."""
    account_id = store.create_account("a").account_id
    store.put_faces([_face(account_id)])
    with sqlite3.connect(tmp_path / "visavis.db") as writer:
        writer.execute("UPDATE faces SET token = ?", ("cd" * 16,))
    writer.close()
    with pytest.raises(StoreError, match="template in the store is damaged"):
        store.get_face(account_id, "cd" * 16, NOW)


def test_secret_under_another_id_does_not_open(store: SqlStore, tmp_path: Path) -> None:
    account_id = store.create_account("a").account_id
    one, other = (store.create_key(account_id, KeyKind.BAIDU) for _ in range(2))
    with sqlite3.connect(tmp_path / "visavis.db") as writer:
        (sealed,) = writer.execute("SELECT sealed FROM key_secrets WHERE key_id = ?", (one.key_id,)).fetchone()
        writer.execute("UPDATE key_secrets SET sealed = ? WHERE key_id = ?", (sealed, other.key_id))
    writer.close()
    assert store.find_key(KeyKind.BAIDU, one.key_id) is not None
    with pytest.raises(StoreError, match="secret in the store is damaged"):
        store.find_key(KeyKind.BAIDU, other.key_id)


def test_no_error_quotes_a_parameter(url: str, store: SqlStore, tmp_path: Path) -> None:
    account_id = store.create_account("a").account_id
    with sqlite3.connect(tmp_path / "visavis.db") as writer:
        writer.execute("DROP TABLE key_secrets")
    writer.close()
    with open_store(url, SECRET_KEY) as broken, pytest.raises(StoreError) as caught:
        broken.create_key(account_id, KeyKind.BAIDU)
    assert "no such table: key_secrets" in str(caught.value)
    assert "SQL parameters hidden" in str(caught.value.__cause__)
