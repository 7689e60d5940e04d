"""How a face is lit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.analysis.skin import Skin

_BURNT_OUT, _BLACK = 247, 25
_ENOUGH = 0.05

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Light:
    """Of the visible skin of a face.

    Attributes:
        illumination: mean luminance, 0..255.
        imbalance: of the means of the left and right half, how far the darker one stays behind the brighter one, as a
            share of that: 0 = none, 1 = one half is black. 0 where too little is seen of one half.
        over_exposed: share of pixels with a luminance of 247 or more, 0..1.
        under_exposed: share of pixels with a luminance of 25 or less, 0..1.
    """

    illumination: float
    imbalance: float
    over_exposed: float
    under_exposed: float


def luminance_of(canvas: Pixels) -> Pixels:
    """(H, W) luminance, 0..255, of (H, W, 3) RGB: 0.299 R + 0.587 G + 0.114 B, as Rec. ITU-R BT.601 has it."""
    return np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY), np.uint8)


def measure_light(luminance: Pixels, skin: Skin) -> Light | None:
    """How a face is lit, as far as its skin is seen.

    Over-exposed is from 247 on, under-exposed up to 25, of the luminance as it is coded in the picture.

    Args:
        luminance: (H, W) of the canvas.
        skin: of the same canvas.

    Returns:
        None where no skin is seen.
    """
    left, right = luminance[skin.left], luminance[skin.right]
    seen = np.concatenate([left, right])
    if not seen.size:
        return None
    return Light(
        illumination=float(seen.mean()),
        imbalance=_imbalance(left, right),
        over_exposed=float((seen >= _BURNT_OUT).mean()),
        under_exposed=float((seen <= _BLACK).mean()),
    )


def _imbalance(left: Pixels, right: Pixels) -> float:
    if min(left.size, right.size) < _ENOUGH * (left.size + right.size):
        return 0.0
    darker, brighter = sorted((float(left.mean()), float(right.mean())))
    return 1 - darker / brighter if brighter else 0.0
