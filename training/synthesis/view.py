"""What happens to a picture between a camera, or a forger, and the network; the same to both of a pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from blend import compress, sharpen
from numpy.typing import NDArray
from warp import Pixels

from visavis.engine.geometry import Transform, window_transform
from visavis.engine.synthesis.crop import CROP_PX, SPREAD

Change = Callable[[Pixels], Pixels]
_INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
_SAMPLINGS = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One way of looking at a canvas.

    Attributes:
        transform: from the canvas to the crop.
        flipped: mirrored.
        changes: of the pixels of the canvas, in this order; none changes their number.
        bars: pixels of the crop that lie outside of the picture: left, top, right, bottom.
        side_px: side of the crop.
    """

    transform: Transform
    flipped: bool
    changes: tuple[Change, ...]
    bars: tuple[int, int, int, int]
    side_px: int = CROP_PX

    def crop(self, canvas: Pixels) -> Pixels:
        """(side_px, side_px, 3) as the network would see it."""
        for change in self.changes:
            canvas = change(canvas)
        return self._framed(cv2.warpAffine(canvas, _centred(self.transform), (self.side_px, self.side_px)))

    def mask(self, mask: Pixels, canvas_px: int) -> Pixels:
        """(side_px, side_px) of a mask that may be coarser than its canvas."""
        scale = canvas_px / mask.shape[0]
        transform = self.transform @ np.diag([scale, scale, 1.0])
        return self._framed(cv2.warpAffine(mask, _centred(transform), (self.side_px, self.side_px)))

    def _framed(self, crop: NDArray[Any]) -> Pixels:
        left, top, right, bottom = self.bars
        crop[:, :left], crop[:, self.side_px - right :] = 0, 0
        crop[:top], crop[self.side_px - bottom :] = 0, 0
        return np.ascontiguousarray(crop[:, ::-1]) if self.flipped else np.asarray(crop, np.uint8)


def plain_view(box: NDArray[np.float64], eyes: NDArray[np.float64], side_px: int = CROP_PX) -> View:
    """As the product looks at it.

    Args:
        box: left, top, width, height of the face on the canvas.
        eyes: (2,) unit vector from the right eye to the left one.
        side_px: side of the crop; the product's, unless said otherwise.
    """
    side = SPREAD * max(box[2], box[3])
    return View(window_transform(box[:2] + box[2:] / 2, side, eyes, side_px), False, (), (0, 0, 0, 0), side_px)


def draw_view(box: NDArray[np.float64], eyes: NDArray[np.float64], chance: np.random.Generator) -> View:
    """Any way of looking at it; see `plain_view`."""
    side = SPREAD * max(box[2], box[3]) * chance.uniform(0.93, 1.08)
    centre = box[:2] + box[2:] / 2 + chance.normal(0, 0.025, 2) * side
    turn = chance.normal(0, 0.05)
    cosine, sine = np.cos(turn), np.sin(turn)
    direction = np.array([cosine * eyes[0] - sine * eyes[1], sine * eyes[0] + cosine * eyes[1]])
    transform = window_transform(centre, side, direction, CROP_PX)
    return View(transform, bool(chance.random() < 0.5), _changes(chance), _bars(chance))


def _changes(chance: np.random.Generator) -> tuple[Change, ...]:
    """Light, lens and sensor, then size and JPEG once or twice."""
    found: list[Change] = []
    if chance.random() < 0.25:
        found.append(_resized(chance, 0.45, 1.0))
    if chance.random() < 0.4:
        found.append(_relit(chance))
    if chance.random() < 0.02:
        found.append(_watermarked(chance))
    if chance.random() < 0.4:
        found.append((_blurred, _sharpened, _sharpened, _noisy)[chance.integers(4)](chance))
    if chance.random() < 0.65:
        found.append(_compressed(chance, 40))
    if chance.random() < 0.08:
        found.extend((_resized(chance, 0.6, 1.6), _compressed(chance, 60)))
    if chance.random() < 0.04:
        found.append(_grey)
    return tuple(found)


