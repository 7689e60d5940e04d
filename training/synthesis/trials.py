"""Forgeries to test with, made by other means than those to learn from: triangles, Poisson, Lab colours, distances.

They are made of whole photos at full resolution, as a forger would.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from faces import Subject
from visavis.engine.landmarks.shape import load_shape

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Trial = Callable[[Subject, Subject, np.random.Generator], Pixels]
"""A photo, one of somebody else, chance → the forged photo, of the first one's size."""


def morph_by_triangles(first: Subject, second: Subject, chance: np.random.Generator) -> Pixels:
    """Complete morph: the mesh and the frame cut into triangles, each averaged half and half."""
    pixels = first.pixels()
    other, points = _brought(second, first)
    ends = first.points, (first.points + points) / 2, points
    near, middle, far = (_framed(one, pixels.shape) for one in ends)
    warped = [warp_triangles(source, at, middle).astype(np.float32) for source, at in ((pixels, near), (other, far))]
    return np.rint((warped[0] + warped[1]) / 2).astype(np.uint8)


def splice_by_poisson(first: Subject, second: Subject, chance: np.random.Generator) -> Pixels:
    """The middle of a morph, in the first one's shape, put into the first one's photo by Poisson's equation."""
    pixels = first.pixels()
    other, points = _brought(second, first)
    over = warp_triangles(other, _framed(points, pixels.shape), _framed(first.points, pixels.shape))
    mixed = np.rint(0.5 * over + 0.5 * pixels).astype(np.uint8)
    return _cloned(mixed, pixels, _inner(first.points, 0.9))


def swap_by_lab(first: Subject, second: Subject, chance: np.random.Generator) -> Pixels:
    """The other's face in the first one's photo: Lab colours brought into line, an edge that fades with distance."""
    pixels = first.pixels()
    other, points = _brought(second, first)
    over = warp_triangles(other, _framed(points, pixels.shape), _framed(first.points, pixels.shape))
    polygon = _inner(first.points, 0.88)
    inside = _filled(polygon, pixels.shape) > 0
    return _faded(pixels, _lab_like(over, pixels, inside), inside, chance.uniform(0.02, 0.08))


