"""`visavis detect`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.faces import admiral, astronaut
from tests.robustness.pictures.builders import encode
from tests.unit.cli.running import run_visavis


@pytest.fixture
def two_faces(model_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The astronaut at the left, the admiral, whose face is larger, at the right."""
    monkeypatch.setenv("VISAVIS_HOME", str(model_home))
    monkeypatch.setenv("VISAVIS_PRECISION", "fp32")
    monkeypatch.setenv("COLUMNS", "160")
    canvas = np.full((600, 1024, 3), 127, np.uint8)
    canvas[:512, :512] = astronaut()
    canvas[:, 512:] = admiral()
    path = tmp_path / "two.jpg"
    path.write_bytes(encode(canvas, "JPEG", quality=95))
    return path


def test_table_has_a_row_a_face_the_largest_first(two_faces: Path) -> None:
    outcome = run_visavis("detect", str(two_faces))
    assert (outcome.status, outcome.err) == (0, "")
    rows = [line.replace("│", " ").split() for line in outcome.out.splitlines() if line.strip("│ ")[:1].isdigit()]
    assert [row[0] for row in rows] == ["1", "2"]
    lefts = [int(row[1]) for row in rows]
    assert lefts[0] == pytest.approx(512 + 175, abs=15)
    assert lefts[1] == pytest.approx(182, abs=8)


def test_json_names_every_point(two_faces: Path) -> None:
    outcome = run_visavis("detect", str(two_faces), "--json")
    assert outcome.status == 0
    large, small = json.loads(outcome.out)
    assert set(large) == {"box", "landmarks", "probability"}
    assert list(large["box"]) == ["left", "top", "width", "height"]
    assert list(large["landmarks"]) == ["right_eye", "left_eye", "nose_tip", "right_mouth_corner", "left_mouth_corner"]
    assert large["landmarks"]["nose_tip"] == pytest.approx([512 + 268, 236], abs=9)
    assert small["landmarks"]["nose_tip"] == pytest.approx([223, 127], abs=5)
    assert 0.6 < small["probability"] <= 1


def test_picture_without_a_face_is_status_2(two_faces: Path, tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    path.write_bytes(encode(np.full((300, 400, 3), 127, np.uint8), "PNG"))
    outcome = run_visavis("detect", str(path), "--json")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == "error: no face was found in the picture (no_face)\n"


@pytest.mark.parametrize(("name", "code"), [("missing.jpg", "file_missing"), ("empty.jpg", "image_empty")])
def test_file_that_cannot_be_used_is_status_2(name: str, code: str, two_faces: Path) -> None:
    two_faces.with_name("empty.jpg").touch()
    outcome = run_visavis("detect", str(two_faces.with_name(name)))
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.endswith(f"({code})\n")
