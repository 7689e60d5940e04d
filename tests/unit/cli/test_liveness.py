"""`visavis liveness`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.checks import find_always
from tests.faces import admiral
from tests.protocol_fakes import LIVING, UNTOUCHED
from tests.robustness.pictures.builders import encode
from tests.unit.cli.running import run_visavis
from visavis.presentation import NonResponse, PadResult, SynthesisResult

REPLAYED = PadResult(0.3, 0.5)
EDITED = SynthesisResult(0.75, 0.9)
BLURRED = PadResult(None, None, NonResponse.TOO_BLURRED)
UNCALIBRATED = PadResult(None, 0.5, NonResponse.NOT_CALIBRATED)


@pytest.fixture
def portrait(model_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The admiral, who lives and is untouched."""
    monkeypatch.setenv("VISAVIS_HOME", str(model_home))
    monkeypatch.setenv("VISAVIS_PRECISION", "fp32")
    monkeypatch.setenv("COLUMNS", "160")
    find_always(monkeypatch, [LIVING], [UNTOUCHED])
    path = tmp_path / "portrait.jpg"
    path.write_bytes(encode(admiral(), "JPEG", quality=95))
    return path


@pytest.fixture
def blank(portrait: Path) -> Path:
    """A picture without a face."""
    path = portrait.with_name("blank.png")
    path.write_bytes(encode(np.full((300, 300, 3), 127, np.uint8), "PNG"))
    return path


def words(line: str) -> list[str]:
    return line.split()


def test_table_has_both_checks_with_every_level(portrait: Path) -> None:
    outcome = run_visavis("liveness", str(portrait))
    assert (outcome.status, outcome.err) == (0, "")
    first, heading, living, edited = outcome.out.splitlines()
    assert first == f"{portrait}: 512×600 JPEG, 1 face"
    assert heading.split() == words("check score as a threshold it refuses low normal high")
    # Of 0.97 between 0.9 and 1: 10 ** (-2 + 2 * 0.7); of 0.05 between 0 and 0.3: 0.05 ** (1 / 6).
    assert living.split() == words("living person 0.970 25 % of living people pass pass pass")
    assert edited.split() == words("generated or edited 0.050 61 % of untouched photos pass pass pass")


