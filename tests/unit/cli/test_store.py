"""`visavis store`, as an administrator runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.contract.full_store import FACES, check_store, fill_store, rows_of
from visavis.cli import store as command
from visavis.cli.store_access import open_administration
from visavis.errors import ParameterError, SecretKeyError, StoreError
from visavis.service.accounts import KeyKind
from visavis.storage import load_secret_key, open_store


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VISAVIS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def url(home: Path) -> str:
    return f"sqlite:///{home / 'visavis.db'}"


@pytest.fixture
def filled(home: Path, url: str) -> tuple[str, dict[KeyKind, tuple[str, ...]]]:
    return fill_store(url, load_secret_key(home / "secret.key"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command.app, [str(argument) for argument in arguments])


def answered(*arguments: object) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_key_is_changed_and_made_where_it_is_missing(
    home: Path, url: str, filled: tuple[str, dict[KeyKind, tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = home / "deep" / "new.key"
    lines = run("change-key", new).stdout.splitlines()
    assert lines[0].startswith(f"made a secret key: {new}; keep a copy")
    assert lines[1] == f"sealed anew: 6 secrets of keys, {FACES} faces"
    assert f"  export VISAVIS_SECRET_KEY_FILE={new}" in lines
    assert (home / "secret.key").exists()
    with pytest.raises(SecretKeyError, match="not the one that the store was written with"), open_administration():
        pass
    monkeypatch.setenv("VISAVIS_SECRET_KEY_FILE", str(new))
    with open_administration() as store:
        check_store(store, *filled)


def test_change_of_key_can_be_repeated(home: Path, filled: object) -> None:
    new = home / "new.key"
    expected = {"secret_key_file": str(new), "is_made": True, "resealed": {"secrets": 6, "faces": FACES}}
    assert answered("change-key", new) == expected
    assert answered("change-key", new) == expected | {"is_made": False, "resealed": None}
    assert "the store is of that secret key already" in run("change-key", new).stdout


def test_same_key_is_refused(home: Path, url: str, filled: object) -> None:
    before = rows_of(url)
    (home / "copy.key").write_bytes((home / "secret.key").read_bytes())
    for same in ("secret.key", "copy.key"):
        assert isinstance(run("change-key", home / same).exception, ParameterError)
    assert rows_of(url) == before


def test_lost_key_is_not_made_anew(home: Path, filled: object) -> None:
    (home / "secret.key").unlink()
    error = run("change-key", home / "new.key").exception
    assert isinstance(error, SecretKeyError)
    assert str(error) == f"there is no secret key at {home / 'secret.key'}"
    assert not (home / "secret.key").exists()
    assert not (home / "new.key").exists()


@pytest.mark.parametrize("content", ["", "short", "AAAA"])
def test_file_that_is_no_key_is_refused(home: Path, url: str, filled: object, content: str) -> None:
    before = rows_of(url)
    (home / "new.key").write_text(content)
    assert isinstance(run("change-key", home / "new.key").exception, SecretKeyError)
    assert rows_of(url) == before


def test_store_is_copied(home: Path, url: str, filled: tuple[str, dict[KeyKind, tuple[str, ...]]]) -> None:
    target = f"sqlite:///{home / 'copy.db'}"
    lines = run("copy", url, target).stdout.splitlines()
    assert {tuple(line.split()) for line in lines[:-1]} >= {("faces", str(FACES)), ("accounts", "1")}
    assert "VISAVIS_STORE_URL" in lines[-1]
    with open_store(target, load_secret_key(home / "secret.key"), migrate=False) as store:
        check_store(store, *filled)


def test_copy_is_counted(home: Path, url: str, filled: object) -> None:
    counts = answered("copy", url, f"sqlite:///{home / 'copy.db'}")
    assert (counts["key_secrets"], counts["faces"], len(counts)) == (6, FACES, 11)


def test_second_copy_is_refused(home: Path, url: str, filled: object) -> None:
    target = f"sqlite:///{home / 'copy.db'}"
    answered("copy", url, target)
    assert isinstance(run("copy", url, target).exception, StoreError)
