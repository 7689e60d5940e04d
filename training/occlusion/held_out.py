"""Things that the network never sees in training."""

from __future__ import annotations

import cv2
import numpy as np
from layers import (
    SIDE,
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
    smooth_line,
    softened,
    stroked,
    unit,
)


def scarf(rng: Rng, sitter: Sitter) -> Layer:
    """A knitted or woven scarf, drawn up over chin, mouth or nose, with deep folds."""
    high = sitter.at(*((1, 4), (13, 14), (17, 18), (168, 6))[int(rng.integers(4))]) + np.array([0, pick(rng, -4, 4)])
    ends = (sitter.at(234, 93) - 0.15 * sitter.across, sitter.at(454, 323) + 0.15 * sitter.across)
    lift = rng.normal(0, 0.06 * sitter.width, 2)
    outer = [np.array([end[0], 0.6 * high[1] + 0.4 * end[1] + shift]) for end, shift in zip(ends, lift, strict=True)]
    upper = smooth_line(
        np.stack(
            [
                outer[0],
                (outer[0] + high) / 2 + [0, pick(rng, -6, 10)],
                high,
                (outer[1] + high) / 2 + [0, pick(rng, -6, 10)],
                outer[1],
            ]
        ).astype(np.float32)
    )
    alpha = filled(np.vstack([upper, [[SIDE + 5, SIDE + 5], [-5, SIDE + 5]]]).astype(np.float32))
    alpha = softened(np.clip(alpha + 0.1 * clouds(rng, 200) * (softened(alpha, 2) - alpha), 0, 1), 0.8)
    base = flat(random_colour(rng))
    if chance(rng, 0.4):
        other = random_colour(rng)
        base = np.where((np.sin(ramp(pick(rng, -0.6, 0.6) + 1.57) * pick(rng, 15, 60)) > 0.3)[..., None], other, base)
    knit = 1 + pick(rng, 0.03, 0.15) * np.sin(ramp(0.3) * 200) * np.sin(ramp(1.9) * 200)
    folds = 1 + pick(rng, 0.1, 0.3) * clouds(rng, 10, (4, 1))
    return lit(
        rng, Layer(np.asarray(base * (knit * folds)[..., None], np.float32), alpha, Cover.OTHER), sitter, volume=0.4
    )


def paper(rng: Rng, sitter: Sitter) -> Layer:
    """A sheet of paper with print, curled."""
    tall, wide = sitter.width * pick(rng, 0.5, 1.2), sitter.width * pick(rng, 0.4, 1.0)
    tilt, centre = pick(rng, -0.6, 0.6), aim_at(rng, sitter) + rng.normal(0, 0.15 * sitter.width, 2)
    corners = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) / 2
    alpha = filled(placed(corners + rng.normal(0, 0.03 * wide, (4, 2)), centre, tilt))
    sheet = np.array([242, 240, 232]) * pick(rng, 0.8, 1.04)
    colour = flat(sheet)
    ink = random_colour(rng) * 0.3
    row = -tall / 2 + 0.08 * tall
    while row < tall / 2 - 0.06 * tall:
        step, at = pick(rng, 3.5, 7), -wide / 2 + 0.08 * wide
        while at < wide / 2 - 0.1 * wide:
            word = pick(rng, 3, 14)
            ends = placed(np.array([[at, row], [min(at + word, wide * 0.42), row]]), centre, tilt)
            colour = (
                colour - (stroked(ends, pick(rng, 1, 2.4)) * pick(rng, 0.5, 1))[..., None] * (colour - ink)
                if chance(rng, 0.25)
                else cv2.line(
                    colour,
                    tuple(int(v) for v in ends[0]),
                    tuple(int(v) for v in ends[1]),
                    tuple(ink.tolist()),
                    1,
                    cv2.LINE_AA,
                )
            )
            at += word + 3
        row += step
    curl = 1 + pick(rng, 0.0, 0.2) * np.sin(ramp(tilt + pick(rng, -0.3, 0.3)) * pick(rng, 2, 5) + pick(rng, 0, 6))
    return lit(
        rng,
        Layer(np.asarray(np.clip(colour * curl[..., None], 0, 255), np.float32), alpha, Cover.OTHER),
        sitter,
        volume=0.05,
    )


def microphone(rng: Rng, sitter: Sitter) -> Layer:
    """A ball of mesh or foam on a handle, some with a cube of a station's colours."""
    mouth = sitter.at(17, 152) + rng.normal(0, 0.12 * sitter.width, 2)
    radius = sitter.width * pick(rng, 0.09, 0.22)
    heading = pick(rng, 0.6, 2.5)
    along = unit(heading)
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    head = filled(
        np.asarray(mouth + radius * np.stack([np.cos(angle), np.sin(angle) * pick(rng, 0.95, 1.25)], -1), np.float32)
    )
    side = unit(heading + np.pi / 2) * radius
    body = filled(
        np.stack(
            [mouth - side * 0.6, mouth + side * 0.6, mouth + side * 0.5 + along * 200, mouth - side * 0.5 + along * 200]
        ).astype(np.float32)
    )
    dark = np.array((30, 30, 32) if chance(rng, 0.6) else (120, 122, 125)) * pick(rng, 0.7, 1.3)
    foam = random_colour(rng) if chance(rng, 0.3) else dark
    grid = 1 + pick(rng, 0.05, 0.4) * np.sin(ramp(0.8) * 220) * np.sin(ramp(-0.8) * 220) * (
        1 if chance(rng, 0.6) else 0
    )
    colour = np.where(head[..., None] > 0.5, flat(foam) * (grid + 0.1 * clouds(rng, 90))[..., None], flat(dark))
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    glow = np.exp(-(((x - mouth[0] + 0.4 * radius) ** 2 + (y - mouth[1] + 0.4 * radius) ** 2) / (radius**2)))
    colour = colour * (0.7 + 0.7 * glow)[..., None]
    alpha = np.maximum(head, body)
    if chance(rng, 0.4):
        at = mouth + along * radius * pick(rng, 1.3, 2)
        cube = filled(
            np.stack(
                [
                    at - side * 1.3,
                    at + side * 1.3,
                    at + side * 1.3 + along * radius * 2,
                    at - side * 1.3 + along * radius * 2,
                ]
            ).astype(np.float32)
        )
        colour = np.where(cube[..., None] > 0.5, flat(random_colour(rng)), colour)
        alpha = np.maximum(alpha, cube)
    return lit(rng, Layer(np.asarray(colour, np.float32), alpha, Cover.OTHER), sitter, volume=0.3)
