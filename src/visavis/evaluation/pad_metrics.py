"""Error rates of a check of presentations as pure functions of arrays (ISO/IEC 30107-3).

Scores are suspicions, see `presentation.suspicion_of`: more is worse whatever the check. A presentation is called an
attack when its suspicion is at or above the threshold, so BPCER counts bona fide presentations there and APCER attacks
below it. Only presentations that were answered have a score; those that were not are counted by the non-response rates.
Sorted arrays rise; all are NaN-free.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation import metrics
from visavis.presentation import Check

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]
NOMINAL_BPCERS = (1e-2, 1e-3)


def bpcer_at(bona_fide: Doubles, threshold: float) -> float:
    """Share of bona fide presentations (sorted) that are called attacks; NaN without any."""
    return metrics.fmr_at(bona_fide, threshold)


def apcer_at(attacks: Doubles, threshold: float) -> float:
    """Share of the attacks of one species (sorted) that are called bona fide; NaN without any."""
    return metrics.fnmr_at(attacks, threshold)


def highest_apcer(apcer: Mapping[str, float]) -> tuple[str, float] | None:
    """The species with the highest APCER, of equal ones the first; None where no species has one."""
    known = {species: value for species, value in apcer.items() if not math.isnan(value)}
    if not known:
        return None
    worst = max(known, key=lambda species: known[species])
    return worst, known[worst]


def threshold_at_bpcer(bona_fide: Doubles, bpcer: float) -> float | None:
    """The strictest threshold whose counted BPCER does not exceed `bpcer`; equal scores are called attacks together.

    None when there are fewer than 1/bpcer bona fide presentations (sorted): the rate cannot be counted.
    """
    return metrics.threshold_at_fmr(bona_fide, bpcer)


def non_response_rate(answered: Flags) -> float:
    """Share of presentations that were not answered: APNRR of one attack species, BPNRR of the bona fide ones.

    NaN without any.
    """
    return float(1 - answered.mean()) if len(answered) else math.nan


def refused_by(score: Doubles, threshold: float, check: Check) -> Flags:
    """(N,) whether public scores are refused at a public threshold: below it for PAD, above it for synthesis."""
    return score < threshold if check.refuses_below else score > threshold


def area_under_curve(
    bona_fide: Doubles,
    attacks: Doubles,
    bona_fide_weights: Doubles | None = None,
    attack_weights: Doubles | None = None,
) -> float:
    """How often an attack is more suspicious than a bona fide presentation; equal ones count half.

    Args:
        bona_fide: (N,) sorted.
        attacks: (M,) in any order.
        bona_fide_weights: (N,) how often each counts; None: once.
        attack_weights: (M,) likewise.

    Returns:
        0..1, or NaN where either has no weight.
    """
    below = np.concatenate(
        [[0.0], np.cumsum(np.ones(len(bona_fide)) if bona_fide_weights is None else bona_fide_weights)]
    )
    weights = np.ones(len(attacks)) if attack_weights is None else attack_weights
    total = float(weights.sum()) * float(below[-1])
    if not total:
        return math.nan
    less = below[np.searchsorted(bona_fide, attacks, side="left")]
    not_more = below[np.searchsorted(bona_fide, attacks, side="right")]
    return float((weights * (less + not_more) / 2).sum()) / total


@dataclass(frozen=True, slots=True, eq=False)
class PadDetCurve:
    """Detection error trade-off.

    Attributes:
        bpcer: (N,) falling from 1 to 1 / bona fide presentations.
        apcer: (N,) rising.
        threshold: (N,) suspicion.
    """

    bpcer: Doubles
    apcer: Doubles
    threshold: Doubles


def det_curve(bona_fide: Doubles, attacks: Doubles, points: int = 400) -> PadDetCurve:
    """BPCER against APCER (both sorted) at thresholds evenly spaced in log10 BPCER; empty without both kinds."""
    curve = metrics.det_curve(attacks, bona_fide, points)
    return PadDetCurve(curve.fmr, curve.fnmr, curve.threshold)


def weighted_share(happened: Flags, weights: Doubles) -> float:
    """Share of the weight that `happened`; NaN without any weight."""
    total = float(weights.sum())
    return float(weights[happened].sum()) / total if total else math.nan


def weighted_threshold_at_bpcer(bona_fide: Doubles, weights: Doubles, bpcer: float) -> float:
    """`threshold_at_bpcer` where each presentation (sorted) counts as often as its weight says; NaN instead of None."""
    worse = np.concatenate([[0.0], np.cumsum(weights[::-1])])
    if worse[-1] * bpcer < 1:
        return math.nan
    refused = int(np.searchsorted(worse, bpcer * worse[-1] * (1 + 1e-12), side="right")) - 1
    if refused >= len(bona_fide):
        return float(bona_fide[0])
    return float(np.nextafter(bona_fide[len(bona_fide) - 1 - refused], math.inf))
