"""What the network looks at, and whether enough of the face is there to tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.refine import across
from visavis.engine.geometry import Transform, apply_transform, invert_transform, scale_of, window_transform
from visavis.engine.picture import Picture
from visavis.types import DetectedFace

CROP_PX = 96
"""Side of the square that the network sees."""
SPREAD = 1.1
"""Side of that square in longer sides of the detector's box."""

_GRID = 32

Pixels = NDArray[np.uint8]


def place_crop(face: DetectedFace) -> Transform:
    """From full-resolution pixels of the picture to the crop: upright, the detector's box in its middle."""
    points = face.landmarks.to_array()
    side = SPREAD * max(face.box.width, face.box.height)
    return window_transform(np.array(face.box.centre), side, across(points), CROP_PX)


def cut_crop(picture: Picture, transform: Transform) -> Pixels:
    """(96, 96, 3) uint8 RGB; black where the picture ends.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    return picture.warp(transform, CROP_PX, CROP_PX, min(1.0, scale_of(transform)))


def share_inside(transform: Transform, width: int, height: int) -> float:
    """Share of the crop that lies within the picture, 0..1.

    Args:
        transform: see `place_crop`.
        width: of the picture at full resolution, pixels.
        height: the same.
    """
    centres = (np.arange(_GRID) + 0.5) * (CROP_PX / _GRID)
    points = apply_transform(invert_transform(transform), np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2))
    inside = (points >= 0) & (points < [width, height])
    return float(inside.all(1).mean())
