"""The far tail of a distribution of scores: a generalised Pareto distribution over a threshold.

Fitted by probability-weighted moments (Hosking and Wallis 1987): closed form, hence fast and the same every time. What
is possible must not be ruled out: a cosine of 1 is possible between strangers, so the fitted curve of non-mated scores
is never allowed to end before 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
_HIGHEST_SCORE = 1.0
_EXPONENTIAL = 1e-9
# Moments of a heavier tail do not exist; cosines have none.
_HEAVIEST = 0.45


@dataclass(frozen=True, slots=True)
class ParetoTail:
    """P(score >= s | score > threshold) = (1 + shape (s - threshold) / scale) ** (-1 / shape).

    Attributes:
        threshold: native score.
        shape: negative for a bounded tail, 0 for an exponential one.
        scale: native score, > 0.
    """

    threshold: float
    shape: float
    scale: float

    def survival(self, score: Doubles) -> Doubles:
        """That probability, at scores >= threshold."""
        excess = (score - self.threshold) / self.scale
        if abs(self.shape) < _EXPONENTIAL:
            return np.exp(-excess)
        base: Doubles = np.maximum(0.0, 1 + self.shape * excess)
        return np.power(base, -1 / self.shape)

    def score_at(self, survival: float) -> float:
        """The score that `survival` belongs to, 0 < survival <= 1."""
        if abs(self.shape) < _EXPONENTIAL:
            return self.threshold - self.scale * math.log(survival)
        return self.threshold + self.scale / self.shape * math.expm1(-self.shape * math.log(survival))


def fit_tail(scores: Doubles, weights: Doubles, threshold: float, highest: float = _HIGHEST_SCORE) -> ParetoTail:
    """Fit to scores > threshold.

    Args:
        scores: (N,) rising, all > threshold.
        weights: (N,) how often each counts; at least two of them positive.
        threshold: native score, < `highest`.
        highest: the highest score that is possible; the curve does not end before it.
    """
    excess = scores - threshold
    total = weights.sum()
    position = (np.cumsum(weights) - 0.35 * weights) / total
    mean = float((weights * excess).sum() / total)
    moment = float((weights * excess * (1 - position)).sum() / total)
    ratio = mean / (mean - 2 * moment)
    shape = min(2 - ratio, _HEAVIEST)
    scale = mean * (1 - shape)
    room = highest - threshold
    if shape < 0 and -scale / shape < room:
        return fit_tail_ending_at(highest, scores, weights, threshold)
    return ParetoTail(threshold, shape, scale)


def fit_tail_ending_at(highest: float, scores: Doubles, weights: Doubles, threshold: float) -> ParetoTail:
    """Fit a curve that ends at `highest`; the other arguments are those of `fit_tail`.

    With the end point given, -log(1 - excess / room) is exponential, and its mean is the maximum likelihood.
    """
    excess, room = scores - threshold, highest - threshold
    logs = -np.log1p(-np.minimum(excess / room, 1 - 1e-12))
    mean = float((weights * logs).sum() / weights.sum())
    return ParetoTail(threshold, -mean, room * mean)