def test_table_says_what_to_do_about_a_face_that_is_refused(portrait: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_always(monkeypatch, [REPLAYED], [EDITED])
    lines = run_visavis("liveness", str(portrait), "--lang", "zh").out.splitlines()
    assert lines[0] == f"{portrait}: 512×600 JPEG, 1 张人脸"
    assert lines[1].split() == ["检查项", "分数", "以此为阈值会误拒", "low", "normal", "high"]
    assert lines[2].split() == words("真人 0.300 0.1 % 的真人 通过 通过 不通过")
    assert lines[3].split() == words("合成或编辑 0.750 ≤ 0.1 % 的真实照片 不通过 不通过 不通过")
    assert lines[4:] == [
        "  ✗ 请本人面对镜头，在均匀光线下拍摄，翻拍屏幕或照片不予通过",
        "  ✗ 请用相机重新拍摄，不要使用滤镜、美颜或修图",
    ]


def test_table_says_why_it_cannot_tell(portrait: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_always(monkeypatch, [BLURRED], [SynthesisResult(None, None, NonResponse.TOO_BLURRED)])
    lines = run_visavis("liveness", str(portrait)).out.splitlines()
    assert lines[2].split()[2:] == words("– cannot tell: too blurred pass refused refused")
    # The same advice is given once.
    assert lines[4:] == ["  ✗ hold still and wipe the lens: the face is too blurred to tell"]


def test_networks_that_are_not_calibrated_decide_nothing(portrait: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_always(monkeypatch, [UNCALIBRATED], [UNTOUCHED])
    outcome = run_visavis("liveness", str(portrait))
    lines = outcome.out.splitlines()
    assert lines[2].split()[2:] == words("– cannot tell: not calibrated – – –")
    assert (outcome.status, len(lines)) == (0, 4)
    assert run_visavis("liveness", str(portrait), "--level", "low").status == 1


@pytest.mark.parametrize(
    ("level", "status"), [((), 0), (("--level", "low"), 0), (("--level", "normal"), 0), (("--level", "high"), 1)]
)
def test_status_is_1_only_where_the_level_that_was_asked_for_refuses(
    level: tuple[str, ...], status: int, portrait: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_always(monkeypatch, [REPLAYED], [UNTOUCHED])
    assert run_visavis("liveness", str(portrait), *level).status == status


def test_condition_decides_what_applies(portrait: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_always(monkeypatch, [PadResult(0.0, 0.0)], [UNTOUCHED])
    assert run_visavis("liveness", str(portrait), "--level", "low").status == 1
    assert run_visavis("liveness", str(portrait), "--level", "high", "--condition", "idcard").status == 0
    monkeypatch.setenv("VISAVIS_LIVENESS_OF_DOCUMENTS", "true")
    assert run_visavis("liveness", str(portrait), "--level", "high", "--condition", "idcard").status == 1
    lines = run_visavis("liveness", str(portrait), "--condition", "infrared").out.splitlines()
    assert lines[2].split()[2:] == words("– cannot tell: not calibrated pass refused refused")


def test_json_has_what_the_rest_api_has(portrait: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_always(monkeypatch, [REPLAYED], [UNTOUCHED])
    document = json.loads(run_visavis("liveness", str(portrait), "--json").out)
    assert list(document) == ["image", "faces", "pad", "synthesis", "engine", "timings_s"]
    assert document["image"] == {"width": 512, "height": 600, "format": "JPEG"}
    pad = document["pad"]
    assert pad.pop("bpcer") == pytest.approx(1e-3)
    assert pad.pop("calibration_id") is None
    assert pad == {
        "score": 0.3,
        "native": 0.5,
        "non_response": None,
        "levels": {
            "low": {"threshold": 0.05, "passes": True},
            "normal": {"threshold": 0.3, "passes": True},
            "high": {"threshold": 0.9, "passes": False},
        },
        "advice": "stand before the camera yourself, in even light; a photo of a screen or of a print is not accepted",
    }
    assert document["synthesis"]["levels"]["high"] == {"threshold": 0.3, "passes": True}
    assert document["synthesis"]["advice"] is None
    assert {"liveness", "synthesis"} <= document["timings_s"].keys()


def test_several_pictures_are_a_row_each_and_errors_do_not_stop_it(
    portrait: Path, blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_always(monkeypatch, [LIVING, PadResult(0.01, 0.1)], [UNTOUCHED])
    missing = portrait.with_name("missing.jpg")
    outcome = run_visavis("liveness", *map(str, (portrait, blank, missing, portrait)), "--level", "low")
    assert outcome.status == 2
    assert outcome.err.splitlines() == [
        f"error: {blank}: no face was found in the picture (no_face)",
        f"error: cannot read {missing}: No such file or directory (file_missing)",
    ]
    lines = outcome.out.splitlines()
    assert lines[0] == lines[4] == f"{portrait}: 512×600 JPEG, 1 face"
    assert lines[6].split()[2:] == words("0.010 ≤ 0.01 % of living people refused refused refused")
    advice = "stand before the camera yourself, in even light; a photo of a screen or of a print is not accepted"
    assert lines[8:] == [f"  ✗ {advice}"]


def test_several_pictures_as_json_are_a_line_each(portrait: Path, blank: Path) -> None:
    outcome = run_visavis("liveness", str(blank), str(portrait), "--json")
    failed, checked = (json.loads(line) for line in outcome.out.splitlines())
    assert (outcome.status, outcome.err) == (2, "")
    assert failed["path"] == str(blank)
    assert failed["error"] == {"code": "no_face", "message": "no face was found in the picture", "side": None}
    assert (checked["path"], checked["pad"]["score"], next(iter(checked))) == (str(portrait), 0.97, "path")


def test_picture_without_a_face_is_status_2(blank: Path) -> None:
    outcome = run_visavis("liveness", str(blank), "--level", "low", "--json")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == "error: no face was found in the picture (no_face)\n"


def test_setting_that_is_not_valid_is_named(portrait: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_SYNTHESIS_THRESHOLDS", "[0.5, 0.3, 0.7]")
    outcome = run_visavis("liveness", str(portrait))
    assert (outcome.status, outcome.out) == (2, "")
    assert "VISAVIS_SYNTHESIS_THRESHOLDS" in outcome.err
