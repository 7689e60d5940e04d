"""How sharp a crop is, so that generated faces can be brought to the sharpness of photos."""

from __future__ import annotations

import cv2
import numpy as np
from warp import Pixels

from visavis.engine.synthesis.crop import SPREAD

LOOK_PX = 128
"""Side of the crops that sharpness is compared on: about as large as photos show them."""

_INNER = (1 - 1 / SPREAD) / 2


def fineness_of(crop: Pixels) -> float:
    """How much of the contrast of the face is in its finest detail, >= 0; higher = sharper, or noisier.

    Args:
        crop: (128, 128, 3) uint8 RGB; only the middle, where the face is, counts.
    """
    edge = round(_INNER * crop.shape[0])
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[edge:-edge, edge:-edge].astype(np.float32)
    fine = luma - cv2.GaussianBlur(luma, (0, 0), 1.0)
    return float(fine.std() / (luma.std() + 1))
