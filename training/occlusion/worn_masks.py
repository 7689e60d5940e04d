"""Masks of every cut, cloth and print: what a mask is made of should not tell whether it is one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from layers import (
    SIDE,
    Array,
    Cover,
    Layer,
    Rng,
    Sitter,
    chance,
    clouds,
    filled,
    flat,
    lit,
    pick,
    ramp,
    random_colour,
    smooth_line,
    softened,
    stroked,
    textured,
)
from masks import TRAINED_TEMPLATES, mask_colour, template_mask


def worn_mask(rng: Rng, sitter: Sitter, templates: Path) -> Layer:
    """A mask of any cut, colour and print, in a photograph's folds or in drawn ones."""
    if chance(rng, 0.3):
        layer = template_mask(rng, sitter, templates, TRAINED_TEMPLATES)
        grey = layer.colour.mean(-1)
        level = max(float(np.median(grey[layer.alpha > 0.5])) if (layer.alpha > 0.5).any() else 128.0, 40.0)
        layer.colour = np.asarray(np.clip(_cloth(rng, sitter) * (grey / level)[..., None], 0, 255), np.float32)
        return layer
    outline, upper = _cut(rng, sitter)
    alpha = filled(outline)
    colour = _cloth(rng, sitter) * _folds(rng, sitter, upper)[..., None]
    if chance(rng, 0.35):
        rim = stroked(outline, pick(rng, 1, 6), closed=True)[..., None]
        colour = colour * (1 - rim) + rim * (mask_colour(rng) if chance(rng, 0.5) else colour * pick(rng, 0.6, 1.25))
    if chance(rng, 0.1):
        colour = _with_valve(rng, sitter, colour)
    if chance(rng, 0.08):
        alpha = alpha * pick(rng, 0.75, 0.97)
    if chance(rng, 0.12):
        alpha = softened(alpha, pick(rng, 1, 3))
    if chance(rng, 0.65):
        loops = _loops(rng, sitter, upper, outline)
        colour = np.where((loops > alpha)[..., None], flat(mask_colour(rng)), colour)
        alpha = np.maximum(alpha, loops)
    layer = Layer(np.clip(colour, 0, 255).astype(np.float32), alpha, Cover.MASK)
    return lit(rng, layer, sitter, volume=pick(rng, 0.05, 0.6))


def _cut(rng: Rng, sitter: Sitter) -> tuple[Array, Array]:
    """The outline, and its upper edge from the left to the right of the picture."""
    down, across = sitter.down, sitter.across
    top, drop = _top(rng, sitter)
    out = pick(rng, -0.1, 0.14) * across
    share = pick(rng, 0, 1)
    left = (1 - share) * sitter.at(234) + share * sitter.at(132) - out + drop
    right = (1 - share) * sitter.at(454) + share * sitter.at(361) + out + drop
    low_left, low_right = sitter.at(172, 58) - out * 0.8 + drop / 2, sitter.at(397, 288) + out * 0.8 + drop / 2
    chin = sitter.at(152) + pick(rng, -0.08, 0.3) * down
    if chance(rng, 0.12):
        # A cloth tied behind the head hangs down in a point.
        chin = sitter.at(152) + pick(rng, 0.3, 0.8) * down + rng.normal(0, 0.1) * across
    # Seen from the side a mask stands off the face.
    beak = np.float32(pick(rng, 0.0, 0.14) * sitter.turn) * across + pick(rng, -0.02, 0.03) * down
    dip = pick(rng, -0.06, 0.09) * down
    upper = np.stack([left, (left + top) / 2 + dip, top + beak * 0.4, (right + top) / 2 + dip, right])
    upper = smooth_line((upper + rng.normal(0, 0.01 * sitter.width, upper.shape)).astype(np.float32))
    bulge = pick(rng, -0.02, 0.14) * down
    lower = np.stack(
        [right, low_right, (low_right + chin) / 2 + bulge, chin + beak, (low_left + chin) / 2 + bulge, low_left, left]
    )
    lower = smooth_line((lower + rng.normal(0, 0.015 * sitter.width, lower.shape)).astype(np.float32))
    return np.vstack([upper, lower]).astype(np.float32), upper


