"""`visavis evaluate` and `visavis calibrate`, as a user runs them, with a stand-in for the engine."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

import visavis.engine
from tests.unit.evaluation.conftest import FakeEngine, acquired, write_picture
from visavis.cli import calibrate as calibrate_command
from visavis.cli import dataset_run
from visavis.cli.calibrate import calibrate, packaged_exclusions
from visavis.cli.dataset_run import CHECKING, MEASURING, analysis_version, pipeline_version
from visavis.cli.evaluate import evaluate
from visavis.engine.calibration import Calibration
from visavis.errors import CalibrationNotFoundError, DatasetError, FileMissingError, ParameterError
from visavis.evaluation.cache import FOLDER
from visavis.types import AcquiredFace, FaceChoice


class EngineWithCalibration(FakeEngine):
    """Has no calibration unless one is named."""

    calibration_file: Path | None = None

    @property
    def calibration(self) -> Calibration:
        if self.calibration_file is None:
            raise CalibrationNotFoundError("none")
        return Calibration.read(self.calibration_file)

    @property
    def examiner(self) -> EngineWithCalibration:
        return self

    @property
    def analyser(self) -> None:
        self.calls.append(b"analyser")

    def __enter__(self) -> EngineWithCalibration:
        return self

    def __exit__(self, *error: object) -> None:
        self.calls.append(b"closed")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineWithCalibration:
    monkeypatch.setenv("VISAVIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    engine = EngineWithCalibration()

    def open_engine(settings: object, **overrides: Any) -> EngineWithCalibration:
        engine.calibration_file = overrides["calibration"]
        return engine

    monkeypatch.setattr(dataset_run, "open_engine", open_engine)
    return engine


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two pictures of each of 40 people, one without a face."""
    random = np.random.default_rng(3)
    for person in range(40):
        centre = random.normal(size=16)
        for index in range(2):
            vector = (centre + 0.3 * random.normal(size=16)).tolist()
            write_picture(tmp_path / f"faces/p{person:02d}/{index}.jpg", vector)
    write_picture(tmp_path / "faces/p00/0.jpg", "no face")
    return tmp_path / "faces"


def run(command: Any, *arguments: object) -> Result:
    app = typer.Typer(add_completion=False)
    app.command()(command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)


def succeed(command: Any, *arguments: object) -> Result:
    result = run(command, *arguments)
    assert result.exit_code == 0, result.output
    return result


ONE_WORKER = ("--workers", 1, "--resamples", 20)


