"""A face brought into the shape of another: smoothly, as the training examples are made."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Points = NDArray[np.floating[Any]]
Floats = NDArray[np.float32]

_STEP = 8
_REACH = 0.09
_STILL = 0.05


def warp_smoothly(pixels: Pixels, source: Points, target: Points) -> Pixels:
    """What is at `source` goes to `target`; between the points their ways are averaged, far from them nothing moves.

    Args:
        pixels: (H, W, 3).
        source: (N, 2) points of these pixels.
        target: (N, 2) where they go.
    """
    x, y = _backwards(pixels.shape[0], pixels.shape[1], target, source - target)
    return np.asarray(cv2.remap(pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def shift_smoothly(pixels: Pixels, chance: np.random.Generator, strength: float, cells: int = 5) -> Pixels:
    """Elastic deformation: a coarse grid of random shifts of up to `strength` pixels."""
    height, width = pixels.shape[:2]
    shifts = chance.uniform(-strength, strength, (2, cells, cells)).astype(np.float32)
    across, down = (cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in shifts)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = cv2.remap(pixels, columns + across, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, np.uint8)


def move_slightly(pixels: Pixels, chance: np.random.Generator, centre: Points, strength: float) -> Pixels:
    """Turned, scaled and shifted a little around `centre`; 1 is a strength of 3 %."""
    turn, scale = chance.normal(0, 1.5 * strength), 1 + chance.normal(0, 0.02 * strength)
    matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), turn, scale)
    matrix[:, 2] += chance.normal(0, 0.01 * strength * pixels.shape[0], 2)
    size = pixels.shape[1], pixels.shape[0]
    return np.asarray(cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))


def _backwards(height: int, width: int, places: Points, ways: Points) -> tuple[Floats, Floats]:
    """Where each pixel comes from: a Gaussian mean of the ways of the points around it, on a coarse grid."""
    reach = _REACH * float(np.ptp(places, 0).max())
    across, down = np.arange(0, width + _STEP, _STEP), np.arange(0, height + _STEP, _STEP)
    weight_x = np.exp(-((across[:, None] - places[None, :, 0]) ** 2) / (2 * reach**2))
    weight_y = np.exp(-((down[:, None] - places[None, :, 1]) ** 2) / (2 * reach**2))
    total = weight_y @ weight_x.T + _STILL
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    fields = []
    for axis, own in enumerate((columns, rows)):
        coarse = ((weight_y * ways[:, axis]) @ weight_x.T / total).astype(np.float32)
        fine = cv2.remap(coarse, columns / _STEP, rows / _STEP, cv2.INTER_LINEAR)
        fields.append(own + fine)
    return fields[0], fields[1]