def _top(rng: Rng, sitter: Sitter) -> tuple[Array, Array]:
    """Where the middle of the upper edge is, and how much lower its ends are than usual."""
    bridge, tip, kind = sitter.at(197), sitter.at(2), rng.random()
    if kind < 0.72:
        return bridge + pick(rng, -0.45, 0.55) * (tip - bridge), np.zeros(2, np.float32)
    if kind < 0.8:
        return sitter.at(168, 6), pick(rng, -0.12, 0.02) * sitter.down
    if kind < 0.92:
        return sitter.at(2) + pick(rng, -0.1, 0.5) * (sitter.at(0) - sitter.at(2)), pick(rng, 0.0, 0.2) * sitter.down
    return sitter.at(17) + pick(rng, 0.3, 1.0) * (sitter.at(152) - sitter.at(17)), pick(rng, 0.3, 0.5) * sitter.down


def _cloth(rng: Rng, sitter: Sitter) -> Array:
    first, kind = flat(mask_colour(rng)), rng.random()
    second = flat(mask_colour(rng) if chance(rng, 0.7) else random_colour(rng))
    if kind < 0.45:
        colour = first * (1 + pick(rng, 0, 0.05) * clouds(rng, 128))[..., None]
    elif kind < 0.65:
        share = pick(rng, 0.3, 1.0)
        colour = first * (1 - share) + textured(rng, sitter) * share
    elif kind < 0.77:
        offset = ramp(pick(rng, 0, 6.28)) * 128 - rng.normal(0, 0.15 * sitter.width)
        colour = np.where((offset > 0)[..., None], first, second)
    elif kind < 0.87:
        colour = _dotted(rng, sitter, first)
    elif kind < 0.94:
        colour = _smiling(rng, sitter, first)
    else:
        grade = np.clip(0.5 + ramp(pick(rng, 0, 6.28)) * pick(rng, 0.5, 2), 0, 1)[..., None]
        colour = first * grade + second * (1 - grade)
    if chance(rng, 0.2):
        colour = _lettered(rng, sitter, np.asarray(colour, np.float32))
    return np.asarray(colour, np.float32)


def _dotted(rng: Rng, sitter: Sitter, colour: Array) -> Array:
    """Small things strewn over a cloth: dots, leaves, petals."""
    colour, scale = colour.copy(), sitter.width * pick(rng, 0.02, 0.09)
    palette = [tuple(float(v) for v in random_colour(rng)) for _ in range(int(rng.integers(1, 4)))]
    for _ in range(int(rng.integers(30, 220))):
        x, y = rng.integers(0, SIDE, 2).tolist()
        axes = (max(1, int(scale * pick(rng, 0.4, 1))), max(1, int(scale * pick(rng, 0.2, 1))))
        tint = palette[int(rng.integers(len(palette)))]
        cv2.ellipse(colour, (x, y), axes, pick(rng, 0, 180), 0, 360, tint, -1, cv2.LINE_AA)
    return colour


def _smiling(rng: Rng, sitter: Sitter, colour: Array) -> Array:
    """A mouth or a muzzle is printed on it."""
    if chance(rng, 0.5):
        colour = flat(sitter.skin * pick(rng, 0.7, 1.15))
    middle = sitter.at(13, 14) + rng.normal(0, 0.05 * sitter.width, 2)
    centre = (int(middle[0]), int(middle[1]))
    wide, tall = sitter.width * pick(rng, 0.12, 0.35), sitter.width * pick(rng, 0.03, 0.16)
    tint, teeth = tuple(float(v) for v in random_colour(rng)), tuple(float(v) for v in rng.uniform(180, 250, 3))
    end = 180 if chance(rng, 0.5) else 360
    cv2.ellipse(colour, centre, (int(wide), int(tall) + 1), 0, 0, end, tint, -1, cv2.LINE_AA)
    cv2.ellipse(colour, centre, (int(wide * 0.8), int(tall * 0.6) + 1), 0, 0, end, teeth, -1, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 7))):
        x = int(middle[0] + pick(rng, -0.8, 0.8) * wide)
        cv2.line(colour, (x, int(middle[1] - tall * 0.6)), (x, int(middle[1] + tall * 0.6)), tint, 1, cv2.LINE_AA)
    return colour


