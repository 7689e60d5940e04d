"""Composites: a face, what lies over it, what light and camera do to both, and which pixel is what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from clothing import beard, collar, fringe, gloom, hat, shawl
from glasses import FURTHER_STYLES, HELD_OUT_STYLES, TRAINED_STYLES, clear_glasses, dark_glasses
from hands import hand
from held_out import microphone, paper, scarf
from layers import SIDE, Array, Layer, Rng, Sitter, chance, clouds, filled, laid_over, pick, placed, ramp, softened
from masks import HELD_OUT_TEMPLATES, TRAINED_TEMPLATES, drawn_mask, template_mask
from numpy.typing import NDArray
from objects import ball, band, cup, hair, phone, piece, slab
from sheets import card
from worn_masks import worn_mask

from faces import Faces
from visavis.engine.geometry import warp_pixels
from visavis.engine.landmarks.mesh import FaceMesh, face_window
from visavis.engine.landmarks.shape import load_shape
from visavis.engine.occlusion.segmenter import region_areas
from visavis.measures import Region

CROP_PX = 128
MAP_PX = 64
CROP_SPREAD = 1.25
_CANVAS_SPREAD = 1.6
_LEAST_INSIDE = 0.15
_VISIBLE_MASK, _WORN, _NOT_WORN = 0.3, 0.6, 0.1
_SKIN = (50, 280, 205, 425, 151, 9)

Maker = Callable[[Rng, Sitter], Layer]


@dataclass(frozen=True, slots=True)
class Families:
    """Makers of layers by name; the held-out ones are in neither of the others.

    Attributes:
        trained: of the first three sets of examples.
        further: of the fourth, besides those.
        held_out: of the test.
    """

    trained: dict[str, Maker]
    further: dict[str, Maker]
    held_out: dict[str, Maker]


def families(templates: Path) -> Families:
    """Args:
    templates: folder with the pictures of masks.
    """
    trained: dict[str, Maker] = {
        "mask": lambda rng, sitter: template_mask(rng, sitter, templates, TRAINED_TEMPLATES),
        "drawn mask": drawn_mask,
        "dark glasses": lambda rng, sitter: dark_glasses(rng, sitter, TRAINED_STYLES),
        "hand": hand,
        "hair": hair,
        "phone": phone,
        "cup": cup,
        "ball": ball,
        "piece": piece,
        "slab": slab,
        "band": band,
    }
    further: dict[str, Maker] = {
        "worn mask": lambda rng, sitter: worn_mask(rng, sitter, templates),
        "low glasses": lambda rng, sitter: dark_glasses(rng, sitter, FURTHER_STYLES, 0.16),
        "collar": collar,
        "shawl": shawl,
        "hat": hat,
        "fringe": fringe,
        "card": card,
    }
    held_out: dict[str, Maker] = {
        "KN95 mask": lambda rng, sitter: template_mask(rng, sitter, templates, HELD_OUT_TEMPLATES),
        "aviator glasses": lambda rng, sitter: dark_glasses(rng, sitter, HELD_OUT_STYLES),
        "scarf": scarf,
        "paper": paper,
        "microphone": microphone,
    }
    return Families(trained, further, held_out)


_SHARES = {
    "mask": 0.16,
    "drawn mask": 0.16,
    "dark glasses": 0.14,
    "hand": 0.15,
    "hair": 0.08,
    "phone": 0.05,
    "cup": 0.04,
    "ball": 0.04,
    "piece": 0.10,
    "slab": 0.04,
    "band": 0.04,
}
CLEAN_SHARE = 0.34
_SECOND_SHARE = 0.12
_FURTHER_SHARES = {
    "worn mask": 0.26,
    "drawn mask": 0.04,
    "mask": 0.04,
    "low glasses": 0.11,
    "dark glasses": 0.03,
    "hand": 0.09,
    "collar": 0.09,
    "card": 0.12,
    "fringe": 0.04,
    "hat": 0.03,
    "shawl": 0.03,
    "hair": 0.02,
    "phone": 0.02,
    "cup": 0.03,
    "ball": 0.01,
    "piece": 0.03,
    "slab": 0.01,
}
_FURTHER_SECOND = ("low glasses", "hand", "fringe", "card", "worn mask", "hat")
_BEARD_SHARE, _GLOOM_SHARE = 0.12, 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """One training example, before the camera.

    Attributes:
        picture: (256, 256, 3) float32 RGB.
        cover: (3, 256, 256) float32 shares covered by a mask, dark glasses, something else.
        weight: (256, 256) float32, how much a pixel's label is to be trusted.
        inside: (256, 256) float32, 1 within the photo.
    """

    picture: Array
    cover: Array
    weight: Array
    inside: Array


def seat(faces: Faces, index: int, others: Array) -> Sitter:
    """The face of that number, ready to be covered."""
    points = np.ascontiguousarray(faces.points[index][:, :2])
    left, right = points[234, 0], points[454, 0]
    middle = (points[1, 0] - left) / max(right - left, 1.0)
    width = float(np.hypot(*(points[454] - points[234])))
    turn = float(np.clip(2 * middle - 1, -1, 1))
    # A profile is as wide as its height allows.
    width = max(width, 0.6 * float(np.hypot(*(points[152] - points[10]))))
    return Sitter(faces.canvases[index], points, skin_of(faces, index), width, turn, faces.patches, others)


def skin_of(faces: Faces, index: int) -> Array:
    """(3,) median colour around a few points of cheeks and forehead."""
    at = np.clip(faces.points[index][list(_SKIN), :2].astype(int), 3, SIDE - 4)
    pieces = [faces.canvases[index][y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3) for x, y in at]
    return np.asarray(np.median(np.concatenate(pieces), 0), np.float32)


def compose(rng: Rng, sitter: Sitter, makers: list[Maker]) -> Composite:
    """The face with these layers, in order, some harmless ones below them, and uneven light."""
    picture = sitter.canvas.astype(np.float32)
    inside = filled(cv2.convexHull(sitter.points)[:, 0])
    cover = np.zeros((3, SIDE, SIDE), np.float32)
    picture = _adorned(rng, sitter, picture)
    for maker in makers:
        layer = maker(rng, sitter)
        picture = laid_over(rng, picture, layer)
        covered = layer.covered
        cover *= 1 - covered
        cover[int(layer.cover) - 1] += covered
    picture = _shone_on(rng, picture)
    # Beyond the face nothing is known of what lies before what; next to it, background should not look like a cover.
    near = softened(inside, 5) * 0.5
    weight = np.maximum(inside, np.maximum(np.minimum(near, 0.25), 0.3 * cover.sum(0) * (softened(inside, 14) > 0.02)))
    return Composite(picture, cover, weight.astype(np.float32), np.ones((SIDE, SIDE), np.float32))


def _adorned(rng: Rng, sitter: Sitter, picture: Array) -> Array:
    """What people wear on a face that hides nothing: make-up, stubble, spectacles."""
    contours = load_shape()
    if chance(rng, 0.12):
        lips = filled(sitter.points[contours.regions["mouth"]]) - filled(sitter.points[contours.contours["inner_lips"]])
        tint = np.array([pick(rng, 100, 220), pick(rng, 10, 90), pick(rng, 30, 110)])
        picture = _tinted(picture, softened(np.clip(lips, 0, 1), 1.2) * pick(rng, 0.2, 0.7), tint)
    if chance(rng, 0.08):
        lids = np.maximum(*(filled(sitter.points[contours.regions[name]]) for name in ("left_eye", "right_eye")))
        picture = _tinted(picture, softened(lids, 2.5) * pick(rng, 0.1, 0.45), rng.uniform(10, 160, 3))
    if chance(rng, 0.1):
        low = filled(sitter.points[contours.regions["chin_contour"]])
        grain = np.clip(softened(low, 4) * (0.6 + 0.5 * clouds(rng, 160)), 0, 1)
        picture = _tinted(picture, np.asarray(grain * pick(rng, 0.1, 0.5), np.float32), np.array([45, 38, 34]))
    if chance(rng, 0.14):
        picture = laid_over(rng, picture, clear_glasses(rng, sitter))
    return picture


def _tinted(picture: Array, share: Array, colour: NDArray[np.float64]) -> Array:
    grey = picture.mean(-1, keepdims=True) / 150
    return np.asarray(picture * (1 - share[..., None]) + share[..., None] * colour * grey, np.float32)


def _shone_on(rng: Rng, picture: Array) -> Array:
    """Shadows that fall on the face, and light from one side."""
    if chance(rng, 0.22):
        normal = pick(rng, 0, 6.28)
        edge = ramp(normal) * 128 + 12 * clouds(rng, int(rng.integers(3, 8))) - pick(rng, -45, 45)
        shadow = 1 / (1 + np.exp(-np.clip(edge / pick(rng, 0.8, 12), -30, 30)))
        picture = picture * (1 - pick(rng, 0.15, 0.65) * shadow)[..., None]
    if chance(rng, 0.25):
        picture = picture * np.clip(1 + pick(rng, 0.2, 0.9) * ramp(pick(rng, 0, 6.28)) * 1.4, 0.08, 2.2)[..., None]
    if chance(rng, 0.08):
        spot = np.clip(clouds(rng, 4), 0, 3)
        picture = picture + (pick(rng, 10, 50) * spot)[..., None]
    return np.asarray(picture, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What the network gets, and what it should say.

    Attributes:
        crop: (128, 128, 3) uint8 RGB.
        planes: (4, 64, 64) uint8: shares, times 255, covered by a mask, dark glasses, something else; weight.
        points: (468, 2) float64 the mesh, pixels of the crop; where the product looks for it, the one that it found.
        regions: (9,) float32 covered share of each region's part in the picture; NaN where next to none of it is.
        worn: 1 where a mask is worn, 0 where none is, NaN where that is open to doubt.
    """

    crop: NDArray[np.uint8]
    planes: NDArray[np.uint8]
    points: NDArray[np.float64]
    regions: Array
    worn: float


