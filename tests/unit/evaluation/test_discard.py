from __future__ import annotations

import numpy as np
import pytest

from tests.unit.evaluation.conftest import make_acquisition, make_dataset
from tests.unit.evaluation.test_intervals import plan_for, scored, three_people
from tests.unit.evaluation.test_protocol import EVERY, FOUR
from visavis.evaluation import intervals
from visavis.evaluation.discard import SHARES, DiscardOrder, ideal_frr, order_by_quality
from visavis.evaluation.discard_chart import draw_chart, tick_step
from visavis.evaluation.discard_curve import DiscardCurve, draw_discard_curve
from visavis.evaluation.intervals import ProtocolIntervals
from visavis.evaluation.protocol import EvaluationOptions, evaluate_protocol
from visavis.evaluation.scores import ScoredPairs
from visavis.evaluation.trials import CrossTrials

ONCE = np.ones(4)
# Pairwise quality 10, 50, 50, 80 at the scores 0.1, 0.8, 0.2, 0.9.
QUALITIES = np.array([90, 10, 50, 60, 70, 50, 80, 95], np.float64)
REJECTED = np.array([True, False, True, False])


def four_pairs() -> ScoredPairs:
    return scored((0.1, 0, 1), (0.8, 2, 3), (0.2, 4, 5), (0.9, 6, 7))


def four_in_order() -> DiscardOrder:
    return order_by_quality(four_pairs(), QUALITIES)


def test_the_smaller_quality_of_a_pair_decides_and_equal_ones_go_together() -> None:
    order = four_in_order()
    assert order.order.tolist() == [0, 1, 2, 3]
    assert order.quality.tolist() == [10, 50, 80]
    assert order.ends.tolist() == [1, 3, 4]


def test_rejections_go_with_the_worst_pictures() -> None:
    # 2 of 4; without the first, a rejection, 1 of 3; then half of two equal ones, of which one is a rejection.
    frr = four_in_order().frr(REJECTED, ONCE, 0, np.array([0, 0.25, 0.5, 0.75]))
    np.testing.assert_allclose(frr, [0.5, 1 / 3, 0.5 / 2, 0])


def test_failures_to_acquire_go_first() -> None:
    # 3 of 5; the failure goes, 2 of 4; the first pair goes, 1 of 3.
    frr = four_in_order().frr(REJECTED, ONCE, 1, np.array([0, 0.2, 0.4]))
    np.testing.assert_allclose(frr, [0.6, 0.5, 1 / 3])


def test_comparisons_count_as_often_as_they_are_drawn() -> None:
    # Weights 2, 0, 1, 1: 3 of 4 are rejections; half of all is the first pair.
    frr = four_in_order().frr(REJECTED, np.array([2.0, 0, 1, 1]), 0, np.array([0, 0.5]))
    np.testing.assert_allclose(frr, [0.75, 0.5])


def test_without_any_comparison_there_is_no_rate() -> None:
    order = order_by_quality(scored(), QUALITIES)
    assert np.isnan(order.frr(np.empty(0, bool), np.empty(0), 0)).all()
    assert order.quality_at(0.1, 0) is None


@pytest.mark.parametrize(
    ("share", "failed", "quality"), [(0.25, 0, 10), (0.3, 0, 50), (0.75, 0, 50), (0.8, 0, 80), (0.2, 1, None)]
)
def test_the_quality_that_a_share_reaches(share: float, failed: int, quality: float | None) -> None:
    assert four_in_order().quality_at(share, failed) == quality


def test_at_best_only_rejections_go() -> None:
    np.testing.assert_allclose(ideal_frr(2, 4, np.array([0, 0.25, 0.5, 0.75])), [0.5, 1 / 3, 0, 0])


def three_in_order() -> DiscardOrder:
    return order_by_quality(three_people().mated, np.array([20, 90, 80, 85, np.nan, np.nan]))


def curve_of_three(fmr: float = 0.34) -> DiscardCurve:
    return draw_discard_curve(three_people(), three_in_order(), ProtocolIntervals(), fmr)


def test_a_curve_at_the_threshold_that_all_comparisons_give() -> None:
    # One of three strangers may match, so 0.5 is refused; of the mated ones 0.4 is, and one is a failure: 2 of 3.
    curve = curve_of_three()
    assert curve.threshold == pytest.approx(0.5, abs=1e-6)
    assert curve.frr[0] == pytest.approx(2 / 3)
    # Of 1.5 comparisons the failure is one, half of the pair of quality 20 the rest: 0.5 rejections of 1.5 are left.
    assert curve.frr[50] == pytest.approx(1 / 3)
    assert len(curve.low) == len(curve.high) == 0
    first, second, third = curve.points
    assert (first.share, second.share, third.share) == (0.05, 0.1, 0.2)
    assert first.quality is None
    assert first.frr == pytest.approx((2 - 0.15) / 2.85)
    assert third.frr == third.ideal_frr == pytest.approx((2 - 0.6) / 2.4)
    assert third.change == third.ideal_change == pytest.approx((2 - 0.6) / 2.4 / (2 / 3) - 1)
    assert third.frr_interval is third.change_interval is None


