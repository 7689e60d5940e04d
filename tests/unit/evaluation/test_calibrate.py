from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.evaluation.conftest import IDENTITY, make_acquisition, make_dataset
from visavis.engine.calibration import Calibration
from visavis.errors import DatasetError, FileMissingError
from visavis.evaluation.calibrate import (
    CalibrationPlan,
    CalibrationResult,
    Exclusion,
    calibrate,
    excluded_pictures,
    parse_exclusions,
    read_exclusions,
)
from visavis.evaluation.run import Acquisition
from visavis.evaluation.trials import Dataset
from visavis.types import FaceChoice

PLAN = CalibrationPlan(IDENTITY, FaceChoice.LARGEST, "2026-01-02", "9.9", resamples=30)


def strangers(people: int = 200, width: int = 24) -> tuple[Dataset, Acquisition]:
    """Two random templates a person: cosines spread around 0 with a standard deviation of 1 / sqrt(width)."""
    random = np.random.default_rng(11)
    persons = np.repeat(np.arange(people), 2).tolist()
    vectors = random.normal(size=(2 * people, width)).tolist()
    return make_dataset(persons, {}), make_acquisition(vectors, persons)


@pytest.fixture(scope="module")
def result() -> CalibrationResult:
    return calibrate(*strangers(), (), PLAN)


def document(result: CalibrationResult) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(result.text)
    return content


def test_counts_at_knots_are_exact(result: CalibrationResult) -> None:
    scores = result.scores.non_mated.astype(np.float64)
    assert len(scores) == 400 * 399 // 2 - 200
    counted = [knot for knot in result.knots if knot.count is not None]
    assert (counted[0].score, counted[0].log10_fmr, counted[0].count) == (-1.0, 0.0, len(scores))
    for knot in counted:
        assert knot.count == int((scores >= knot.score).sum())
        assert knot.log10_fmr == pytest.approx(np.log10(knot.count / len(scores)), abs=1e-6)
    assert min(knot.count or 0 for knot in counted) >= 50
    # A tenth of a decade apart, down to the last that still has 50 comparisons.
    assert counted[-1].log10_fmr == pytest.approx(-3.2, abs=0.01)
    assert len(counted) == 1 + 4 + 32


def test_the_tail_is_marked_joins_the_counted_part_and_reaches_its_claim(result: CalibrationResult) -> None:
    counted = [knot for knot in result.knots if knot.count is not None]
    tail = [knot for knot in result.knots if knot.count is None]
    assert tail
    assert result.knots == (*counted, *tail)
    assert tail[0].log10_fmr == pytest.approx(-3.3)
    assert counted[-1].score < tail[0].score < counted[-1].score + 0.05
    assert all(knot.score < 1 for knot in tail)
    facts = document(result)["tail"]
    assert facts["claimed_to_fmr"] == pytest.approx(10 ** tail[-1].log10_fmr)
    assert facts["extrapolated_below_fmr"] == pytest.approx(10 ** counted[-1].log10_fmr, rel=1e-4)
    assert facts["exceedances"] == 500
    above = result.scores.non_mated[-500:]
    assert facts["threshold"] < float(above[0]) + 1e-6


def test_the_fitted_tail_is_right_about_a_distribution_that_is_known(result: CalibrationResult) -> None:
    # The cosine of two random directions in 24 dimensions: (1 + cosine) / 2 follows Beta(11.5, 11.5).
    from scipy.stats import beta

    for knot in result.knots:
        if -5 <= knot.log10_fmr <= -0.1:
            truth = float(np.log10(beta.sf((1 + knot.score) / 2, 11.5, 11.5)))
            assert knot.log10_fmr == pytest.approx(truth, abs=0.4 if knot.count is None else 0.12)


def test_intervals_hold_their_rate_and_never_rise(result: CalibrationResult) -> None:
    for knot in result.knots:
        assert knot.low <= knot.log10_fmr <= knot.high
    for name in ("low", "high"):
        values = [getattr(knot, name) for knot in result.knots]
        assert values == sorted(values, reverse=True)


def test_the_file_says_what_it_is_made_of(result: CalibrationResult) -> None:
    content = document(result)
    assert content["calibration_id"] == "fake-model-fp32-default"
    assert content["model_sha256"] == "ab" * 32
    assert content["dataset"] == {"name": "set", "layout": "folders", "face": "largest"}
    assert content["counts"] == {
        "pictures": 400,
        "people": 200,
        "failures_to_acquire": 0,
        "excluded_pictures": 0,
        "non_mated_comparisons": 79_600,
    }
    assert content["bootstrap"] == {"over": "people", "resamples": 30, "seed": 1, "level": 0.95}
    assert (content["date"], content["tool_version"], content["runtime"]) == ("2026-01-02", "9.9", "openvino")


