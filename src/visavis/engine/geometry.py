"""Boxes and similarity transforms: pure functions of coordinates.

A transform is a (2, 3) float64 matrix M with (x', y') = M @ (x, y, 1). Coordinates are continuous: the pixel in column
i, row j covers [i, i+1) x [j, j+1), so the centre of the first pixel is (0.5, 0.5) and scaling needs no offset.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Transform = NDArray[np.float64]
Points = NDArray[np.floating[Any]]
Pixels = NDArray[np.uint8]


def estimate_similarity(source: Points, target: Points) -> Transform:
    """Rotation, uniform scale and shift that bring `source` nearest to `target` in the least-squares sense.

    Args:
        source: (N, 2) points, N >= 2, not all the same.
        target: (N, 2) points, where they should go.

    Returns:
        (2, 3) transform; never a reflection.

    Source: S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991; in the
    plane it has the closed form below.
    """
    source_mean, target_mean = source.mean(0), target.mean(0)
    a, b = source - source_mean, target - target_mean
    spread = float((a**2).sum())
    if spread == 0:
        raise ValueError("the source points coincide")
    cosine = float((a * b).sum()) / spread
    sine = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.hstack([linear, (target_mean - linear @ source_mean)[:, None]])


def window_transform(centre: Points, side: float, direction: Points, size_px: int) -> Transform:
    """Transform that brings a turned square of the picture onto an upright canvas.

    Args:
        centre: (2,) of the square.
        side: of the square, pixels.
        direction: (2,) unit vector in the picture that becomes the canvas's x axis.
        size_px: side of the canvas.
    """
    scale = size_px / side
    x, y = direction
    linear = scale * np.array([[x, y], [-y, x]])
    return np.hstack([linear, (size_px / 2 - linear @ centre)[:, None]])


def apply_transform(transform: Transform, points: Points) -> NDArray[np.float64]:
    """(N, 2) points, transformed."""
    return np.asarray(points @ transform[:, :2].T + transform[:, 2])


def invert_transform(transform: Transform) -> Transform:
    """The transform that undoes it."""
    linear = np.linalg.inv(transform[:, :2])
    return np.hstack([linear, -(linear @ transform[:, 2:])])


def scale_of(transform: Transform) -> float:
    """By how much a similarity transform enlarges."""
    return float(np.hypot(transform[0, 0], transform[1, 0]))


def warp_pixels(pixels: Pixels, transform: Transform, width: int, height: int) -> Pixels:
    """The picture as seen through a similarity transform; black outside it.

    Shrinks by area averaging first where the transform shrinks by more than 1.6, so that fine detail does not alias.

    Args:
        pixels: (H, W, 3) uint8.
        transform: from the picture to the canvas.
        width: of the canvas, pixels.
        height: of the canvas, pixels.
    """
    scale = scale_of(transform)
    if scale < 1 / 1.6:
        rows, columns = pixels.shape[:2]
        small = max(1, round(columns * scale * 1.2)), max(1, round(rows * scale * 1.2))
        pixels = np.asarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), np.uint8)
        transform = transform @ np.diag([columns / small[0], rows / small[1], 1.0])
    # OpenCV counts from the centre of the first pixel, we count from its corner.
    shifted = transform.copy()
    shifted[:, 2] += 0.5 * transform[:, :2].sum(1) - 0.5
    return np.asarray(cv2.warpAffine(pixels, shifted, (width, height), flags=cv2.INTER_LINEAR), np.uint8)


def overlap_ratio(box: Points, boxes: Points) -> NDArray[np.float64]:
    """Intersection over union, 0..1.

    Args:
        box: (4,) left, top, width, height.
        boxes: (N, 4), the same.
    """
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(1)
    return np.asarray(shared / np.maximum(box[2] * box[3] + boxes[:, 2] * boxes[:, 3] - shared, 1e-9))
