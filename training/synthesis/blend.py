"""Masks, colours and the joining of two faces, as the training examples are made."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from warp import Pixels, Points, shift_smoothly

from visavis.engine.landmarks.shape import load_shape

Mask = NDArray[np.float32]
"""(H, W) share of what was put in, 0..1."""

_REGIONS = ("left_eye", "right_eye", "nose", "mouth", "chin_contour", "left_cheek", "right_cheek")
_SETS = (
    ("left_eye", "right_eye", "left_eyebrow", "right_eyebrow", "nose"),
    ("mouth", "chin_contour"),
    ("left_cheek", "right_cheek", "nose", "mouth"),
)


def oval_mask(points: Points, height: int, width: int, grow: float = 1.0) -> Mask:
    """The face's oval, grown about its middle."""
    oval = points[load_shape().contours["face_oval"]]
    middle = oval.mean(0)
    return fill((oval - middle) * grow + middle, height, width)


def hull_mask(points: Points, names: tuple[str, ...], height: int, width: int, grow: float = 1.0) -> Mask:
    """The hull of some regions of the mesh, grown about its middle."""
    chosen = np.concatenate([points[load_shape().regions[name]] for name in names])
    hull = cv2.convexHull(chosen.astype(np.float32))[:, 0]
    middle = hull.mean(0)
    return fill((hull - middle) * grow + middle, height, width)


def fill(polygon: Points, height: int, width: int) -> Mask:
    """1 inside, 0 outside."""
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.rint(polygon * 16).astype(np.int32)], 255, lineType=cv2.LINE_AA, shift=4)
    return np.asarray(canvas, np.float32) / 255


def any_mask(points: Points, height: int, width: int, chance: np.random.Generator) -> Mask:
    """Of the whole face, or of a good part of it, deformed, its edge hard or soft."""
    kind = chance.integers(5)
    if kind < 3:
        mask = oval_mask(points, height, width, chance.uniform(0.75, 1.05))
    else:
        mask = hull_mask(points, _SETS[chance.integers(len(_SETS))], height, width, chance.uniform(0.9, 1.2))
    return soften(mask, points, chance)


def soften(mask: Mask, points: Points, chance: np.random.Generator) -> Mask:
    """Deformed a little, its edge blurred, by anything from a pixel to an eighth of the face."""
    size = float(np.ptp(points, 0).max())
    deformed = shift_smoothly(np.rint(mask * 255).astype(np.uint8)[..., None], chance, 0.06 * size)
    blurred = cv2.GaussianBlur(deformed.astype(np.float32) / 255, (0, 0), size * 10 ** chance.uniform(-2.2, -1.15))
    return np.asarray(blurred.reshape(mask.shape) * chance.choice([0.5, 0.75, 1.0, 1.0, 1.0]), np.float32)


def any_region(points: Points, height: int, width: int, chance: np.random.Generator) -> Mask:
    """One region of the face, or both eyes."""
    names = ("left_eye", "right_eye") if chance.random() < 0.25 else (str(chance.choice(_REGIONS)),)
    mask = hull_mask(points, names, height, width, chance.uniform(1.0, 1.4))
    size = float(np.ptp(points, 0).max())
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), size * 10 ** chance.uniform(-2.2, -1.4)), np.float32)


def join(under: Pixels, over: Pixels, mask: Mask) -> Pixels:
    """`over` where the mask is 1, `under` where it is 0."""
    share = mask[..., None]
    return np.asarray(np.rint(over * share + under * (1 - share)), np.uint8)


def take_colours(pixels: Pixels, model: Pixels, mask: Mask, share: float = 1.0) -> Pixels:
    """Mean and spread of each channel brought to those of `model`, both within the mask; `share` of the way."""
    inside = mask > 0.3
    if inside.sum() < 16:
        return pixels
    own, other = pixels[inside].astype(np.float32), model[inside].astype(np.float32)
    gain = np.clip((other.std(0) + 1) / (own.std(0) + 1), 0.4, 2.5)
    moved = (pixels - own.mean(0)) * gain + other.mean(0)
    return _whole(pixels + share * (moved - pixels))


def change_colours(pixels: Pixels, chance: np.random.Generator, strength: float) -> Pixels:
    """Brightness, contrast, and each channel a little."""
    gain = 1 + chance.normal(0, 0.08 * strength) + chance.normal(0, 0.03 * strength, 3)
    shift = chance.normal(0, 8 * strength) + chance.normal(0, 4 * strength, 3)
    return _whole((pixels.astype(np.float32) - 128) * gain + 128 + shift)


def sharpen(pixels: Pixels, sigma: float, amount: float) -> Pixels:
    """Unsharp mask."""
    values = pixels.astype(np.float32)
    return _whole(values + amount * (values - cv2.GaussianBlur(values, (0, 0), sigma)))


def compress(pixels: Pixels, quality: int, subsampling: int = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420) -> Pixels:
    """JPEG and back; RGB."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, subsampling]
    _, encoded = cv2.imencode(".jpg", pixels[..., ::-1], settings)
    return np.ascontiguousarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1])


def _whole(values: NDArray[Any]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
