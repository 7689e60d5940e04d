"""What people wear around the head that is no mask: collars, shawls, hats; and what grows there: fringes, beards."""

from __future__ import annotations

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

_JAW = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)
_HAIR = ((22, 18, 16), (40, 28, 20), (75, 50, 32), (125, 90, 55), (175, 140, 90), (150, 148, 146), (210, 208, 205))


def collar(rng: Rng, sitter: Sitter) -> Layer:
    """A collar, a neck gaiter, a blanket or a towel, drawn up over chin, mouth or nose."""
    height = (sitter.at(152), sitter.at(17), sitter.at(13, 14), sitter.at(2), sitter.at(1, 4), sitter.at(197))
    high = height[int(rng.choice(6, p=[0.15, 0.2, 0.2, 0.15, 0.2, 0.1]))] + pick(rng, -0.05, 0.05) * sitter.down
    reach = pick(rng, 0.0, 0.5) * sitter.across
    ends = [sitter.at(ear) + sign * reach + pick(rng, -0.3, 0.5) * sitter.down for ear, sign in ((132, -1), (361, 1))]
    sag = pick(rng, -0.1, 0.15) * sitter.down
    edge = np.stack([ends[0], (ends[0] + high) / 2 + sag, high, (ends[1] + high) / 2 + sag, ends[1]])
    edge = smooth_line((edge + rng.normal(0, 0.025 * sitter.width, edge.shape)).astype(np.float32))
    if chance(rng, 0.5):
        spread = pick(rng, 0.0, 1.2) * sitter.across
        feet = np.stack([ends[1] + spread + [0, SIDE], ends[0] - spread + [0, SIDE]])
    else:
        feet = np.array([[SIDE + 9, SIDE + 9], [-9, SIDE + 9]])
    alpha = softened(filled(np.vstack([edge, feet]).astype(np.float32)), pick(rng, 0.2, 1.5))
    colour = _wool(rng, sitter)
    for _ in range(int(rng.integers(0, 5))):
        shift = pick(rng, 0.02, 0.8) * sitter.down
        fold = edge[::4] + shift + rng.normal(0, 0.03 * sitter.width, (10, 2))
        line = stroked(smooth_line(fold.astype(np.float32)), pick(rng, 1, 5))
        colour = colour * (1 - pick(rng, 0.1, 0.45) * softened(line, pick(rng, 0.8, 5)))[..., None]
    if chance(rng, 0.3):
        colour = colour * (1 + pick(rng, -0.35, 0.3) * stroked(edge + np.array([0, 2]), pick(rng, 2, 7)))[..., None]
    if chance(rng, 0.2):
        zip_line = np.stack([high, high + sitter.down + rng.normal(0, 6, 2)]).astype(np.float32)
        colour = colour * (1 - 0.6 * stroked(zip_line, pick(rng, 1, 4)))[..., None]
    layer = Layer(np.clip(colour, 0, 255).astype(np.float32), alpha, Cover.OTHER)
    return lit(rng, layer, sitter, volume=pick(rng, 0.1, 0.5))


