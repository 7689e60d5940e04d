"""Photos with their measures and templates, as they are and spoiled: what quality is learned from and looked at on."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "blur"))

from damage import DAMAGES, strength_between

from visavis.api import open_engine
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.errors import AcquisitionError, InputError
from visavis.measures import FaceMeasures
from visavis.types import AnalyzedFace, FaceChoice

_SEED = 4
_NOSE_BRIDGE, _CHIN = 168, 152
_SPOILED_EVERY = 3
_GRAIN = 6.0

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture file.

    Attributes:
        path: of the file.
        person: whom it shows.
        group: `frontal`, `profile` or the name of its data set.
        choice: which face is the subject.
    """

    path: Path
    person: str
    group: str
    choice: FaceChoice = FaceChoice.LARGEST


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One face, measured.

    Attributes:
        photo: where it comes from.
        spoiled: what was done to it: empty, `covered`, `damaged` or `cut`.
        vector: (D,) template.
        length: of the template before it was brought to unit length.
        probability: of the detector, 0..1.
        measures: of the face.
    """

    photo: Photo
    spoiled: str
    vector: NDArray[np.float32]
    length: float
    probability: float
    measures: FaceMeasures


@dataclass(frozen=True, slots=True)
class Order:
    """How to gather.

    Attributes:
        model: recogniser.
        precision: of all networks.
        spoil: also cover, damage and cut every third frontal photo.
    """

    model: str
    precision: str
    spoil: bool = False


def cfp_photos(data: Path, people_list: str) -> list[Photo]:
    """The photos of the people of `splits/<people_list>.txt`."""
    people = (data / "splits" / f"{people_list}.txt").read_text("utf-8").split()
    return [
        Photo(path, person, pose)
        for person in people
        for pose in ("frontal", "profile")
        for path in sorted((data / "cfp" / person / pose).glob("*.jpg"))
    ]


def lfw_photos(data: Path, people_list: str) -> list[Photo]:
    """The same of LFW, whose subject is the central face."""
    people = (data / "splits" / f"{people_list}.txt").read_text("utf-8").split()
    return [
        Photo(path, person, people_list, FaceChoice.CENTRAL)
        for person in people
        for path in sorted((data / "lfw/images" / person).glob("*.jpg"))
    ]


def mask_photos(data: Path, folder: str) -> list[Photo]:
    """Photos of unknown people with or without a mask."""
    return [Photo(path, path.stem, folder) for path in sorted((data / "masks" / folder).iterdir())]


def gather(photos: Sequence[Photo], order: Order, processes: int) -> list[Example]:
    """Every face that is found, in the order of the photos."""
    numbered = list(enumerate(photos))
    parts = [numbered[start::processes] for start in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        found = [one for part in pool.map(_gather_part, parts, [order] * processes) for one in part]
    return [example for _, example in sorted(found, key=lambda one: one[0])]


def _gather_part(photos: Sequence[tuple[int, Photo]], order: Order) -> list[tuple[tuple[int, int], Example]]:
    found = []
    with open_engine(model=order.model, precision=order.precision, profile="default", threads=1) as engine:
        for number, photo in photos:
            for step, example in enumerate(_examples_of(engine, number, photo, spoil=order.spoil)):
                found.append(((number, step), example))
    return found


def _examples_of(engine: FaceEngine, number: int, photo: Photo, *, spoil: bool) -> Iterator[Example]:
    content = photo.path.read_bytes()
    try:
        face = engine.analyze(content, photo.choice)
    except AcquisitionError:
        return
    yield _example(photo, "", face)
    if not spoil or photo.group != "frontal" or number % _SPOILED_EVERY:
        return
    chance = np.random.default_rng([_SEED, number])
    pixels = Picture(content, ImageLimits()).decode(1.0).pixels
    changed = {
        "covered": cover(pixels, face.points, chance),
        "damaged": damage(pixels, face.measures.eye_distance_px, chance),
        "cut": cut(pixels, face.points, chance),
    }
    for name, spoiled in changed.items():
        try:
            yield _example(photo, name, engine.analyze(from_array(spoiled), photo.choice))
        except (AcquisitionError, InputError):
            continue


def _example(photo: Photo, spoiled: str, face: AnalyzedFace) -> Example:
    template = face.acquired.template
    assert template.length is not None
    probability = face.acquired.face.probability
    return Example(photo, spoiled, template.vector, template.length, probability, face.measures)


def cover(pixels: Pixels, points: Points, chance: np.random.Generator) -> Pixels:
    """Something of one colour lies over the lower face, over the eyes, over one side, or anywhere.

    Args:
        pixels: (H, W, 3) RGB.
        points: (468, 3) mesh of the face in it.
        chance: decides what, where, and its colour.
    """
    corners = _some_points(points[:, :2], chance)
    covered = np.zeros(pixels.shape[:2], np.uint8)
    if len(corners) >= 3:
        cv2.fillConvexPoly(covered, cv2.convexHull(np.rint(corners).astype(np.int32)), 1)
    colour = chance.uniform(10, 245, 3) + chance.normal(0, _GRAIN, pixels.shape)
    return np.where(covered[..., None] > 0, np.clip(colour, 0, 255), pixels).astype(np.uint8)


def _some_points(flat: Points, chance: np.random.Generator) -> Points:
    """(M, 2) points of the lower face, around the eyes, of one side, or around any point."""
    centre = flat[_NOSE_BRIDGE]
    down = flat[_CHIN] - centre
    height = max(float(np.hypot(*down)), 1.0)
    # To the right and down from the bridge of the nose, in its distances to the chin.
    axes = np.array([[down[1], down[0]], [-down[0], down[1]]]) / height
    across, below = ((flat - centre) @ axes / height).T
    kind = int(chance.integers(4))
    if kind == 0:
        chosen = below > chance.uniform(0.05, 0.45)
    elif kind == 1:
        chosen = np.abs(below) < chance.uniform(0.12, 0.3)
    elif kind == 2:
        chosen = (across if chance.random() < 0.5 else -across) > chance.uniform(-0.1, 0.3)
    else:
        reach, middle = chance.uniform(0.15, 0.5), int(chance.integers(len(flat)))
        chosen = (np.abs(across - across[middle]) < reach) & (np.abs(below - below[middle]) < reach)
    return np.asarray(flat[chosen])


def cut(pixels: Pixels, points: Points, chance: np.random.Generator) -> Pixels:
    """The picture ends within the face: 5 to 50 % of its width or height are missing on one side."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    axis, share = int(chance.integers(2)), chance.uniform(0.05, 0.5)
    at_end = chance.random() < 0.5
    edge = high[axis] - share * (high[axis] - low[axis]) if at_end else low[axis] + share * (high[axis] - low[axis])
    # Rows are y, the second coordinate.
    along = np.swapaxes(pixels, 0, 1 - axis)
    whole = int(np.clip(round(float(edge)), 1, len(along) - 1))
    return np.ascontiguousarray(np.swapaxes(along[:whole] if at_end else along[whole:], 0, 1 - axis))


def damage(pixels: Pixels, eye_distance: float, chance: np.random.Generator) -> Pixels:
    """Blur, motion, few pixels, JPEG or noise, of any strength."""
    kind = str(chance.choice(list(DAMAGES)))
    return DAMAGES[kind](pixels, eye_distance, strength_between(kind, chance.random()), chance)