def photograph(rng: Rng, composite: Composite, points: Array) -> Example:
    """Crop a composite as a mesh that is a little off would, then do to it what cameras and codecs do.

    Args:
        rng: decides.
        composite: the face and its covers.
        points: (468, 2) its mesh.
    """
    zoom = CROP_PX / SIDE * _CANVAS_SPREAD / CROP_SPREAD * float(np.exp(rng.normal(0, 0.06)))
    angle = float(np.radians(rng.normal(0, 5)))
    a, b = zoom * np.cos(angle), zoom * np.sin(angle)
    shift = CROP_PX / 2 + rng.normal(0, 0.03 * CROP_PX, 2)
    middle = SIDE / 2
    move = np.array([[a, -b, shift[0] - (a - b) * middle], [b, a, shift[1] - (a + b) * middle]])
    size = (CROP_PX, CROP_PX)
    crop = cv2.warpAffine(softened(composite.picture, 0.45 / zoom), move, size)
    maps = np.dstack([*composite.cover, composite.weight, composite.inside])
    maps = cv2.resize(cv2.warpAffine(maps, move, size), (MAP_PX, MAP_PX), interpolation=cv2.INTER_AREA)
    if chance(rng, 0.06):
        crop, maps = _cut_off(rng, crop, maps)
    on_crop = points @ move[:, :2].T + move[:, 2]
    planes = np.clip(np.moveaxis(maps[..., :4], -1, 0) * 255 + 0.5, 0, 255).astype(np.uint8)
    return Example(degrade(rng, crop), planes, on_crop, _region_shares(maps, on_crop), _worn(maps, on_crop))


