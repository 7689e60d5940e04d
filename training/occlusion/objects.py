"""Hair, things held before a face, and pieces of anything."""

from __future__ import annotations

import cv2
import numpy as np
from layers import (
    SIDE,
    TARGETS,
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
    textured,
    unit,
)


def hair(rng: Rng, sitter: Sitter) -> Layer:
    """Locks of strands that fall over the forehead or the side of the face."""
    palette = ((22, 18, 16), (40, 28, 20), (75, 50, 32), (125, 90, 55), (175, 140, 90), (120, 115, 112))
    base = np.array(palette[int(rng.integers(len(palette)))], np.float32) * pick(rng, 0.7, 1.3)
    crown = sitter.at(10)
    scalp = sitter.canvas[: max(4, int(crown[1]) - 2), 90:166].reshape(-1, 3)
    if chance(rng, 0.5) and len(scalp):
        base = np.percentile(scalp, pick(rng, 15, 50), axis=0).astype(np.float32)
    colour, alpha = flat(base * 0.8), np.zeros((SIDE, SIDE), np.float32)
    width = sitter.width
    for _ in range(int(rng.integers(1, 4))):
        if chance(rng, 0.5):
            start = crown + np.array([pick(rng, -0.5, 0.5), pick(rng, -0.25, -0.05)]) * width
            end = sitter.at(int(rng.choice([33, 263, 168, 105, 334, 50, 280, 205, 425]))) + rng.normal(
                0, 0.12 * width, 2
            )
        else:
            sign = -1 if chance(rng, 0.5) else 1
            start = (
                sitter.at(103 if sign < 0 else 332)
                + np.array([sign * pick(rng, 0.0, 0.15), pick(rng, -0.25, 0)]) * width
            )
            end = (
                sitter.at(172 if sign < 0 else 397)
                + np.array([-sign * pick(rng, -0.1, 0.35), pick(rng, -0.1, 0.35)]) * width
            )
        spread = pick(rng, 0.04, 0.28) * width
        bow = rng.normal(0, 0.1 * width, 2)
        count = int(spread * pick(rng, 0.8, 4.0)) + 5
        tight = pick(rng, 0.15, 1.0)
        for _ in range(count):
            at = rng.normal(0, 0.4)
            shift = np.array([at * spread, 0.25 * rng.normal() * spread])
            line = np.stack(
                [
                    start + shift,
                    (start + end) / 2 + bow + shift,
                    end + shift * tight + [0, 0.15 * spread * rng.normal()],
                ]
            )
            shade = float(np.clip(1 + 0.22 * rng.normal(), 0.4, 1.8))
            strand = smooth_line(line.astype(np.float32), 14)
            points = [np.round(strand * 16).astype(np.int32)]
            thick = 1 if chance(rng, 0.6) else 2
            cv2.polylines(alpha, points, False, 1.0, thick, cv2.LINE_8, 4)
            cv2.polylines(colour, points, False, tuple((base * shade).tolist()), thick, cv2.LINE_8, 4)
    colour, alpha = softened(colour, 0.6), softened(alpha, 0.6)
    return lit(rng, Layer(colour, np.clip(alpha, 0, 1), Cover.OTHER), sitter, volume=0.1)


def phone(rng: Rng, sitter: Sitter) -> Layer:
    """The back or the front of a telephone."""
    tall, wide = sitter.width * pick(rng, 0.8, 1.4), sitter.width * pick(rng, 0.4, 0.65)
    corner = pick(rng, 0.06, 0.2) * wide
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    box = np.sign(np.stack([np.cos(angle), np.sin(angle)], -1)) * [wide / 2 - corner, tall / 2 - corner]
    outline = box + corner * np.stack([np.cos(angle), np.sin(angle)], -1)
    tilt, centre = pick(rng, -0.9, 0.9), aim_at(rng, sitter) + rng.normal(0, 0.2 * sitter.width, 2)
    alpha = filled(placed(outline, centre, tilt))
    colour = flat(random_colour(rng))
    inner = filled(placed(outline * [0.92, 0.94], centre, tilt))[..., None]
    colour = colour * (1 - inner) + inner * (textured(rng, sitter) if chance(rng, 0.4) else flat(random_colour(rng)))
    for _ in range(int(rng.integers(0, 4))):
        spot = np.array([[wide * pick(rng, 0.1, 0.38), -tall * pick(rng, 0.2, 0.42)]])
        at = placed(spot, centre, tilt)[0]
        cv2.circle(
            colour, (int(at[0]), int(at[1])), int(wide * pick(rng, 0.05, 0.1)), (20.0, 20.0, 24.0), -1, cv2.LINE_AA
        )
    colour = colour * (1 + pick(rng, 0, 0.3) * ramp(pick(rng, -3, 3)))[..., None]
    return lit(rng, Layer(np.asarray(colour, np.float32), alpha, Cover.OTHER), sitter, volume=pick(rng, 0, 0.2))


