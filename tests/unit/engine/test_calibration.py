from __future__ import annotations

import dataclasses
import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from visavis.engine.calibration import Calibration, calibration_name
from visavis.errors import CalibrationFormatError, CalibrationNotFoundError, FileMissingError, ParameterError
from visavis.service.ports import ScoreCalibration
from visavis.types import EngineIdentity

IDENTITY = EngineIdentity("some-model", "ab" * 32, "some-detector", "openvino", "fp32", "default")


def document() -> dict[str, Any]:
    """FMR 1 at -1, 0.1 at 0, 0.001 at 0.5 (counted), 1e-5 at 0.75 (extrapolated)."""
    return {
        "format": "visavis-calibration",
        "format_version": 1,
        "calibration_id": "some-model-fp32-default",
        "model_id": "some-model",
        "model_sha256": "ab" * 32,
        "detector_id": "some-detector",
        "runtime": "openvino",
        "precision": "fp32",
        "profile": "default",
        "date": "2026-01-02",
        "knots": [
            {"score": -1, "log10_fmr": 0, "low": 0, "high": 0, "count": 1000000},
            {"score": 0, "log10_fmr": -1, "low": -1.1, "high": -0.9, "count": 100000},
            {"score": 0.5, "log10_fmr": -3, "low": -3.2, "high": -2.8, "count": 1000},
            {"score": 0.75, "log10_fmr": -5, "low": -6, "high": -4.5, "count": None},
        ],
    }


def parse(content: dict[str, Any]) -> Calibration:
    return Calibration.parse(json.dumps(content).encode(), "test.json")


@pytest.fixture
def calibration() -> Calibration:
    return parse(document())


def test_it_is_what_the_use_cases_need(calibration: Calibration) -> None:
    port: ScoreCalibration = calibration
    assert port.calibration_id == "some-model-fp32-default"


@pytest.mark.parametrize(
    ("score", "fmr"),
    [(-1, 1), (-0.5, 10**-0.5), (0, 0.1), (0.25, 0.01), (0.5, 0.001), (0.625, 1e-4), (0.75, 1e-5)],
)
def test_log10_fmr_is_linear_between_knots(calibration: Calibration, score: float, fmr: float) -> None:
    assert calibration.fmr_at(score) == pytest.approx(fmr)
    assert calibration.threshold_at(fmr) == pytest.approx(score, abs=1e-12)


def test_beyond_the_ends_the_rate_stays(calibration: Calibration) -> None:
    assert calibration.fmr_at(-1.5) == 1.0
    assert calibration.fmr_at(0.9) == calibration.fmr_at(0.75) == calibration.claimed_to_fmr


def test_the_rate_falls_strictly_from_one(calibration: Calibration) -> None:
    scores = [-1 + i * 0.001 for i in range(1751)]
    assert calibration.fmr_at(scores[0]) == 1.0
    assert all(calibration.fmr_at(a) > calibration.fmr_at(b) for a, b in pairwise(scores))


def test_threshold_and_rate_are_inverse(calibration: Calibration) -> None:
    for exponent in range(51):
        fmr = 10 ** (-exponent / 10)
        assert calibration.fmr_at(calibration.threshold_at(fmr)) == pytest.approx(fmr, rel=1e-12)


@pytest.mark.parametrize("fmr", [0, -1, 1.001, 9e-6, math.nan, math.inf])
def test_a_rate_that_is_not_claimed_has_no_threshold(calibration: Calibration, fmr: float) -> None:
    with pytest.raises(ParameterError, match=r"is not within 1\.0e-05 and 1"):
        calibration.threshold_at(fmr)


def test_the_estimate_has_an_interval_and_says_when_it_is_extrapolated(calibration: Calibration) -> None:
    counted = calibration.fmr_estimate(0.25)
    assert counted.value == pytest.approx(10**-2)
    assert counted.low == pytest.approx(10**-2.15)
    assert counted.high == pytest.approx(10**-1.85)
    assert not counted.extrapolated
    assert not calibration.fmr_estimate(0.5).extrapolated
    extrapolated = calibration.fmr_estimate(0.6)
    assert extrapolated.extrapolated
    assert extrapolated.low < extrapolated.value < extrapolated.high


