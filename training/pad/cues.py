"""Cues that need no network, of many crops; the product has the first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.engine.pad.cues import spectrum_peak

Doubles = NDArray[np.float64]
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def spectrum_peaks(crops: NDArray[np.uint8]) -> Doubles:
    """(N,) see `spectrum_peak`.

    Args:
        crops: (N, H, W, 3) uint8 RGB.
    """
    return np.array([spectrum_peak(crop) for crop in crops])


def frame_edges(crops: NDArray[np.uint8]) -> Doubles:
    """(N,) strongest step between two neighbouring rows or columns off the middle, on average along them, 0..255.

    Args:
        crops: (N, H, W, 3) uint8 RGB of the surroundings; rows and columns beyond the picture are black.
    """
    luma = crops.astype(np.float32) @ _LUMA
    steps = []
    for axis in (1, 2):
        first, last = (luma[:, :-1], luma[:, 1:]) if axis == 1 else (luma[:, :, :-1], luma[:, :, 1:])
        step = np.abs(np.where(np.minimum(first, last) > 0, last - first, 0).mean(3 - axis))
        count = step.shape[1]
        step[:, count // 3 : 2 * count // 3] = 0
        steps.append(step.max(1))
    return np.asarray(np.maximum(*steps), np.float64)


def missing_shares(crops: NDArray[np.uint8]) -> Doubles:
    """(N,) share of each crop that lies beyond the picture, 0..1: whole rows and columns of black.

    Args:
        crops: (N, H, W, 3) uint8 RGB of the surroundings.
    """
    seen = crops.any(3)
    return np.asarray(1 - seen.any(2).mean(1) * seen.any(1).mean(1))
