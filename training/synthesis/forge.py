"""Forgeries to learn from: each kind a function of one face, and of another where it takes two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from blend import (
    Mask,
    any_mask,
    any_region,
    change_colours,
    compress,
    join,
    oval_mask,
    sharpen,
    soften,
    take_colours,
)
from warp import Pixels, Points, move_slightly, shift_smoothly, warp_smoothly

from visavis.engine.landmarks.shape import load_shape


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A face.

    Attributes:
        pixels: (S, S, 3) RGB.
        points: (468, 2) its mesh, pixels of the canvas.
    """

    pixels: Pixels
    points: Points

    @property
    def side(self) -> int:
        """S."""
        return self.pixels.shape[0]


Forged = tuple[Pixels, Mask]
"""The forged canvas, and how much of each pixel is not what it was."""
Forge = Callable[[Canvas, Canvas, np.random.Generator], Forged]


def blend_with_itself(face: Canvas, other: Canvas, chance: np.random.Generator) -> Forged:
    """The face over itself, shifted and of other colours or sharpness (self-blended image)."""
    mask = any_mask(face.points, face.side, face.side, chance)
    moved = move_slightly(face.pixels, chance, face.points.mean(0), chance.uniform(0.3, 1.5))
    if chance.random() < 0.6:
        moved = shift_smoothly(moved, chance, 0.02 * face.side * chance.random())
    changed, base = _changed(moved, chance), face.pixels
    if chance.random() < 0.3:
        changed, base = moved, _changed(face.pixels, chance)
    return join(base, changed, mask), mask


def morph(face: Canvas, other: Canvas, chance: np.random.Generator) -> Forged:
    """Both in a shape between theirs, averaged all over the canvas, ghosts at the edges and all."""
    mixed, _ = _mixed(face, other, chance, chance.uniform(0.3, 0.7))
    if chance.random() < 0.3:
        mixed = sharpen(mixed, chance.uniform(0.7, 1.5), chance.uniform(0.2, 1.0))
    return mixed, np.ones(mixed.shape[:2], np.float32)


def splice_morph(face: Canvas, other: Canvas, chance: np.random.Generator) -> Forged:
    """A morph within the photo of the first: shape in between, or its own."""
    share = 0.0 if chance.random() < 0.5 else chance.uniform(0.3, 0.5)
    mixed, points = _mixed(face, other, chance, share)
    frame = warp_smoothly(face.pixels, face.points, points) if share else face.pixels
    mask = _face_mask(points, face.side, chance)
    return join(frame, take_colours(mixed, frame, mask, chance.uniform(0, 1)), mask), mask


def swap(face: Canvas, other: Canvas, chance: np.random.Generator) -> Forged:
    """The other's face, warped to the first one's shape, in the first one's photo."""
    over = warp_smoothly(other.pixels, other.points, face.points)
    if chance.random() < 0.3:
        over = _changed(over, chance)
    mask = _face_mask(face.points, face.side, chance)
    return join(face.pixels, take_colours(over, face.pixels, mask, chance.uniform(0.4, 1)), mask), mask


def edit_locally(face: Canvas, other: Canvas, chance: np.random.Generator) -> Forged:
    """A region replaced, smoothed, or changed in shape."""
    mask = any_region(face.points, face.side, face.side, chance)
    way = chance.random()
    if way < 0.5:
        over = warp_smoothly(other.pixels, other.points, face.points)
        over = take_colours(over, face.pixels, mask, chance.uniform(0.5, 1))
    elif way < 0.75:
        mask = mask if chance.random() < 0.5 else _face_mask(face.points, face.side, chance)
        over = np.asarray(cv2.bilateralFilter(face.pixels, 7, chance.uniform(20, 60), chance.uniform(2, 5)), np.uint8)
    else:
        over = _resized_region(face.pixels, mask, chance)
    return join(face.pixels, over, mask), mask


