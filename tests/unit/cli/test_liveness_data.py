"""`visavis evaluate-liveness` and `visavis calibrate-liveness`, as a user runs them, with a stand-in for the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from tests.unit.evaluation.pad_fakes import NETWORKS, FakeInspector, write_photos
from visavis.cli import dataset_run
from visavis.cli.calibrate_liveness import calibrate_liveness
from visavis.cli.evaluate_liveness import evaluate_liveness
from visavis.engine.bpcer import BpcerScale
from visavis.engine.examiner import LivenessOptions
from visavis.errors import DatasetError, FileMissingError, ParameterError
from visavis.presentation import CheckNetwork
from visavis.types import FaceCheck, FaceChoice


class FakeEngine(FakeInspector):
    """The inspector, with what else the commands ask an engine for."""

    opened_with: LivenessOptions

    def open(self, liveness: LivenessOptions) -> None:
        self.opened_with = liveness
        self.scale = None if liveness.calibration is None else BpcerScale.read(liveness.calibration)

    @property
    def examiner(self) -> FakeEngine:
        return self

    @property
    def pad(self) -> FakeDetector:
        return FakeDetector(self.scale)

    @property
    def synthesis(self) -> FakeDetector:
        return FakeDetector(None)

    def __enter__(self) -> FakeEngine:
        return self

    def __exit__(self, *error: object) -> None:
        pass


class FakeDetector:
    precision = "fp32"

    def __init__(self, scale: BpcerScale | None) -> None:
        self.scale = scale

    @property
    def identity(self) -> tuple[CheckNetwork, ...]:
        return NETWORKS


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    monkeypatch.setenv("VISAVIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("VISAVIS_LIVENESS_CALIBRATION", raising=False)
    engine = FakeEngine()

    def open_engine(settings: object, **overrides: Any) -> FakeEngine:
        engine.open(overrides["liveness"])
        return engine

    monkeypatch.setattr(dataset_run, "open_engine", open_engine)
    return engine


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two bona fide photos of 150 people each (0.5..0.99), prints of ten (0.2), screens (0.9), two without a score."""
    natives = np.random.default_rng(5).permutation(np.linspace(0.5, 0.99, 300)).tolist()
    root = tmp_path / "set"
    write_photos(root, {f"bona_fide/p{i // 2:03d}/{i % 2}.jpg": native for i, native in enumerate(natives)})
    write_photos(root, {f"attack/print/p{i:03d}/0.jpg": 0.2 for i in range(10)})
    write_photos(root, {f"attack/screen/{i}.jpg": 0.9 for i in range(4)})
    write_photos(root, {"bona_fide/p000/2.jpg": "no face", "bona_fide/p000/3.jpg": "too_tight"})
    return root


def run(command: Any, *arguments: object) -> Result:
    app = typer.Typer(add_completion=False)
    app.command()(command)
    words = [str(argument) for argument in (*arguments, "--workers", 1, "--resamples", 20)]
    return CliRunner().invoke(app, words, catch_exceptions=True)


