"""How fast errors fall when the comparisons of the worst pictures are left out, at one fixed threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visavis.evaluation import metrics
from visavis.evaluation.discard import SHARES, DiscardOrder, Doubles, ideal_frr
from visavis.evaluation.intervals import Interval, ProtocolIntervals
from visavis.evaluation.scores import ProtocolScores

SHOWN_SHARES = (0.05, 0.1, 0.2)
"""Shares in the tables."""


@dataclass(frozen=True, slots=True)
class DiscardPoint:
    """After discarding a share of the mated comparisons.

    Attributes:
        share: 0..1.
        quality: pairwise quality up to which that is; None where failures to acquire are all of it.
        frr: false rejection rate of what is left.
        frr_interval: 95 %.
        change: of the rate, relative to that of all comparisons, -1 = no rejections are left; None where that is 0.
        change_interval: 95 %.
        ideal_frr: the same rate if only rejections had been discarded.
        ideal_change: relative to that of all comparisons.
    """

    share: float
    quality: float | None
    frr: float
    frr_interval: Interval | None
    change: float | None
    change_interval: Interval | None
    ideal_frr: float
    ideal_change: float | None


@dataclass(frozen=True, slots=True, eq=False)
class DiscardCurve:
    """The error-versus-discard characteristic of one protocol.

    Discarding at random would leave the rate as it is.

    Attributes:
        fmr: nominal false match rate.
        threshold: native score, counted on all comparisons and kept; None, like what follows, without one: see
            `reason`.
        frr: (51,) false rejection rate after discarding 0, 1, … 50 % of the mated comparisons; empty without a
            threshold, as are the others.
        low: (51,) lower end of the 95 % interval; empty without resamples.
        high: (51,) upper end.
        ideal: (51,) the rate if only rejections had been discarded.
        points: at `SHOWN_SHARES`.
        reason: why there is nothing.
    """

    fmr: float
    threshold: float | None
    frr: Doubles
    low: Doubles
    high: Doubles
    ideal: Doubles
    points: tuple[DiscardPoint, ...]
    reason: str | None = None


def draw_discard_curve(
    scores: ProtocolScores, order: DiscardOrder, intervals: ProtocolIntervals, fmr: float
) -> DiscardCurve:
    """The curve of a protocol at the threshold for `fmr`.

    Args:
        scores: of the protocol.
        order: of its mated comparisons.
        intervals: with those of the discard rates, or without.
        fmr: nominal false match rate.
    """
    threshold = metrics.threshold_at_fmr(scores.non_mated, fmr)
    mated, failed = scores.mated.score, int(scores.mated_failed.sum())
    total = len(mated) + failed
    if threshold is None or not total:
        lacking = "no mated comparisons" if threshold is not None else f"too few non-mated comparisons for {fmr:g}"
        empty = np.empty(0)
        return DiscardCurve(fmr, None, empty, empty, empty, empty, (), lacking)
    below = metrics.count_below(mated, threshold)
    rejected = np.arange(len(mated)) < below
    frr = order.frr(rejected, np.ones(len(mated)), failed)
    ideal = ideal_frr(below + failed, total)
    low, high = _ends(intervals.discard_frr)
    points = tuple(_point(index, order, frr, ideal, intervals, failed) for index in _shown())
    return DiscardCurve(fmr, threshold, frr, low, high, ideal, points)


def _shown() -> list[int]:
    return [int(np.argmin(np.abs(SHARES - share))) for share in SHOWN_SHARES]


def _point(
    index: int, order: DiscardOrder, frr: Doubles, ideal: Doubles, intervals: ProtocolIntervals, failed: int
) -> DiscardPoint:
    share, whole = float(SHARES[index]), float(frr[0])
    return DiscardPoint(
        share=share,
        quality=order.quality_at(share, failed),
        frr=float(frr[index]),
        frr_interval=intervals.discard_frr[index] if intervals.discard_frr else None,
        change=float(frr[index]) / whole - 1 if whole else None,
        change_interval=intervals.discard_change[index] if intervals.discard_change else None,
        ideal_frr=float(ideal[index]),
        ideal_change=float(ideal[index]) / whole - 1 if whole else None,
    )


def _ends(intervals: list[Interval | None]) -> tuple[Doubles, Doubles]:
    known = [interval for interval in intervals if interval is not None]
    if not intervals or len(known) < len(intervals):
        return np.empty(0), np.empty(0)
    low, high = np.array(known).T
    return low, high