def overlay_mesh(face: Canvas, other: Canvas, chance: np.random.Generator) -> Forged:
    """Rendered geometry over the face: the mesh's triangles, each of one colour, lit from a side."""
    triangles = load_shape().triangles
    corners = face.points[triangles]
    middles = np.clip(np.rint(corners.mean(1)), 0, face.side - 1).astype(int)
    source = warp_smoothly(other.pixels, other.points, face.points) if chance.random() < 0.5 else face.pixels
    colours = cv2.GaussianBlur(source, (0, 0), 2.0)[middles[:, 1], middles[:, 0]].astype(np.float32)
    shape = load_shape().points[triangles]
    normals = np.cross(shape[:, 1] - shape[:, 0], shape[:, 2] - shape[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    light = normals @ (chance.normal(0, 1, 3) * [1, 1, 0.3])
    colours = np.clip(colours * (1 + chance.uniform(0.05, 0.3) * light[:, None]), 0, 255)
    over = face.pixels.copy()
    for corner, colour in zip(np.rint(corners * 16).astype(np.int32), colours.tolist(), strict=True):
        cv2.fillConvexPoly(over, corner, colour, cv2.LINE_AA, 4)
    if chance.random() < 0.6:
        over = np.asarray(cv2.GaussianBlur(over, (0, 0), chance.uniform(0.5, 3)), np.uint8)
    mask = _face_mask(face.points, face.side, chance) * chance.uniform(0.5, 1.0)
    return join(face.pixels, over, mask), mask


FORGES: dict[str, Forge] = {
    "self_blend": blend_with_itself,
    "morph": morph,
    "splice_morph": splice_morph,
    "swap": swap,
    "local_edit": edit_locally,
    "mesh_overlay": overlay_mesh,
}


def _mixed(face: Canvas, other: Canvas, chance: np.random.Generator, share: float) -> tuple[Pixels, Points]:
    """Both faces in a shape `share` of the way from the first to the other, averaged."""
    fitted = _fit(other, face)
    points = face.points + share * (fitted.points - face.points)
    first = warp_smoothly(face.pixels, face.points, points)
    second = warp_smoothly(fitted.pixels, fitted.points, points)
    if chance.random() < 0.5:
        mask = oval_mask(points, face.side, face.side)
        second = take_colours(second, first, mask, chance.uniform(0.3, 1))
    weight = chance.uniform(0.35, 0.65)
    return np.asarray(np.rint(first * weight + second * (1 - weight)), np.uint8), points


def _fit(other: Canvas, face: Canvas) -> Canvas:
    """The other canvas brought to the place and size of the first one's face."""
    found = cv2.estimateAffinePartial2D(other.points.astype(np.float32), face.points.astype(np.float32))[0]
    size = face.side, face.side
    pixels = cv2.warpAffine(other.pixels, found, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return Canvas(np.asarray(pixels, np.uint8), other.points @ found[:, :2].T + found[:, 2])


def _face_mask(points: Points, side: int, chance: np.random.Generator) -> Mask:
    mask = soften(oval_mask(points, side, side, chance.uniform(0.75, 1.0)), points, chance)
    return mask / max(float(mask.max()), 1e-6)


def _changed(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """Other colours, or another sharpness, or both."""
    way = chance.random()
    if way < 0.75:
        pixels = change_colours(pixels, chance, chance.uniform(0.3, 1.5))
    if way > 0.45:
        pixels = _resharpened(pixels, chance)
    return pixels


def _resharpened(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    way = chance.integers(4)
    if way == 0:
        return sharpen(pixels, chance.uniform(0.6, 1.5), chance.uniform(0.3, 1.5))
    if way == 1:
        return compress(pixels, int(chance.integers(25, 75)))
    if way == 2:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), chance.uniform(0.5, 1.5)), np.uint8)
    small = cv2.resize(pixels, None, fx=(scale := chance.uniform(0.35, 0.8)), fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _resized_region(pixels: Pixels, mask: Mask, chance: np.random.Generator) -> Pixels:
    """Larger or smaller around its middle."""
    height, width = mask.shape
    rows, columns = np.nonzero(mask > 0.5)
    if len(rows) == 0:
        return pixels
    centre = float(columns.mean()), float(rows.mean())
    matrix = cv2.getRotationMatrix2D(centre, 0, float(chance.choice([-1, 1]) * chance.uniform(0.08, 0.2) + 1))
    matrix[:, 2] += chance.normal(0, 0.006 * height, 2)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)