def succeed(command: Any, *arguments: object) -> str:
    result = run(command, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_calibration_of_ones_own_cameras(engine: FakeEngine, photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    told = succeed(calibrate_liveness, photos, "--output", file, "--date", "2026-01-02")

    assert "302 bona fide photos of 150 people" in told
    assert "no usable face: no_face: 1" in told
    assert "cannot tell: too_tight: 1" in told
    assert "300 photos with an answer" in told
    assert told.count("fitted") >= 3
    assert "1e-2: 1,000, 1e-3: 10,000, 1e-4: 100,000" in told
    assert f"VISAVIS_LIVENESS_CALIBRATION={file}" in told.replace("\n", "")
    assert file.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    scale = BpcerScale.read(file)
    scale.require_match(NETWORKS, "fp32")
    assert (scale.photos, scale.people, scale.date, scale.data_sets) == (300, 150, "2026-01-02", ("set",))
    assert scale.document["counts"]["failures_to_acquire"] == 1
    assert scale.document["counts"]["non_responses"] == {"too_tight": 1}
    # The attacks of the same folder take no part.
    assert engine.calls == [(frozenset({FaceCheck.PAD}), FaceChoice.LARGEST)] * 302


def test_an_earlier_calibration_is_not_asked_for(
    engine: FakeEngine, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISAVIS_LIVENESS_CALIBRATION", str(tmp_path / "gone.json"))
    monkeypatch.setenv("VISAVIS_LIVENESS_NETWORKS", '["net.json"]')
    monkeypatch.setenv("VISAVIS_LIVENESS_NETWORKS_JOIN", "true")
    succeed(calibrate_liveness, photos, "--output", tmp_path / "own.json")
    assert engine.opened_with == LivenessOptions((Path("net.json"),), True, None)


def test_people_that_nobody_knows_are_said_to_be(engine: FakeEngine, tmp_path: Path) -> None:
    natives = np.linspace(0.5, 0.99, 250).tolist()
    write_photos(tmp_path / "flat", {f"{i}.jpg": native for i, native in enumerate(natives)})
    told = succeed(calibrate_liveness, tmp_path / "flat", "--output", tmp_path / "own.json")
    assert "250 bona fide photos of 0 people" in told
    assert "not known who: 250; each counts as a person of its own" in told
    assert BpcerScale.read(tmp_path / "own.json").people == 250


def test_too_few_photos_say_how_many_are_needed(engine: FakeEngine, tmp_path: Path) -> None:
    write_photos(tmp_path / "few", {f"{i}.jpg": 0.9 for i in range(5)})
    result = run(calibrate_liveness, tmp_path / "few", "--output", tmp_path / "own.json")
    assert isinstance(result.exception, DatasetError)
    assert str(result.exception) == "5 bona fide photos with a score; a calibration needs 200"
    assert not (tmp_path / "own.json").exists()


def test_mistakes_are_found_before_the_work(engine: FakeEngine, photos: Path, tmp_path: Path) -> None:
    nowhere = run(calibrate_liveness, photos, "--output", tmp_path / "no/own.json")
    assert isinstance(nowhere.exception, FileMissingError)
    no_date = run(calibrate_liveness, photos, "--output", tmp_path / "own.json", "--date", "today")
    assert isinstance(no_date.exception, ParameterError)
    assert isinstance(run(evaluate_liveness, photos, "--report", tmp_path / "no/r.html").exception, FileMissingError)
    assert isinstance(run(evaluate_liveness, tmp_path / "nothing").exception, FileMissingError)
    unused = run(evaluate_liveness, photos, "--check", "synthesis", "--calibration", tmp_path / "own.json")
    assert isinstance(unused.exception, ParameterError)
    assert engine.calls == []


def test_tables_a_report_and_json_beside_it(engine: FakeEngine, photos: Path, tmp_path: Path) -> None:
    file, report = tmp_path / "own.json", tmp_path / "report.html"
    succeed(calibrate_liveness, photos, "--output", file)
    told = succeed(evaluate_liveness, photos, "--calibration", file, "--report", report, "--face", "central")

    assert engine.opened_with.calibration == file
    assert "set: 316 photos, central face; pad: fake, openvino fp32" in told
    assert "bona fide" in told and "0.332 %" in told  # 1 of 301 with a face cannot be told.
    assert "HIGH 0.9" in told and "NORMAL 0.3" in told and "LOW 0.05" in told
    assert "0.00 % (0/10)" in told
    assert "100.00 % (4/4)" in told
    assert "calibration: 0.3 refuses BPCER 1e-3, at most" in told
    assert "BPCER 1e-3: 300 bona fide photos with an answer; a rate of 0.001 needs 1,000" in told
    assert "no face: bona_fide/p000/2.jpg: no_face" in told
    content = json.loads(report.with_suffix(".json").read_text("utf-8"))
    assert content["attacks"]["print"]["auc"] == 1
    assert content["calibration"] == "pad-fake-fp32-set"
    assert content["control_points"][0]["highest_species"] == "screen"
    assert report.read_text("utf-8").startswith("<!doctype html>")


def test_the_setting_names_the_calibration(
    engine: FakeEngine, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISAVIS_LIVENESS_CALIBRATION", str(tmp_path / "set.json"))
    succeed(calibrate_liveness, photos, "--output", tmp_path / "set.json")
    out = tmp_path / "out.json"
    assert "thresholds of the control" in succeed(evaluate_liveness, photos, "--json", out)
    assert json.loads(out.read_text("utf-8"))["calibration"] == "pad-fake-fp32-set"
    assert list(tmp_path.glob("*.html")) == []


def test_without_a_calibration_rates_are_counted_all_the_same(engine: FakeEngine, photos: Path) -> None:
    told = succeed(evaluate_liveness, photos)
    assert "no public scores: there is no calibration for these networks" in told
    assert "thresholds counted on this set" in told


def test_the_other_check(engine: FakeEngine, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    told = succeed(evaluate_liveness, photos, "--check", "synthesis", "--json", out)
    assert "synthesis: fake" in told
    assert engine.calls[0][0] == frozenset({FaceCheck.SYNTHESIS})
    content = json.loads(out.read_text("utf-8"))
    assert content["check"] == "synthesis"
    # What scores 0.2 is less suspicious than any untouched photo.
    assert content["attacks"]["print"]["auc"] == 0
