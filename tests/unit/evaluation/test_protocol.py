from __future__ import annotations

import math

import numpy as np
import pytest

from tests.unit.evaluation.conftest import make_acquisition, make_dataset
from visavis.errors import ParameterError
from visavis.evaluation.protocol import EvaluationOptions, evaluate_dataset, evaluate_protocol
from visavis.evaluation.trials import CrossTrials, PairTrials


class ExponentialCalibration:
    """FMR 10 ** (-4 * score) from score 0 to 1."""

    calibration_id = "exponential"

    def fmr_at(self, score: float) -> float:
        return float(10 ** (-4 * max(0.0, score)))

    def threshold_at(self, fmr: float) -> float:
        if fmr < 1e-4:
            raise ParameterError("not claimed")
        return -math.log10(fmr) / 4


CALIBRATION = ExponentialCalibration()
# Cosines: 0-1 0.8, 2-3 0.8 mated; 0-2 0, 0-3 0.6, 1-2 0.6, 1-3 0.96.
FOUR: list[list[float]] = [[1, 0], [0.8, 0.6], [0, 1], [0.6, 0.8]]
EVERY = CrossTrials(np.arange(4, dtype=np.int32))
OPTIONS = EvaluationOptions(nominal=(0.5, 0.25, 0.1), resamples=40, worst=2)


def test_the_figures_of_four_pictures() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"pairs": EVERY})
    (result,) = evaluate_dataset(dataset, make_acquisition(FOUR, [0, 0, 1, 1]), CALIBRATION, OPTIONS)

    assert (result.name, result.pictures, result.people) == ("pairs", 4, 2)
    assert (result.mated, result.non_mated) == (2, 4)
    assert result.fta == 0.0
    assert result.accuracy is None
    half, quarter, tenth = result.operating_points
    # The two 0.6 are tied: letting one through would let both, and 3 of 4 is too many.
    assert half.false_matches == 1
    assert half.threshold is not None
    assert half.threshold == pytest.approx(0.6, abs=1e-5)
    assert half.frr == half.fnmr == 0.0
    assert half.claimed_fmr == pytest.approx(10**-2.4, rel=1e-4)
    assert quarter.counted_fmr == 0.25
    assert tenth.threshold is None
    assert tenth.reason == "4 completed non-mated comparisons; a rate of 0.1 needs 10"
    # At 0.8 no mated is lost and one of four non-mated matches; above it both mated are lost.
    assert result.eer == pytest.approx((0 + 0.25) / 2)


def test_failures_are_rejections_and_are_counted() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"pairs": EVERY})
    result = evaluate_protocol("pairs", dataset, make_acquisition(FOUR, [0, 0, 1, 1], failed=[3]), CALIBRATION, OPTIONS)

    assert (result.mated, result.mated_failed, result.non_mated, result.non_mated_failed) == (2, 1, 4, 2)
    assert (result.failed_pictures, result.fta) == (1, 0.25)
    point = result.operating_points[0]
    assert point.fnmr == 0.0
    assert point.frr == 0.5


def test_claimed_thresholds_are_checked_against_what_happened() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"pairs": EVERY})
    options = EvaluationOptions(nominal=(1e-2, 1e-3, 1e-5), resamples=20)
    result = evaluate_protocol("pairs", dataset, make_acquisition(FOUR, [0, 0, 1, 1]), CALIBRATION, options)

    # Thresholds 0.5 and 0.75; what the calibration does not claim is left out.
    first, second = result.claimed_points
    assert (first.threshold, first.fmr, first.false_matches, first.frr) == (0.5, 0.75, 3, 0.0)
    assert (second.threshold, second.fmr, second.false_matches) == (0.75, 0.25, 1)
    # Nothing of two was rejected; resampling that would claim certainty.
    assert first.frr_interval == (0.0, 1.0)


def test_without_a_calibration_nothing_is_claimed() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"pairs": EVERY})
    result = evaluate_protocol("pairs", dataset, make_acquisition(FOUR, [0, 0, 1, 1]), None, OPTIONS)
    assert result.claimed_points == ()
    assert result.operating_points[0].claimed_fmr is None
    assert result.lowest_mated[0].claimed_fmr is None


