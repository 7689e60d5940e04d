from __future__ import annotations

import math

import numpy as np
import pytest

from tests.unit.evaluation.conftest import make_acquisition
from visavis.evaluation import intervals
from visavis.evaluation.intervals import (
    BootstrapPlan,
    WeightedPairs,
    bootstrap_protocol,
    clopper_pearson,
    percentile_interval,
)
from visavis.evaluation.metrics import FoldAccuracy, fold_accuracy
from visavis.evaluation.scores import ProtocolScores, ScoredPairs, Templates, pair_scores, score_trials
from visavis.evaluation.trials import CrossTrials, PairTrials


def scored(*rows: tuple[float, int, int]) -> ScoredPairs:
    table = np.array(rows, np.float64).reshape(-1, 3)
    return ScoredPairs(
        table[:, 0].astype(np.float32),
        table[:, 1].astype(np.int32),
        table[:, 2].astype(np.int32),
        np.ones(len(table), np.float32),
    )


def three_people() -> ProtocolScores:
    """Pictures 0..5, two of each of three people; person 2 lost one mated comparison to a failure."""
    mated = scored((0.4, 0, 1), (0.9, 2, 3))
    sample = scored((0.8, 0, 2), (0.5, 0, 4), (0.1, 2, 4))
    rising = sample.score[::-1].copy()
    return ProtocolScores(mated, np.array([0, 0, 1]), rising, 0, sample)


def plan_for(nominal: list[float], claimed: list[float], resamples: int = 1) -> BootstrapPlan:
    return BootstrapPlan(
        persons=np.array([0, 0, 1, 1, 2, 2], np.int32),
        people=3,
        used=np.arange(6, dtype=np.int32),
        acquired=np.array([True, True, True, True, True, False]),
        nominal=nominal,
        claimed=claimed,
        resamples=resamples,
        seed=1,
    )


def rates(drawn: list[int], nominal: list[float], claimed: list[float]) -> list[float]:
    resampler = intervals._Resampler(three_people(), plan_for(nominal, claimed), None)
    return resampler.rates(np.array(drawn, np.float32))


def test_everybody_drawn_once_gives_the_plain_rates() -> None:
    frr, threshold, claimed_fmr, claimed_frr, eer, fta, accuracy = rates([1, 1, 1], [0.34], [0.5])

    # One of three may match, so 0.5 is refused; the mated 0.4 is rejected and so is the failure: 2 of 3.
    assert threshold == pytest.approx(0.5)
    assert frr == pytest.approx(2 / 3)
    assert claimed_fmr == pytest.approx(2 / 3)
    assert claimed_frr == pytest.approx(2 / 3)
    # At 0.9 FMR is 0 and FNMR 1/2; at 0.4 FMR is 2/3 and FNMR 0: the former is nearer.
    assert eer == pytest.approx(1 / 4)
    assert fta == pytest.approx(1 / 6)
    assert math.isnan(accuracy)


def test_a_person_drawn_twice_counts_twice_and_squared_with_another() -> None:
    # Weights: 0.8 counts 2 * 1, 0.5 counts 2 * 0, 0.1 counts 1 * 0; mated 0.4 counts 2 and 0.9 once; no failure.
    frr, _, claimed_fmr, claimed_frr, *_, fta, _ = rates([2, 1, 0], [0.5], [0.5])

    assert claimed_fmr == 1.0
    assert claimed_frr == pytest.approx(2 / 3)
    assert fta == 0.0
    # One of two may match, but both are the same comparison: 0.8 is refused.
    assert frr == pytest.approx(2 / 3)


def test_a_resample_without_comparisons_gives_no_rate() -> None:
    frr, threshold, claimed_fmr, claimed_frr, eer, fta, _ = rates([0, 0, 3], [0.5], [0.5])

    assert math.isnan(frr)
    assert math.isnan(threshold)
    assert math.isnan(claimed_fmr)
    assert claimed_frr == 1.0  # Only the failure is left.
    assert math.isnan(eer)
    assert fta == pytest.approx(1 / 2)
    assert math.isnan(rates([0, 0, 0], [0.5], [0.5])[3])


def test_a_rate_of_one_rejects_only_failures() -> None:
    frr, threshold, *_ = rates([1, 1, 1], [1.0], [])
    assert threshold == -math.inf
    assert frr == pytest.approx(1 / 3)


def test_cumulative_weights() -> None:
    pairs = WeightedPairs(scored((0.9, 0, 1), (0.5, 1, 2)), np.array([0, 1, 2], np.int32))
    assert pairs.cumulative(np.array([2, 3, 1], np.float32)).tolist() == [0, 6, 9]


def test_draws_have_as_many_people_as_the_set_and_follow_the_seed() -> None:
    first = [drawn.tolist() for drawn in intervals.draw_people(5, 3, seed=7)]
    assert [sum(drawn) for drawn in first] == [5, 5, 5]
    assert first == [drawn.tolist() for drawn in intervals.draw_people(5, 3, seed=7)]
    assert first != [drawn.tolist() for drawn in intervals.draw_people(5, 3, seed=8)]


