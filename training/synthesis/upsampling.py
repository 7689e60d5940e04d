"""Traces of enlarging, as generators leave them: reconstructions, checkerboards, copies of the spectrum."""

from __future__ import annotations

import cv2
import numpy as np
from autoencoder import Autoencoder, reconstruct
from blend import Mask, join, oval_mask, sharpen
from forge import Canvas, Forge, Forged
from numpy.typing import NDArray
from warp import Pixels

Floats = NDArray[np.float32]


def upsampling_forge(network: Autoencoder) -> Forge:
    """The kind that needs the autoencoder."""

    def forge(face: Canvas, other: Canvas, chance: np.random.Generator) -> Forged:
        over = _traced(face.pixels, network, chance)
        if chance.random() < 0.3:
            over = sharpen(over, chance.uniform(0.6, 1.5), chance.uniform(0.2, 1.2))
        mask = _where(face, chance)
        return join(face.pixels, over, mask), mask

    return forge


def _where(face: Canvas, chance: np.random.Generator) -> Mask:
    """Everywhere, or on the face."""
    if chance.random() < 0.6:
        return np.ones((face.side, face.side), np.float32)
    mask = oval_mask(face.points, face.side, face.side, chance.uniform(0.9, 1.2))
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), chance.uniform(1, 6)), np.float32)


def _traced(pixels: Pixels, network: Autoencoder, chance: np.random.Generator) -> Pixels:
    way = chance.random()
    if way < 0.45:
        return reconstruct(network, pixels)[int(chance.integers(2))]
    if way < 0.6:
        return _stepped(pixels, chance)
    if way < 0.8:
        return _replicated(pixels, chance)
    return _chequered(pixels, chance)


def _stepped(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """Shrunk, then enlarged by repeating pixels and a filter too short for it."""
    scale = chance.uniform(0.4, 0.7)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.GaussianBlur(large, (0, 0), chance.uniform(0.4, 0.8)), np.uint8)


def _replicated(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """Zeros between the pixels: part of the copy of the spectrum that they bring is left in."""
    step = 2
    kept = np.zeros(pixels.shape, np.float32)
    soft = cv2.GaussianBlur(pixels, (0, 0), chance.uniform(0.3, 0.7)).astype(np.float32)
    kept[::step, ::step] = soft[::step, ::step] * step**2
    kernel = np.outer(*[np.array([0.25, 0.5, 0.25], np.float32)] * 2)
    smooth = cv2.filter2D(kept, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    short = cv2.blur(kept, (step, step), borderType=cv2.BORDER_REFLECT_101)
    share = chance.uniform(0.3, 1.0)
    return _whole(smooth + share * (short - smooth))


def _chequered(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """Detail stronger on some rows and columns than on others, as overlapping kernels make it."""
    step = int(chance.choice([2, 2, 4]))
    pattern = np.tile(chance.normal(0, 1, (step, step)), (pixels.shape[0] // step, pixels.shape[1] // step))[..., None]
    values = pixels.astype(np.float32)
    detail = values - cv2.GaussianBlur(values, (0, 0), 2.0)
    return _whole(values + chance.uniform(0.2, 0.6) * pattern * detail + chance.uniform(0.3, 2.5) * pattern)


def _whole(values: Floats) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