def framed(rng: Rng, composite: Composite) -> Composite:
    """The composite as a photo that was cut tight, now and then: black beyond an upright or tilted frame."""
    if not chance(rng, 0.25):
        return composite
    half = SIDE * rng.uniform(0.28, 0.5, 2)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    centre = np.array([SIDE / 2, SIDE / 2]) + rng.normal(0, 0.04 * SIDE, 2)
    inside = filled(placed(corners, centre, pick(rng, -0.25, 0.25)))
    weight, within = composite.weight * inside, composite.inside * inside
    return Composite(composite.picture * inside[..., None], composite.cover, weight, within)


def as_found(composite: Composite, pixels: NDArray[np.uint8], points: Array, found: FaceMesh) -> Example:
    """The example that the product makes of a composite: its crop is where the detector and the mesh say.

    Args:
        composite: the face and its covers.
        pixels: (256, 256, 3) uint8 RGB, its picture as the product is shown it.
        points: (468, 2) mesh of the face without covers.
        found: the mesh that the product found.
    """
    move = face_window(found, CROP_SPREAD, CROP_PX)
    maps = np.dstack([*composite.cover, composite.weight, composite.inside])
    maps = cv2.resize(cv2.warpAffine(maps, move, (CROP_PX, CROP_PX)), (MAP_PX, MAP_PX), interpolation=cv2.INTER_AREA)
    on_crop = points @ move[:, :2].T + move[:, 2]
    shares, worn = _region_shares(maps, on_crop), _worn(maps, on_crop)
    planes = np.clip(np.moveaxis(maps[..., :4], -1, 0) * 255 + 0.5, 0, 255).astype(np.uint8)
    return Example(warp_pixels(pixels, move, CROP_PX, CROP_PX), planes, found.seen_through(move), shares, worn)


def _region_shares(maps: Array, points: NDArray[np.float64]) -> Array:
    areas = np.stack([area.ravel() for area in region_areas(points).values()])
    inside = maps[..., 4].ravel()
    covered = _all(maps).ravel()
    known = areas @ inside
    shares = areas @ (inside * covered) / np.maximum(known, 1e-6)
    return np.where(known > _LEAST_INSIDE * areas.sum(1), shares, np.nan).astype(np.float32)


