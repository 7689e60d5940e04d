"""95 % intervals by bootstrap over people.

Comparisons that share a person are not independent, so people are drawn, not comparisons: a resample holds as many
people as the set, with replacement. A mated comparison then counts as often as its person was drawn, a non-mated one as
often as the product of both people's counts. For single photos there is also the exact interval of a count, which knows
nothing of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from visavis.evaluation.discard import SHARES, DiscardOrder
from visavis.evaluation.metrics import FoldAccuracy
from visavis.evaluation.scores import ProtocolScores, ScoredPairs
from visavis.evaluation.trials import PairTrials

Interval = tuple[float, float]
Doubles = NDArray[np.float64]
LEVEL = 0.95
_TAILS = (50 * (1 - LEVEL), 50 * (1 + LEVEL))


def draw_people(people: int, resamples: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """For each resample, (people,) float32: how often each person was drawn."""
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(random.integers(0, people, people), minlength=people).astype(np.float32)


def percentile_interval(values: Sequence[float] | Doubles) -> Interval | None:
    """The middle 95 % of the resampled values; None where none is finite."""
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return None
    low, high = np.percentile(finite, _TAILS)
    return float(low), float(high)


def clopper_pearson(events: int, trials: int) -> Interval | None:
    """The exact 95 % interval of a share of independent trials (Clopper and Pearson 1934); None without any.

    Args:
        events: how many had the outcome, 0..trials.
        trials: how many there were.
    """
    if not trials:
        return None
    half = (1 - LEVEL) / 2
    low = float(betaincinv(events, trials - events + 1, half)) if events else 0.0
    high = float(betaincinv(events + 1, trials - events, 1 - half)) if events < trials else 1.0
    return low, high


@dataclass(slots=True)
class ProtocolIntervals:
    """Intervals of one protocol; None where the resamples gave no value.

    Attributes:
        frr: at each nominal false match rate, its threshold counted anew in every resample.
        threshold: at each nominal false match rate.
        claimed_fmr: counted FMR at each claimed threshold.
        claimed_frr: FRR at each claimed threshold.
        eer: of the equal error rate.
        fta: of the failure-to-acquire rate.
        accuracy: of the accuracy over folds.
        discard_frr: FRR after discarding each of `SHARES`; empty where nothing is discarded.
        discard_change: the same, relative to the FRR of all comparisons, of which it is the change.
    """

    frr: list[Interval | None] = field(default_factory=list)
    threshold: list[Interval | None] = field(default_factory=list)
    claimed_fmr: list[Interval | None] = field(default_factory=list)
    claimed_frr: list[Interval | None] = field(default_factory=list)
    eer: Interval | None = None
    fta: Interval | None = None
    accuracy: Interval | None = None
    discard_frr: list[Interval | None] = field(default_factory=list)
    discard_change: list[Interval | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class BootstrapPlan:
    """What to resample.

    Attributes:
        persons: (pictures,) int32.
        people: how many people there are.
        used: (U,) indices of the pictures that the protocol uses.
        acquired: (pictures,) bool.
        nominal: nominal false match rates.
        claimed: native scores of claimed false match rates.
        resamples: how many; 0 gives no intervals.
        seed: of the draws.
        discard: in which order mated comparisons are discarded; None: they are not.
        discard_fmr: nominal false match rate of that, its threshold counted anew in every resample.
    """

    persons: NDArray[np.int32]
    people: int
    used: NDArray[np.int32]
    acquired: NDArray[np.bool_]
    nominal: Sequence[float]
    claimed: Sequence[float]
    resamples: int
    seed: int
    discard: DiscardOrder | None = None
    discard_fmr: float = 1e-3


def bootstrap_protocol(
    scores: ProtocolScores, plan: BootstrapPlan, accuracy: tuple[PairTrials, FoldAccuracy] | None = None
) -> ProtocolIntervals:
    """Intervals for one protocol's rates."""
    resampler = _Resampler(scores, plan, accuracy)
    rows = [resampler.rates(drawn) for drawn in draw_people(plan.people, plan.resamples, plan.seed)]
    table = np.array(rows, np.float64).reshape(len(rows), resampler.width)
    columns = iter([percentile_interval(column) for column in table.T])
    nominal, claimed = range(len(plan.nominal)), range(len(plan.claimed))
    shares = range(0 if plan.discard is None else len(SHARES))
    return ProtocolIntervals(
        frr=[next(columns) for _ in nominal],
        threshold=[next(columns) for _ in nominal],
        claimed_fmr=[next(columns) for _ in claimed],
        claimed_frr=[next(columns) for _ in claimed],
        eer=next(columns),
        fta=next(columns),
        accuracy=next(columns),
        discard_frr=[next(columns) for _ in shares],
        discard_change=[next(columns) for _ in shares],
    )