def test_the_worst_pairs_come_first_by_path() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"pairs": EVERY})
    result = evaluate_protocol("pairs", dataset, make_acquisition(FOUR, [0, 0, 1, 1]), CALIBRATION, OPTIONS)

    worst = result.highest_non_mated
    assert [(pair.reference, pair.probe) for pair in worst] == [
        ("person-0/1.jpg", "person-1/3.jpg"),
        ("person-0/0.jpg", "person-1/3.jpg"),
    ]
    assert worst[0].score == pytest.approx(0.96)
    assert [pair.score for pair in result.lowest_mated] == pytest.approx([0.8, 0.8])


def test_histograms_are_shares() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"pairs": EVERY})
    histogram = evaluate_protocol("pairs", dataset, make_acquisition(FOUR, [0, 0, 1, 1]), None, OPTIONS).histogram

    assert histogram.edges[[0, -1]].tolist() == pytest.approx([0.0, 0.96])
    assert histogram.mated.sum() == pytest.approx(1)
    assert histogram.non_mated[[0, -1]].tolist() == [0.25, 0.25]
    # 0.8 lies in bin 100 of 120 between 0 and 0.96.
    assert histogram.mated[99:101].sum() == pytest.approx(1)


def test_a_protocol_without_mated_comparisons() -> None:
    dataset = make_dataset([0, 1], {"pairs": CrossTrials(np.arange(2, dtype=np.int32))})
    result = evaluate_protocol("pairs", dataset, make_acquisition([[1, 0], [0, 1]], [0, 1]), CALIBRATION, OPTIONS)
    assert result.eer is None
    assert result.operating_points[0].reason is not None
    options = EvaluationOptions(nominal=(1.0, 1e-2), resamples=5)
    result = evaluate_protocol("pairs", dataset, make_acquisition([[1, 0], [0, 1]], [0, 1]), CALIBRATION, options)
    assert result.operating_points[0].frr is None
    assert result.claimed_points[1].fmr == 0.0
    assert result.claimed_points[1].frr is None


def test_nothing_acquired_and_nothing_to_do() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"pairs": EVERY, "empty": CrossTrials(np.empty(0, np.int32))})
    failed, empty = evaluate_dataset(
        dataset, make_acquisition(FOUR, [0, 0, 1, 1], failed=[0, 1, 2, 3]), CALIBRATION, OPTIONS
    )
    assert failed.fta == 1.0
    assert failed.claimed_points[0].fmr is None
    assert failed.claimed_points[0].frr == 1.0
    assert failed.histogram.mated.sum() == 0.0
    assert (empty.pictures, empty.fta, empty.fta_interval) == (0, 0.0, None)


def folds(*fold: int) -> PairTrials:
    return PairTrials(
        np.array([0, 0, 2, 1], np.int32),
        np.array([1, 2, 3, 2], np.int32),
        np.array([True, False, True, False]),
        np.array(fold, np.int32),
    )


def test_accuracy_where_there_are_folds() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"two": folds(0, 0, 1, 1), "one": folds(0, 0, 0, 0)})
    two, one = evaluate_dataset(dataset, make_acquisition(FOUR, [0, 0, 1, 1]), None, OPTIONS)
    # Mated 0.8 and 0.8; non-mated 0 and 0.6. Fold 1 asks for 0.7, fold 0 for 0.4, at which 0.6 is wrong.
    assert two.accuracy is not None
    assert two.accuracy.folds.tolist() == [1.0, 0.5]
    assert two.accuracy_interval is not None
    assert two.pictures == 4
    assert one.accuracy is None


def test_rare_events_that_did_not_happen_have_an_open_interval() -> None:
    random = np.random.default_rng(2)
    persons = np.repeat(np.arange(30), 2)
    vectors = np.eye(30)[persons] + 0.01 * random.normal(size=(60, 30))
    dataset = make_dataset(persons.tolist(), {"pairs": CrossTrials(np.arange(60, dtype=np.int32))})
    options = EvaluationOptions(nominal=(1e-2,), resamples=20)
    result = evaluate_protocol(
        "pairs", dataset, make_acquisition(vectors.tolist(), persons.tolist()), CALIBRATION, options
    )
    (claimed,) = result.claimed_points
    assert (claimed.fmr, claimed.fmr_interval) == (0.0, (0.0, 3 / 1740))
    assert result.fta_interval == (0.0, 3 / 60)
    assert result.operating_points[0].frr_interval == (0.0, 3 / 30)
