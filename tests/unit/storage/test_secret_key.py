"""The secret key's file: private, made once, never overwritten."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from visavis.errors import SecretKeyError
from visavis.storage.secret_key import load_secret_key


def test_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "secret.key"
    key = load_secret_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert base64.b64decode(path.read_bytes()) == key
    assert load_secret_key(path) == key
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]


def test_two_are_not_alike(tmp_path: Path) -> None:
    assert load_secret_key(tmp_path / "a") != load_secret_key(tmp_path / "b")


def test_all_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(load_secret_key, [tmp_path / "secret.key"] * 64))
    assert len(set(keys)) == 1
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "0 bytes"),
        (base64.b64encode(bytes(31)), "31 bytes"),
        (base64.b64encode(bytes(33)), "33 bytes"),
        (b"not base64 at all!", "not base64"),
        (b"\xff\x00", "not base64"),
        (b"A" * 2048, "768 bytes"),
    ],
)
def test_what_is_no_key_is_refused_and_left_alone(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(content)
    with pytest.raises(SecretKeyError, match=complaint):
        load_secret_key(path)
    assert path.read_bytes() == content


def test_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyError, match="cannot read"):
        load_secret_key(tmp_path)


def test_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SecretKeyError, match=r"cannot (read|make)"):
        load_secret_key(tmp_path / "file" / "secret.key")
