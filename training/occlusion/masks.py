"""Worn masks: pictures of masks bent over a face, and masks drawn from nothing but a face's mesh."""

from __future__ import annotations

from functools import cache
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
    smooth_line,
    stroked,
    textured,
)

_FRONT = {
    "surgical": ((0.03, 0.17), (0.5, 0.04), (0.95, 0.17), (0.93, 0.62), (0.5, 0.98), (0.06, 0.62)),
    "cloth": ((0.16, 0.15), (0.5, 0.02), (0.85, 0.15), (0.82, 0.62), (0.5, 0.95), (0.19, 0.62)),
    "N95": ((0.13, 0.27), (0.5, 0.02), (0.87, 0.27), (0.84, 0.72), (0.5, 0.93), (0.16, 0.72)),
    "KN95": ((0.01, 0.22), (0.5, 0.02), (0.99, 0.22), (0.9, 0.52), (0.53, 0.98), (0.1, 0.52)),
}
"""Where the edge of each is in its picture, shares of its sides: left top, middle top, right top, right bottom, middle
bottom, left bottom."""
_TURNED = {
    "surgical": ((0.05, 0.3), (0.08, 0.06), (0.63, 0.05), (0.73, 0.72), (0.28, 0.97), (0.1, 0.78)),
    "cloth": ((0.1, 0.3), (0.2, 0.03), (0.65, 0.2), (0.67, 0.55), (0.35, 0.93), (0.13, 0.62)),
    "N95": ((0.18, 0.3), (0.27, 0.17), (0.56, 0.27), (0.57, 0.7), (0.35, 0.87), (0.19, 0.55)),
    "KN95": ((0.08, 0.3), (0.3, 0.12), (0.83, 0.12), (0.78, 0.75), (0.6, 0.97), (0.27, 0.88)),
}
"""The same of a head that looks to the left of the picture."""
_FILES = {
    "surgical": ("surgical", "surgical_blue", "surgical_green"),
    "cloth": ("cloth",),
    "N95": ("N95",),
    "KN95": ("KN95",),
}
TRAINED_TEMPLATES = ("surgical", "cloth", "N95")
HELD_OUT_TEMPLATES = ("KN95",)
_TURNED_FROM = 0.3


@cache
def _picture(file: Path) -> Array:
    """(H, W, 4) float32 RGBA, at most 320 wide."""
    content = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    scale = 320 / content.shape[1]
    content = cv2.resize(content, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(content, cv2.COLOR_BGRA2RGBA), np.float32)


def _bent(picture: Array, source: Array, target: Array) -> Array:
    """The picture on the canvas, bent so that points of it come to lie on others: a thin-plate spline."""

    def kernel(a: Array, b: Array) -> Array:
        squared = ((a[:, None] - b[None]) ** 2).sum(-1)
        return np.asarray(squared * np.log(squared + 1e-6), np.float32)

    count = len(target)
    plane = np.hstack([np.ones((count, 1)), target])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = kernel(target, target) + np.eye(count)
    system[:count, count:], system[count:, :count] = plane, plane.T
    weights = np.linalg.solve(system, np.vstack([source, np.zeros((3, 2))]))
    step = np.linspace(0, SIDE - 1, 33, dtype=np.float32)
    grid = np.stack(np.meshgrid(step, step), -1).reshape(-1, 2)
    where = np.hstack([kernel(grid, target), np.ones((len(grid), 1)), grid]) @ weights
    coarse = where.reshape(33, 33, 2).astype(np.float32)
    fine = cv2.resize(coarse, (SIDE + 8, SIDE + 8), interpolation=cv2.INTER_LINEAR)[4:-4, 4:-4]
    return np.asarray(cv2.remap(picture, fine, None, cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0)), np.float32)


def _edges(rng: Rng, sitter: Sitter) -> Array:
    """Where a mask's six edge points go on this face: (6, 2) in the order of `_FRONT`."""
    low = pick(rng, -0.25, 0.5)
    if chance(rng, 0.12):
        low = pick(rng, 0.9, 2.2)
    bridge, tip = sitter.at(197), sitter.at(2)
    top = bridge + low * 0.5 * (tip - bridge)
    out = pick(rng, 0.0, 0.07) * sitter.across
    drop = low * 0.08 * sitter.down
    chin = sitter.at(152) + pick(rng, -0.02, 0.12) * sitter.down
    left, right = sitter.at(234, 93) - out + drop, sitter.at(454, 323) + out + drop
    lower_left, lower_right = sitter.at(172, 136) - out, sitter.at(397, 365) + out
    edges = np.stack([left, top, right, lower_right, chin, lower_left])
    return np.asarray(edges + rng.normal(0, 0.012 * sitter.width, edges.shape), np.float32)


