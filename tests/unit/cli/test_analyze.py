"""`visavis analyze`."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.faces import admiral, astronaut
from tests.robustness.pictures.builders import encode
from tests.unit.cli.running import run_visavis
from visavis.cli.analyze_record import COLUMNS
from visavis.engine.analysis.components import Component
from visavis.measures import Region
from visavis.service.quality import Flaw


@pytest.fixture
def portrait(model_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The admiral."""
    monkeypatch.setenv("VISAVIS_HOME", str(model_home))
    monkeypatch.setenv("VISAVIS_PRECISION", "fp32")
    monkeypatch.setenv("COLUMNS", "160")
    path = tmp_path / "portrait.jpg"
    path.write_bytes(encode(admiral(), "JPEG", quality=95))
    return path


@pytest.fixture
def dark(portrait: Path) -> Path:
    """The admiral in a tenth of the light, which is too little for any level."""
    path = portrait.with_name("dark.png")
    path.write_bytes(encode((admiral() * 0.1).astype(np.uint8), "PNG"))
    return path


@pytest.fixture
def folder(portrait: Path, tmp_path: Path) -> Path:
    """Two portraits in folders, a file that is no picture, a picture without a face, and things to be passed over."""
    root = tmp_path / "photos"
    for name in ("b", ".hidden"):
        (root / name).mkdir(parents=True)
        (root / name / "admiral.JPG").write_bytes(portrait.read_bytes())
    (root / "c.png").write_bytes(encode(astronaut(), "PNG"))
    (root / "a.jpg").write_text("no picture")
    (root / "d.png").write_bytes(encode(np.full((300, 300, 3), 127, np.uint8), "PNG"))
    (root / "notes.txt").write_text("nothing")
    return root


def test_table_has_every_measure_and_a_verdict(portrait: Path) -> None:
    outcome = run_visavis("analyze", str(portrait))
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == "512×600 JPEG, 1 face"
    assert lines[1].split() == ["measure", "value", "range", "in", "words"]
    names = {line[:22].strip() for line in lines}
    assert {"unified quality", "yaw", "left eye covered", "blur", "dark glasses"} <= names
    # Pose has three lines, and there are fourteen plain measures beside the quality.
    assert len(lines) == 2 + 1 + 3 + len(Region) + 14 + 1
    assert lines[-1] == "quality level normal: accepted"


def test_table_speaks_chinese(portrait: Path) -> None:
    lines = run_visavis("analyze", str(portrait), "--lang", "zh").out.splitlines()
    assert lines[0] == "512×600 JPEG, 1 张人脸"
    assert lines[2].startswith("综合质量")
    assert lines[-1] == "质量等级 normal: 通过"


@pytest.mark.parametrize(("level", "status"), [((), 0), (("--level", "low"), 1), (("--level", "high"), 1)])
def test_status_is_1_only_where_a_level_is_asked_for(level: tuple[str, ...], status: int, dark: Path) -> None:
    outcome = run_visavis("analyze", str(dark), *level)
    assert (outcome.status, outcome.err) == (status, "")
    lines = outcome.out.splitlines()
    assert f"quality level {level[1] if level else 'normal'}: refused" in lines
    assert "  ✗ find more light: the face is too dark" in lines


def test_a_good_photo_is_accepted(portrait: Path) -> None:
    assert run_visavis("analyze", str(portrait), "--level", "low").status == 0


def test_json_has_measures_flaws_and_components(dark: Path) -> None:
    outcome = run_visavis("analyze", str(dark), "--json", "--lang", "zh")
    document = json.loads(outcome.out)
    assert outcome.status == 0
    assert list(document) == ["image", "faces", "measures", "flaws", "components", "engine", "timings_s"]
    assert document["image"] == {"width": 512, "height": 600, "format": "PNG"}
    assert len(document["faces"]) == 1
    assert set(document["measures"]["occlusion"]) == set(document["measures"]["hidden"]) == set(Region)
    assert document["measures"]["illumination"] < 20
    assert document["measures"]["is_complete"] is True
    assert list(document["flaws"]) == ["low", "normal", "high"]
    assert {"name": "too_dark", "advice": "人脸过暗：请到光线更好的地方"} in document["flaws"]["low"]
    assert list(document["components"]) == list(Component)
    assert document["components"]["head_pose_yaw"]["native"] == document["measures"]["pose"]["yaw"]
    assert "analyse" in document["timings_s"]


def test_drawing_is_a_picture(portrait: Path, tmp_path: Path) -> None:
    target = tmp_path / "face.png"
    assert run_visavis("analyze", str(portrait), "--draw", str(target)).status == 0
    with Image.open(target) as picture:
        assert picture.format == "PNG"
        assert picture.width > 1000


