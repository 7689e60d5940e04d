"""Native scores of bona fide photos become a calibration file of a check: counted knots, a fitted tail, intervals.

All of it runs in suspicion, where more is worse whatever the check: the tail to fit is then always the upper one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.errors import DatasetError
from visavis.evaluation.calibrate import calibration_text
from visavis.evaluation.intervals import clopper_pearson, draw_people
from visavis.evaluation.metrics import allowed_matches
from visavis.evaluation.tail import ParetoTail, fit_tail, fit_tail_ending_at
from visavis.presentation import (
    BPCER_ANCHORS,
    WORST_SUSPICION,
    Check,
    CheckNetwork,
    native_of_suspicion,
    suspicion_of,
)

Doubles = NDArray[np.float64]
FORMAT, FORMAT_VERSION = "visavis-bpcer", 1
MIN_PHOTOS, MIN_PEOPLE = 200, 10
FEWEST_COUNTED = 10
_STEP = 0.1
_NEAR_ONE = (0.999, 0.99, 0.95, 0.9)
_TAIL_SHARE, _TAIL_LEAST, _TAIL_MOST = 0.1, 20, 500
_FEWEST_EXCEEDANCES = 10
_SMALLEST_LOG10 = -12.0


@dataclass(frozen=True, slots=True)
class BpcerPlan:
    """What goes into the file besides the scores.

    Attributes:
        check: what the networks look for.
        networks: whose native score it is.
        precision: `bf16` or `fp32`.
        data_sets: names of the sets of bona fide photos.
        date: ISO 8601.
        tool_version: of this product.
        failures_to_acquire: photos without a usable face; they have no native score.
        non_responses: photos that the check could not tell of, by reason; they have none either.
        resamples: bootstrap over people, at least 1.
        seed: of the bootstrap.
    """

    check: Check
    networks: tuple[CheckNetwork, ...]
    precision: str
    data_sets: tuple[str, ...]
    date: str
    tool_version: str
    failures_to_acquire: int = 0
    non_responses: Mapping[str, int] = field(default_factory=dict)
    resamples: int = 500
    seed: int = 1


@dataclass(frozen=True, slots=True)
class BpcerKnot:
    """A point of the curve. `count`: how many photos are worse than `native`; None where it is extrapolated."""

    native: float
    log10_bpcer: float
    low: float
    high: float
    count: int | None


@dataclass(frozen=True, slots=True)
class AnchorFacts:
    """What is known about one control threshold.

    Attributes:
        bpcer: the share of bona fide presentations that it refuses, by its meaning.
        score: the public score that is the threshold.
        native: the native score there.
        extrapolated: it comes from the fitted tail.
        refused: how many of the calibration's own photos it refuses.
        high: upper end of the 95 % interval of the rate.
        counted_high: the same from the count alone, without trust in the fit.
    """

    bpcer: float
    score: float
    native: float
    extrapolated: bool
    refused: int
    high: float
    counted_high: float


def photos_to_count(bpcer: float) -> int:
    """How many bona fide photos it takes to count a rate instead of fitting it."""
    return math.ceil(FEWEST_COUNTED / bpcer)


@dataclass(frozen=True, slots=True)
class BpcerFit:
    """A calibration of a check.

    Attributes:
        knots: from the best native score to worse ones.
        tail: the fit, in suspicion.
        thresholds: what is known about each anchor.
        photos: how many were counted.
        people: of how many people.
        text: the file's content, which `engine.bpcer.BpcerScale` parses.
    """

    knots: tuple[BpcerKnot, ...]
    tail: ParetoTail
    thresholds: tuple[AnchorFacts, ...]
    photos: int
    people: int
    text: str


# Suspicion, log10 BPCER, how many photos are worse; None: extrapolated.
_Point = tuple[float, float, int | None]


def fit_bpcer_scale(native: NDArray[np.floating], people: Sequence[str], plan: BpcerPlan) -> BpcerFit:
    """Count, fit and describe.

    Args:
        native: (N,) native scores 0..1 of bona fide photos, in any order.
        people: (N) the person of each; where nobody knows, a label of its own for each photo.
        plan: what else goes into the file.

    Raises:
        DatasetError: fewer than `MIN_PHOTOS` photos or `MIN_PEOPLE` people, a score that is not in 0..1, scores too
            alike to fit a tail, or one that promises nothing: the lowest anchor lies beyond the worst native score.
    """
    scores = np.asarray(native, np.float64)
    labels, persons = np.unique(np.asarray(people, dtype=np.str_), return_inverse=True)
    _check_set(scores, persons, len(labels))
    worst_first = np.argsort(suspicion_of(scores, plan.check), kind="stable")[::-1]
    falling = suspicion_of(scores, plan.check)[worst_first]
    counted = _counted_points(falling, plan.check)
    tail, refit = _fit(falling, BPCER_ANCHORS[plan.check][-1][0])
    points: list[_Point] = [*counted, *_tail_points(tail, counted[-1], plan.check)]
    weigh = _Resampler(falling, persons[worst_first], points, tail.threshold, refit)
    low, high = _intervals(weigh, [count for _, _, count in counted if count], len(labels), plan)
    knots = tuple(
        BpcerKnot(native_of_suspicion(where, plan.check), log10, min(low[i], log10), max(high[i], log10), count)
        for i, (where, log10, count) in enumerate(points)
    )
    thresholds = _thresholds(knots, falling, plan.check)
    document = _document(plan, len(scores), len(labels))
    document["tail"] = asdict(tail) | {
        "family": "generalised Pareto",
        "over": "suspicion: the logit of the native score, turned so that more is worse",
        "exceedances": int((falling > tail.threshold).sum()),
        "extrapolated_below_bpcer": 10 ** counted[-1][1],
    }
    document["thresholds"] = [asdict(threshold) for threshold in thresholds]
    document["anchors"] = [{"bpcer": bpcer, "score": score} for bpcer, score in BPCER_ANCHORS[plan.check]]
    document["knots"] = [asdict(knot) for knot in knots]
    return BpcerFit(knots, tail, thresholds, len(scores), len(labels), calibration_text(document))


def _check_set(scores: Doubles, persons: NDArray[np.intp], people: int) -> None:
    if len(scores) != len(persons):
        raise ValueError("every score needs a person")
    if len(scores) < MIN_PHOTOS:
        raise DatasetError(f"{len(scores):,} bona fide photos with a score; a calibration needs {MIN_PHOTOS:,}")
    if people < MIN_PEOPLE:
        raise DatasetError(f"bona fide photos of {people} people; a calibration needs {MIN_PEOPLE}")
    if not ((scores >= 0) & (scores <= 1)).all():
        raise DatasetError("a native score is not a number from 0 to 1")


def _counted_points(falling: Doubles, check: Check) -> list[_Point]:
    """From BPCER 1 at the best native score to the last rate with `FEWEST_COUNTED` photos."""
    total = len(falling)
    steps = int(-np.log10(FEWEST_COUNTED / total) / _STEP)
    anchors = [bpcer for bpcer, _ in BPCER_ANCHORS[check]]
    rates = sorted({*_NEAR_ONE, *anchors, *(10 ** (-_STEP * i) for i in range(1, steps + 1))}, reverse=True)
    points: list[_Point] = [(-WORST_SUSPICION, 0.0, total)]
    for rate in rates:
        where = _threshold(falling, allowed_matches(total, rate))
        count = _worse_than(falling, where)
        if where > points[-1][0] and FEWEST_COUNTED <= count < (points[-1][2] or 0):
            points.append((where, math.log10(count / total), count))
    return points


def _threshold(falling: Doubles, refused: int) -> float:
    """Where at most `refused` photos are worse: half-way to the next better score, so that rounding moves none."""
    first_kept = falling[refused]
    worse = falling[:refused][falling[:refused] > first_kept]
    return float((worse[-1] + first_kept) / 2) if len(worse) else float(first_kept)


def _worse_than(falling: Doubles, where: float) -> int:
    return int(np.searchsorted(-falling, -where, side="left"))


# Scores by rising order above a threshold, their weights, the threshold.
_Refit = Callable[[Doubles, Doubles, float], ParetoTail]


def _fit(falling: Doubles, lowest: float) -> tuple[ParetoTail, _Refit]:
    """The tail, and how to fit it again; where a free fit would not fall to `lowest` in time, one that must."""
    wanted = min(max(round(_TAIL_SHARE * len(falling)), _TAIL_LEAST), _TAIL_MOST)
    threshold = _threshold(falling, wanted)
    above = falling[falling > threshold][::-1]
    if len(above) < _FEWEST_EXCEEDANCES:
        raise DatasetError(
            f"only {len(above)} of {len(falling):,} bona fide photos have scores of their own; a calibration needs "
            f"{_FEWEST_EXCEEDANCES}"
        )
    tail = _fit_freely(above, np.ones(len(above)), threshold)
    if tail.score_at(lowest * len(falling) / len(above)) < WORST_SUSPICION:
        return tail, _fit_freely
    return _fit_ending(above, np.ones(len(above)), threshold), _fit_ending


def _fit_freely(rising: Doubles, weights: Doubles, threshold: float) -> ParetoTail:
    return fit_tail(rising, weights, threshold, WORST_SUSPICION)


def _fit_ending(rising: Doubles, weights: Doubles, threshold: float) -> ParetoTail:
    return fit_tail_ending_at(WORST_SUSPICION, rising, weights, threshold)


def _tail_points(tail: ParetoTail, last: _Point, check: Check) -> list[_Point]:
    """The fitted curve, scaled to meet the last counted point, down to the lowest anchor."""
    joint, log10, _ = last
    at_joint = float(tail.survival(np.array([joint]))[0])
    lowest = math.log10(BPCER_ANCHORS[check][-1][0])
    steps = np.arange(math.floor(log10 / _STEP) * _STEP, lowest - _STEP / 2, -_STEP)
    anchors = [math.log10(bpcer) for bpcer, _ in BPCER_ANCHORS[check]]
    targets = sorted({round(float(step), 9) for step in [*steps, *anchors]}, reverse=True)
    points: list[_Point] = []
    for target in targets:
        if target < log10 - _STEP / 10:
            where = tail.score_at(at_joint * 10 ** (target - log10))
            points.append((where, target, None))
    if points and (not at_joint or native_of_suspicion(points[-1][0], check) in (0.0, 1.0)):
        raise DatasetError(
            f"too many bona fide photos have the worst scores: nothing refuses only {10**lowest:g} of them"
        )
    return points


class _Resampler:
    """BPCER at every point as a function of how often each person was drawn."""

    def __init__(
        self,
        falling: Doubles,
        persons: NDArray[np.intp],
        points: Sequence[_Point],
        threshold: float,
        refit: _Refit,
    ) -> None:
        self._persons = persons
        self._counts = [count for _, _, count in points if count is not None]
        self._at = np.array([where for where, _, _ in points])[len(self._counts) - 1 :]
        self._above = int((falling > threshold).sum())
        self._rising = falling[: self._above][::-1]
        self._threshold, self._refit = threshold, refit

    def rates(self, drawn: NDArray[np.float32]) -> Doubles | None:
        """None where nobody was drawn whose photos are worst; only tiny sets know this."""
        weights = drawn[self._persons].astype(np.float64)
        cumulative = np.concatenate([[0.0], np.cumsum(weights)])
        rates = cumulative[self._counts] / max(1.0, cumulative[-1])
        if not rates[-1]:
            return None
        tail = self._refit(self._rising, weights[: self._above][::-1], self._threshold)
        survival = tail.survival(self._at)
        return np.concatenate([rates, rates[-1] * survival[1:] / survival[0]])


def _intervals(
    resampler: _Resampler, counts: Sequence[int], people: int, plan: BpcerPlan
) -> tuple[list[float], list[float]]:
    """(low, high) log10 BPCER at every point; both never rise. Counted ones hold the exact interval of the count too:
    a bootstrap of few photos knows only those."""
    rows = [resampler.rates(drawn) for drawn in draw_people(people, plan.resamples, plan.seed)]
    low, high = np.percentile(np.array([row for row in rows if row is not None]), (2.5, 97.5), axis=0)
    exact = np.array([clopper_pearson(count, counts[0]) for count in counts])
    low[: len(counts)] = np.minimum(low[: len(counts)], exact[:, 0])
    high[: len(counts)] = np.maximum(high[: len(counts)], exact[:, 1])
    return _as_log10(low), _as_log10(high)


def _as_log10(rates: Doubles) -> list[float]:
    logs = np.log10(np.maximum(rates, 10**_SMALLEST_LOG10))
    return [round(float(value), 4) + 0.0 for value in np.minimum.accumulate(np.minimum(logs, 0.0))]


def _thresholds(knots: Sequence[BpcerKnot], falling: Doubles, check: Check) -> tuple[AnchorFacts, ...]:
    return tuple(_anchor_facts(knots, falling, check, anchor) for anchor in BPCER_ANCHORS[check])


def _anchor_facts(
    knots: Sequence[BpcerKnot], falling: Doubles, check: Check, anchor: tuple[float, float]
) -> AnchorFacts:
    bpcer, score = anchor
    log10 = math.log10(bpcer)
    rates = np.array([-knot.log10_bpcer for knot in knots])
    suspicions = suspicion_of(np.array([knot.native for knot in knots]), check)
    where = float(np.interp(-log10, rates, suspicions))
    refused = _worse_than(falling, where)
    last_counted = min(knot.log10_bpcer for knot in knots if knot.count is not None)
    exact = clopper_pearson(refused, len(falling))
    return AnchorFacts(
        bpcer=bpcer,
        score=score,
        native=native_of_suspicion(where, check),
        extrapolated=log10 < last_counted - 1e-9,
        refused=refused,
        high=float(10 ** np.interp(-log10, rates, [knot.high for knot in knots])),
        counted_high=1.0 if exact is None else exact[1],
    )


def _document(plan: BpcerPlan, photos: int, people: int) -> dict[str, object]:
    models = "+".join(network.model_id for network in plan.networks)
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "calibration_id": f"{plan.check.value}-{models}-{plan.precision}-{'+'.join(plan.data_sets)}",
        "check": plan.check.value,
        "networks": [asdict(network) for network in plan.networks],
        "precision": plan.precision,
        "data_sets": list(plan.data_sets),
        "date": plan.date,
        "tool_version": plan.tool_version,
        "counts": {
            "photos": photos,
            "people": people,
            "failures_to_acquire": plan.failures_to_acquire,
            "non_responses": dict(sorted(plan.non_responses.items())),
        },
        "bootstrap": {"over": "people", "resamples": plan.resamples, "seed": plan.seed, "level": 0.95},
    }