def test_a_table_a_report_and_json_beside_it(engine: EngineWithCalibration, pictures: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    result = succeed(evaluate, pictures, *ONE_WORKER, "--report", report)

    assert "faces: 80 pictures of 40 people, largest face; fake-model" in result.stdout
    assert "pairs: 40 mated, 3,120 non-mated" in result.stdout
    assert "no template: p00/0.jpg: no_face" in result.stdout
    assert "FTA 1.25 % (1 of 80 pictures)" in result.stdout
    content = json.loads((tmp_path / "report.json").read_text())
    assert content["protocols"]["pairs"]["fta"] == 1 / 80
    assert content["failures"][0]["path"] == "p00/0.jpg"
    assert report.read_text("utf-8").startswith("<!doctype html>")
    assert engine.calls[-1] == b"closed"


def test_json_alone_and_a_restriction_to_people(engine: EngineWithCalibration, pictures: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.txt"
    people.write_text("p01\np02\n")
    out = tmp_path / "out.json"
    succeed(evaluate, pictures, *ONE_WORKER, "--people", people, "--json", out, "--face", "central")
    content = json.loads(out.read_text())
    assert (content["people"], content["face"], content["failures"]) == (2, "central", [])
    assert sorted(file.name for file in tmp_path.glob("*.html")) == []

    people.write_text("nobody\n")
    assert isinstance(run(evaluate, pictures, *ONE_WORKER, "--people", people).exception, DatasetError)


def test_templates_are_kept_unless_told_otherwise(
    engine: EngineWithCalibration, pictures: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "home" / FOLDER
    succeed(evaluate, pictures, *ONE_WORKER, "--no-cache")
    assert not cache.exists()
    succeed(evaluate, pictures, *ONE_WORKER)
    assert len(list(cache.iterdir())) == 1
    engine.calls.clear()
    succeed(evaluate, pictures, *ONE_WORKER)
    assert engine.calls == [b"closed"]
    succeed(evaluate, pictures, *ONE_WORKER, "--clear-cache")
    assert len(engine.calls) > 80

    assert "1 files of templates deleted" in succeed(evaluate, "--clear-cache").stdout
    assert list(cache.iterdir()) == []


def test_quality_draws_the_curve_and_costs_nothing_unless_asked_for(
    engine: EngineWithCalibration, pictures: Path, tmp_path: Path
) -> None:
    out, report = tmp_path / "out.json", tmp_path / "report.html"
    result = succeed(evaluate, pictures, *ONE_WORKER, "--quality", "--json", out, "--report", report)

    assert "mated comparisons left out by quality" in result.stdout
    assert "FMR 1e-3, threshold 0." in result.stdout
    assert b"analyser" in engine.calls
    discard = json.loads(out.read_text())["protocols"]["pairs"]["discard"]
    assert [point["share"] for point in discard["points"]] == [0.05, 0.1, 0.2]
    assert len(discard["curve"]["frr"]) == len(discard["curve"]["share"]) == 51
    assert discard["curve"]["frr_low"][10] <= discard["points"][1]["frr"] <= discard["curve"]["frr_high"][10]
    assert "<svg" in report.read_text("utf-8")

    engine.calls.clear()
    plain = succeed(evaluate, pictures, *ONE_WORKER, "--json", out)
    assert engine.calls == [b"closed"]  # The templates were kept.
    assert "left out" not in plain.stdout
    assert "discard" not in json.loads(out.read_text())["protocols"]["pairs"]


def test_quality_says_when_there_are_too_few_comparisons(engine: EngineWithCalibration, tmp_path: Path) -> None:
    for index in range(2):
        write_picture(tmp_path / f"few/a/{index}.jpg", [1, index])
    assert "too few non-mated comparisons" in succeed(evaluate, tmp_path / "few", *ONE_WORKER, "--quality").stdout


def test_mistakes_are_told_before_the_work(engine: EngineWithCalibration, pictures: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "report.html"
    assert isinstance(run(evaluate).exception, ParameterError)
    assert isinstance(run(evaluate, pictures, "--report", nowhere).exception, FileMissingError)
    assert isinstance(run(evaluate, tmp_path / "none").exception, FileMissingError)
    assert isinstance(run(evaluate, pictures, "--calibration", tmp_path / "none.json").exception, FileMissingError)
    assert isinstance(run(calibrate, pictures).exception, ParameterError)
    assert isinstance(run(calibrate, pictures, "--output", nowhere).exception, FileMissingError)
    output = ("--output", tmp_path / "c.json")
    assert isinstance(run(calibrate, pictures, *output, "--date", "2.1.2026").exception, ParameterError)
    assert isinstance(run(calibrate, pictures, *output, "--exclude", tmp_path / "none").exception, FileMissingError)
    assert engine.calls.count(b"closed") == len(engine.calls)


def test_long_lists_of_failures_are_cut_on_the_screen(
    engine: EngineWithCalibration, pictures: Path, tmp_path: Path
) -> None:
    for person in range(12):
        write_picture(pictures / f"p{person:02d}/1.jpg", "no face")
    assert "and 3 more" in succeed(evaluate, pictures, *ONE_WORKER).stdout


def test_calibrate_writes_a_file_that_evaluate_takes(
    engine: EngineWithCalibration, pictures: Path, tmp_path: Path
) -> None:
    output = tmp_path / "fake.json"
    arguments = (pictures, "--workers", 1, "--resamples", 20, "--output", output, "--date", "2026-01-02")
    result = succeed(calibrate, *arguments)

    assert "3,042 comparisons of different people" in result.stdout
    assert (tmp_path / "fake.png").read_bytes().startswith(b"\x89PNG")
    first = output.read_bytes()
    succeed(calibrate, *arguments)
    assert output.read_bytes() == first
    assert Calibration.read(output).date == "2026-01-02"

    report = tmp_path / "out.json"
    succeed(evaluate, pictures, *ONE_WORKER, "--calibration", output, "--json", report)
    points = json.loads(report.read_text())["protocols"]["pairs"]["operating_points"]
    assert points[0]["claimed_fmr"] == pytest.approx(1e-2, rel=0.2)


def test_excluded_pictures_are_left_out(engine: EngineWithCalibration, pictures: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256((pictures / "p05/0.jpg").read_bytes()).hexdigest()
    row = {"sha256": digest, "reason": "r", "evidence": "e"}
    exclude = tmp_path / "exclude.json"
    exclude.write_text(json.dumps({"format": "visavis-exclusions", "pictures": [row]}))
    output = tmp_path / "fake.json"
    succeed(calibrate, pictures, "--workers", 1, "--resamples", 20, "--output", output, "--exclude", exclude)
    content = json.loads(output.read_text())
    assert content["excluded"] == [row]
    assert content["counts"]["pictures"] == 79


def test_suspects_are_listed_with_hashes(
    engine: EngineWithCalibration, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = np.random.default_rng(1).normal(size=(128, 128))
    monkeypatch.setattr(calibrate_command._Patches, "cut", lambda self, content: patch)
    lines = succeed(calibrate, pictures, "--workers", 1, "--suspects", 3).stdout.splitlines()
    header, *rows = [line.split("\t") for line in lines if "\t" in line]
    assert len(rows) == 3
    fields = dict(zip(header, rows[0], strict=True))
    assert float(fields["score"]) >= float(rows[1][0])
    assert (fields["correlation"], fields["excluded"]) == ("1.000", "no")
    assert fields["reference"].endswith(".jpg")
    assert len(fields["probe SHA-256"]) == 64


def test_patches_show_the_aligned_subject_in_grey() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[38:43, 28:33] = 200  # around the right eye of `FakeEngine`'s face, at (30, 40)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")

    patch = calibrate_command._Patches(_AnyPicture(), FaceChoice.LARGEST).cut(stream.getvalue())  # type: ignore[arg-type]

    assert patch.shape == (128, 128)
    row, column = np.unravel_index(int(patch.argmax()), patch.shape)
    assert abs(row - 55) <= 3
    assert abs(column - 50) <= 3
    assert patch.max() == pytest.approx(200, abs=2)


class _AnyPicture(FakeEngine):
    def acquire(self, picture: bytes, choice: FaceChoice = FaceChoice.LARGEST) -> AcquiredFace:
        return acquired([1, 0])


def test_accuracy_is_shown_where_there_are_folds(engine: EngineWithCalibration, tmp_path: Path) -> None:
    for person, vector in (("Ann", [1, 0]), ("Bob", [0, 1])):
        for index in (1, 2):
            write_picture(tmp_path / f"lfw/{person}/{person}_000{index}.jpg", vector)
    (tmp_path / "lfw/pairs.txt").write_text("2\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\nBob\t1\t2\nAnn\t2\tBob\t1\n")
    result = succeed(evaluate, tmp_path / "lfw", *ONE_WORKER)
    assert "accuracy 100.00 %" in result.stdout
    assert "too few" in result.stdout


def test_packaged_exclusions_are_hashes_with_evidence() -> None:
    rows = packaged_exclusions()
    assert len({row.sha256 for row in rows}) == len(rows) > 0
    assert all(row.reason and row.evidence for row in rows)


def test_the_pipeline_version_follows_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a.py").write_text("1")
    (tmp_path / "calibration.py").write_text("1")
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    monkeypatch.setattr(dataset_run, "_LIBRARIES", ("numpy", "no-such-library"))
    first = pipeline_version()
    (tmp_path / "calibration.py").write_text("2")
    (tmp_path / "bpcer.py").write_text("2")
    assert pipeline_version() == first
    (tmp_path / "sub/a.py").write_text("2")
    assert pipeline_version() != first
    assert analysis_version() == pipeline_version()
    (tmp_path / "analysis").mkdir()
    first, measured = pipeline_version(), analysis_version()
    (tmp_path / "analysis/weights.json").write_text("1")
    assert pipeline_version() == first
    assert analysis_version() != measured


def test_nothing_that_makes_templates_imports_what_measures_faces() -> None:
    folder = Path(visavis.engine.__file__).parent
    parts = "|".join(sorted(MEASURING - {"examiner.py"}))
    makers = [file for file in folder.rglob("*.py") if file.relative_to(folder).parts[0] not in MEASURING | CHECKING]
    assert {folder / "acquisition.py", folder / "detection" / "refine.py"} <= set(makers)
    importing = {file.name for file in makers if re.search(rf"visavis\.engine\.({parts})\b", file.read_text("utf-8"))}
    # It opens what measures when that is asked for.
    assert importing == {"pipeline.py"}