def _lettered(rng: Rng, sitter: Sitter, colour: Array) -> Array:
    """A few letters, a sign."""
    colour, middle = colour.copy(), sitter.at(13, 14, 50 if chance(rng, 0.5) else 280)
    text = "".join(chr(int(code)) for code in rng.integers(65, 91, int(rng.integers(1, 9))))
    at = (int(middle[0] - 0.2 * sitter.width), int(middle[1] + rng.normal(0, 0.1 * sitter.width)))
    tint = tuple(float(v) for v in random_colour(rng))
    size = pick(rng, 0.3, 1.3)
    cv2.putText(colour, text, at, int(rng.integers(0, 8)), size, tint, int(rng.integers(1, 4)), cv2.LINE_AA)
    return colour


def _folds(rng: Rng, sitter: Sitter, upper: Array) -> Array:
    """Light and dark of a cloth over nose, chin and cheeks, (256, 256), about 1."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    axis = sitter.across / max(float(np.hypot(*sitter.across)), 1.0)
    nose = sitter.at(1)
    aside = ((x - nose[0]) * axis[0] + (y - nose[1]) * axis[1]) / (0.5 * sitter.width)
    light = 1 - pick(rng, 0.0, 0.35) * np.clip(np.abs(aside), 0, 1.3) ** 2 + pick(rng, -0.2, 0.2) * np.tanh(2 * aside)
    light = light + pick(rng, 0, 0.15) * np.exp(-((aside / pick(rng, 0.08, 0.25)) ** 2))
    for _ in range(int(rng.integers(0, 3))):
        stretch = (int(rng.integers(1, 5)), 1) if chance(rng, 0.6) else (1, int(rng.integers(1, 5)))
        light = light + pick(rng, 0.01, 0.1) * clouds(rng, int(rng.integers(8, 50)), stretch)
    for _ in range(int(rng.integers(0, 5))):
        share = pick(rng, 0.1, 0.95)
        ends = upper[[0, len(upper) // 2, -1]]
        foot = np.stack([sitter.at(172), sitter.at(152), sitter.at(397)])
        line = smooth_line(
            (ends + share * (foot - ends) + rng.normal(0, 0.02 * sitter.width, (3, 2))).astype(np.float32)
        )
        dark, width = pick(rng, 0.05, 0.4), pick(rng, 0.6, 3)
        light = light - dark * softened(stroked(line, pick(rng, 1, 3)), width)
        light = light + dark * pick(rng, 0, 0.8) * softened(stroked(line - [0, width + 1], pick(rng, 1, 3)), width)
    if chance(rng, 0.3):
        seam = smooth_line(np.stack([upper[len(upper) // 2], sitter.at(0), sitter.at(152)]).astype(np.float32))
        light = light - pick(rng, 0.1, 0.4) * stroked(seam, pick(rng, 1, 2.5))
    if chance(rng, 0.2):
        wire = softened(stroked(upper[10:-10] + 0.05 * sitter.down, pick(rng, 1, 4)), 0.8)
        light = light + pick(rng, -0.25, 0.25) * wire
    return np.asarray(np.clip(light, 0.25, 1.7), np.float32)


def _with_valve(rng: Rng, sitter: Sitter, colour: Array) -> Array:
    at = sitter.at(0, 50 if chance(rng, 0.5) else 280) if chance(rng, 0.7) else sitter.at(0)
    radius, angle = sitter.width * pick(rng, 0.05, 0.12), np.linspace(0, 2 * np.pi, 30, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], -1)
    tint = mask_colour(rng)
    for share in (1.0, 0.7, 0.4):
        disc = filled((at + ring * radius * share).astype(np.float32))[..., None]
        colour = colour * (1 - disc) + disc * tint * pick(rng, 0.6, 1.1)
    return np.asarray(colour, np.float32)


def _loops(rng: Rng, sitter: Sitter, upper: Array, outline: Array) -> Array:
    alpha, behind = np.zeros((SIDE, SIDE), np.float32), chance(rng, 0.25)
    low = outline[len(upper) :]
    for start, foot, ear, sign in (
        (upper[0], low[-8], sitter.at(127, 234), -1),
        (upper[-1], low[8], sitter.at(356, 454), 1),
    ):
        reach = pick(rng, 0.02, 0.15) * sitter.across * sign
        ends = (ear + reach, ear + reach + (0.3 * sitter.down if behind else 0))
        for point, end in zip((start, foot), ends, strict=True):
            line = np.stack([point, end]).astype(np.float32)
            alpha = np.maximum(alpha, stroked(line, pick(rng, 1, 3.5)))
    return alpha