def shawl(rng: Rng, sitter: Sitter) -> Layer:
    """A hood, a headscarf, a veil or a balaclava: everything is covered but for an opening."""
    top = sitter.at(10) + pick(rng, -0.2, 0.25) * sitter.down
    low = (sitter.at(2), sitter.at(6, 197), sitter.at(17), sitter.at(152))[int(rng.integers(4))]
    low = low + pick(rng, -0.05, 0.08) * sitter.down
    side = pick(rng, -0.12, 0.06) * sitter.across
    left, right = sitter.at(127, 234) - side, sitter.at(356, 454) + side
    opening = np.stack([top, (top + right) / 2 + side * 0.7, right, (right + low) / 2, low])
    opening = np.vstack([opening, (left + low) / 2, left, (top + left) / 2 - side * 0.7])
    opening = opening + rng.normal(0, 0.03 * sitter.width, opening.shape)
    hole = filled(smooth_line(opening.astype(np.float32), 60, closed=True))
    middle, angle = (sitter.at(10) + sitter.at(152)) / 2, np.linspace(0, 2 * np.pi, 40, endpoint=False)
    size = np.array([sitter.width * pick(rng, 0.6, 0.9), 1.1 * float(np.hypot(*sitter.down)) + sitter.width * 0.3])
    around = filled((middle + np.stack([np.cos(angle), np.sin(angle)], -1) * size).astype(np.float32))
    neck = np.array([[middle[0] - size[0], middle[1]], [middle[0] + size[0], middle[1]], [SIDE, SIDE], [0, SIDE]])
    around = np.maximum(around, filled(neck.astype(np.float32)))
    alpha = softened(np.clip(around - hole, 0, 1), pick(rng, 0.3, 1.2))
    fold = 1 - pick(rng, 0.1, 0.5) * softened(hole, pick(rng, 2, 8))
    colour = _wool(rng, sitter) * fold[..., None]
    return lit(rng, Layer(colour.astype(np.float32), alpha, Cover.OTHER), sitter, volume=pick(rng, 0.0, 0.4))


def hat(rng: Rng, sitter: Sitter) -> Layer:
    """A cap, a woollen hat, a helmet's rim or a headband, low on the forehead or over the brows."""
    brow, hairline = sitter.at(9), sitter.at(10)
    edge = brow + pick(rng, -0.35, 1.0) * (hairline - brow)
    left, right = sitter.at(127) - 0.15 * sitter.across, sitter.at(356) + 0.15 * sitter.across
    bow = pick(rng, -0.15, 0.12) * sitter.down
    rim = np.stack([left + bow, (left + edge * 3) / 4, edge, (right + edge * 3) / 4, right + bow])
    rim = smooth_line((rim + rng.normal(0, 0.015 * sitter.width, rim.shape)).astype(np.float32))
    alpha = filled(np.vstack([rim, [[SIDE + 9, -9], [-9, -9]]]).astype(np.float32))
    colour = _wool(rng, sitter)
    peak = softened(stroked(rim, pick(rng, 2, 14)), pick(rng, 0.5, 2))
    colour = colour * (1 - pick(rng, -0.2, 0.6) * peak)[..., None]
    layer = Layer(np.clip(colour, 0, 255).astype(np.float32), alpha, Cover.OTHER)
    return lit(rng, layer, sitter, volume=pick(rng, 0.0, 0.4))


def fringe(rng: Rng, sitter: Sitter) -> Layer:
    """Hair combed over the forehead, thin or dense, down to the brows or the eyes."""
    base = np.array(_HAIR[int(rng.integers(len(_HAIR)))], np.float32) * pick(rng, 0.7, 1.3)
    low = sitter.at(9) + pick(rng, -0.45, 0.35) * (sitter.at(168, 1) - sitter.at(9)) * 1.5
    colour, alpha = flat(base * 0.8), np.zeros((SIDE, SIDE), np.float32)
    lean, first, last = rng.normal(0, 0.15), pick(rng, -0.6, 0.0), pick(rng, 0.1, 0.6)
    along = sitter.across / max(float(np.hypot(*sitter.across)), 1.0)
    for _ in range(int(sitter.width * pick(rng, 0.5, 3.5))):
        at = pick(rng, first, last)
        root = sitter.at(10) + (along * at + [0, pick(rng, -0.3, -0.05)]) * sitter.width
        tip = low + along * (at + lean) * sitter.width + [0, rng.normal(0, 0.05) * sitter.width]
        tip[1] += pick(rng, 0.0, 0.5) * abs(at) * sitter.width
        bend = (root + tip) / 2 + rng.normal(0, 0.03 * sitter.width, 2)
        points = [np.round(smooth_line(np.stack([root, bend, tip]).astype(np.float32), 12) * 16).astype(np.int32)]
        tint = tuple((base * float(np.clip(1 + 0.25 * rng.normal(), 0.4, 1.8))).tolist())
        thick = 1 if chance(rng, 0.5) else 2
        cv2.polylines(alpha, points, False, 1.0, thick, cv2.LINE_8, 4)
        cv2.polylines(colour, points, False, tint, thick, cv2.LINE_8, 4)
    layer = Layer(softened(colour, 0.6), np.clip(softened(alpha, 0.6), 0, 1), Cover.OTHER)
    return lit(rng, layer, sitter, volume=0.1)