def test_the_same_input_gives_the_same_bytes_but_for_the_date(result: CalibrationResult) -> None:
    again = calibrate(*strangers(), (), dataclasses.replace(PLAN, date="2030-12-31"))
    assert again.text.replace("2030-12-31", "2026-01-02") == result.text


def test_the_engine_reads_what_was_written(result: CalibrationResult) -> None:
    calibration = Calibration.parse(result.text.encode(), "test")
    calibration.require_match(IDENTITY)
    scores = result.scores.non_mated
    for rate in (1e-1, 1e-2, 1e-3):
        counted = float((scores >= calibration.threshold_at(rate)).mean())
        assert counted == pytest.approx(rate, rel=0.1)


def test_excluded_pictures_take_no_part_and_are_listed() -> None:
    dataset, acquisition = strangers()
    wrong = Exclusion(acquisition.keys[0].hex(), "one photograph under two labels", "seen")
    elsewhere = Exclusion("f" * 64, "of another data set", "seen")
    assert excluded_pictures(acquisition, [wrong, elsewhere]) == (0,)

    content = document(calibrate(dataset, acquisition, [wrong, elsewhere], PLAN))

    assert content["excluded"] == [dataclasses.asdict(wrong)]
    assert content["counts"]["pictures"] == 399
    assert content["counts"]["excluded_pictures"] == 1
    assert content["counts"]["non_mated_comparisons"] == 399 * 398 // 2 - 199


def test_failures_are_counted() -> None:
    dataset, acquisition = strangers()
    templates = acquisition.templates
    templates.acquired[[4, 5]] = False
    counts = document(calibrate(dataset, acquisition, (), PLAN))["counts"]
    assert counts["failures_to_acquire"] == 2
    assert counts["non_mated_comparisons"] == 398 * 397 // 2 - 199


def test_too_few_comparisons_or_people_are_refused() -> None:
    with pytest.raises(DatasetError, match="1,740 comparisons between different people; a calibration needs 2,000"):
        calibrate(*strangers(people=30), (), PLAN)
    persons = np.repeat(np.arange(9), 20).tolist()
    vectors = np.random.default_rng(1).normal(size=(180, 24)).tolist()
    with pytest.raises(DatasetError, match="9 people; a calibration needs 10"):
        calibrate(make_dataset(persons, {}), make_acquisition(vectors, persons), (), PLAN)


def test_the_tail_ends_where_scores_end() -> None:
    # In three dimensions strangers reach a cosine of 1 at a rate that can be counted.
    result = calibrate(*strangers(width=3), (), PLAN)
    assert result.knots[-1].score < 1
    assert result.knots[-1].log10_fmr > -8


def test_resamples_without_high_scores_are_left_out() -> None:
    # All high scores come from two pictures of two people, of whom many resamples draw none.
    random = np.random.default_rng(5)
    persons = np.repeat(np.arange(12), 10)
    vectors = random.normal(size=(120, 40))
    vectors[persons < 2] = np.eye(40)[0] + 0.1 * random.normal(size=(20, 40))
    result = calibrate(
        make_dataset(persons.tolist(), {}), make_acquisition(vectors.tolist(), persons.tolist()), (), PLAN
    )
    assert all(np.isfinite([knot.low, knot.high]).all() for knot in result.knots)


GOOD = {"format": "visavis-exclusions", "pictures": [{"sha256": "0" * 64, "reason": "r", "evidence": "e"}]}


def test_exclusions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(GOOD))
    assert read_exclusions(path) == (Exclusion("0" * 64, "r", "e"),)
    with pytest.raises(FileMissingError):
        read_exclusions(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not a list of exclusions"),
        (b"\xff", "is not a list of exclusions"),
        (b"[]", "is not a list of exclusions"),
        (b'{"format": "other"}', "is not visavis-exclusions"),
        (json.dumps({**GOOD, "pictures": [{"sha256": "0" * 64}]}).encode(), "is not a list of exclusions"),
        (json.dumps(GOOD).replace("0" * 64, "A" * 64).encode(), "is not a SHA-256"),
    ],
)
def test_a_malformed_list_of_exclusions_is_an_error(content: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        parse_exclusions(content, "list.json")
