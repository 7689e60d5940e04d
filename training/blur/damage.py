"""What takes the detail of a face away: blur, motion, few pixels, JPEG, noise. Pure functions of pixels and a strength.

Lengths are in distances between the centres of the eyes, so that a strength means the same in a picture of any size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Damage = Callable[[Pixels, float, float, np.random.Generator], Pixels]
"""(H, W, 3) pixels, the distance between the eyes in them, a strength, a source of chance → pixels of the same size."""


def blur_evenly(pixels: Pixels, eye_distance: float, strength: float, chance: np.random.Generator) -> Pixels:
    """Gaussian; strength: sigma in eye distances."""
    return _pixels(cv2.GaussianBlur(pixels, (0, 0), max(strength * eye_distance, 0.05)))


def defocus(pixels: Pixels, eye_distance: float, strength: float, chance: np.random.Generator) -> Pixels:
    """A lens out of focus; strength: radius of its disc in eye distances."""
    radius = max(strength * eye_distance, 0.1)
    reach = math.ceil(radius)
    x, y = np.meshgrid(*[np.arange(-reach, reach + 1)] * 2)
    return _filter(pixels, np.clip(radius + 0.5 - np.hypot(x, y), 0, 1))


def move(pixels: Pixels, eye_distance: float, strength: float, chance: np.random.Generator) -> Pixels:
    """The camera or the head moves straight; strength: length of the way in eye distances; its direction is chance."""
    angle = chance.uniform(0, math.pi)
    length = max(strength * eye_distance, 0.1)
    reach = math.ceil(length / 2) + 1
    x, y = np.meshgrid(*[np.arange(-reach, reach + 1)] * 2)
    along = np.abs(x * math.cos(angle) + y * math.sin(angle))
    across = np.abs(y * math.cos(angle) - x * math.sin(angle))
    return _filter(pixels, np.clip(length / 2 + 0.5 - along, 0, 1) * np.clip(1 - across, 0, 1))


def shrink(pixels: Pixels, eye_distance: float, strength: float, chance: np.random.Generator) -> Pixels:
    """Few pixels, enlarged again; strength: how many eye distances a pixel spans."""
    scale = 1 / max(strength * eye_distance, 1.0)
    if scale == 1.0:
        return pixels
    height, width = pixels.shape[:2]
    size = max(2, round(width * scale)), max(2, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    enlarge = cv2.INTER_CUBIC if chance.random() < 0.5 else cv2.INTER_LINEAR
    return _pixels(cv2.resize(small, (width, height), interpolation=enlarge))


def compress(pixels: Pixels, eye_distance: float, strength: float, chance: np.random.Generator) -> Pixels:
    """JPEG; strength: 0 for quality 100, 1 for quality 1, as libjpeg counts."""
    quality = round(100 - 99 * min(max(strength, 0.0), 1.0))
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _pixels(cv2.imdecode(encoded, cv2.IMREAD_COLOR))


def add_noise(pixels: Pixels, eye_distance: float, strength: float, chance: np.random.Generator) -> Pixels:
    """A sensor short of light; strength: standard deviation of a pixel, of the range 0..1."""
    noise = chance.normal(0, 255 * strength, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


DAMAGES: dict[str, Damage] = {
    "gaussian": blur_evenly,
    "defocus": defocus,
    "motion": move,
    "resolution": shrink,
    "jpeg": compress,
    "noise": add_noise,
}

STRENGTHS: dict[str, tuple[float, float]] = {
    "gaussian": (0.012, 0.4),
    "defocus": (0.025, 0.7),
    "motion": (0.05, 1.6),
    "resolution": (0.025, 0.5),
    "jpeg": (0.2, 0.99),
    "noise": (0.01, 0.35),
}
"""Weakest and strongest of each: from what nobody sees to what nobody can be recognised by."""


def strength_between(damage: str, share: float) -> float:
    """From the weakest (0) to the strongest (1): in equal ratios, but JPEG in equal steps of its quality."""
    low, high = STRENGTHS[damage]
    return low + share * (high - low) if damage == "jpeg" else float(low * (high / low) ** share)


def _filter(pixels: Pixels, kernel: Floats) -> Pixels:
    return _pixels(cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))


def _pixels(values: Any) -> Pixels:
    return np.asarray(values, np.uint8)
