"""`visavis demo`: what a newcomer sees first."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.unit.cli.running import run_visavis


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("VISAVIS_PRECISION", "fp32")


def test_demo_tells_persons_apart_and_draws_it(
    model_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the calibration that comes with the package."""
    monkeypatch.setenv("VISAVIS_HOME", str(model_home))
    folder = tmp_path / "new" / "folder"
    outcome = run_visavis("demo", "--output", str(folder))
    assert (outcome.status, outcome.err) == (0, "")
    decisions = [line.split()[1] for line in outcome.out.splitlines() if line.startswith("decision")]
    assert decisions == ["match", "non-match"]
    names = {path.name for path in folder.iterdir()}
    drawings = {name for name in names if name.startswith("verdict-")}
    assert names - drawings == {"astronaut.jpg", "astronaut-darker-turned.jpg", "admiral.jpg"}
    assert len(drawings) == 2
    for name in drawings:
        assert str(folder / name) in outcome.out
        with Image.open(folder / name) as picture:
            assert picture.format == "PNG"


def test_folder_that_cannot_be_made_is_status_2(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = run_visavis("demo", "--output", str(tmp_path / "file" / "folder"))
    assert (outcome.status, outcome.out) == (2, "")
    assert "cannot write to" in outcome.err


def test_missing_portraits_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    outcome = run_visavis("demo", "--output", str(tmp_path))
    assert (outcome.status, outcome.out) == (2, "")
    assert "pip install 'visavis[demo]'" in outcome.err
