"""One protocol's figures: error rates, intervals, curves and the pairs that went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ParameterError
from visavis.evaluation import metrics
from visavis.evaluation.discard import DiscardOrder, order_by_quality
from visavis.evaluation.discard_curve import DiscardCurve, draw_discard_curve
from visavis.evaluation.intervals import BootstrapPlan, Interval, ProtocolIntervals, bootstrap_protocol
from visavis.evaluation.metrics import NOMINAL_FMRS, DetCurve, FoldAccuracy
from visavis.evaluation.run import Acquisition
from visavis.evaluation.scores import ProtocolScores, ScoredPairs, pair_scores, score_trials
from visavis.evaluation.trials import CrossTrials, Dataset, PairTrials, Trials
from visavis.service.ports import ScoreCalibration

FEWEST_RELIABLE = 30
"""Fewer false matches than this make a threshold a matter of chance (the rule of 30)."""
_BINS = 120


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """How to evaluate.

    Attributes:
        nominal: false match rates at which to report.
        resamples: bootstrap over people; 0: no intervals.
        seed: of the bootstrap.
        worst: how many pairs of each kind to list.
        discard_fmr: false match rate at whose threshold comparisons are discarded by quality.
    """

    nominal: tuple[float, ...] = NOMINAL_FMRS
    resamples: int = 500
    seed: int = 1
    worst: int = 20
    discard_fmr: float = 1e-3


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Rates at a threshold that was counted on this very set.

    Attributes:
        fmr: nominal false match rate.
        threshold: native score; None, like all that follow, when the set is too small for this rate: see `reason`.
        counted_fmr: the rate at the threshold, at most `fmr`.
        false_matches: how many comparisons that is; below `FEWEST_RELIABLE` the threshold is a matter of chance.
        fnmr: false non-match rate of completed comparisons.
        frr: false rejection rate, failures to acquire counted as rejections.
        frr_interval: 95 %.
        threshold_interval: 95 %.
        claimed_fmr: what the calibration says at the threshold; None without a calibration.
        reason: why there is no threshold.
    """

    fmr: float
    threshold: float | None = None
    counted_fmr: float | None = None
    false_matches: int | None = None
    fnmr: float | None = None
    frr: float | None = None
    frr_interval: Interval | None = None
    threshold_interval: Interval | None = None
    claimed_fmr: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimedPoint:
    """Rates counted on this set at the threshold that the calibration gives for a rate.

    Attributes:
        claimed_fmr: the rate asked for.
        threshold: native score by the calibration.
        fmr: counted here; None without non-mated comparisons.
        false_matches: how many comparisons that is.
        fmr_interval: 95 %.
        frr: false rejection rate here; None without mated comparisons.
        frr_interval: 95 %.
    """

    claimed_fmr: float
    threshold: float
    fmr: float | None
    false_matches: int
    fmr_interval: Interval | None
    frr: float | None
    frr_interval: Interval | None


