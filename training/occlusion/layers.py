"""What all occluders are made of: coloured layers with transparency, and the light that falls on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Rng = np.random.Generator
SIDE = 256
_SHIFT = 4
TARGETS = ((33, 133), (263, 362), (1, 4), (13, 14), (50, 205), (280, 425), (152, 200), (105, 66), (334, 296))
"""Mesh points around each of the nine regions."""


class Cover(IntEnum):
    """What a pixel of a face shows; the order is that of the network's planes."""

    VISIBLE = 0
    MASK = 1
    DARK_GLASSES = 2
    OTHER = 3


@dataclass(slots=True, eq=False)
class Layer:
    """Something drawn on the canvas.

    Attributes:
        colour: (256, 256, 3) float32 RGB, 0..255.
        alpha: (256, 256) float32, 0..1, how much of what is below it hides.
        cover: what it counts as; VISIBLE for what hides nothing.
        hides: (256, 256) float32 share that counts as covered, where that is not `alpha`.
    """

    colour: Array
    alpha: Array
    cover: Cover
    hides: Array | None = None

    @property
    def covered(self) -> Array:
        """Share of each pixel that counts as covered, 0..1."""
        return self.alpha if self.hides is None else self.hides


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """The face under the layers.

    Attributes:
        canvas: (256, 256, 3) uint8 RGB.
        points: (468, 2) float32 mesh.
        skin: (3,) float32 its colour.
        width: of the face, pixels.
        turn: -1..1, where the nose is between the sides of the face; 0 = in the middle, positive: to the right.
        patches: (N, 64, 64, 3) uint8 backgrounds to take textures from.
        others: (M, 3) float32 skin colours of other people.
    """

    canvas: NDArray[np.uint8]
    points: Array
    skin: Array
    width: float
    turn: float
    patches: NDArray[np.uint8]
    others: Array

    def at(self, *points: int) -> Array:
        """Mean of some mesh points, (2,)."""
        return np.asarray(self.points[list(points)].mean(0), np.float32)

    @property
    def down(self) -> Array:
        """Vector from the middle of the eyes to the chin."""
        return self.at(152) - self.at(168)

    @property
    def across(self) -> Array:
        """Vector from the left to the right edge of the face in the picture."""
        return self.at(454) - self.at(234)


def pick(rng: Rng, *values: float) -> float:
    """Uniform between two numbers."""
    return float(rng.uniform(*values))


def chance(rng: Rng, probability: float) -> bool:
    """True that often."""
    return bool(rng.random() < probability)


def flat(colour: Sequence[float] | Array) -> Array:
    """A canvas of one colour."""
    return np.broadcast_to(np.asarray(colour, np.float32), (SIDE, SIDE, 3)).copy()