def test_too_few_comparisons_give_no_curve() -> None:
    curve = curve_of_three(0.1)
    assert (curve.threshold, curve.points, len(curve.frr)) == (None, (), 0)
    assert curve.reason == "too few non-mated comparisons for 0.1"
    assert draw_chart(curve) is None


def test_a_curve_without_rejections_has_no_relative_change() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"pairs": EVERY})
    made = make_acquisition(FOUR, [0, 0, 1, 1], qualities=[10, 20, 30, 40])
    result = evaluate_protocol("pairs", dataset, made, None, EvaluationOptions(resamples=5, discard_fmr=0.25))
    assert result.discard is not None
    assert result.discard.frr.tolist() == [0.0] * 51
    assert {(point.change, point.ideal_change) for point in result.discard.points} == {(None, None)}
    assert [point.quality for point in result.discard.points] == [10, 10, 10]


def test_without_qualities_there_is_no_curve() -> None:
    dataset = make_dataset([0, 0, 1, 1], {"pairs": EVERY})
    result = evaluate_protocol("pairs", dataset, make_acquisition(FOUR, [0, 0, 1, 1]), None, EvaluationOptions())
    assert result.discard is None


def resampled(drawn: list[int], fmr: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    plan = plan_for([], [])
    plan = intervals.BootstrapPlan(
        plan.persons, plan.people, plan.used, plan.acquired, [], [], 1, 1, three_in_order(), fmr
    )
    rates = intervals._Resampler(three_people(), plan, None).rates(np.array(drawn, np.float32))
    return np.array(rates[3:])


def test_everybody_drawn_once_gives_the_plain_curve() -> None:
    values = resampled([1, 1, 1], 0.34)
    assert len(values) == 2 * len(SHARES)
    np.testing.assert_allclose(values[:51], curve_of_three().frr)
    np.testing.assert_allclose(values[51:], curve_of_three().frr / (2 / 3) - 1)


def test_the_threshold_is_counted_anew_in_every_resample() -> None:
    # Drawn 2, 1, 0 times: only the strangers at 0.8 are left, twice; not one of two may match, so 0.8 is refused, and
    # of the mated ones 0.4, which counts twice of three.
    values = resampled([2, 1, 0], 0.6)
    assert values[0] == pytest.approx(2 / 3)
    assert values[50] == pytest.approx(0.5 / 1.5)
    assert values[101] == pytest.approx(-0.5)
    assert np.isnan(resampled([2, 1, 0], 0.34)).all()


def test_intervals_enclose_the_curve_of_a_larger_set() -> None:
    random = np.random.default_rng(5)
    persons = np.repeat(np.arange(60), 4)
    noise = random.uniform(0.2, 2, len(persons))
    vectors = random.normal(size=(60, 16))[persons] + noise[:, None] * random.normal(size=(len(persons), 16))
    made = make_acquisition(vectors.tolist(), persons.tolist(), qualities=(100 - 40 * noise).tolist())
    dataset = make_dataset(persons.tolist(), {"pairs": CrossTrials(np.arange(len(persons), dtype=np.int32))})
    curve = evaluate_protocol("pairs", dataset, made, None, EvaluationOptions(resamples=60)).discard
    assert curve is not None
    assert (curve.low <= curve.frr).all() and (curve.frr <= curve.high).all()
    assert (curve.ideal <= curve.frr + 1e-12).all()
    assert (np.diff(curve.frr) < 0).mean() > 0.9  # Noise is what makes these pictures fail.
    for point in curve.points:
        assert point.change is not None and point.change_interval is not None
        assert point.change_interval[0] <= point.change <= point.change_interval[1] < 0


@pytest.mark.parametrize(("highest", "step"), [(0.17, 0.05), (0.011, 0.002), (0.6, 0.1), (0.0051, 0.001), (1.0, 0.2)])
def test_marks_of_an_axis(highest: float, step: float) -> None:
    assert tick_step(highest) == pytest.approx(step)


def test_where_the_lines_run() -> None:
    chart = draw_chart(curve_of_three())
    assert chart is not None
    assert [tick.label for tick in chart.up] == ["0 %", "20 %", "40 %", "60 %", "80 %"]
    assert [tick.label for tick in chart.across] == ["0 %", "10 %", "20 %", "30 %", "40 %", "50 %"]
    # 2/3 of 0.8 lies five sixths of the way up from 304 to 32, 1/3 lies five twelfths.
    assert chart.measured.startswith("M 76.0 77.3 L 87.0 ")
    assert chart.measured.endswith(" L 624.0 190.7")
    assert chart.random.endswith(" L 624.0 77.3")
    assert chart.band is None