def test_percentiles_leave_out_what_is_not_finite() -> None:
    values = [float(i) for i in range(101)]
    assert percentile_interval([*values, math.nan, -math.inf]) == pytest.approx((2.5, 97.5))
    assert percentile_interval([math.nan]) is None
    assert percentile_interval([]) is None


def test_no_resamples_give_no_intervals() -> None:
    result = bootstrap_protocol(three_people(), plan_for([0.5, 0.1], [0.3], resamples=0))
    assert result.frr == [None, None]
    assert result.claimed_fmr == [None]
    assert result.eer is None


def _people_set(people: int, seed: int) -> tuple[ProtocolScores, BootstrapPlan]:
    """Three pictures a person, with persons that are easy or hard as a whole."""
    random = np.random.default_rng(seed)
    persons = np.repeat(np.arange(people), 3)
    spread = random.choice([0.2, 1.0], people)[persons]
    centres = random.normal(size=(people, 16))[persons]
    vectors = centres + spread[:, None] * random.normal(size=(3 * people, 16))
    templates = make_acquisition(vectors.tolist(), persons.tolist()).templates
    result = score_trials(templates, CrossTrials(np.arange(3 * people, dtype=np.int32)))
    plan = BootstrapPlan(
        templates.persons, people, np.arange(3 * people, dtype=np.int32), templates.acquired, [0.01], [0.5], 200, 1
    )
    return result, plan


def test_intervals_of_people_are_wider_than_of_comparisons() -> None:
    scores, plan = _people_set(40, seed=5)

    result = bootstrap_protocol(scores, plan)

    assert result.claimed_frr[0] is not None
    low, high = result.claimed_frr[0]
    rate = float((scores.mated.score < 0.5).mean())
    assert low < rate < high
    # 120 comparisons come from 40 people whose three stand or fall together.
    as_if_independent = 2 * 1.96 * math.sqrt(rate * (1 - rate) / len(scores.mated.score))
    assert high - low > 1.1 * as_if_independent


def test_accuracy_weighs_trials_by_their_people_and_keeps_the_shares_of_both_kinds() -> None:
    templates = make_acquisition([[1, 0], [1, 0.1], [0, 1], [1, 1], [1, 0.2], [0.2, 1]], [0, 0, 1, 1, 2, 2]).templates
    trials = PairTrials(
        np.array([0, 0, 2, 1, 4, 2], np.int32),
        np.array([1, 2, 3, 4, 5, 4], np.int32),
        np.array([True, False, True, False, True, False]),
        np.array([0, 0, 1, 1, 2, 2], np.int32),
    )
    accuracy = _accuracy(templates, trials)
    weighted = intervals._WeightedAccuracy(trials, accuracy, templates.persons)

    assert weighted.weighted(np.ones(3, np.float32)) == pytest.approx(accuracy.mean)
    # Only person 1: its mated trial is all that is left, and there is no non-mated one to judge by.
    assert math.isnan(weighted.weighted(np.array([0, 3, 0], np.float32)))
    plan = plan_for([0.5], [], resamples=50)
    result = bootstrap_protocol(score_trials(templates, trials), plan, (trials, accuracy))
    assert result.accuracy is not None
    assert result.accuracy[0] <= accuracy.mean <= result.accuracy[1]


def test_accuracy_of_mated_trials_alone() -> None:
    trials = PairTrials(
        np.array([0, 2], np.int32), np.array([1, 3], np.int32), np.array([True, True]), np.array([0, 1], np.int32)
    )
    templates = make_acquisition([[1, 0], [1, 0], [0, 1], [0, 1]], [0, 0, 1, 1]).templates
    accuracy = _accuracy(templates, trials)
    weighted = intervals._WeightedAccuracy(trials, accuracy, templates.persons)
    assert weighted.weighted(np.ones(2, np.float32)) == accuracy.mean


def _accuracy(templates: Templates, trials: PairTrials) -> FoldAccuracy:
    scores, completed = pair_scores(templates, trials)
    assert trials.fold is not None
    return fold_accuracy(scores, trials.mated, trials.fold, completed)


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    [
        (0, 10, 0, 1 - 0.025**0.1),
        (10, 10, 0.025**0.1, 1),
        # Of two trials: 1 - (1 - p)^2 = 0.025 and 1 - p^2 = 0.025.
        (1, 2, 1 - math.sqrt(0.975), math.sqrt(0.975)),
    ],
)
def test_the_exact_interval_of_a_count_by_hand(events: int, trials: int, low: float, high: float) -> None:
    assert clopper_pearson(events, trials) == pytest.approx((low, high))


def test_no_trials_have_no_interval() -> None:
    assert clopper_pearson(0, 0) is None