def template_mask(rng: Rng, sitter: Sitter, folder: Path, kinds: tuple[str, ...]) -> Layer:
    """A photographed mask, bent over the face and often dyed another colour."""
    kind = str(rng.choice(kinds))
    name = str(rng.choice(_FILES[kind]))
    is_turned = abs(sitter.turn) > _TURNED_FROM
    side = "" if not is_turned else ("_left" if sitter.turn < 0 else "_right")
    picture = _picture(folder / f"{name}{side}.png")
    source = np.array(_TURNED[kind] if is_turned else _FRONT[kind])
    if side == "_right":
        source = source[[2, 1, 0, 5, 4, 3]] * [-1, 1] + [1, 0]
    source = source * [picture.shape[1], picture.shape[0]]
    bent = _bent(picture, source, _edges(rng, sitter))
    alpha = np.clip(bent[..., 3] / 255, 0, 1)
    return lit(rng, Layer(_dyed(rng, bent[..., :3]), alpha, Cover.MASK), sitter, volume=pick(rng, 0.1, 0.45))


def _dyed(rng: Rng, colour: Array) -> Array:
    if chance(rng, 0.4):
        return colour
    grey = colour.mean(-1, keepdims=True)
    level = float(np.median(grey[grey > 8])) if (grey > 8).any() else 128.0
    dye = mask_colour(rng)
    # Black cloth has its folds in the dark: stretched before it is dyed.
    folds = 1 + (grey - level) / max(level, 60.0)
    return np.asarray(np.clip(folds * dye, 0, 255), np.float32)


def mask_colour(rng: Rng) -> Array:
    """White, black, grey and pale blue mostly; any other too."""
    common = (
        (225, 228, 232),
        (35, 35, 38),
        (120, 122, 128),
        (150, 190, 220),
        (165, 205, 200),
        (225, 180, 190),
        (40, 55, 95),
    )
    base = np.array(common[int(rng.integers(len(common)))]) if chance(rng, 0.75) else rng.uniform(20, 240, 3)
    return np.asarray(np.clip(base * pick(rng, 0.8, 1.1) + rng.normal(0, 6, 3), 5, 255), np.float32)


def drawn_mask(rng: Rng, sitter: Sitter) -> Layer:
    """A mask with folds, seams, a pattern and ear loops, drawn on the mesh."""
    left, top, right, lower_right, chin, lower_left = _edges(rng, sitter)
    sag, rise = pick(rng, -0.02, 0.06) * sitter.down, pick(rng, 0.0, 0.06) * sitter.down
    upper = smooth_line(np.stack([left, (left + top) / 2 + sag, top - rise, (right + top) / 2 + sag, right]))
    beak = pick(rng, -0.01, 0.05) * sitter.down
    lower = smooth_line(
        np.stack(
            [
                right,
                lower_right,
                (lower_right + chin) / 2 + beak,
                chin + beak,
                (lower_left + chin) / 2 + beak,
                lower_left,
                left,
            ]
        )
    )
    alpha = filled(np.vstack([upper, lower]))
    colour = flat(mask_colour(rng)) * (1 + 0.03 * clouds(rng, 128) * pick(rng, 0, 2))[..., None]
    if chance(rng, 0.25):
        # Printed cloth: what is on it may be anything.
        share = pick(rng, 0.3, 1.0)
        colour = colour * (1 - share) + textured(rng, sitter) * share
    elif chance(rng, 0.2):
        second = mask_colour(rng)
        share = (np.sin(40 * clouds(rng, 12) * pick(rng, 0.05, 0.3)) > pick(rng, -0.3, 0.8))[..., None]
        colour = np.where(share, second, colour).astype(np.float32)
    for _ in range(int(rng.integers(0, 5))):
        at = pick(rng, 0.2, 0.85)
        a, b = left + at * (lower_left - left) * 1.2, right + at * (lower_right - right) * 1.2
        middle = top + at * (chin - top) + rng.normal(0, 2, 2)
        fold = stroked(smooth_line(np.stack([a, middle, b]).astype(np.float32)), pick(rng, 1, 3))
        colour = colour * (1 - pick(rng, 0.05, 0.3) * cv2.GaussianBlur(fold, (0, 0), pick(rng, 0.6, 3)))[..., None]
    if chance(rng, 0.35):
        seam = stroked(
            smooth_line(np.stack([top - rise, (top + chin) / 2 + rng.normal(0, 3, 2), chin + beak]).astype(np.float32)),
            1.5,
        )
        colour = colour * (1 - pick(rng, 0.1, 0.4) * seam)[..., None]
    if chance(rng, 0.4):
        rim = stroked(np.vstack([upper, lower]), pick(rng, 1, 4), closed=True)
        colour = colour * (1 + pick(rng, -0.3, 0.2) * rim)[..., None]
    if chance(rng, 0.6):
        alpha = np.maximum(alpha, _loops(rng, sitter, (left, lower_left), (right, lower_right)))
    return lit(rng, Layer(colour, alpha, Cover.MASK), sitter, volume=pick(rng, 0.2, 0.6))


def _loops(rng: Rng, sitter: Sitter, left: tuple[Array, Array], right: tuple[Array, Array]) -> Array:
    alpha = np.zeros((SIDE, SIDE), np.float32)
    for (upper, lower), ear in (
        (left, sitter.at(127) - 0.06 * sitter.across),
        (right, sitter.at(356) + 0.06 * sitter.across),
    ):
        for start in (upper, lower):
            alpha = np.maximum(alpha, stroked(np.stack([start, ear]), pick(rng, 1, 2.5)))
    return alpha