def _worn(maps: Array, points: NDArray[np.float64]) -> float:
    if maps[..., 0].max() < _VISIBLE_MASK:
        return 0.0
    area = region_areas(points)[Region.MOUTH]
    mouth = area * maps[..., 4]
    if mouth.sum() <= _LEAST_INSIDE * area.sum():
        return float("nan")
    by_mask, by_all = (float((mouth * plane).sum() / mouth.sum()) for plane in (maps[..., 0], _all(maps)))
    if by_mask > _WORN:
        return 1.0
    return 0.0 if by_all < _NOT_WORN else float("nan")


def _all(maps: Array) -> Array:
    return np.asarray(maps[..., :3].sum(-1), np.float32)


def _cut_off(rng: Rng, crop: Array, maps: Array) -> tuple[Array, Array]:
    """Part of the face lies outside of the picture, which is black."""
    share, side = pick(rng, 0.1, 0.4), int(rng.integers(4))
    crop, maps = np.rot90(crop, side).copy(), np.rot90(maps, side).copy()
    crop[: int(share * CROP_PX)] = 0
    maps[: int(share * MAP_PX), :, 3:] = 0
    return np.rot90(crop, -side).copy(), np.rot90(maps, -side).copy()


def degrade(rng: Rng, crop: Array) -> NDArray[np.uint8]:
    """Exposure, colour, resolution, blur, noise, JPEG: each now and then.

    Args:
        rng: decides.
        crop: (S, S, 3) RGB, 0..255.
    """
    side = crop.shape[0]
    if chance(rng, 0.5):
        crop = 255 * np.clip(crop / 255, 0, 1) ** pick(rng, 0.65, 1.6) * pick(rng, 0.8, 1.15)
    if chance(rng, 0.3):
        crop = crop * rng.uniform(0.82, 1.18, 3)
    if chance(rng, 0.15):
        crop = np.repeat((crop @ np.array([0.299, 0.587, 0.114]))[..., None], 3, -1)
    if chance(rng, 0.25):
        small = int(rng.integers(36, 112)) * side // CROP_PX
        coarse = cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)
        enlarged = cv2.INTER_LINEAR if chance(rng, 0.5) else cv2.INTER_CUBIC
        crop = cv2.resize(coarse, (side, side), interpolation=enlarged)
    if chance(rng, 0.2):
        crop = cv2.GaussianBlur(crop, (0, 0), pick(rng, 0.4, 2.0))
    if chance(rng, 0.07):
        length, angle = int(rng.integers(3, 9)), pick(rng, 0, 180)
        line = np.zeros((9, 9), np.float32)
        line[4, 4 - length // 2 : 5 + length // 2] = 1
        line = cv2.warpAffine(line, cv2.getRotationMatrix2D((4, 4), angle, 1), (9, 9))
        crop = cv2.filter2D(crop, -1, line / line.sum())
    if chance(rng, 0.4):
        crop = crop + rng.normal(0, pick(rng, 1, 10), crop.shape)
    pixels = np.clip(crop, 0, 255).astype(np.uint8)
    if chance(rng, 0.55):
        encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 96))])[1]
        pixels = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return pixels


def draw_makers(rng: Rng, trained: dict[str, Maker]) -> tuple[str, list[Maker]]:
    """What is laid over one training face: nothing, one thing, now and then two; and its name."""
    if chance(rng, CLEAN_SHARE):
        return "clean", []
    names = [str(rng.choice(list(_SHARES), p=np.array(list(_SHARES.values())) / sum(_SHARES.values())))]
    if chance(rng, _SECOND_SHARE):
        names.append(str(rng.choice(["dark glasses", "hand", "hair", "piece", "drawn mask"])))
    return " + ".join(names), [trained[name] for name in names]


def draw_further(rng: Rng, chosen: Families) -> tuple[str, list[Maker]]:
    """The same for the fourth set of examples, in which faces may be bearded or half in the dark, too."""
    makers, names = chosen.trained | chosen.further, []
    own = [maker for maker, share in ((beard, _BEARD_SHARE), (gloom, _GLOOM_SHARE)) if chance(rng, share)]
    if not chance(rng, CLEAN_SHARE):
        names.append(str(rng.choice(list(_FURTHER_SHARES), p=np.array(list(_FURTHER_SHARES.values())))))
        if chance(rng, _SECOND_SHARE):
            names.append(str(rng.choice(_FURTHER_SECOND)))
    return " + ".join(names) or "clean", own + [makers[name] for name in names]
