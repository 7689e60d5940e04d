"""One portrait's face pasted into the other: a manipulated photo, made in code and always the same."""

from __future__ import annotations

import cv2
import numpy as np

from tests.faces import Pixels, admiral, astronaut

_FROM = ((203, 102), (246, 105), (222, 127), (203, 144), (241, 146))
_TO = ((224, 193), (308, 190), (268, 236), (233, 274), (305, 272))
"""Eyes, tip of the nose, corners of the mouth of Eileen Collins and of Grace Hopper, read off the pictures."""

_FACE = (
    "184,172 214,150 262,146 314,150 344,172 350,206 344,244 330,276 308,300 272,316 240,310 212,292 192,260 182,218"
)
"""Polygon around what is pasted over, x,y: from the eyebrows to above the chin."""
_SOFT_PX = 3.0
_SCALE = 0.5


def small_portrait() -> Pixels:
    """Grace Hopper's portrait as it is, at half its size."""
    return _reduced(admiral())


def pasted() -> Pixels:
    """The same with Eileen Collins's face, in the colours of the former."""
    target = admiral()
    height, width = target.shape[:2]
    placed, _ = cv2.estimateAffinePartial2D(np.array(_FROM, np.float32), np.array(_TO, np.float32), method=cv2.LMEDS)
    face = cv2.warpAffine(astronaut(), placed, (width, height), flags=cv2.INTER_LINEAR)
    stencil = np.zeros((height, width), np.uint8)
    cv2.fillPoly(stencil, [np.array([corner.split(",") for corner in _FACE.split()], np.int32)], 255)
    inside = stencil > 0
    share = cv2.GaussianBlur(inside.astype(np.float64), (0, 0), _SOFT_PX)[..., None]
    shifted = face + target[inside].mean(0) - face[inside].mean(0)
    return _reduced(np.ascontiguousarray(np.clip(share * shifted + (1 - share) * target, 0, 255), np.uint8))


def _reduced(pixels: Pixels) -> Pixels:
    size = round(pixels.shape[1] * _SCALE), round(pixels.shape[0] * _SCALE)
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