class _Resampler:
    """One protocol's rates as a function of how often each person was drawn."""

    def __init__(
        self, scores: ProtocolScores, plan: BootstrapPlan, accuracy: tuple[PairTrials, FoldAccuracy] | None
    ) -> None:
        self.width = (
            2 * len(plan.nominal) + 2 * len(plan.claimed) + 3 + (0 if plan.discard is None else 2 * len(SHARES))
        )
        self._plan = plan
        self._mated_score = scores.mated.score.astype(np.float64)
        self._failed = scores.mated_failed
        self._mated_person = plan.persons[scores.mated.reference]
        self._strangers = WeightedPairs(scores.sample, plan.persons)
        self._falling = -scores.sample.score.astype(np.float64)
        self._crossings = np.searchsorted(self._falling, -self._mated_score, side="right")
        self._used_person = plan.persons[plan.used]
        self._missed = ~plan.acquired[plan.used]
        self._accuracy = None if accuracy is None else _WeightedAccuracy(*accuracy, plan.persons)

    def rates(self, drawn: NDArray[np.float32]) -> list[float]:
        matched = self._strangers.cumulative(drawn)
        rejected = np.concatenate([[0.0], np.cumsum(drawn[self._mated_person], dtype=np.float64)])
        failed = float(self._failed @ drawn)
        thresholds = [self._refused_score(matched, fmr) for fmr in self._plan.nominal]
        frr = [self._frr(rejected, failed, threshold, side="right") for threshold in thresholds]
        claimed_fmr = [self._fmr(matched, threshold) for threshold in self._plan.claimed]
        claimed_frr = [self._frr(rejected, failed, threshold, side="left") for threshold in self._plan.claimed]
        accuracy = np.nan if self._accuracy is None else self._accuracy.weighted(drawn)
        tail = [self._eer(matched, rejected), self._fta(drawn), accuracy]
        return [*frr, *thresholds, *claimed_fmr, *claimed_frr, *tail, *self._discarded(matched, drawn, failed)]

    def _discarded(self, matched: Doubles, drawn: NDArray[np.float32], failed: float) -> list[float]:
        """FRR after discarding each share, then its changes."""
        if self._plan.discard is None:
            return []
        refused = self._refused_score(matched, self._plan.discard_fmr)
        if np.isnan(refused):
            return [np.nan] * 2 * len(SHARES)
        rejected = self._mated_score <= refused
        frr = self._plan.discard.frr(rejected, drawn[self._mated_person].astype(np.float64), failed)
        change = frr / frr[0] - 1 if frr[0] > 0 else np.full(len(frr), np.nan)
        return [*frr.tolist(), *change.tolist()]

    def _refused_score(self, matched: Doubles, fmr: float) -> float:
        """The highest score that may not match at this nominal rate; NaN where too few comparisons were drawn."""
        if matched[-1] * fmr < 1:
            return np.nan
        refused = int(np.searchsorted(matched, fmr * matched[-1] * (1 + 1e-12), side="right")) - 1
        return -self._falling[refused] if refused < len(self._falling) else -np.inf

    def _frr(self, rejected: Doubles, failed: float, threshold: float, *, side: Literal["left", "right"]) -> float:
        total = rejected[-1] + failed
        if np.isnan(threshold) or not total:
            return np.nan
        below = np.searchsorted(self._mated_score, threshold, side=side)
        return float((rejected[below] + failed) / total)

    def _fmr(self, matched: Doubles, threshold: float) -> float:
        if not matched[-1]:
            return np.nan
        return float(matched[np.searchsorted(self._falling, -threshold, side="right")] / matched[-1])

    def _eer(self, matched: Doubles, rejected: Doubles) -> float:
        if not matched[-1] or not rejected[-1]:
            return np.nan
        fmr = matched[self._crossings] / matched[-1]
        fnmr = rejected[:-1] / rejected[-1]
        crossing = int(np.argmin(np.abs(fmr - fnmr)))
        return float((fmr[crossing] + fnmr[crossing]) / 2)

    def _fta(self, drawn: NDArray[np.float32]) -> float:
        weights = drawn[self._used_person]
        total = float(weights.sum())
        return float(weights[self._missed].sum()) / total if total else np.nan


class WeightedPairs:
    """Non-mated comparisons by falling score, to be weighed by how often their people were drawn."""

    def __init__(self, pairs: ScoredPairs, persons: NDArray[np.int32]) -> None:
        self._weight = pairs.weight
        self._reference = persons[pairs.reference]
        self._probe = persons[pairs.probe]

    def cumulative(self, drawn: NDArray[np.float32]) -> Doubles:
        """(N + 1,) weight of the first 0..N comparisons."""
        weights = drawn[self._reference]
        weights *= drawn[self._probe]
        weights *= self._weight
        total = np.zeros(len(weights) + 1)
        np.cumsum(weights, dtype=np.float64, out=total[1:])
        return total


class _WeightedAccuracy:
    """Accuracy with each trial weighed by its people; mated and non-mated trials keep their shares of the whole."""

    def __init__(self, trials: PairTrials, accuracy: FoldAccuracy, persons: NDArray[np.int32]) -> None:
        self._reference, self._probe = persons[trials.reference], persons[trials.probe]
        self._mated, self._correct = trials.mated, accuracy.correct
        self._share = float(trials.mated.mean())

    def weighted(self, drawn: NDArray[np.float32]) -> float:
        weights = np.where(self._mated, drawn[self._reference], drawn[self._reference] * drawn[self._probe])
        result = 0.0
        for kind, share in ((self._mated, self._share), (~self._mated, 1 - self._share)):
            total = float(weights[kind].sum())
            if share and not total:
                return np.nan
            result += share * float(weights[kind & self._correct].sum()) / total if share else 0.0
        return result
