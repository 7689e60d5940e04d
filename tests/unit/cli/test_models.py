"""`visavis models`, as a user runs it."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.unit.engine.models.conftest import Wheelhouse, make_tiny_onnx, wheelhouse
from visavis.cli import models
from visavis.engine.models import ARCFACE_TEMPLATE, CATALOGUE, ModelStore
from visavis.engine.models.manifest import read_manifest
from visavis.errors import LicenceNotAcceptedError, ModelFormatError, ModelNotFoundError, ParameterError

__all__ = ["wheelhouse"]

MANIFEST = {
    "input_width": 16,
    "input_height": 16,
    "colour_order": "RGB",
    "mean": 127.5,
    "scale": 0.0078125,
    "dimension": 8,
    "template_points": [[5, 7], [11, 7], [8, 10], [6, 13], [10, 13]],
    "licence": "[red]ours",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VISAVIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path / "home"


@pytest.fixture
def pullable(home: Path, wheelhouse: Wheelhouse, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """The command line with the hand-made catalogue in place of the real one."""
    assert home == wheelhouse.home
    monkeypatch.setattr(models, "ModelStore", partial(ModelStore, catalogue=wheelhouse.catalogue))
    monkeypatch.setattr(models, "DEFAULT_PULL", ("alpha", "beta"))
    return wheelhouse.store


def run(*arguments: str) -> Result:
    return CliRunner().invoke(models.app, list(arguments))


def add_own(folder: Path) -> Result:
    (folder / "own.onnx").write_bytes(make_tiny_onnx())
    (folder / "own.json").write_text(json.dumps(MANIFEST))
    return run("add", str(folder / "own.onnx"), str(folder / "own.json"), "--name", "own")


def rows(table: str) -> dict[str, list[str]]:
    lines = (re.split(r" {2,}", line.strip()) for line in table.splitlines()[1:])
    return {cells[0]: cells[1:] for cells in lines}


def test_list_shows_every_model_and_its_state(home: Path, tmp_path: Path) -> None:
    assert add_own(tmp_path).exit_code == 0
    shown = rows(run("list").stdout)
    assert shown["sface-2021dec"] == ["recognition", "Apache-2.0", "38.7 MB", "missing"]
    assert shown["w600k-mbf"] == ["recognition", "InsightFace-Research", "13.6 MB", "needs licence"]
    assert shown["own"] == ["recognition", "[red]ours", "0.0 MB", "present"]


def test_list_cuts_nothing_off_in_80_columns(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = rows(run("list").stdout)
    assert shown["mediapipe-face-mesh"][1] == "Apache-2.0"
    assert shown["w600k-mbf"][1] == "InsightFace-Research"


def test_list_as_json(home: Path) -> None:
    entries = {entry["name"]: entry for entry in json.loads(run("list", "--json").stdout)}
    sface = entries["sface-2021dec"]
    assert (sface["state"], sface["licence"], sface["research_only"]) == ("missing", "Apache-2.0", False)
    assert sface["path"] == str(home / "models" / f"sface-2021dec.{sface['sha256'][:12]}.onnx")
    assert entries["w600k-mbf"]["state"] == "needs licence"


def test_pull_fetches_the_default_models_and_keeps_stdout_for_the_result(pullable: ModelStore) -> None:
    result = run("pull")
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [["alpha", "ready"], ["beta", "ready"]]
    assert "tiny-pair==1.0" in result.stderr
    assert pullable.is_intact("alpha")
    assert not pullable.is_present("gamma")


def test_pull_of_a_research_model(pullable: ModelStore) -> None:
    assert isinstance(run("pull", "gamma").exception, LicenceNotAcceptedError)
    assert isinstance(run("pull", "alpha", "--accept-licence", "gamma").exception, ParameterError)
    assert run("pull", "gamma", "--accept-licence", "gamma").exit_code == 0
    assert rows(run("list").stdout)["gamma"][-1] == "present"


def test_verify_tells_intact_from_damaged_by_its_exit_status(pullable: ModelStore) -> None:
    assert isinstance(run("verify").exception, ModelNotFoundError)
    run("pull")
    assert run("verify").exit_code == 0
    assert run("verify", "alpha").stdout == "alpha  intact\n"
    path = pullable.path("alpha")
    path.write_bytes(path.read_bytes()[::-1])
    result = run("verify")
    assert result.exit_code == 2
    assert "alpha  " in result.stdout
    assert "expected" in result.stdout
    assert "beta  intact" in result.stdout
    assert run("verify", "beta").exit_code == 0


def test_verify_of_a_missing_model(pullable: ModelStore) -> None:
    result = run("verify", "beta")
    assert result.exit_code == 2
    assert "visavis models pull beta" in result.stdout


def test_remove_is_idempotent_and_says_so(pullable: ModelStore) -> None:
    run("pull", "alpha")
    assert run("remove", "alpha").stdout == "alpha  removed\n"
    second = run("remove", "alpha")
    assert (second.exit_code, second.stdout) == (0, "alpha  is not here, nothing to remove\n")
    assert isinstance(run("remove", "delta").exception, ModelNotFoundError)


def test_add_then_remove(home: Path, tmp_path: Path) -> None:
    assert add_own(tmp_path).stdout.startswith("own  added  sha256 ")
    assert run("verify", "own").exit_code == 0
    assert run("remove", "own").stdout == "own  removed\n"
    assert "own" not in rows(run("list").stdout)


def test_add_names_the_field_that_is_wrong(home: Path, tmp_path: Path) -> None:
    (tmp_path / "own.onnx").write_bytes(make_tiny_onnx())
    (tmp_path / "own.json").write_text(json.dumps(MANIFEST | {"dimension": "8"}))
    error = run("add", str(tmp_path / "own.onnx"), str(tmp_path / "own.json"), "--name", "own").exception
    assert isinstance(error, ModelFormatError)
    assert "dimension" in str(error)


_ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("page", ["docs/models.md", "docs/models.zh-CN.md"])
def test_the_page_on_licences_names_every_model_and_its_example_is_valid(page: str, tmp_path: Path) -> None:
    text = (_ROOT / page).read_text(encoding="utf-8")
    for spec in CATALOGUE:
        assert spec.source is not None
        row = next(line for line in text.splitlines() if line.startswith(f"| `{spec.name}`"))
        assert spec.licence in row
        assert f"`{spec.source.wheel.distribution}`" in text
    example = tmp_path / "example.toml"
    example.write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert read_manifest(example).recognition.template_points == ARCFACE_TEMPLATE


def test_the_notice_names_every_model() -> None:
    text = (_ROOT / "NOTICE").read_text(encoding="utf-8")
    for spec in CATALOGUE:
        assert spec.source is not None
        assert spec.name in text
        assert spec.licence in text
        assert spec.source.wheel.distribution.replace("==", " ") in text
