"""Hands before a face: palms, fingers and thumbs."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from layers import (
    SIDE,
    Array,
    Cover,
    Layer,
    Rng,
    Sitter,
    aim_at,
    chance,
    clouds,
    filled,
    flat,
    lit,
    pick,
    random_colour,
    smooth_line,
    softened,
    unit,
)

_SPACING = 1.9


@dataclass(frozen=True, slots=True, eq=False)
class _Limb:
    """A tapered limb: the points of its axis, its half width at both ends."""

    axis: Array
    start: float
    end: float

    def drawn(self) -> Array:
        curve = smooth_line(self.axis.astype(np.float32), 16)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        for point, radius in zip(curve, np.linspace(self.start, self.end, len(curve)), strict=True):
            centre = (round(float(point[0]) * 16), round(float(point[1]) * 16))
            cv2.circle(mask, centre, max(1, round(float(radius) * 16)), 255, -1, cv2.LINE_AA, 4)
        return np.asarray(mask, np.float32) / 255


@dataclass(frozen=True, slots=True, eq=False)
class _Grip:
    """Where a hand is: its knuckles, the way that its fingers point, its size, the half width of a finger, fingers."""

    knuckles: Array
    heading: float
    size: float
    thick: float
    count: int

    @property
    def forward(self) -> Array:
        return unit(self.heading)

    @property
    def side(self) -> Array:
        return unit(self.heading + np.pi / 2)


def hand(rng: Rng, sitter: Sitter) -> Layer:
    """A palm and fingers of tapered limbs, shaded as cylinders, in somebody's skin colour."""
    skin = sitter.skin if chance(rng, 0.6) else sitter.others[int(rng.integers(len(sitter.others)))]
    skin = np.clip(skin * pick(rng, 0.75, 1.2) + rng.normal(0, 5, 3), 8, 250).astype(np.float32)
    grip = _grip(rng, sitter)
    limbs = _fingers(rng, grip)
    if chance(rng, 0.5):
        limbs.append(_thumb(rng, grip))
    colour, alpha = flat(skin), np.zeros((SIDE, SIDE), np.float32)
    for shape in [_palm(rng, grip)] + [limb.drawn() for limb in limbs]:
        colour, alpha = _rounded(rng, colour, alpha, shape, skin, grip.thick)
    if chance(rng, 0.5):
        colour = _with_nails(rng, colour, limbs, skin, grip.heading)
    colour = colour * (1 + 0.03 * clouds(rng, 60) + 0.06 * clouds(rng, 10))[..., None]
    return lit(rng, Layer(colour.astype(np.float32), alpha, Cover.OTHER), sitter, volume=pick(rng, 0.0, 0.3))


def _grip(rng: Rng, sitter: Sitter) -> _Grip:
    size = sitter.width * pick(rng, 0.75, 1.15)
    aim = aim_at(rng, sitter)
    # Hands come from the side and from below.
    away = aim - sitter.at(1) + rng.normal(0, 0.3 * sitter.width, 2) + np.array([0, pick(rng, 0.1, 0.8) * sitter.width])
    heading = float(np.arctan2(*-away[::-1])) + pick(rng, -0.5, 0.5)
    count = int(rng.choice([1, 2, 3, 4, 4, 4]))
    knuckles = aim + unit(heading) * (pick(rng, 0.0, 0.5) - 0.25) * size
    return _Grip(knuckles.astype(np.float32), heading, size, size * pick(rng, 0.085, 0.105), count)


def _fingers(rng: Rng, grip: _Grip) -> list[_Limb]:
    limbs = []
    curl, spread = pick(rng, 0.45, 1.0), pick(rng, -0.02, 0.14)
    for finger in range(grip.count):
        offset = finger - (grip.count - 1) / 2
        length = grip.size * (0.5 - 0.05 * abs(offset - 0.4)) * curl * pick(rng, 0.9, 1.1)
        root = grip.knuckles + grip.side * offset * grip.thick * _SPACING
        direction = unit(grip.heading + offset * spread + pick(rng, -0.05, 0.05))
        bend = grip.side * rng.normal(0, 0.03 * grip.size)
        start = root - grip.forward * grip.thick
        axis = np.stack([start, root + direction * length / 2 + bend, root + direction * length])
        limbs.append(_Limb(axis, grip.thick * 0.98, grip.thick * pick(rng, 0.66, 0.85)))
    return limbs


def _thumb(rng: Rng, grip: _Grip) -> _Limb:
    aside = 1.0 if chance(rng, 0.5) else -1.0
    root = grip.knuckles - grip.forward * 0.28 * grip.size + grip.side * aside * 0.2 * grip.size
    direction = unit(grip.heading + aside * pick(rng, 0.3, 1.1))
    tip = root + (direction + grip.forward * 0.4) * 0.3 * grip.size
    axis = np.stack([root, root + direction * 0.18 * grip.size, tip])
    return _Limb(axis, grip.thick * 1.15, grip.thick * 0.85)


def _palm(rng: Rng, grip: _Grip) -> Array:
    """With the arm behind it."""
    half = grip.thick * _SPACING * max(grip.count, 3 if chance(rng, 0.7) else 1) / 2

    def points(*corners: tuple[float, float]) -> Array:
        found = [grip.knuckles + grip.side * a * half + grip.forward * b * grip.size for a, b in corners]
        return np.asarray(np.stack(found), np.float32)

    palm = points((-1, -0.05), (-0.7, 0.02), (0.7, 0.02), (1, -0.05), (0.85, -0.55), (-0.85, -0.55))
    arm = points((-0.7, -0.4), (0.7, -0.4), (0.84, -2.5), (-0.84, -2.5))
    return np.maximum(filled(smooth_line(palm, 60, closed=True)), filled(arm))


def _rounded(rng: Rng, colour: Array, alpha: Array, shape: Array, skin: Array, thick: float) -> tuple[Array, Array]:
    inside = cv2.distanceTransform((shape > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    height = np.clip(inside / max(thick, 1.0), 0, 1)
    light = 0.62 + 0.38 * np.sqrt(1 - (1 - height) ** 2) + pick(rng, -0.08, 0.08)
    gap = softened(shape, max(1.0, thick * 0.3))
    colour = colour * (1 - 0.45 * np.clip(gap - shape, 0, 1))[..., None]
    warm = 1 + (1 - height)[..., None] * np.array([0.03, -0.06, -0.08])
    colour = colour * (1 - shape[..., None]) + shape[..., None] * skin * light[..., None] * warm
    return np.asarray(colour, np.float32), np.maximum(alpha, shape)


def _with_nails(rng: Rng, colour: Array, limbs: list[_Limb], skin: Array, heading: float) -> Array:
    for limb in limbs:
        nail = np.zeros((SIDE, SIDE), np.uint8)
        x, y = np.round(limb.axis[-1]).tolist()
        box = ((x, y), (limb.end, limb.end * 1.3), float(np.degrees(heading) + 90))
        cv2.ellipse(nail, box, 255, -1, cv2.LINE_AA)
        share = 0.7 * nail.astype(np.float32)[..., None] / 255
        tint = np.array([1.08, 0.98, 0.98]) if chance(rng, 0.7) else random_colour(rng) / np.maximum(skin, 1)
        colour = (colour * (1 - share) + share * skin * tint).astype(np.float32)
    return colour
