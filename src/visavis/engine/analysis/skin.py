"""Which pixels of a canvas are skin of the face, on either side of its midline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.geometry import Points, Transform, invert_transform
from visavis.engine.landmarks.shape import load_shape

_MIDLINE = (10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 19, 94, 2, 164, 0, 13, 14, 17, 18, 200, 199, 175, 152)
_FEATURES = ("left_eye", "right_eye", "left_eyebrow", "right_eyebrow", "mouth")
_FRACTION_BITS = 4
_FAR = 1e5
"""OpenCV keeps coordinates in 32 bits; nothing that far off matters."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """Pixels of a canvas that show skin: within the face's oval, without eyes, eyebrows and mouth.

    Attributes:
        left: (H, W) of the subject's left half of the face.
        right: (H, W) of the right half.
    """

    left: Mask
    right: Mask

    @property
    def both(self) -> Mask:
        """(H, W) of the whole face."""
        return self.left | self.right


def find_skin(points: Points, size: tuple[int, int], seen: Mask | None = None) -> Skin:
    """The skin of a face.

    Args:
        points: (468, 2) of the mesh, in pixels of the canvas.
        size: (width, height) of the canvas, pixels.
        seen: (height, width) of the canvas, where the picture shows the face, see `inside_of` and the occlusion
            network; None: everywhere.
    """
    shape = load_shape()
    oval = shape.contours["face_oval"]
    far = int(np.flatnonzero(oval == _MIDLINE[-1])[0])
    # The oval starts at the forehead and comes down on the subject's right.
    right_side, left_side = oval[: far + 1], np.append(oval[far:], oval[0])
    middle = np.array(_MIDLINE)
    right = _filled([points[np.append(right_side, middle[::-1])]], size)
    left = _filled([points[np.append(left_side, middle)]], size) & ~right
    allowed = ~_filled([points[shape.regions[name]] for name in _FEATURES], size)
    if seen is not None:
        allowed &= seen
    return Skin(left & allowed, right & allowed)


def inside_of(width: int, height: int, transform: Transform, size: tuple[int, int]) -> Mask:
    """(H, W) which pixels of a canvas have their centre within the picture.

    Args:
        width: of the picture, full-resolution pixels.
        height: the same.
        transform: from the picture to the canvas.
        size: (width, height) of the canvas, pixels.
    """
    (a, b, x), (c, d, y) = invert_transform(transform).tolist()
    columns, rows = np.arange(size[0]) + 0.5, np.arange(size[1])[:, None] + 0.5
    across, down = a * columns + b * rows + x, c * columns + d * rows + y
    return np.asarray((across >= 0) & (across <= width) & (down >= 0) & (down <= height))


def carry_over(seen: NDArray[np.float32], source: Transform, target: Transform, size: tuple[int, int]) -> Mask:
    """(H, W) where the face is seen, brought from one canvas onto another; nothing is seen beyond the first.

    Args:
        seen: (h, w) probability that the face is seen, on the first canvas.
        source: from the picture to that canvas.
        target: from the picture to the other one.
        size: (width, height) of the other one, pixels.
    """
    onto = target @ np.vstack([invert_transform(source), [0.0, 0.0, 1.0]])
    (a, b, x), (c, d, y) = onto.tolist()
    # OpenCV counts from the centre of the first pixel, we count from its corner.
    shifted = np.array([[a, b, x + 0.5 * (a + b - 1)], [c, d, y + 0.5 * (c + d - 1)]])
    return np.asarray(cv2.warpAffine(seen, shifted, size, flags=cv2.INTER_LINEAR) >= 0.5)


def _filled(polygons: list[NDArray[np.floating]], size: tuple[int, int]) -> Mask:
    """The pixels that a polygon covers or touches."""
    canvas = np.zeros((size[1], size[0]), np.uint8)
    for polygon in polygons:
        # OpenCV counts from the centre of the first pixel, we count from its corner.
        whole = np.rint((np.clip(polygon, -_FAR, _FAR) - 0.5) * 2**_FRACTION_BITS).astype(np.int32)
        cv2.fillPoly(canvas, [whole], 1, shift=_FRACTION_BITS)
    return canvas.astype(bool)