def cup(rng: Rng, sitter: Sitter) -> Layer:
    """A cup, a glass or a can before the mouth."""
    mouth = sitter.at(13, 14) + rng.normal(0, 0.12 * sitter.width, 2)
    top, bottom, tall = (
        sitter.width * pick(rng, 0.15, 0.3),
        sitter.width * pick(rng, 0.1, 0.24),
        sitter.width * pick(rng, 0.3, 0.9),
    )
    shape = np.array(
        [
            [-top, 0],
            [-top * 0.6, -0.12 * top],
            [0, -0.2 * top],
            [top * 0.6, -0.12 * top],
            [top, 0],
            [bottom, tall],
            [0, tall * 1.06],
            [-bottom, tall],
        ]
    )
    tilt = pick(rng, -0.7, 0.7)
    alpha = filled(placed(shape, mouth, tilt))
    colour = textured(rng, sitter) if chance(rng, 0.4) else flat(random_colour(rng))
    band = ramp(tilt) * (SIDE / 2 / top)
    shift = float((mouth[0] - SIDE / 2) / top)
    roundness = np.clip(1.1 - 0.45 * np.clip(np.abs(band - shift), 0, 1.2) ** 2, 0.4, 1.3)
    rim = stroked(placed(shape[:5], mouth, tilt), pick(rng, 1, 4))[..., None]
    colour = colour * roundness[..., None] * (1 - rim) + rim * random_colour(rng)
    return lit(rng, Layer(np.asarray(colour, np.float32), alpha, Cover.OTHER), sitter, volume=pick(rng, 0, 0.2))


def ball(rng: Rng, sitter: Sitter) -> Layer:
    """Something round: fruit, a ball, a balloon, a lollipop."""
    centre, radius = aim_at(rng, sitter), sitter.width * pick(rng, 0.1, 0.35)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    shape = np.stack([np.cos(angle) * radius * pick(rng, 0.6, 1.2), np.sin(angle) * radius], -1)
    alpha = filled(placed(shape, centre, pick(rng, 0, 3)))
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    glow = np.exp(
        -((x - centre[0] + radius * pick(rng, -0.6, 0.6)) ** 2 + (y - centre[1] + radius * pick(rng, 0, 0.6)) ** 2)
        / (2 * (radius * 0.6) ** 2)
    )
    colour = textured(rng, sitter) if chance(rng, 0.3) else flat(random_colour(rng))
    colour = colour * (0.6 + 0.6 * glow)[..., None]
    return lit(rng, Layer(np.asarray(colour, np.float32), alpha, Cover.OTHER), sitter, volume=pick(rng, 0.1, 0.5))


def piece(rng: Rng, sitter: Sitter) -> Layer:
    """A blob or a polygon of any texture, anywhere on the face."""
    centre, radius = aim_at(rng, sitter), sitter.width * pick(rng, 0.12, 0.5)
    count = int(rng.integers(3, 11))
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    shape = np.stack([np.cos(angle), np.sin(angle)], -1) * radius * rng.uniform(0.5, 1.2, (count, 1))
    outline = (centre + shape).astype(np.float32)
    if chance(rng, 0.6):
        outline = smooth_line(outline, 60, closed=True)
    alpha = filled(outline)
    return lit(rng, Layer(textured(rng, sitter), alpha, Cover.OTHER), sitter, volume=pick(rng, 0, 0.5))


def slab(rng: Rng, sitter: Sitter) -> Layer:
    """A straight-edged thing that reaches into the picture from one side: a board, a wall, a shoulder, a sleeve."""
    angle = pick(rng, 0, 2 * np.pi)
    normal = unit(angle)
    edge = sitter.at(1) + normal * pick(rng, -0.1, 0.5) * sitter.width
    along = unit(angle + np.pi / 2)
    bend = normal * rng.normal(0, 0.08 * sitter.width)
    line = smooth_line(np.stack([edge - along * 200, edge + bend, edge + along * 200]).astype(np.float32))
    alpha = filled(
        np.vstack(
            [line, line[::-1] + normal * (400.0 if chance(rng, 0.6) else pick(rng, 0.1, 0.4) * sitter.width)]
        ).astype(np.float32)
    )
    return lit(rng, Layer(textured(rng, sitter), alpha, Cover.OTHER), sitter, volume=pick(rng, 0, 0.3))


def band(rng: Rng, sitter: Sitter) -> Layer:
    """A strip of cloth tied around the head: over the eyes, the forehead, or a bandage across."""
    centre = sitter.at(*TARGETS[int(rng.integers(len(TARGETS)))])
    tilt, tall = pick(rng, -0.25, 0.25), sitter.width * pick(rng, 0.1, 0.4)
    along, down = unit(tilt), unit(tilt + np.pi / 2)
    bow = down * pick(rng, -0.05, 0.12) * sitter.width
    upper = np.stack([centre - along * 0.8 * sitter.width, centre + bow, centre + along * 0.8 * sitter.width])
    upper = smooth_line((upper - down * tall / 2 + rng.normal(0, 2, (3, 2))).astype(np.float32))
    lower = smooth_line((upper[[0, 20, 39]] + down * tall + rng.normal(0, 3, (3, 2))).astype(np.float32))
    alpha = filled(np.vstack([upper, lower[::-1]]))
    folds = 1 + pick(rng, 0.02, 0.15) * clouds(rng, 24, (6, 1))
    return lit(rng, Layer(textured(rng, sitter) * folds[..., None], alpha, Cover.OTHER), sitter)
