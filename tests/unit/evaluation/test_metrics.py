from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.evaluation import metrics


def rising(*scores: float) -> NDArray[np.float32]:
    return np.sort(np.array(scores, np.float32))


TEN = rising(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def test_the_threshold_lets_exactly_the_nominal_share_through() -> None:
    threshold = metrics.threshold_at_fmr(TEN, 0.2)

    assert threshold is not None
    assert np.float32(0.7) < threshold < np.float32(0.7) + 1e-6
    assert metrics.fmr_at(TEN, threshold) == 0.2


def test_tied_scores_are_refused_together() -> None:
    # Two of ten may match, but the second highest score occurs three times: only one match is left.
    scores = rising(0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.8, 0.8, 0.8, 0.9)

    threshold = metrics.threshold_at_fmr(scores, 0.2)

    assert threshold is not None
    assert metrics.fmr_at(scores, threshold) == 0.1


def test_a_nominal_rate_loses_no_comparison_to_rounding() -> None:
    # 0.29 * 100 is 28.999999999999996.
    assert metrics.allowed_matches(100, 0.29) == 29
    assert metrics.allowed_matches(100, 0.289) == 28


def test_too_few_comparisons_give_no_threshold() -> None:
    assert metrics.threshold_at_fmr(TEN, 0.1) is not None
    assert metrics.threshold_at_fmr(TEN, 0.099) is None
    assert metrics.threshold_at_fmr(rising(), 0.5) is None


def test_a_rate_of_one_lets_everything_through() -> None:
    assert metrics.threshold_at_fmr(TEN, 1.0) == 0.0


def test_a_score_at_the_threshold_matches() -> None:
    assert metrics.fmr_at(TEN, float(np.float32(0.9))) == 0.1
    assert metrics.fnmr_at(TEN, float(np.float32(0.1))) == 0.1


def test_a_double_threshold_is_not_rounded_onto_a_score() -> None:
    score = np.array([0.25], np.float32)
    just_above = 0.25 + 1e-12  # float32 cannot tell the two apart
    assert metrics.fmr_at(score, just_above) == 0.0
    assert metrics.fmr_at(score, 0.25) == 1.0


def test_failures_to_acquire_count_as_rejections() -> None:
    mated = rising(0.2, 0.6, 0.7, 0.8)
    assert metrics.fnmr_at(mated, 0.5) == 0.25
    assert metrics.frr_at(mated, 0.5, failed=1) == 0.4
    assert metrics.frr_at(rising(), 0.5, failed=2) == 1.0


def test_rates_of_nothing_are_not_numbers() -> None:
    assert math.isnan(metrics.fmr_at(rising(), 0.5))
    assert math.isnan(metrics.frr_at(rising(), 0.5, failed=0))


@pytest.mark.parametrize(
    ("mated", "non_mated", "expected"),
    [
        # At 0.5 one of four mated is below and one of four non-mated is not.
        (rising(0.4, 0.6, 0.7, 0.8), rising(0.1, 0.2, 0.3, 0.5), 0.25),
        (rising(0.8, 0.9), rising(0.1, 0.2), 0.0),
        (rising(0.1, 0.2), rising(0.8, 0.9), 1.0),
        # All alike: everything matches (FMR 1, FNMR 0) or nothing does.
        (rising(0.5, 0.5), rising(0.5, 0.5), 0.5),
        # Ties among the mated: at 0.3 FNMR 0 and FMR 2/4, above it FNMR 2/3 and FMR 1/4; 5/12 apart against 6/12.
        (rising(0.3, 0.3, 0.9), rising(0.1, 0.2, 0.3, 0.4), (2 / 3 + 1 / 4) / 2),
        # At 0.35 FNMR 1/2 and FMR 1/3.
        (rising(0.3, 0.6), rising(0.1, 0.35, 0.2), (1 / 2 + 1 / 3) / 2),
    ],
)
def test_equal_error_rate(mated: NDArray[np.float32], non_mated: NDArray[np.float32], expected: float) -> None:
    assert metrics.equal_error_rate(mated, non_mated) == pytest.approx(expected)


def test_equal_error_rate_agrees_with_trying_every_threshold() -> None:
    random = np.random.default_rng(4)
    mated = np.sort(random.normal(1, 1, 300)).astype(np.float32)
    non_mated = np.sort(random.normal(0, 1, 400)).astype(np.float32)
    tried = [
        (abs(metrics.fmr_at(non_mated, t) - metrics.fnmr_at(mated, t)),
         (metrics.fmr_at(non_mated, t) + metrics.fnmr_at(mated, t)) / 2)
        for t in [*mated.tolist(), *non_mated.tolist()]
    ]  # fmt: skip
    assert metrics.equal_error_rate(mated, non_mated) == pytest.approx(min(tried)[1])


def test_no_equal_error_rate_without_both_kinds() -> None:
    assert metrics.equal_error_rate(rising(), TEN) is None
    assert metrics.equal_error_rate(TEN, rising()) is None


def test_the_det_curve_runs_from_everything_to_one_comparison() -> None:
    curve = metrics.det_curve(rising(0.45, 0.75, 0.95), TEN)

    assert curve.fmr.tolist() == pytest.approx([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    assert curve.fnmr.tolist() == pytest.approx([0, 0, 0, 0, 0, 1 / 3, 1 / 3, 1 / 3, 2 / 3, 2 / 3])
    assert curve.threshold.tolist() == pytest.approx(TEN.tolist())
    assert len(metrics.det_curve(rising(), TEN).fmr) == 0


def test_the_best_threshold_lies_half_way_in_the_gap() -> None:
    assert metrics.best_threshold(rising(0.6, 0.8), rising(0.1, 0.4)) == pytest.approx(0.5)
    # Everything is mated: accepting all is best, and so is nothing else.
    assert metrics.best_threshold(rising(0.6, 0.8), rising()) == pytest.approx(0.6)
    # Everything is non-mated: the threshold must lie above the highest.
    assert metrics.best_threshold(rising(), rising(0.6, 0.8)) > np.float32(0.8)
    assert metrics.best_threshold(rising(), rising()) == 0.0


def test_each_fold_is_judged_by_the_threshold_of_the_others() -> None:
    fold = np.array([0, 0, 1, 1], np.int32)
    mated = np.array([True, False, True, False])
    scores = np.array([0.9, 0.5, 0.4, 0.1], np.float32)
    every = np.ones(4, bool)

    result = metrics.fold_accuracy(scores, mated, fold, every)

    # Fold 1 gives (0.4 + 0.1) / 2 = 0.25 to fold 0, whose 0.5 is wrong; fold 0 gives 0.7 to fold 1, whose 0.4 is wrong.
    assert result.thresholds.tolist() == pytest.approx([0.25, 0.7])
    assert result.correct.tolist() == [True, False, False, True]
    assert result.folds.tolist() == [0.5, 0.5]
    assert result.mean == 0.5
    assert result.deviation == 0.0


def test_a_pair_that_was_not_completed_is_wrong_whichever_kind_and_chooses_nothing() -> None:
    fold = np.array([0, 0, 1, 1, 1], np.int32)
    mated = np.array([True, False, True, False, False])
    scores = np.array([0.9, 0.0, 0.8, 0.1, 0.0], np.float32)
    completed = np.array([True, False, True, True, False])

    result = metrics.fold_accuracy(scores, mated, fold, completed)

    # From fold 0 only the mated 0.9 chooses: fold 1's threshold is 0.9, so its mated 0.8 is wrong and its 0.1 is right.
    assert result.correct.tolist() == [True, False, False, True, False]
    assert result.folds.tolist() == pytest.approx([0.5, 1 / 3])


def test_one_fold_is_no_cross_validation() -> None:
    with pytest.raises(ValueError, match="two folds"):
        metrics.fold_accuracy(TEN[:2], np.array([True, False]), np.zeros(2, np.int32), np.ones(2, bool))
