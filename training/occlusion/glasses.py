"""Spectacles, dark ones that hide the eyes and clear ones that do not."""

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
    filled,
    flat,
    pick,
    ramp,
    random_colour,
    softened,
    stroked,
)

TRAINED_STYLES = ("wayfarer", "round", "rectangle", "shield", "cat")
FURTHER_STYLES = (*TRAINED_STYLES, "oversize", "panto", "sport", "oversize", "panto", "sport")
HELD_OUT_STYLES = ("aviator",)
_SHAPES = {
    "round": (2.0, 1.0),
    "rectangle": (6.0, 0.55),
    "wayfarer": (4.0, 0.75),
    "cat": (3.0, 0.7),
    "shield": (4.0, 0.8),
    "aviator": (2.4, 0.95),
    "oversize": (3.5, 0.95),
    "panto": (2.6, 0.85),
    "sport": (3.0, 0.45),
}
"""How square a lens is, 2 = an ellipse; and its height in widths."""
_RIGHT_EYE, _LEFT_EYE = (33, 133, 159, 145), (263, 362, 386, 374)


def dark_glasses(rng: Rng, sitter: Sitter, styles: tuple[str, ...], lowest: float = 0.07) -> Layer:
    """Sunglasses: lenses of one shade or graded, plain or with reflections, with their frame and temples.

    Args:
        rng: decides.
        sitter: who wears them.
        styles: to choose from.
        lowest: how far down the nose they sit, shares of the way from eyes to chin.
    """
    style = str(rng.choice(styles))
    lowered = pick(rng, -0.03, lowest) if chance(rng, 0.85) else pick(rng, -0.3, 0.2)
    lenses = _lenses(rng, sitter, style, lowered * sitter.down)
    glass = np.max([filled(lens) for lens in lenses], 0)
    tint = np.array(((18, 16, 16), (30, 24, 20), (45, 30, 20), (20, 32, 26), (25, 28, 45))[int(rng.integers(5))])
    if chance(rng, 0.2):
        tint = random_colour(rng)
    graded = pick(rng, 0.0, 0.9) if chance(rng, 0.4) else 0.0
    centre = np.mean([lens.mean(0) for lens in lenses], 0)
    rows = (np.mgrid[0:SIDE, 0:SIDE][0] - centre[1]) / (0.35 * sitter.width)
    opacity = np.clip(pick(rng, 0.72, 1.0) * (1 - graded * np.clip(0.5 + rows, 0, 1) ** 2), 0, 1).astype(np.float32)
    colour = flat(tint) * (1 + pick(rng, 0, 0.6) * ramp(pick(rng, -3.14, 3.14)))[..., None]
    colour = _reflecting(rng, sitter, colour, pick(rng, 0.0, 0.25) if chance(rng, 0.7) else pick(rng, 0.25, 0.6))
    frame, frame_colour = _frame(rng, sitter, style, lenses), _frame_colour(rng)
    colour = np.where(frame[..., None] > 0.5, frame_colour, colour).astype(np.float32)
    alpha = np.maximum(glass * opacity, frame)
    # A lens through which more is seen than not hides nothing.
    hides = np.maximum(glass * (opacity > 0.5), frame)
    return Layer(np.clip(colour, 0, 255), alpha, Cover.DARK_GLASSES, hides)


def clear_glasses(rng: Rng, sitter: Sitter) -> Layer:
    """Spectacles with clear lenses; they count as nothing."""
    lenses = _lenses(rng, sitter, str(rng.choice(TRAINED_STYLES)), pick(rng, -0.03, 0.05) * sitter.down)
    glass = np.max([filled(lens) for lens in lenses], 0)
    frame = _frame(rng, sitter, "clear", lenses)
    glare = np.clip(pick(rng, -0.5, 0.4) + 0.5 * ramp(pick(rng, -3.14, 3.14)), 0, 0.35) if chance(rng, 0.5) else 0.0
    colour = np.where(frame[..., None] > 0.5, _frame_colour(rng), np.float32(235))
    return Layer(
        np.asarray(colour, np.float32),
        np.maximum(glass * np.float32(0.04) + glass * glare, frame * pick(rng, 0.6, 1)),
        Cover.VISIBLE,
    )


