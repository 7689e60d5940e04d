"""Pairs of pictures with different labels that may show one person: what to look at before excluding a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.scores import ScoredPairs

SAME_PHOTOGRAPH = 0.95
"""Correlation of aligned faces from which two pictures are one photograph, cropped or compressed differently."""
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Suspect:
    """Two pictures with different labels that score high. `reference` and `probe` are picture indices."""

    score: float
    reference: int
    probe: int


def top_strangers(pairs: ScoredPairs, count: int) -> tuple[Suspect, ...]:
    """The first `count` of non-mated comparisons that come by falling score."""
    top = pairs.take(np.arange(min(count, len(pairs.score))))
    return tuple(
        Suspect(float(score), int(reference), int(probe))
        for score, reference, probe in zip(top.score, top.reference, top.probe, strict=True)
    )


def patch_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Pearson correlation of two grey patches of one shape, the best of shifts by up to 4 pixels; -1..1.

    Brightness and contrast do not matter. A patch without any contrast correlates 0.
    """
    height, width = first.shape
    inner = first[_SHIFT : height - _SHIFT, _SHIFT : width - _SHIFT]
    shifts = range(2 * _SHIFT + 1)
    windows = (second[y : y + inner.shape[0], x : x + inner.shape[1]] for y in shifts for x in shifts)
    return max(_correlation(inner, window) for window in windows)


def _correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    a, b = first - first.mean(), second - second.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / norm if norm else 0.0
