"""How colourful a face is: pictures without colour come from black-and-white and infrared cameras, and from copies."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.analysis.skin import Mask

_BLOCK_PX = 5


def measure_colourfulness(canvas: NDArray[np.uint8], skin: Mask) -> float | None:
    """Mean chroma of the skin: distance from grey in the Cb, Cr plane, in steps of 8 bits, 0..181.

    Noise and JPEG give single pixels of a grey picture some chroma, in all directions; so it is averaged over squares
    first. A picture that is tinted all over, such as a sepia print, has colour in this sense.

    Args:
        canvas: (H, W, 3) RGB.
        skin: (H, W) where the skin is seen.

    Returns:
        None where no skin is seen.
    """
    if not skin.any():
        return None
    chroma = cv2.cvtColor(canvas, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(np.float32) - 128
    around = cv2.blur(chroma, (_BLOCK_PX, _BLOCK_PX), borderType=cv2.BORDER_REPLICATE)
    return float(np.hypot(around[..., 0], around[..., 1])[skin].mean())
