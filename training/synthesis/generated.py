"""Generated faces brought to where photos are: the same framing, size, sharpness and JPEG.

They are large, sharp and well lit; a network would learn that, not that they are generated.
"""

from __future__ import annotations

import cv2
import numpy as np
from blend import compress
from canvases import CANVAS_PX, Sight, box_on, eyes_of
from fineness import LOOK_PX, fineness_of
from numpy.typing import NDArray
from view import plain_view
from warp import Pixels

from faces import Subject

SET_QUALITY = 75
"""JPEG quality that all photos of the sets were saved with."""

_WAYS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
_SIGMAS = (0.0, 0.35, 0.45, 0.55, 0.65, 0.75, 0.9, 1.1, 1.3, 1.6, 2.0)


def match_photo(subject: Subject, box_px: float, fineness: float, chance: np.random.Generator) -> Sight:
    """A generated face as if it came from a set of photos.

    Args:
        subject: generated.
        box_px: longer side of its box, as a photo has it.
        fineness: of the crop, as a photo has it, see `fineness_of`; blur brings it down, nothing brings it up.
        chance: how it is made smaller, and where JPEG's blocks begin.
    """
    pixels = subject.pixels()
    scale = box_px / max(subject.face.box.width, subject.face.box.height)
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    small = np.asarray(cv2.resize(pixels, size, interpolation=int(chance.choice(_WAYS))), np.uint8)
    moved = _resampled(small, chance)
    shift = _shift(subject, scale)
    canvas = cv2.warpAffine(moved, np.array([[1.0, 0, shift[0]], [0, 1, shift[1]]]), (CANVAS_PX, CANVAS_PX))
    box, eyes = box_on(subject, scale, shift), eyes_of(subject)
    view = plain_view(box, eyes, LOOK_PX)
    looks = [_blurred(np.asarray(canvas, np.uint8), sigma) for sigma in _SIGMAS]
    found = [fineness_of(view.crop(look)) for look in looks]
    return Sight(looks[int(np.argmin(np.abs(np.array(found) - fineness)))], box, eyes, subject.points * scale + shift)


def _resampled(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """Turned by a little, as the aligned photos of the sets are."""
    size = pixels.shape[1], pixels.shape[0]
    matrix = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), chance.normal(0, 1.0), 1.0)
    matrix[:, 2] += chance.uniform(-0.5, 0.5, 2)
    return np.asarray(cv2.warpAffine(pixels, matrix, size, borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def _shift(subject: Subject, scale: float) -> NDArray[np.float64]:
    return np.asarray(np.rint(CANVAS_PX / 2 - np.array(subject.face.box.centre) * scale), np.float64)


def _blurred(pixels: Pixels, sigma: float) -> Pixels:
    soft = np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8) if sigma else pixels
    return compress(soft, SET_QUALITY)
