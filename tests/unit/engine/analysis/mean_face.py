"""The mesh's mean face on a canvas, upright, in the middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.engine.landmarks.shape import load_shape

SIZE = (160, 160)


def placed() -> NDArray[np.float64]:
    """(468, 2) pixels of the canvas; the face is 128 pixels high."""
    flat = load_shape().points[:, :2]
    low, high = flat.min(0), flat.max(0)
    return np.asarray((flat - (low + high) / 2) * 128 / (high - low).max() + np.array(SIZE) / 2)
