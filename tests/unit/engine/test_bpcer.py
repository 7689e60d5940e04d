from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from visavis.engine.bpcer import BpcerScale
from visavis.errors import CalibrationFormatError, CalibrationNotFoundError, FileMissingError, ParameterError
from visavis.presentation import Check, CheckNetwork

NETWORKS = (CheckNetwork("near", "ab" * 32), CheckNetwork("wide", "cd" * 32))


def document(check: str = "pad") -> dict[str, Any]:
    """Suspicion -27.6 (BPCER 1), 0 (0.1), ln 9 (1e-2, the last that was counted), ln 99 (1e-4)."""
    natives = [1.0, 0.5, 0.1, 0.01] if check == "pad" else [0.0, 0.5, 0.9, 0.99]
    logs = [(0, 0, 0, 2000), (-1, -1.1, -0.9, 200), (-2, -2.3, -1.8, 20), (-4, -5, -3.5, None)]
    anchors = [(1e-2, 0.9), (1e-3, 0.3), (1e-4, 0.05)] if check == "pad" else [(5e-2, 0.3), (1e-2, 0.5), (1e-3, 0.7)]
    return {
        "format": "visavis-bpcer",
        "format_version": 1,
        "calibration_id": "a-calibration",
        "check": check,
        "networks": [{"model_id": one.model_id, "sha256": one.sha256} for one in NETWORKS],
        "precision": "fp32",
        "data_sets": ["a set"],
        "date": "2026-01-02",
        "tool_version": "9.9",
        "counts": {"photos": 2000, "people": 1000},
        "anchors": [{"bpcer": rate, "score": score} for rate, score in anchors],
        "knots": [
            {"native": native, "log10_bpcer": log10, "low": low, "high": high, "count": count}
            for native, (log10, low, high, count) in zip(natives, logs, strict=True)
        ],
    }


def parse(content: object) -> BpcerScale:
    return BpcerScale.parse(json.dumps(content).encode(), "test.json")


PAD, SYNTHESIS = parse(document()), parse(document("synthesis"))
MIDDLE = 1 / (1 + math.sqrt(9 * 99))  # Half-way between the logits of 0.1 and 0.01.


@pytest.mark.parametrize(
    ("native", "bpcer"), [(1, 1), (0.5, 0.1), (0.25, 10 ** (-1.5)), (0.1, 1e-2), (MIDDLE, 1e-3), (0.01, 1e-4)]
)
def test_log10_bpcer_is_linear_in_the_logit_between_knots(native: float, bpcer: float) -> None:
    assert PAD.bpcer_estimate(native).value == pytest.approx(bpcer)
    assert PAD.native_at(bpcer) == pytest.approx(native)
    # The other check runs the other way.
    assert SYNTHESIS.bpcer_estimate(1 - native).value == pytest.approx(bpcer)
    assert SYNTHESIS.native_at(bpcer) == pytest.approx(1 - native)


@pytest.mark.parametrize(
    ("native", "score"),
    [(1, 1), (0.5, 0.95), (0.1, 0.9), (MIDDLE, 0.3), (0.01, 0.05), (0.005, 0.025), (0, 0)],
)
def test_public_pad_scores_by_hand(native: float, score: float) -> None:
    assert PAD.public_score(native) == pytest.approx(score)
    assert PAD.native_of(score) == pytest.approx(native)


@pytest.mark.parametrize(
    ("native", "score"),
    # BPCER 1 → 0, 10^-1 → 0.3 · 1 / 1.301, 5e-2 → 0.3, 1e-2 → 0.5, 1e-3 → 0.7; half of the rest of the way → 0.85.
    [(0, 0), (0.5, 0.3 / -math.log10(0.05)), (0.9, 0.5), (1 - MIDDLE, 0.7), (1 - MIDDLE / 2, 0.85), (1, 1)],
)
def test_public_synthesis_scores_by_hand(native: float, score: float) -> None:
    assert SYNTHESIS.public_score(native) == pytest.approx(score)
    assert SYNTHESIS.native_of(score) == pytest.approx(native)


@pytest.mark.parametrize("scale", [PAD, SYNTHESIS])
def test_public_scores_keep_the_order_of_native_ones(scale: BpcerScale) -> None:
    steps = [1e-9, 1e-6, *np.linspace(0.001, 0.999, 999), 1 - 1e-6, 1 - 1e-9, 1.0]
    scores = [scale.public_score(native) for native in (0.0, *steps)]
    assert all(a < b for a, b in pairwise(scores))
    assert (scores[0], scores[-1]) == (0, 1)
    assert [scale.native_of(score) for score in scores] == pytest.approx([0.0, *steps], abs=1e-12)


def test_an_estimate_has_its_interval_and_says_what_is_fitted() -> None:
    counted, fitted, beyond = (PAD.bpcer_estimate(native) for native in (0.1, 0.0999, 0.001))
    assert (counted.low, counted.high) == pytest.approx((10**-2.3, 10**-1.8))
    assert not counted.extrapolated
    assert fitted.extrapolated
    # Beyond the last knot nothing lower is claimed.
    assert (beyond.value, beyond.low, beyond.high, beyond.extrapolated) == pytest.approx((1e-4, 0, 10**-3.5, True))