def test_beyond_the_last_knot_the_interval_is_open_downwards(calibration: Calibration) -> None:
    estimate = calibration.fmr_estimate(0.8)
    assert estimate.value == pytest.approx(1e-5)
    assert estimate.low == 0.0
    assert estimate.high == pytest.approx(10**-4.5)


def test_not_a_number_is_no_score(calibration: Calibration) -> None:
    with pytest.raises(ParameterError):
        calibration.fmr_at(math.nan)
    with pytest.raises(ParameterError):
        calibration.fmr_estimate(math.nan)


@pytest.mark.parametrize("field", ["model_id", "model_sha256", "detector_id", "precision", "profile"])
def test_it_must_be_for_this_very_engine(calibration: Calibration, field: str) -> None:
    calibration.require_match(IDENTITY)
    other: EngineIdentity = dataclasses.replace(IDENTITY, **{field: "other"})
    with pytest.raises(CalibrationNotFoundError, match=f"is for {field} .*, the engine has other"):
        calibration.require_match(other)


def test_both_runtimes_share_one(calibration: Calibration) -> None:
    other = dataclasses.replace(IDENTITY, runtime="onnxruntime")
    calibration.require_match(other)
    assert calibration_name(other) == calibration_name(IDENTITY) == "some-model-fp32-default"


def test_a_model_without_a_packaged_calibration_says_so() -> None:
    with pytest.raises(CalibrationNotFoundError, match="no calibration for some-model-fp32-default"):
        Calibration.load(IDENTITY)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(document()))
    assert Calibration.read(path).fmr_at(0) == pytest.approx(0.1)
    with pytest.raises(FileMissingError, match="cannot read the calibration"):
        Calibration.read(tmp_path / "none.json")


def knot(score: object, log10_fmr: object, low: object, high: object, count: object = 1) -> dict[str, object]:
    return {"score": score, "log10_fmr": log10_fmr, "low": low, "high": high, "count": count}


FIRST = knot(-1, 0, 0, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "is not visavis-calibration version 1"),
        ({"format_version": 2}, "is not visavis-calibration version 1"),
        ({"model_id": 7}, "must be texts"),
        ({"knots": []}, "at least two knots"),
        ({"knots": [FIRST]}, "at least two knots"),
        ({"knots": 5}, "is not a calibration"),
        ({"knots": [{"score": 1}]}, "is not a calibration"),
        ({"knots": [FIRST, knot("high", -1, -1, -1)]}, "is not a calibration"),
        ({"knots": [FIRST, knot(0, math.nan, -1, -1)]}, "finite"),
        ({"knots": [{**FIRST, "count": None}, knot(0, -1, -1, -1, None)]}, "one of them counted"),
        ({"knots": [knot(-0.9, 0, 0, 0), knot(0, -1, -1, -1)]}, "must begin at score -1"),
        ({"knots": [knot(-1, -0.1, -0.1, 0), knot(0, -1, -1, -1)]}, "must begin at score -1"),
        ({"knots": [FIRST, knot(1.1, -1, -1, -1)]}, "end by score 1"),
        ({"knots": [FIRST, knot(0.5, -1, -1, -1), knot(0.5, -2, -2, -2)]}, "scores must rise"),
        ({"knots": [FIRST, knot(0.4, -1, -1, -1), knot(0.5, -1, -1, -1)]}, "rates fall"),
        ({"knots": [FIRST, knot(0, -1, -0.9, -0.8)]}, "does not hold its rate"),
        ({"knots": [FIRST, knot(0, -1, -1.2, -1.1)]}, "does not hold its rate"),
        ({"knots": [FIRST, knot(0, -1, -3, -1), knot(0.5, -2, -2.5, -2)]}, "or rises"),
        ({"knots": [FIRST, knot(0, -1, -1, -1), knot(0.5, -2, -2, -0.5)]}, "or rises"),
    ],
)
def test_a_malformed_file_is_an_error_that_says_why(change: dict[str, object], message: str) -> None:
    with pytest.raises(CalibrationFormatError, match=message):
        parse(document() | change)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"{}"])
def test_what_is_no_calibration_at_all_is_an_error(content: bytes) -> None:
    with pytest.raises(CalibrationFormatError, match="is not a calibration"):
        Calibration.parse(content, "test.json")