@pytest.mark.parametrize(("name", "code"), [("face.nonsense", "parameter"), ("none/face.png", "file_missing")])
def test_drawing_that_cannot_be_written_is_status_2(name: str, code: str, portrait: Path, tmp_path: Path) -> None:
    outcome = run_visavis("analyze", str(portrait), "--json", "--draw", str(tmp_path / name))
    assert outcome.status == 2
    assert outcome.err.endswith(f"({code})\n")


def test_picture_without_a_face_is_status_2(portrait: Path, tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    path.write_bytes(encode(np.full((300, 400, 3), 127, np.uint8), "PNG"))
    outcome = run_visavis("analyze", str(path), "--level", "low")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == "error: no face was found in the picture (no_face)\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("{picture}", "--csv", "{out}"), "--csv, --parquet and --workers are for a folder"),
        (("{picture}", "--workers", "2"), "--csv, --parquet and --workers are for a folder"),
        (("{folder}", "--json"), "--json and --draw are for one picture"),
        (("{folder}", "--draw", "{out}"), "--json and --draw are for one picture"),
        (("{folder}",), "name it with --csv or --parquet"),
        (("{empty}", "--csv", "{out}"), "no pictures in"),
    ],
)
def test_arguments_that_do_not_go_together_are_status_2(
    arguments: tuple[str, ...], sentence: str, folder: Path, portrait: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    places = {"picture": portrait, "folder": folder, "empty": tmp_path / "empty", "out": tmp_path / "out"}
    outcome = run_visavis("analyze", *(argument.format(**places) for argument in arguments))
    assert (outcome.status, outcome.out) == (2, "")
    assert sentence in outcome.err
    assert outcome.err.endswith("(parameter)\n")


def test_file_in_a_folder_that_is_not_there_is_refused_before_the_work(folder: Path, tmp_path: Path) -> None:
    outcome = run_visavis("analyze", str(folder), "--csv", str(tmp_path / "none" / "out.csv"))
    assert outcome.status == 2
    assert outcome.err.endswith("(file_missing)\n")


def test_file_that_cannot_be_written_is_status_2(folder: Path, tmp_path: Path) -> None:
    outcome = run_visavis("analyze", str(folder), "--csv", str(tmp_path))
    assert outcome.status == 2
    assert outcome.err.endswith("(file_missing)\n")


def test_folder_becomes_a_row_a_picture_in_order(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    outcome = run_visavis("analyze", str(folder), "--csv", str(target), "--workers", "1", "--level", "high")
    assert (outcome.status, outcome.out) == (0, "")
    assert "4 pictures, 2 of them without a result" in outcome.err
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["path"], row["error"]) for row in rows] == [
        ("a.jpg", "image_format"),
        ("b/admiral.JPG", ""),
        ("c.png", ""),
        ("d.png", "no_face"),
    ]
    broken, large, small, _ = rows
    assert {broken[column] for column in COLUMNS[2:]} == {""}
    assert (large["image_width"], large["image_height"], large["faces"]) == ("512", "600", "1")
    assert set(large["flaws"].split()) <= set(Flaw)
    assert float(large["face_width_px"]) > float(small["face_width_px"]) > 50
    assert all(0 <= float(row[f"occlusion_{region}"]) <= 1 for row in (large, small) for region in Region)
    assert all(0 <= float(row["quality"]) <= 100 for row in (large, small))


def test_rows_do_not_depend_on_the_number_of_workers(folder: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    run_visavis("analyze", str(folder), "--csv", str(one), "--workers", "1")
    run_visavis("analyze", str(folder), "--csv", str(two), "--workers", "2")
    assert one.read_text("utf-8") == two.read_text("utf-8") != ""


def test_parquet_has_the_same_columns(folder: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    target = tmp_path / "out.parquet"
    assert run_visavis("analyze", str(folder), "--parquet", str(target), "--workers", "1").status == 0
    table = parquet.read_table(target)
    assert tuple(table.column_names) == COLUMNS
    broken, large, *_ = table.to_pylist()
    assert (broken["path"], broken["error"], broken["quality"], broken["flaws"]) == ("a.jpg", "image_format", None, "")
    assert (large["path"], large["error"], large["image_height"]) == ("b/admiral.JPG", "", 600)
    assert 0 <= large["quality"] <= 100


def test_parquet_without_pyarrow_says_what_to_install(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    outcome = run_visavis("analyze", str(folder), "--parquet", str(tmp_path / "out.parquet"))
    assert outcome.status == 2
    assert outcome.err == "error: --parquet needs pyarrow: install visavis with the extra `parquet` (parameter)\n"