def _bars(chance: np.random.Generator) -> tuple[int, int, int, int]:
    """Tight pictures end within the crop."""
    if chance.random() < 0.75:
        return 0, 0, 0, 0
    left, top, right, bottom = (chance.integers(0, 14, 4) * (chance.random(4) < 0.6)).tolist()
    return left, top, right, bottom


def _relit(chance: np.random.Generator) -> Change:
    gamma, gain = float(np.exp(chance.normal(0, 0.25))), chance.uniform(0.7, 1.1)
    tint = np.exp(chance.normal(0, 0.07, 3))
    level = np.arange(256)[:, None] / 255
    table = np.clip(np.rint(255 * gain * tint * level**gamma), 0, 255).astype(np.uint8)
    saturation = chance.uniform(0.4, 1.3) if chance.random() < 0.4 else 1.0

    def change(pixels: Pixels) -> Pixels:
        lit = np.asarray(cv2.LUT(pixels, table[None]), np.uint8)
        if saturation == 1.0:
            return lit
        grey = cv2.cvtColor(lit, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
        return np.clip(grey + saturation * (lit - grey), 0, 255).astype(np.uint8)

    return change


def _watermarked(chance: np.random.Generator) -> Change:
    """A net of wavy lines, as registers print it over portraits: no forgery."""
    period, swing = chance.uniform(8, 20), chance.uniform(1, 5)
    strength, length = chance.uniform(0.15, 0.5), chance.uniform(20, 60)
    colour = chance.uniform(100, 255, 3)

    def change(pixels: Pixels) -> Pixels:
        rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
        phases = (rows + swing * np.sin(columns * 2 * np.pi / length), columns + swing * np.sin(rows * 6.28 / length))
        lines = sum(np.exp(-(((phase % period) - period / 2) ** 2) / 1.0) for phase in phases)
        share = strength * np.clip(lines, 0, 1)[..., None]
        return np.rint(pixels * (1 - share) + colour * share).astype(np.uint8)

    return change


def _blurred(chance: np.random.Generator) -> Change:
    sigma = 10 ** chance.uniform(-0.5, 0.05)
    return lambda pixels: np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def _sharpened(chance: np.random.Generator) -> Change:
    sigma, amount = chance.uniform(0.6, 1.8), chance.uniform(0.2, 1.2)
    return lambda pixels: sharpen(pixels, sigma, amount)


def _noisy(chance: np.random.Generator) -> Change:
    strength, seed = chance.uniform(1, 5), int(chance.integers(2**31))

    def change(pixels: Pixels) -> Pixels:
        noise = np.random.default_rng(seed).normal(0, strength, pixels.shape)
        return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)

    return change


def _resized(chance: np.random.Generator, least: float, most: float) -> Change:
    """Brought to another size, and, since the transform counts on it, back at once by the plainest way."""
    scale, way = chance.uniform(least, most), int(chance.choice(_INTERPOLATIONS))

    def change(pixels: Pixels) -> Pixels:
        size = max(8, round(pixels.shape[1] * scale)), max(8, round(pixels.shape[0] * scale))
        other = cv2.resize(pixels, size, interpolation=way)
        return np.asarray(cv2.resize(other, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)

    return change


def _compressed(chance: np.random.Generator, worst: int) -> Change:
    quality, sampling = round(worst + (98 - worst) * chance.random() ** 0.6), int(chance.choice(_SAMPLINGS))
    # Blocks begin elsewhere in every picture.
    x, y = chance.integers(0, 8, 2).tolist()

    def change(pixels: Pixels) -> Pixels:
        moved = np.pad(pixels, ((y, 0), (x, 0), (0, 0)), mode="edge")
        return compress(moved, quality, sampling)[y:, x:]

    return change


def _grey(pixels: Pixels) -> Pixels:
    return np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)


def _centred(transform: Transform) -> Transform:
    """OpenCV counts from the centre of the first pixel."""
    (a, b, x), (c, d, y) = transform.tolist()
    return np.array([[a, b, x + 0.5 * (a + b - 1)], [c, d, y + 0.5 * (c + d - 1)]])
