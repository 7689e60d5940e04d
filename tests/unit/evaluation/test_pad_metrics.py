from __future__ import annotations

import math

import numpy as np
import pytest

from visavis.evaluation.pad_metrics import (
    apcer_at,
    area_under_curve,
    bpcer_at,
    det_curve,
    highest_apcer,
    non_response_rate,
    refused_by,
    threshold_at_bpcer,
    weighted_share,
    weighted_threshold_at_bpcer,
)
from visavis.presentation import Check

# Suspicions: more is worse.
BONA_FIDE = np.array([-5.0, -4.0, -4.0, -3.0, -2.0, -2.0, -2.0, -1.0, 0.0, 3.0])
ATTACKS = np.array([-2.0, 0.0, 1.0, 4.0])
NOTHING = np.empty(0)


@pytest.mark.parametrize(("threshold", "bpcer", "apcer"), [(-9, 1, 0), (-2, 0.6, 0), (0, 0.2, 0.25), (5, 0, 1)])
def test_rates_at_a_threshold_count_equal_scores_as_called_attacks(
    threshold: float, bpcer: float, apcer: float
) -> None:
    assert bpcer_at(BONA_FIDE, threshold) == pytest.approx(bpcer)
    assert apcer_at(ATTACKS, threshold) == pytest.approx(apcer)


def test_nothing_has_no_rate() -> None:
    assert math.isnan(bpcer_at(NOTHING, 0))
    assert math.isnan(apcer_at(NOTHING, 0))
    assert math.isnan(non_response_rate(np.empty(0, bool)))
    assert math.isnan(area_under_curve(BONA_FIDE, NOTHING))
    assert math.isnan(area_under_curve(NOTHING, ATTACKS))
    assert math.isnan(weighted_share(np.array([True]), np.zeros(1)))


@pytest.mark.parametrize(
    ("bpcer", "kept", "counted"),
    # Four may be refused, but three are equal to the fourth-worst: only the three worse ones are.
    [(0.1, 0.0, 0.1), (0.2, -1.0, 0.2), (0.3, -2.0, 0.3), (0.4, -2.0, 0.3), (0.59, -2.0, 0.3), (0.6, -3.0, 0.6)],
)
def test_the_strictest_threshold_refuses_equal_scores_together(bpcer: float, kept: float, counted: float) -> None:
    threshold = threshold_at_bpcer(BONA_FIDE, bpcer)
    assert threshold is not None
    assert kept < threshold < kept + 1e-9
    assert bpcer_at(BONA_FIDE, threshold) == pytest.approx(counted)


def test_a_rate_that_the_set_is_too_small_for_has_no_threshold() -> None:
    assert threshold_at_bpcer(BONA_FIDE, 0.099) is None
    assert threshold_at_bpcer(NOTHING, 0.5) is None
    assert threshold_at_bpcer(BONA_FIDE, 1.0) == -5.0


def test_the_highest_apcer_is_that_of_a_species_with_attacks() -> None:
    assert highest_apcer({"print": 0.1, "screen": 0.4, "mask": math.nan, "cut": 0.4}) == ("screen", 0.4)
    assert highest_apcer({"mask": math.nan}) is None


def test_non_responses() -> None:
    assert non_response_rate(np.array([True, True, False, True])) == pytest.approx(0.25)


def test_what_is_refused_lies_on_the_worse_side_of_the_threshold() -> None:
    score = np.array([0.29, 0.3, 0.31])
    assert refused_by(score, 0.3, Check.PAD).tolist() == [True, False, False]
    assert refused_by(score, 0.3, Check.SYNTHESIS).tolist() == [False, False, True]


def test_the_area_by_hand() -> None:
    # -2 beats 4 and ties with 3: 5.5; 0 beats 8 and ties with 1: 8.5; 1 beats 9; 4 beats 10; of 40.
    assert area_under_curve(BONA_FIDE, ATTACKS) == pytest.approx((5.5 + 8.5 + 9 + 10) / 40)
    assert area_under_curve(np.array([0.0, 1.0]), np.array([2.0])) == 1
    assert area_under_curve(np.array([0.0, 1.0]), np.array([-1.0])) == 0
    assert area_under_curve(np.array([1.0]), np.array([1.0])) == 0.5


def test_a_weight_counts_as_so_many() -> None:
    repeated = area_under_curve(np.array([0.0, 1.0, 1.0]), np.array([0.5, 0.5, 1.0]))
    weighted = area_under_curve(
        np.array([0.0, 1.0]), np.array([0.5, 1.0, 7.0]), np.array([1.0, 2.0]), np.array([2, 1, 0.0])
    )
    assert weighted == pytest.approx(repeated) == pytest.approx((1 + 1 + 2) / 9)
    assert weighted_share(np.array([True, False]), np.array([1.0, 3.0])) == 0.25


@pytest.mark.parametrize("bpcer", [0.1, 0.25, 0.4, 0.6, 1.0])
def test_weights_of_one_give_the_plain_threshold(bpcer: float) -> None:
    assert weighted_threshold_at_bpcer(BONA_FIDE, np.ones(10), bpcer) == threshold_at_bpcer(BONA_FIDE, bpcer)


def test_a_weighted_threshold_by_hand() -> None:
    bona_fide, weights = np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 1.0])
    assert weighted_threshold_at_bpcer(bona_fide, weights, 0.25) == pytest.approx(1.0)
    # One of four may go at 0.5 too: the two that weigh 1.0 go together.
    assert weighted_threshold_at_bpcer(bona_fide, weights, 0.5) == pytest.approx(1.0)
    assert weighted_threshold_at_bpcer(bona_fide, weights, 0.75) == pytest.approx(0.0)
    assert math.isnan(weighted_threshold_at_bpcer(bona_fide, weights, 0.2))


def test_the_curve_by_hand() -> None:
    curve = det_curve(np.array([0.0, 1.0]), np.array([0.5, 2.0]))
    assert curve.bpcer.tolist() == [1.0, 0.5]
    assert curve.apcer.tolist() == [0.0, 0.5]
    assert curve.threshold.tolist() == [0.0, 1.0]
    assert len(det_curve(NOTHING, ATTACKS).bpcer) == len(det_curve(BONA_FIDE, NOTHING).bpcer) == 0