def test_what_a_threshold_refuses() -> None:
    assert PAD.threshold_estimate(0.3).value == pytest.approx(1e-3)
    assert PAD.threshold_estimate(0.3).extrapolated
    assert SYNTHESIS.threshold_estimate(0.5).value == pytest.approx(1e-2)
    assert not SYNTHESIS.threshold_estimate(0.5).extrapolated


@pytest.mark.parametrize("value", [-0.001, 1.001, math.nan, math.inf])
def test_scores_beyond_their_range_are_refused(value: float) -> None:
    for ask in (PAD.public_score, PAD.native_of, PAD.bpcer_estimate, PAD.threshold_estimate):
        with pytest.raises(ParameterError, match="from 0 to 1"):
            ask(value)


@pytest.mark.parametrize("bpcer", [0, 0.99e-4, 1.01, math.nan])
def test_a_rate_that_is_not_claimed_is_refused(bpcer: float) -> None:
    with pytest.raises(ParameterError, match=r"not within 1\.0e-04 and 1"):
        PAD.native_at(bpcer)


def test_it_belongs_to_its_networks_in_any_order() -> None:
    PAD.require_match(NETWORKS[::-1], "fp32")


@pytest.mark.parametrize(
    ("networks", "precision", "named"),
    [
        (NETWORKS, "bf16", "fp32, the engine has bf16"),
        (NETWORKS[:1], "fp32", "the engine has near ababababab"),
        ((NETWORKS[0], CheckNetwork("wide", "ef" * 32)), "fp32", "wide efefefefefef"),
        ((), "fp32", "a-calibration is for near"),
    ],
)
def test_it_is_refused_with_other_networks(networks: tuple[CheckNetwork, ...], precision: str, named: str) -> None:
    with pytest.raises(CalibrationNotFoundError, match=named):
        PAD.require_match(networks, precision)


def test_it_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps(document()), "utf-8")
    scale = BpcerScale.read(file)
    assert (scale.check, scale.networks, scale.data_sets) == (Check.PAD, NETWORKS, ("a set",))
    assert (scale.photos, scale.people, scale.precision, scale.date) == (2000, 1000, "fp32", "2026-01-02")
    with pytest.raises(FileMissingError, match="cannot read the calibration"):
        BpcerScale.read(tmp_path / "missing.json")


def change_knot(index: int, **changes: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["knots"][index].update(changes)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content.update(format="visavis-calibration"), "is not visavis-bpcer version 1"),
        (lambda content: content.update(format_version=2), "is not visavis-bpcer version 1"),
        (lambda content: content.pop("date"), "'date'"),
        (lambda content: content.update(date=7), "must be texts"),
        (lambda content: content.update(calibration_id=""), "must be texts"),
        (lambda content: content.update(check="other"), "other"),
        (lambda content: content.update(networks=[]), "SHA-256"),
        (lambda content: content["networks"][0].update(sha256="AB" * 32), "SHA-256"),
        (lambda content: content["networks"][0].update(sha256=5), "not a calibration"),
        (lambda content: content["counts"].update(photos=0), "must be counted"),
        (lambda content: content["counts"].update(people=True), "must be counted"),
        (lambda content: content.update(knots=content["knots"][:1]), "at least two knots"),
        (lambda content: [knot.update(count=None) for knot in content["knots"]], "one of them counted"),
        (change_knot(1, native=math.nan), "finite numbers"),
        (change_knot(1, native="0.5"), "not a number"),
        (change_knot(1, native=True), "not a number"),
        (change_knot(0, native=0.99), "must begin at native 1"),
        (change_knot(0, log10_bpcer=-0.1), "must begin at native 1"),
        (change_knot(3, native=-0.01), "within 0 and 1"),
        (change_knot(2, native=0.5), "must worsen"),
        (change_knot(2, log10_bpcer=-1), "rates fall"),
        (change_knot(2, low=-1.9), "interval"),
        (change_knot(2, high=-2.1), "interval"),
        (change_knot(3, high=-1.7), "interval"),
        (change_knot(1, count=None), "beyond one that is not"),
        (lambda content: content["anchors"].clear(), "anchors"),
        (lambda content: content["anchors"][0].update(bpcer=1.0), "between 0 and 1"),
        (lambda content: content["anchors"].reverse(), "from the highest rate"),
        (lambda content: content["anchors"][2].update(score=0.4), "scores to worse"),
        (lambda content: content["anchors"][2].update(bpcer=0.9e-4), "does not reach"),
        (change_knot(3, native=0), "does not reach"),
    ],
)
def test_a_damaged_file_is_refused(damage: Callable[[dict[str, Any]], object], message: str) -> None:
    content = document()
    damage(content)
    with pytest.raises(CalibrationFormatError, match=message):
        parse(content)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b"\xff", b'{"format": "visavis-bpcer"}'])
def test_bytes_that_are_no_calibration(content: bytes) -> None:
    with pytest.raises(CalibrationFormatError, match=r"test\.json is not a calibration of a check"):
        BpcerScale.parse(content, "test.json")
