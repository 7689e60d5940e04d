"""Error rates as pure functions of score arrays (ISO/IEC 19795-1).

The decision is MATCH when score >= threshold, so a false match rate counts non-mated scores >= threshold and a false
non-match rate counts mated scores < threshold. Every function takes scores by rising order, NaN-free.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]
NOMINAL_FMRS = (1e-2, 1e-3, 1e-4, 1e-5)
# 0.29 * 100 is 28.999999999999996; a nominal rate must not lose a comparison to that.
_ROUNDING = 1 + 1e-12


def allowed_matches(comparisons: int, fmr: float) -> int:
    """How many of `comparisons` may match falsely at a nominal rate."""
    return math.floor(fmr * comparisons * _ROUNDING)


def threshold_at_fmr(non_mated: Floats, fmr: float) -> float | None:
    """The lowest threshold whose counted false match rate does not exceed `fmr`; ties are refused together.

    It lies one representable step above the first score that may not match. None when there are fewer than 1/fmr
    comparisons: the rate cannot be counted.
    """
    allowed = allowed_matches(len(non_mated), fmr)
    if not allowed:
        return None
    if allowed >= len(non_mated):
        return float(non_mated[0])
    refused = non_mated[len(non_mated) - 1 - allowed]
    return float(np.nextafter(refused, np.asarray(np.inf, non_mated.dtype)))


def count_below(scores: Floats, threshold: float) -> int:
    """How many scores are < `threshold`, a double, without rounding it onto a score."""
    bound = scores.dtype.type(threshold)
    if float(bound) < threshold:  # Rounding down could put the threshold onto a score that it excludes.
        bound = np.nextafter(bound, scores.dtype.type(np.inf))
    return int(np.searchsorted(scores, bound))


def fmr_at(non_mated: Floats, threshold: float) -> float:
    """Share of non-mated scores >= threshold; NaN without any."""
    return _share(len(non_mated) - count_below(non_mated, threshold), len(non_mated))


def fnmr_at(mated: Floats, threshold: float) -> float:
    """Share of completed mated comparisons with a score < threshold; NaN without any."""
    return _share(count_below(mated, threshold), len(mated))


def frr_at(mated: Floats, threshold: float, failed: int) -> float:
    """False rejection rate: like `fnmr_at`, with `failed` comparisons without a template counted as rejections."""
    return _share(count_below(mated, threshold) + failed, len(mated) + failed)


def equal_error_rate(mated: Floats, non_mated: Floats) -> float | None:
    """The mean of FMR and FNMR where they are nearest to each other; None without both kinds.

    Both are steps, so they may not meet: of all thresholds the one with the smallest difference counts.
    """
    if not len(mated) or not len(non_mated):
        return None
    thresholds = _crossing_candidates(mated, non_mated)
    fnmr = np.searchsorted(mated, thresholds) / len(mated)
    fmr = 1 - np.searchsorted(non_mated, thresholds) / len(non_mated)
    best = int(np.argmin(np.abs(fmr - fnmr)))
    return float((fmr[best] + fnmr[best]) / 2)


def _crossing_candidates(mated: Floats, non_mated: Floats) -> Floats:
    """Scores around the crossing; FNMR - FMR never falls with the threshold, so it changes sign between two of them."""
    ladder = np.append(mated, np.asarray([np.inf], mated.dtype))
    difference = np.searchsorted(mated, ladder) / len(mated) + np.searchsorted(non_mated, ladder) / len(non_mated) - 1
    step = int(np.argmax(difference >= 0))
    low = ladder[step - 1] if step else np.asarray(-np.inf, mated.dtype)
    start, stop = np.searchsorted(non_mated, np.array([low, ladder[step]]), side="right")
    return np.concatenate([non_mated[start:stop], ladder[max(0, step - 1) : step + 1]])


@dataclass(frozen=True, slots=True, eq=False)
class DetCurve:
    """Detection error trade-off.

    Attributes:
        fmr: (N,) falling from 1 to 1 / comparisons.
        fnmr: (N,) rising.
        threshold: (N,) native score.
    """

    fmr: NDArray[np.float64]
    fnmr: NDArray[np.float64]
    threshold: NDArray[np.float64]


def det_curve(mated: Floats, non_mated: Floats, points: int = 400) -> DetCurve:
    """FMR against FNMR at thresholds evenly spaced in log10 FMR; empty without both kinds of comparison."""
    total = len(non_mated)
    if not len(mated) or not total:
        empty = np.empty(0)
        return DetCurve(empty, empty, empty)
    ranks = np.unique(np.round(np.geomspace(1, total, points)).astype(np.int64))[::-1]
    thresholds = non_mated[total - ranks]
    fmr = 1 - np.searchsorted(non_mated, thresholds) / total
    return DetCurve(fmr, np.searchsorted(mated, thresholds) / len(mated), thresholds.astype(np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class FoldAccuracy:
    """Accuracy by cross-validation over folds.

    Attributes:
        mean: mean accuracy of the folds, 0..1.
        deviation: standard deviation of the folds' accuracies (n - 1); 0 for one fold.
        folds: (F,) accuracy of each fold.
        thresholds: (F,) native score chosen on the other folds.
        correct: (N,) bool, each trial's verdict by its own fold's threshold.
    """

    mean: float
    deviation: float
    folds: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    correct: NDArray[np.bool_]


def fold_accuracy(
    scores: Floats, mated: NDArray[np.bool_], fold: NDArray[np.int32], completed: NDArray[np.bool_]
) -> FoldAccuracy:
    """The LFW protocol: each fold is judged by the threshold that is best on all others.

    A trial that was not completed takes no part in choosing the threshold and counts as wrong, mated or not: refusing
    to answer must not pay. Scores come in the order of the trials. Fewer than two folds raise ValueError.
    """
    names = np.unique(fold)
    if len(names) < 2:
        raise ValueError("cross-validation needs two folds")
    correct = np.zeros(len(scores), bool)
    thresholds = []
    for name in names:
        others = completed & (fold != name)
        threshold = best_threshold(scores[others & mated], scores[others & ~mated])
        inside = fold == name
        correct[inside] = completed[inside] & ((scores[inside] >= threshold) == mated[inside])
        thresholds.append(threshold)
    folds = np.array([correct[fold == name].mean() for name in names])
    return FoldAccuracy(float(folds.mean()), float(folds.std(ddof=1)), folds, np.array(thresholds), correct)


def best_threshold(mated: Floats, non_mated: Floats) -> float:
    """The threshold with the most right verdicts, half-way between two neighbouring scores.

    Of equally good ones the middle one. Scores may come in any order.
    """
    scores = np.unique(np.concatenate([mated, non_mated]).astype(np.float64))
    if not len(scores):
        return 0.0
    candidates = np.concatenate([scores[:1], (scores[1:] + scores[:-1]) / 2, scores[-1:] + 1e-6])
    accepted = len(mated) - np.searchsorted(np.sort(mated), candidates)
    right = accepted + np.searchsorted(np.sort(non_mated), candidates)
    best = np.flatnonzero(right == right.max())
    return float(candidates[best[len(best) // 2]])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