def clouds(rng: Rng, cells: int, stretch: tuple[int, int] = (1, 1)) -> Array:
    """Smooth noise, mean 0, deviation about 1, (256, 256)."""
    small = rng.standard_normal((max(2, cells // stretch[1]), max(2, cells // stretch[0]))).astype(np.float32)
    return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.float32)


def ramp(angle: float) -> Array:
    """Linear from -1 to 1 across the canvas, (256, 256)."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    return np.asarray(np.cos(angle) * x + np.sin(angle) * y, np.float32)


def filled(polygon: Array) -> Array:
    """(256, 256) 0..1, the inside of a polygon of canvas points."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(mask, [np.round(polygon * 2**_SHIFT).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)
    return np.asarray(mask, np.float32) / 255


def stroked(line: Array, width: float, *, closed: bool = False) -> Array:
    """(256, 256) 0..1, a line of that width through canvas points."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    points = [np.round(line * 2**_SHIFT).astype(np.int32)]
    cv2.polylines(mask, points, closed, 255, max(1, round(width)), cv2.LINE_AA, _SHIFT)
    return np.asarray(mask, np.float32) / 255


def softened(mask: Array, sigma: float) -> Array:
    """Blurred by a Gaussian."""
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), np.float32) if sigma > 0.2 else mask


def smooth_line(points: Array, count: int = 40, *, closed: bool = False) -> Array:
    """A Catmull-Rom curve through points, (count, 2)."""
    ends = (points[-1:], points[:2]) if closed else (points[:1], points[-1:])
    padded = np.vstack([ends[0], points, ends[1]])
    spans = len(padded) - 3
    t = np.linspace(0, spans, count, endpoint=not closed)
    i = np.minimum(t.astype(int), spans - 1)
    u = (t - i)[:, None]
    a, b, c, d = (padded[i + k] for k in range(4))
    curve = 0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - a - 3 * c + d) * u**3)
    return np.asarray(curve, np.float32)


def textured(rng: Rng, sitter: Sitter) -> Array:
    """A canvas of some stuff: a piece of a photo, plain with grain, stripes, checks, or noise."""
    kind = int(rng.integers(6))
    if kind <= 1:
        patch = sitter.patches[int(rng.integers(len(sitter.patches)))]
        side = int(rng.integers(24, 65))
        x, y = rng.integers(0, 65 - side, 2)
        return np.asarray(
            cv2.resize(patch[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.float32
        )
    first, second = random_colour(rng), random_colour(rng)
    if kind == 2:
        return flat(first) + 8 * rng.random() * clouds(rng, 128)[..., None] + 15 * clouds(rng, 6)[..., None]
    if kind == 5:
        return flat(first) + np.stack([40 * clouds(rng, int(rng.integers(4, 100))) for _ in range(3)], -1)
    wave = np.sin(ramp(pick(rng, 0, 3.14)) * pick(rng, 10, 120))
    if kind == 4:
        wave = wave * np.sin(ramp(pick(rng, 0, 3.14)) * pick(rng, 10, 120))
    share = 1 / (1 + np.exp(-wave * pick(rng, 1, 8)))[..., None]
    return np.asarray(share * first + (1 - share) * second, np.float32)


def random_colour(rng: Rng) -> Array:
    """Any colour; greys, white and black more often than saturated ones."""
    colour = rng.uniform(0, 255, 3)
    grey = float(rng.choice([pick(rng, 5, 60), pick(rng, 190, 250), pick(rng, 0, 255)]))
    return np.asarray(grey + (colour - colour.mean()) * rng.choice([0.05, 0.4, 1.0]), np.float32).clip(0, 255)


def lit(rng: Rng, layer: Layer, sitter: Sitter, *, volume: float = 0.35) -> Layer:
    """The layer in the light of the photo: a little darker to its edges, uneven, as bright as the face is lit."""
    edge = softened(layer.alpha, pick(rng, 4, 14))
    light = 1 - volume * (1 - np.clip(2 * edge - 1, 0, 1)) + 0.05 * clouds(rng, 5)
    light *= 1 + pick(rng, 0, 0.25) * ramp(pick(rng, -3.14, 3.14))
    # A dim photo has dim occluders too, but how dim differs.
    level = float(sitter.skin.mean()) / 150
    layer.colour = np.clip(layer.colour * (light * level ** pick(rng, 0.2, 1.0))[..., None], 0, 255)
    return layer


def laid_over(rng: Rng, picture: Array, layer: Layer) -> Array:
    """The picture with a layer over it, which may throw a shadow."""
    if layer.cover is not Cover.VISIBLE and chance(rng, 0.6):
        shift = np.float32([[1, 0, pick(rng, -6, 6)], [0, 1, pick(rng, -2, 8)]])
        shadow = cv2.warpAffine(softened(layer.alpha, pick(rng, 1.5, 6)), shift, (SIDE, SIDE))
        picture = picture * (1 - pick(rng, 0.1, 0.5) * shadow[..., None])
    soft = softened(layer.alpha, pick(rng, 0.3, 1.0))[..., None]
    return np.asarray(picture * (1 - soft) + layer.colour * soft, np.float32)


def aim_at(rng: Rng, sitter: Sitter) -> Array:
    """A point on or near one of the nine regions, (2,)."""
    points = sitter.at(*TARGETS[int(rng.integers(len(TARGETS)))])
    return np.asarray(points + rng.normal(0, 0.08 * sitter.width, 2), np.float32)


def unit(angle: float) -> Array:
    """(2,) vector of length 1 in this direction, radians."""
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def placed(shape: Array, centre: Array, angle: float) -> Array:
    """Points turned by an angle, radians, and moved to a centre."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(shape @ turn + centre, np.float32)