@dataclass(frozen=True, slots=True)
class ListedPair:
    """A pair by the paths of its pictures, relative to the data set's root."""

    score: float
    reference: str
    probe: str
    claimed_fmr: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Shares of comparisons by score. `edges` is (B + 1,); `mated` and `non_mated` are (B,) and sum to 1, or are 0."""

    edges: NDArray[np.float64]
    mated: NDArray[np.float64]
    non_mated: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ProtocolResult:
    """All figures of one protocol.

    Attributes:
        name: of the protocol.
        pictures: used by it.
        people: whose pictures are used.
        failed_pictures: of those, without a template.
        mated: comparisons planned, failures to acquire included.
        non_mated: likewise.
        mated_failed: not completed.
        non_mated_failed: not completed.
        fta: failure-to-acquire rate of the pictures.
        fta_interval: 95 %.
        eer: equal error rate of completed comparisons; None without both kinds.
        eer_interval: 95 %.
        accuracy: over folds; None where there are none.
        accuracy_interval: 95 %.
        operating_points: at each nominal rate.
        claimed_points: at each rate that the calibration claims; empty without one.
        det: the trade-off curve.
        histogram: of scores.
        lowest_mated: the worst first.
        highest_non_mated: the worst first.
        discard: by quality; None where the pictures were not measured.
    """

    name: str
    pictures: int
    people: int
    failed_pictures: int
    mated: int
    non_mated: int
    mated_failed: int
    non_mated_failed: int
    fta: float
    fta_interval: Interval | None
    eer: float | None
    eer_interval: Interval | None
    accuracy: FoldAccuracy | None
    accuracy_interval: Interval | None
    operating_points: tuple[OperatingPoint, ...]
    claimed_points: tuple[ClaimedPoint, ...]
    det: DetCurve
    histogram: Histogram
    lowest_mated: tuple[ListedPair, ...]
    highest_non_mated: tuple[ListedPair, ...]
    discard: DiscardCurve | None = None


def evaluate_dataset(
    dataset: Dataset, acquisition: Acquisition, calibration: ScoreCalibration | None, options: EvaluationOptions
) -> tuple[ProtocolResult, ...]:
    """Every protocol of a data set. Raises: DatasetError: too many comparisons to hold."""
    return tuple(evaluate_protocol(name, dataset, acquisition, calibration, options) for name in dataset.protocols)


def evaluate_protocol(
    name: str,
    dataset: Dataset,
    acquisition: Acquisition,
    calibration: ScoreCalibration | None,
    options: EvaluationOptions,
) -> ProtocolResult:
    """One protocol. Raises: DatasetError: too many comparisons to hold."""
    trials, templates = dataset.protocols[name], acquisition.templates
    scores = score_trials(templates, trials, seed=options.seed)
    used = used_pictures(trials)
    accuracy = _accuracy(trials, acquisition)
    claims = _claims(calibration, options.nominal)
    folds = (trials, accuracy) if accuracy is not None and isinstance(trials, PairTrials) else None
    qualities = acquisition.qualities
    order = None if qualities is None else order_by_quality(scores.mated, qualities)
    plan = _plan(acquisition, used, [threshold for _, threshold in claims], options, order)
    intervals = bootstrap_protocol(scores, plan, folds)
    failed = int((~templates.acquired[used]).sum())
    fta = failed / len(used) if len(used) else 0.0
    mated_failed = int(scores.mated_failed.sum())
    return ProtocolResult(
        name=name,
        pictures=len(used),
        people=len(np.unique(templates.persons[used])),
        failed_pictures=failed,
        mated=len(scores.mated.score) + mated_failed,
        non_mated=len(scores.non_mated) + scores.non_mated_failed,
        mated_failed=mated_failed,
        non_mated_failed=scores.non_mated_failed,
        fta=fta,
        fta_interval=_open_upwards(intervals.fta, fta, len(used)),
        eer=metrics.equal_error_rate(scores.mated.score, scores.non_mated),
        eer_interval=intervals.eer,
        accuracy=accuracy,
        accuracy_interval=intervals.accuracy,
        operating_points=_operating_points(scores, intervals, calibration, options.nominal),
        claimed_points=_claimed_points(scores, intervals, claims),
        det=metrics.det_curve(scores.mated.score, scores.non_mated),
        histogram=_histogram(scores),
        lowest_mated=_listed(scores.mated, dataset, calibration, options.worst),
        highest_non_mated=_listed(scores.sample, dataset, calibration, options.worst),
        discard=None if order is None else draw_discard_curve(scores, order, intervals, options.discard_fmr),
    )


def _plan(
    acquisition: Acquisition,
    used: NDArray[np.int32],
    claimed: Sequence[float],
    options: EvaluationOptions,
    discard: DiscardOrder | None,
) -> BootstrapPlan:
    templates = acquisition.templates
    return BootstrapPlan(
        persons=templates.persons,
        people=templates.people,
        used=used,
        acquired=templates.acquired,
        nominal=options.nominal,
        claimed=claimed,
        resamples=options.resamples,
        seed=options.seed,
        discard=discard,
        discard_fmr=options.discard_fmr,
    )


def used_pictures(trials: Trials) -> NDArray[np.int32]:
    """Indices of the pictures that take part, rising."""
    if isinstance(trials, CrossTrials):
        parts = [trials.rows] if trials.columns is None else [trials.rows, trials.columns]
    else:
        parts = [trials.reference, trials.probe]
    return np.unique(np.concatenate(parts)).astype(np.int32)


def _accuracy(trials: Trials, acquisition: Acquisition) -> FoldAccuracy | None:
    if isinstance(trials, CrossTrials) or trials.fold is None or len(np.unique(trials.fold)) < 2:
        return None
    scores, completed = pair_scores(acquisition.templates, trials)
    return metrics.fold_accuracy(scores, trials.mated, trials.fold, completed)


def _claims(calibration: ScoreCalibration | None, nominal: Sequence[float]) -> list[tuple[float, float]]:
    """(rate, threshold) of every rate that the calibration reaches."""
    claims = []
    for fmr in nominal if calibration is not None else ():
        try:
            claims.append((fmr, calibration.threshold_at(fmr)))  # type: ignore[union-attr]
        except ParameterError:
            continue  # Below what it claims.
    return claims


def _operating_points(
    scores: ProtocolScores,
    intervals: ProtocolIntervals,
    calibration: ScoreCalibration | None,
    nominal: Sequence[float],
) -> tuple[OperatingPoint, ...]:
    points = []
    for index, fmr in enumerate(nominal):
        threshold = metrics.threshold_at_fmr(scores.non_mated, fmr)
        if threshold is None:
            count = len(scores.non_mated)
            reason = f"{count:,} completed non-mated comparisons; a rate of {fmr:g} needs {round(1 / fmr):,}"
            points.append(OperatingPoint(fmr, reason=reason))
            continue
        counted = metrics.fmr_at(scores.non_mated, threshold)
        mated, failed = scores.mated.score, int(scores.mated_failed.sum())
        frr = _number(metrics.frr_at(mated, threshold, failed))
        points.append(
            OperatingPoint(
                fmr=fmr,
                threshold=threshold,
                counted_fmr=counted,
                false_matches=round(counted * len(scores.non_mated)),
                fnmr=_number(metrics.fnmr_at(mated, threshold)),
                frr=frr,
                frr_interval=_open_upwards(intervals.frr[index], frr, len(mated) + failed),
                threshold_interval=intervals.threshold[index],
                claimed_fmr=None if calibration is None else calibration.fmr_at(threshold),
            )
        )
    return tuple(points)


def _claimed_points(
    scores: ProtocolScores, intervals: ProtocolIntervals, claims: Sequence[tuple[float, float]]
) -> tuple[ClaimedPoint, ...]:
    return tuple(
        _claimed_point(scores, claim, intervals.claimed_fmr[index], intervals.claimed_frr[index])
        for index, claim in enumerate(claims)
    )


def _claimed_point(
    scores: ProtocolScores, claim: tuple[float, float], fmr_interval: Interval | None, frr_interval: Interval | None
) -> ClaimedPoint:
    claimed_fmr, threshold = claim
    mated, failed = scores.mated.score, int(scores.mated_failed.sum())
    fmr = _number(metrics.fmr_at(scores.non_mated, threshold))
    frr = _number(metrics.frr_at(mated, threshold, failed))
    return ClaimedPoint(
        claimed_fmr=claimed_fmr,
        threshold=threshold,
        fmr=fmr,
        false_matches=len(scores.non_mated) - metrics.count_below(scores.non_mated, threshold),
        fmr_interval=_open_upwards(fmr_interval, fmr, len(scores.non_mated)),
        frr=frr,
        frr_interval=_open_upwards(frr_interval, frr, len(mated) + failed),
    )


def _histogram(scores: ProtocolScores) -> Histogram:
    ends = [float(array[end]) for array in (scores.mated.score, scores.non_mated) if len(array) for end in (0, -1)]
    low, high = (min(ends), max(ends)) if ends else (-1.0, 1.0)
    edges = np.linspace(low, max(high, low + 1e-6), _BINS + 1)
    shares = [_shares(array, edges) for array in (scores.mated.score, scores.non_mated)]
    return Histogram(edges, *shares)


def _shares(rising: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    inner = np.searchsorted(rising, edges[1:-1].astype(np.float32))
    counts = np.diff(np.concatenate([[0], inner, [len(rising)]]))
    return counts / max(1, len(rising))


def _listed(
    pairs: ScoredPairs, dataset: Dataset, calibration: ScoreCalibration | None, count: int
) -> tuple[ListedPair, ...]:
    top = pairs.take(np.arange(min(count, len(pairs.score))))
    return tuple(
        ListedPair(
            score=float(score),
            reference=dataset.pictures[reference].path,
            probe=dataset.pictures[probe].path,
            claimed_fmr=None if calibration is None else calibration.fmr_at(float(score)),
        )
        for score, reference, probe in zip(top.score, top.reference, top.probe, strict=True)
    )


def _open_upwards(interval: Interval | None, rate: float | None, events: int) -> Interval | None:
    """Resampling nothing gives nothing: where nothing was counted, the upper end is 3 / events (the rule of three)."""
    if interval is None or rate != 0 or not events:
        return interval
    return 0.0, max(interval[1], min(1.0, 3 / events))


def _number(value: float) -> float | None:
    """None for NaN: JSON has no NaN."""
    return None if np.isnan(value) else value