def beard(rng: Rng, sitter: Sitter) -> Layer:
    """A beard, a moustache or both; they are the face's own and cover nothing."""
    colour = flat(np.array(_HAIR[int(rng.integers(len(_HAIR)))], np.float32) * pick(rng, 0.7, 1.3))
    grown = np.zeros((SIDE, SIDE), np.float32)
    if chance(rng, 0.75):
        jaw = sitter.points[list(_JAW)] + pick(rng, 0, 0.12) * sitter.down
        upper = np.stack(
            [sitter.at(361, 425), sitter.at(291, 425), sitter.at(17), sitter.at(61, 205), sitter.at(132, 205)]
        )
        grown = filled(np.vstack([jaw, upper]).astype(np.float32))
    if chance(rng, 0.75):
        lip = np.stack(
            [sitter.at(61), sitter.at(205, 61), sitter.at(2), sitter.at(425, 291), sitter.at(291), sitter.at(0)]
        )
        grown = np.maximum(grown, filled(lip.astype(np.float32)))
    lips = filled(sitter.points[[61, 37, 0, 267, 291, 314, 17, 84]])
    grown = softened(np.clip(grown - lips, 0, 1), pick(rng, 1.5, 5))
    strands = 0.75 + 0.3 * clouds(rng, int(rng.integers(60, 200)), (1, int(rng.integers(1, 5))))
    colour = colour * (1 + 0.25 * clouds(rng, 160, (1, 3)))[..., None]
    alpha = np.asarray(np.clip(grown * strands, 0, 1) * pick(rng, 0.4, 0.95), np.float32)
    layer = Layer(np.clip(colour, 0, 255).astype(np.float32), alpha, Cover.VISIBLE, np.zeros_like(alpha))
    return lit(rng, layer, sitter, volume=0.0)


def gloom(rng: Rng, sitter: Sitter) -> Layer:
    """Part of the face in a shadow so deep that little of it is left; a shadow covers nothing."""
    edge = sitter.at(1) + rng.normal(0, 0.25 * sitter.width, 2)
    angle = pick(rng, 0, 6.28)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    far = (x - edge[0]) * np.cos(angle) + (y - edge[1]) * np.sin(angle) + pick(rng, 0, 12) * clouds(rng, 6)
    alpha = 1 / (1 + np.exp(-np.clip(far / pick(rng, 0.8, 14), -30, 30))) * pick(rng, 0.5, 0.95)
    tint = flat(np.array([8, 8, 10]) + pick(rng, 0, 20))
    return Layer(tint, alpha.astype(np.float32), Cover.VISIBLE, np.zeros((SIDE, SIDE), np.float32))


def _wool(rng: Rng, sitter: Sitter) -> Array:
    """Some cloth, plain, ribbed, shaggy or patterned."""
    kind = rng.random()
    colour = textured(rng, sitter) if kind < 0.3 else flat(random_colour(rng))
    if 0.3 <= kind < 0.5:
        ribs = np.sin(ramp(pick(rng, -0.4, 0.4)) * pick(rng, 60, 220))
        colour = colour * (1 + pick(rng, 0.05, 0.3) * ribs)[..., None]
    elif 0.5 <= kind < 0.7:
        stretch = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        colour = colour * (1 + pick(rng, 0.05, 0.3) * clouds(rng, int(rng.integers(80, 250)), stretch))[..., None]
    folds = pick(rng, 0.02, 0.25) * clouds(rng, int(rng.integers(5, 20)), (int(rng.integers(1, 4)), 1))
    return np.asarray(np.clip(colour * (1 + folds)[..., None], 0, 255), np.float32)
