"""What can be measured of a crop without a network."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

SPECTRUM_PEAK = "spectrum_peak"

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_NEAR = 9
_LOWEST = 0.12


def spectrum_peak(crop: NDArray[np.uint8]) -> float:
    """By how much the highest peak of the luminance's spectrum stands out of what is around it, log magnitudes.

    The dots of a print, the pixels of a screen and their beats with a sensor repeat, which faces do not. What repeats
    more slowly than about every eighth pixel is not looked at: there faces have peaks of their own.

    Args:
        crop: (H, W, 3) uint8 RGB.

    Returns:
        About 2 for faces, higher where something repeats.
    """
    luma = crop @ _LUMA
    window, looked_at = _window(*luma.shape)
    magnitude = np.abs(np.fft.fft2((luma - luma.mean()) * window))
    logs = np.fft.fftshift(np.log1p(magnitude)).astype(np.float32)
    around = cv2.blur(logs, (_NEAR, _NEAR), borderType=cv2.BORDER_REFLECT)
    return float((logs - around)[looked_at].max())


@functools.lru_cache(4)
def _window(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(H, W) weights of the pixels; and which frequencies are looked at, the lowest in the middle."""
    window = np.outer(np.hanning(height), np.hanning(width))
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    return window, np.fft.fftshift(frequencies > _LOWEST)
