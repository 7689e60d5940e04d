from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.engine.bpcer import BpcerScale
from visavis.errors import DatasetError
from visavis.evaluation.bpcer import BpcerFit, BpcerPlan, fit_bpcer_scale
from visavis.presentation import BPCER_ANCHORS, Check, CheckNetwork, native_of_suspicion, suspicion_of

PLAN = BpcerPlan(Check.PAD, (CheckNetwork("near", "ab" * 32),), "fp32", ("a set",), "2026-01-02", "9.9", resamples=40)
Doubles = NDArray[np.float64]


def logistic_quantiles(count: int, check: Check = Check.PAD) -> Doubles:
    """Native scores whose suspicion is logistic around -6 with scale 1: P(suspicion > s) = 1 / (1 + exp(s + 6))."""
    survival = (np.arange(count) + 0.5) / count
    return np.array([native_of_suspicion(-6 + math.log((1 - p) / p), check) for p in survival])


def people(count: int, photos_each: int = 2) -> list[str]:
    return [f"person {index // photos_each}" for index in range(count)]


def fit(native: Doubles, plan: BpcerPlan = PLAN) -> BpcerFit:
    return fit_bpcer_scale(native, people(len(native)), plan)


def scale_of(made: BpcerFit) -> BpcerScale:
    return BpcerScale.parse(made.text.encode(), "test")


def document(made: BpcerFit) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(made.text)
    return content


@pytest.fixture(scope="module", params=list(Check))
def check(request: pytest.FixtureRequest) -> Check:
    chosen: Check = request.param
    return chosen


@pytest.fixture(scope="module")
def made(check: Check) -> BpcerFit:
    return fit(logistic_quantiles(4000, check), dataclasses.replace(PLAN, check=check))


def test_counts_at_knots_are_exact(made: BpcerFit, check: Check) -> None:
    native = logistic_quantiles(4000, check)
    counted = [knot for knot in made.knots if knot.count is not None]
    assert (counted[0].log10_bpcer, counted[0].count) == (0, 4000)
    for knot in counted[1:]:
        refused = native < knot.native if check.refuses_below else native > knot.native
        assert knot.count == int(refused.sum())
        assert knot.log10_bpcer == pytest.approx(math.log10(refused.mean()))
    # A tenth of a decade apart, down to the last rate that still has ten photos: 10^-2.6 of 4000.
    assert min(knot.count or 0 for knot in counted) == 10
    assert counted[-1].log10_bpcer == pytest.approx(math.log10(10 / 4000))


def test_the_fitted_tail_is_right_about_a_distribution_that_is_known(made: BpcerFit, check: Check) -> None:
    scale = scale_of(made)
    for bpcer in (1e-2, 1e-3, 1e-4):
        if bpcer < BPCER_ANCHORS[check][-1][0]:
            continue
        where = float(suspicion_of(np.array([scale.native_at(bpcer)]), check)[0])
        truth = 1 / (1 + math.exp(where + 6))
        assert math.log10(truth) == pytest.approx(math.log10(bpcer), abs=0.15 if bpcer < 2.5e-3 else 0.02)


def test_what_is_fitted_is_marked(made: BpcerFit, check: Check) -> None:
    counted = [knot for knot in made.knots if knot.count is not None]
    assert made.knots[: len(counted)] == tuple(counted)
    assert len(made.knots) > len(counted)
    assert made.knots[-1].log10_bpcer == pytest.approx(math.log10(BPCER_ANCHORS[check][-1][0]))
    assert {round(math.log10(one.bpcer), 1): one.extrapolated for one in made.thresholds} == (
        {-2.0: False, -3.0: True, -4.0: True} if check is Check.PAD else {-1.3: False, -2.0: False, -3.0: True}
    )
    assert document(made)["tail"]["extrapolated_below_bpcer"] == pytest.approx(10 / 4000)
    assert document(made)["tail"]["exceedances"] == 400


def test_thresholds_mean_what_they_promise(made: BpcerFit, check: Check) -> None:
    scale = scale_of(made)
    native = logistic_quantiles(4000, check)
    for one in made.thresholds:
        assert scale.public_score(one.native) == pytest.approx(one.score)
        public = np.array([scale.public_score(value) for value in native])
        refused = int((public < one.score).sum() if check.refuses_below else (public > one.score).sum())
        assert refused == one.refused
        if not one.extrapolated:
            assert refused == round(one.bpcer * 4000)
        assert one.high == pytest.approx(scale.threshold_estimate(one.score).high)
        assert one.high > one.bpcer
        assert one.counted_high > refused / 4000


def test_intervals_hold_their_rate_and_never_rise(made: BpcerFit) -> None:
    for knot in made.knots:
        assert knot.low <= knot.log10_bpcer <= knot.high
    for name in ("low", "high"):
        values = [getattr(knot, name) for knot in made.knots]
        assert values == sorted(values, reverse=True)


