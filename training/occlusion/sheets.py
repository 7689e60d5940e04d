"""Flat things held before a face: cards, book covers, signs, pictures, napkins."""

from __future__ import annotations

import cv2
import numpy as np
from layers import (
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
    placed,
    ramp,
    random_colour,
    stroked,
    textured,
)


def card(rng: Rng, sitter: Sitter) -> Layer:
    """A card, a cover, a sign, a banknote or a napkin: a rectangle, bent a little, with little or much on it."""
    wide, tall = sitter.width * pick(rng, 0.3, 1.4), sitter.width * pick(rng, 0.3, 1.3)
    tilt, centre = pick(rng, -0.9, 0.9), aim_at(rng, sitter) + rng.normal(0, 0.15 * sitter.width, 2)
    corners = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) / 2
    corners = corners + rng.normal(0, 0.04 * min(wide, tall), (4, 2))
    alpha = filled(placed(corners, centre, tilt))
    pale = np.array([240, 238, 232], np.float32) * pick(rng, 0.75, 1.05)
    colour = flat(pale if chance(rng, 0.5) else random_colour(rng))
    for _ in range(int(rng.choice([0, 1, 2, 3, 5], p=[0.25, 0.25, 0.25, 0.15, 0.1]))):
        colour = _printed(rng, sitter, colour, (wide, tall), centre, tilt)
    if chance(rng, 0.25):
        rim = stroked(placed(corners * pick(rng, 0.85, 0.99), centre, tilt), pick(rng, 1, 5), closed=True)
        colour = colour * (1 - rim[..., None]) + rim[..., None] * random_colour(rng)
    light = 1 + pick(rng, 0, 0.25) * np.sin(ramp(tilt + rng.normal(0, 0.4)) * pick(rng, 1, 6) + pick(rng, 0, 6.28))
    for _ in range(int(rng.integers(0, 3))):
        ends = placed(rng.uniform(-0.6, 0.6, (2, 2)) * [wide, tall], centre, tilt)
        light = light + pick(rng, -0.2, 0.15) * stroked(ends, pick(rng, 1, 2))
    colour = colour * (light + pick(rng, 0, 0.03) * clouds(rng, 120))[..., None]
    layer = Layer(np.clip(colour, 0, 255).astype(np.float32), alpha, Cover.OTHER)
    return lit(rng, layer, sitter, volume=pick(rng, 0.0, 0.15))


def _printed(rng: Rng, sitter: Sitter, colour: Array, size: tuple[float, float], centre: Array, tilt: float) -> Array:
    """A picture, a field of colour, bars, a big letter or a ring on it."""
    half = np.array(size) / 2
    low, high = np.sort(rng.uniform(-0.95, 0.95, (2, 2)), 0) * half
    box = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    share = filled(placed(box, centre, tilt))[..., None]
    kind = int(rng.integers(5))
    if kind == 0:
        return np.asarray(colour * (1 - share) + share * textured(rng, sitter), np.float32)
    tint = random_colour(rng)
    if kind == 1:
        return np.asarray(colour * (1 - share) + share * tint, np.float32)
    if kind == 2:
        bars = np.sin(ramp(tilt + (0 if chance(rng, 0.5) else 1.57)) * pick(rng, 20, 160)) > pick(rng, -0.4, 0.6)
        return np.asarray(np.where(bars[..., None] & (share > 0.5), tint, colour), np.float32)
    at = placed(rng.uniform(-0.5, 0.5, (1, 2)) * half, centre, tilt)[0]
    colour, shade = colour.copy(), tuple(float(v) for v in tint)
    if kind == 3:
        letter, size_px = chr(int(rng.integers(65, 91))), pick(rng, 1.0, 4.0)
        cv2.putText(colour, letter, (int(at[0]), int(at[1])), 2, size_px, shade, int(rng.integers(2, 7)), cv2.LINE_AA)
        return colour
    radius = int(float(half.min()) * pick(rng, 0.1, 0.7)) + 1
    cv2.circle(colour, (int(at[0]), int(at[1])), radius, shade, int(rng.choice([-1, 2, 4])), cv2.LINE_AA)
    return colour
