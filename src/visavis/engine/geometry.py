"""Boxes and similarity transforms: pure functions of coordinates.

A transform is a (2, 3) float64 matrix M with (x', y') = M @ (x, y, 1). Coordinates are continuous: the pixel in column
i, row j covers [i, i+1) x [j, j+1), so the centre of the first pixel is (0.5, 0.5) and scaling needs no offset.
"""

from __future__ import annotations

import math
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
    from_x, from_y, to_x, to_y = np.hstack([source, target]).mean(0).tolist()
    spread = along = across = 0.0
    # A handful of points: plain numbers are quicker than arrays.
    for (x, y), (u, v) in zip(source.tolist(), target.tolist(), strict=True):
        x, y, u, v = x - from_x, y - from_y, u - to_x, v - to_y
        spread += x * x + y * y
        along += x * u + y * v
        across += x * v - y * u
    if spread == 0:
        raise ValueError("the source points coincide")
    cosine, sine = along / spread, across / spread
    shift = to_x - cosine * from_x + sine * from_y, to_y - sine * from_x - cosine * from_y
    return np.array([[cosine, -sine, shift[0]], [sine, cosine, shift[1]]])


def window_transform(centre: Points, side: float, direction: Points, size_px: int) -> Transform:
    """Transform that brings a turned square of the picture onto an upright canvas.

    Args:
        centre: (2,) of the square.
        side: of the square, pixels.
        direction: (2,) unit vector in the picture that becomes the canvas's x axis.
        size_px: side of the canvas.
    """
    scale = size_px / side
    (x, y), (centre_x, centre_y) = (scale * direction).tolist(), centre.tolist()
    half = size_px / 2
    return np.array([[x, y, half - x * centre_x - y * centre_y], [-y, x, half + y * centre_x - x * centre_y]])


def apply_transform(transform: Transform, points: Points) -> NDArray[np.float64]:
    """(N, 2) points, transformed."""
    return np.asarray(points @ transform[:, :2].T + transform[:, 2])


def invert_transform(transform: Transform) -> Transform:
    """The similarity transform that undoes it."""
    (a, b, x), (c, d, y) = transform.tolist()
    determinant = a * d - b * c
    a, b, c, d = d / determinant, -b / determinant, -c / determinant, a / determinant
    return np.array([[a, b, -a * x - b * y], [c, d, -c * x - d * y]])


def scale_of(transform: Transform) -> float:
    """By how much a similarity transform enlarges."""
    return math.hypot(transform[0, 0], transform[1, 0])


def warp_pixels(pixels: Pixels, transform: Transform, width: int, height: int) -> Pixels:
    """The picture as seen through a similarity transform; black outside it.

    Where the transform shrinks by two or more, blocks of pixels are averaged first, so that fine detail does not alias.

    Args:
        pixels: (H, W, 3) uint8.
        transform: from the picture to the canvas.
        width: of the canvas, pixels.
        height: of the canvas, pixels.
    """
    block = int(1 / scale_of(transform))
    if block >= 2:
        pixels, transform = _shrink(pixels, transform, width, height, block)
    # OpenCV counts from the centre of the first pixel, we count from its corner.
    (a, b, x), (c, d, y) = transform.tolist()
    shifted = np.array([[a, b, x + 0.5 * (a + b - 1)], [c, d, y + 0.5 * (c + d - 1)]])
    return np.asarray(cv2.warpAffine(pixels, shifted, (width, height), flags=cv2.INTER_LINEAR), np.uint8)


def _shrink(pixels: Pixels, transform: Transform, width: int, height: int, block: int) -> tuple[Pixels, Transform]:
    """The part of the picture that the canvas shows, its blocks averaged, and the transform from there to the canvas.

    A last row or column of blocks that is not whole is left out: less than a pixel of the canvas. Whole blocks are what
    OpenCV averages quickly.
    """
    rows, columns = pixels.shape[:2]
    (a, b, x), (c, d, y) = invert_transform(transform).tolist()
    left, right = _span(x, a * width, b * height, block, columns)
    top, bottom = _span(y, c * width, d * height, block, rows)
    small = max(1, (right - left) // block), max(1, (bottom - top) // block)
    part = pixels[top : top + small[1] * block, left : left + small[0] * block]
    to_picture = np.array([[block, 0, left], [0, block, top], [0, 0, 1.0]])
    return np.asarray(cv2.resize(part, small, interpolation=cv2.INTER_AREA), np.uint8), transform @ to_picture


def _span(origin: float, along: float, across: float, block: int, length: int) -> tuple[int, int]:
    """First and last pixel, of `length`, that a canvas with this corner and these sides shows, with a margin."""
    first = origin + min(along, 0.0) + min(across, 0.0) - 2 * block
    last = origin + max(along, 0.0) + max(across, 0.0) + 2 * block
    return int(min(max(first, 0.0), max(length - block, 0))), int(min(max(last, 0.0), length))


def overlap_ratio(box: Points, boxes: Points) -> NDArray[np.float64]:
    """Intersection over union, 0..1.

    Args:
        box: (..., 4) left, top, width, height.
        boxes: (N, 4), the same; the leading axes of `box` are broadcast against theirs.
    """
    starts, sizes, start, size = boxes[:, :2], boxes[:, 2:], box[..., :2], box[..., 2:]
    sides = np.maximum(np.minimum(starts + sizes, start + size) - np.maximum(starts, start), 0)
    shared = sides[..., 0] * sides[..., 1]
    areas = sizes[:, 0] * sizes[:, 1] + size[..., 0] * size[..., 1]
    return np.asarray(shared / np.maximum(areas - shared, 1e-9))