def test_a_counted_rate_has_at_least_the_exact_interval_of_its_count(made: BpcerFit) -> None:
    from scipy.stats import beta

    for knot in made.knots[1:]:
        if knot.count is not None:
            low = beta.ppf(0.025, knot.count, 4001 - knot.count)
            high = beta.ppf(0.975, knot.count + 1, 4000 - knot.count)
            assert knot.low <= math.log10(low) + 1e-4
            assert knot.high >= math.log10(high) - 1e-4


def test_few_people_with_many_photos_mean_a_wider_interval() -> None:
    random = np.random.default_rng(3)
    of_person = np.repeat(random.normal(-6, 2, 20), 100)
    native = np.array([native_of_suspicion(value, Check.PAD) for value in of_person + random.normal(0, 0.5, 2000)])
    owned = fit_bpcer_scale(native, people(2000, 100), PLAN)
    apart = fit_bpcer_scale(native, people(2000, 1), PLAN)
    assert owned.thresholds[0].native == apart.thresholds[0].native
    assert owned.thresholds[0].high > 2 * apart.thresholds[0].high


def test_the_upper_bound_falls_as_photos_are_added() -> None:
    highs = [fit(logistic_quantiles(count)).thresholds[1].high for count in (400, 2000, 12_000)]
    assert highs[0] > highs[1] > highs[2] > 1e-3


def test_photos_with_equal_scores_are_refused_together() -> None:
    native = np.concatenate([logistic_quantiles(960), np.full(40, 1e-3)])
    made = fit(native)
    for knot in made.knots:
        if knot.count is not None:
            # The 40 are worst of all but one of the rest: all of them are refused, or none.
            assert knot.count == int((native < knot.native).sum()) or knot.native == 1
            assert knot.count >= 40


def test_the_file_says_what_it_is_made_of() -> None:
    plan = dataclasses.replace(PLAN, failures_to_acquire=3, non_responses={"too_tight": 2, "too_blurred": 1})
    content = document(fit(logistic_quantiles(400), plan))
    assert content["calibration_id"] == "pad-near-fp32-a set"
    assert content["networks"] == [{"model_id": "near", "sha256": "ab" * 32}]
    assert (content["check"], content["precision"], content["data_sets"]) == ("pad", "fp32", ["a set"])
    assert (content["date"], content["tool_version"]) == ("2026-01-02", "9.9")
    assert content["counts"] == {
        "photos": 400,
        "people": 200,
        "failures_to_acquire": 3,
        "non_responses": {"too_blurred": 1, "too_tight": 2},
    }
    assert content["bootstrap"] == {"over": "people", "resamples": 40, "seed": 1, "level": 0.95}


def test_the_same_input_gives_the_same_bytes() -> None:
    native = logistic_quantiles(400)
    turned = fit_bpcer_scale(native[::-1].copy(), people(400)[::-1], PLAN)
    assert fit(native).text == fit(native).text == turned.text


@pytest.mark.parametrize(
    ("count", "photos_each", "message"),
    [
        (199, 1, "199 bona fide photos with a score; a calibration needs 200"),
        (200, 25, "8 people; a calibration needs 10"),
    ],
)
def test_too_few_are_refused(count: int, photos_each: int, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        fit_bpcer_scale(logistic_quantiles(count), people(count, photos_each), PLAN)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
def test_what_is_no_native_score_is_refused(value: float) -> None:
    native = logistic_quantiles(400)
    native[7] = value
    with pytest.raises(DatasetError, match="not a number from 0 to 1"):
        fit(native)


def test_scores_that_are_all_alike_give_no_curve() -> None:
    with pytest.raises(DatasetError, match="only 0 of 400 bona fide photos have scores of their own"):
        fit(np.full(400, 0.7))
    with pytest.raises(DatasetError, match="only 5 of 400"):
        fit(np.concatenate([np.full(395, 0.9), np.linspace(0.1, 0.2, 5)]))


def test_a_tail_that_would_not_fall_in_time_ends_at_the_worst_score() -> None:
    # Suspicion evenly spread over -27..27: a free fit leaves more than 1e-4 beyond every native score.
    steepest = np.array([native_of_suspicion(value, Check.PAD) for value in np.linspace(-27, 27, 400)])
    made = fit(np.where(np.arange(400) % 20, 0.99, steepest))
    scale = scale_of(made)
    assert 0 < scale.native_at(1e-4) < scale.native_at(1e-3) < scale.native_at(1e-2) < 0.5
    assert made.tail.threshold - made.tail.scale / made.tail.shape == pytest.approx(27.6)


def test_a_check_that_calls_bona_fide_photos_the_worst_promises_nothing() -> None:
    native = logistic_quantiles(400)
    native[:40] = 0.0
    with pytest.raises(DatasetError, match=r"nothing refuses only 0\.0001 of them"):
        fit(native)


def test_a_score_without_a_person_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="every score needs a person"):
        fit_bpcer_scale(logistic_quantiles(400), people(399), PLAN)