def blend_itself_by_lab(first: Subject, second: Subject, chance: np.random.Generator) -> Pixels:
    """The photo over itself within an ellipse: lightness, tint and sharpness changed, shifted by a few pixels."""
    pixels = first.pixels()
    size = float(np.ptp(first.points, 0).max())
    shift = chance.normal(0, 0.012 * size, 2)
    moved = cv2.warpAffine(
        pixels, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), pixels.shape[1::-1], borderMode=cv2.BORDER_REFLECT_101
    )
    if chance.random() < 0.5:
        moved = cv2.medianBlur(moved, 3)
    lab = cv2.cvtColor(moved, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 0] = (lab[..., 0] - 128) * chance.uniform(0.85, 1.15) + 128 + chance.uniform(-12, 12)
    lab[..., 1:] += chance.uniform(-6, 6, 2)
    changed = cv2.cvtColor(np.clip(np.rint(lab), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    inside = np.zeros(pixels.shape[:2], np.uint8)
    ellipse = cv2.fitEllipse(first.points[load_shape().contours["face_oval"]].astype(np.float32))
    scale = chance.uniform(0.7, 0.95)
    cv2.ellipse(inside, (ellipse[0], (ellipse[1][0] * scale, ellipse[1][1] * scale), ellipse[2]), 1, -1)
    return _faded(pixels, np.asarray(changed, np.uint8), inside > 0, chance.uniform(0.02, 0.1))


def edit_by_poisson(first: Subject, second: Subject, chance: np.random.Generator) -> Pixels:
    """The other's mouth or eyes, put in by Poisson's equation."""
    pixels = first.pixels()
    other, points = _brought(second, first)
    over = warp_triangles(other, _framed(points, pixels.shape), _framed(first.points, pixels.shape))
    name = str(chance.choice(["mouth", "left_eye", "right_eye", "nose"]))
    region = first.points[load_shape().regions[name]]
    middle = region.mean(0)
    hull = cv2.convexHull(((region - middle) * 1.25 + middle).astype(np.float32))[:, 0]
    return _cloned(over, pixels, hull.astype(np.float64))


TRIALS: dict[str, Trial] = {
    "self-blend": blend_itself_by_lab,
    "morph": morph_by_triangles,
    "spliced morph": splice_by_poisson,
    "swap": swap_by_lab,
    "local edit": edit_by_poisson,
}


def warp_triangles(pixels: Pixels, source: Points, target: Points) -> Pixels:
    """Affine within each of Delaunay's triangles of `target`.

    Args:
        pixels: (H, W, 3).
        source: (N, 2) points of these pixels.
        target: (N, 2) where they go; the corners of the picture among them.
    """
    height, width = pixels.shape[:2]
    mesh = Delaunay(target)
    rows, columns = np.mgrid[:height, :width]
    places = np.stack([columns.ravel(), rows.ravel()], 1) + 0.5
    found = np.maximum(mesh.find_simplex(places), 0)
    affine = mesh.transform[found]
    two = np.einsum("nij,nj->ni", affine[:, :2], places - affine[:, 2])
    weights = np.column_stack([two, 1 - two.sum(1)])
    came = np.einsum("ni,nij->nj", weights, source[mesh.simplices[found]]).astype(np.float32) - 0.5
    x, y = came.reshape(height, width, 2).transpose(2, 0, 1)
    moved = cv2.remap(
        pixels, np.ascontiguousarray(x), np.ascontiguousarray(y), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def _brought(other: Subject, first: Subject) -> tuple[Pixels, Points]:
    """The other's photo turned, scaled and shifted so that its face lies over the first one's."""
    pixels, own = other.pixels(), first.pixels()
    found = cv2.estimateAffinePartial2D(other.points.astype(np.float32), first.points.astype(np.float32))[0]
    size = own.shape[1], own.shape[0]
    scale = float(np.hypot(found[0, 0], found[1, 0]))
    if scale < 0.6:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.4 / scale), np.uint8)
    moved = cv2.warpAffine(pixels, found, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8), other.points @ found[:, :2].T + found[:, 2]


def _framed(points: Points, shape: tuple[int, ...]) -> Points:
    """With the corners and the middles of the edges, which stay where they are."""
    height, width = shape[:2]
    inside = np.clip(points, 1.0, [width - 2.0, height - 2.0])
    edge = [(x, y) for x in (0, width / 2, width) for y in (0, height / 2, height) if (x, y) != (width / 2, height / 2)]
    return np.vstack([inside, np.array(edge, np.float64)])


def _inner(points: Points, scale: float) -> Points:
    oval = points[load_shape().contours["face_oval"]]
    return np.asarray((oval - oval.mean(0)) * scale + oval.mean(0))


def _filled(polygon: Points, shape: tuple[int, ...]) -> Pixels:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(polygon).astype(np.int32)], 255)
    mask[:2], mask[-2:], mask[:, :2], mask[:, -2:] = 0, 0, 0, 0
    return mask


def _cloned(over: Pixels, under: Pixels, polygon: Points) -> Pixels:
    mask = _filled(polygon, under.shape)
    if not mask.any():
        return under
    left, top, width, height = cv2.boundingRect(mask)
    centre = left + width // 2, top + height // 2
    return np.asarray(cv2.seamlessClone(over, under, mask, centre, cv2.NORMAL_CLONE), np.uint8)


def _lab_like(pixels: Pixels, model: Pixels, inside: NDArray[np.bool_]) -> Pixels:
    own, other = (cv2.cvtColor(one, cv2.COLOR_RGB2LAB).astype(np.float32) for one in (pixels, model))
    if not inside.any():
        return pixels
    spread = other[inside].std(0) / np.maximum(own[inside].std(0), 1)
    matched = (own - own[inside].mean(0)) * spread + other[inside].mean(0)
    return np.asarray(cv2.cvtColor(np.clip(np.rint(matched), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB), np.uint8)


def _faded(under: Pixels, over: Pixels, inside: NDArray[np.bool_], width: float) -> Pixels:
    """From the edge inwards the share rises linearly over `width` of the longer side of what is inside."""
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    rows = np.flatnonzero(inside.any(1))
    size = float(np.ptp(rows)) if len(rows) else 1.0
    share = np.clip(depth / max(width * size, 1.0), 0, 1)[..., None]
    return np.rint(over * share + under * (1 - share)).astype(np.uint8)