def _lenses(rng: Rng, sitter: Sitter, style: str, lowered: Array) -> list[Array]:
    right, left = sitter.at(*_RIGHT_EYE), sitter.at(*_LEFT_EYE)
    axis = left - right
    apart = float(np.hypot(*axis))
    x_axis = axis / max(apart, 1.0)
    y_axis = np.array([-x_axis[1], x_axis[0]])
    # The eye farther from the camera is seen aslant.
    nose = float((sitter.at(168) - right) @ x_axis) / max(apart, 1.0)
    half_width = pick(rng, 0.36, 0.46) * apart
    power, ratio = _SHAPES[style]
    ratio *= pick(rng, 0.85, 1.15)
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    unit = np.stack([np.sign(cosine) * np.abs(cosine) ** (2 / power), np.sign(sine) * np.abs(sine) ** (2 / power)], -1)
    lenses = []
    for centre, outward, share in ((right, -1.0, nose), (left, 1.0, 1 - nose)):
        shape = unit * [half_width * np.clip(2 * share, 0.4, 1.25), half_width * ratio]
        if style == "wayfarer":
            shape[:, 0] *= 1 - 0.12 * np.clip(shape[:, 1] / half_width, -1, 1)
        if style == "cat":
            shape[:, 1] -= 0.25 * np.clip(outward * shape[:, 0], 0, None)
        if style == "aviator":
            # A drop that hangs outwards and down.
            shape[:, 0] += outward * 0.22 * np.clip(shape[:, 1], 0, None)
            shape[:, 1] *= np.where(shape[:, 1] > 0, 1.25, 0.7)
        if style == "panto":
            # Flat above, round below.
            shape[:, 1] *= np.where(shape[:, 1] > 0, 1.1, pick(rng, 0.5, 0.9))
        middle = centre + lowered + outward * pick(rng, 0.0, 0.06) * apart * x_axis + 0.06 * apart * y_axis
        lenses.append(np.asarray(middle + shape[:, :1] * x_axis + shape[:, 1:] * y_axis, np.float32))
    if style == "shield":
        return [cv2.convexHull(np.vstack(lenses))[:, 0]]
    return lenses


def _frame(rng: Rng, sitter: Sitter, style: str, lenses: list[Array]) -> Array:
    thin = style == "aviator" or chance(rng, 0.7 if style == "clear" else 0.35)
    width = pick(rng, 0.8, 1.6) if thin else pick(rng, 1.5, 5.5)
    scale = sitter.width / 130
    frame = np.zeros((SIDE, SIDE), np.float32)
    if chance(rng, 0.88):
        frame = np.max([stroked(lens, width * scale, closed=True) for lens in lenses], 0)
    if len(lenses) == 2:
        inner = [lens[np.argmin(np.abs(lens - sitter.at(168)).sum(1))] for lens in lenses]
        frame = np.maximum(frame, stroked(np.stack(inner), width * scale))
        if style == "aviator":
            frame = np.maximum(
                frame, stroked(np.stack([lens[np.argmin(lens[:, 1])] for lens in lenses]), width * scale)
            )
    if chance(rng, 0.8):
        everything = np.vstack(lenses)
        for outer, ear in ((everything[everything[:, 0].argmin()], 127), (everything[everything[:, 0].argmax()], 356)):
            frame = np.maximum(frame, stroked(np.stack([outer, sitter.at(ear)]), max(1.0, width * scale * 0.8)))
    return frame


def _frame_colour(rng: Rng) -> Array:
    common = ((15, 14, 14), (40, 28, 20), (90, 60, 35), (180, 160, 110), (170, 172, 176), (240, 240, 240))
    colour = np.array(common[int(rng.integers(6))]) if chance(rng, 0.85) else random_colour(rng)
    return np.asarray(colour, np.float32)


def _reflecting(rng: Rng, sitter: Sitter, colour: Array, strength: float) -> Array:
    patch = sitter.patches[int(rng.integers(len(sitter.patches)))]
    scene = cv2.resize(patch, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    scene = np.tile(scene, (2, 2, 1))
    glint = np.zeros((SIDE, SIDE), np.float32)
    if chance(rng, 0.4):
        start = rng.uniform(60, 196, 2)
        glint = softened(
            stroked(np.stack([start, start + rng.uniform(-25, 25, 2)]).astype(np.float32), pick(rng, 2, 7)),
            pick(rng, 0.8, 3),
        )
    return np.asarray(
        colour * (1 - strength) + scene * strength + 200 * pick(rng, 0.2, 0.9) * glint[..., None], np.float32
    )
