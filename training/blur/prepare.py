"""Make the examples that the blur network learns from: damaged faces, and what the damage did to their templates.

    python training/blur/prepare.py $VISAVIS_DATA/lfw $VISAVIS_DATA/splits/lfw-train.txt examples.npz

Every face is damaged in several ways, each with rising strength. What is kept of each: the crop that the network will
see, and how similar its template is to that of the sharp face, and to that of another picture of the same person.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from damage import DAMAGES, strength_between
from numpy.typing import NDArray
from rich.progress import track

from visavis.api import open_engine
from visavis.config import Settings
from visavis.engine.analysis.blur import BLUR_SIZE_PX, cut_face
from visavis.engine.geometry import Transform, invert_transform, scale_of, warp_pixels
from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.mesh import MESH_MODEL, FaceMesh, MeshLandmarker, face_window
from visavis.engine.models import ModelStore
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.engine.recognition.centre import load_centre
from visavis.engine.recognition.onnx import OnnxRecogniser
from visavis.engine.runtime import open_runtime
from visavis.errors import VisavisError
from visavis.types import DetectedFace, FaceChoice

CROP_PX = 108
"""The network's 96 and a margin of 6 all round, so that training can shift it."""

_CANVAS_PX, _SPREAD = 160, 1.25
_SOURCE_SPREAD = 1.6
_CHAINS, _LEVELS = 5, 3
_OFTEN = ("jpeg", "jpeg", "jpeg")
"""Additional lots: what JPEG does is faint over most of its range, and the hardest to put in order."""
_MIXED = 0.4
"""Share of the chains that start from a face with damage of another kind."""
_SHARP = 0.085
"""Contrast of the finest detail that a face starts with at least; three fifths of LFW reach it."""
_RIGHT_EYE, _LEFT_EYE = [33, 133], [263, 362]

Pixels = NDArray[np.uint8]
Vector = NDArray[np.float32]
Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Subject:
    """A face, and what is needed to look at it again."""

    picture: Picture
    face: DetectedFace
    mesh: FaceMesh
    template: Vector
    sharpness: float


class Preparation:
    """Finds faces and damages them."""

    def __init__(self, model: str) -> None:
        self._engine: FaceEngine = open_engine(model=model, precision="fp32", profile="default")
        store = ModelStore(Settings().home)
        spec = store.spec(model)
        runtime = open_runtime("openvino", "auto", 1)
        self._recogniser = OnnxRecogniser(runtime, spec, store.load(model), load_centre(spec))
        self._landmarker = MeshLandmarker(runtime, store.load(MESH_MODEL))

    def find(self, path: Path) -> Subject | None:
        """The central face of a picture; None where there is none."""
        picture = Picture(path.read_bytes(), ImageLimits())
        try:
            acquired = self._engine.acquire(path.read_bytes(), FaceChoice.CENTRAL)
            mesh = self._landmarker.locate(picture, acquired.face)
        except VisavisError as error:
            print(f"{path.name}: {error}")  # noqa: T201
            return None
        transform = face_window(mesh, _SPREAD, _CANVAS_PX)
        crop = cut_face(picture.warp(transform, _CANVAS_PX, _CANVAS_PX, min(1.0, scale_of(transform))), _SPREAD)
        return Subject(picture, acquired.face, mesh, acquired.template.vector, sharpness_of(crop))

    def examples(self, subject: Subject, chance: np.random.Generator) -> tuple[Pixels, Vector]:
        """(1 + chains x levels) crops of a face, the undamaged one first, and their templates."""
        eye_distance = float(chance.uniform(24, 56))
        scale = eye_distance / eye_distance_of(subject.mesh)
        size = round(scale / scale_of(face_window(subject.mesh, _SOURCE_SPREAD, 1)))
        to_source = face_window(subject.mesh, _SOURCE_SPREAD, size)
        source = subject.picture.warp(to_source, size, size, min(1.0, scale_of(to_source)))
        if chance.random() < 0.25:
            source = blur_background(source, subject.mesh.seen_through(to_source), eye_distance, chance)
        looks = [source, *self._damaged(source, eye_distance, chance)]
        back = invert_transform(to_source)
        to_canvas = _after(back, face_window(subject.mesh, _SPREAD, _CANVAS_PX))
        to_aligned = _after(back, self._recogniser.align(subject.face.landmarks))
        crops = [_cut(look, to_canvas) for look in looks]
        side = self._recogniser.crop_width
        aligned = np.stack([warp_pixels(look, to_aligned, side, side) for look in looks])
        return np.stack(crops), self._recogniser.embed(aligned).vectors

    def _damaged(self, source: Pixels, eye_distance: float, chance: np.random.Generator) -> Iterator[Pixels]:
        for _ in range(_CHAINS):
            start = source
            if chance.random() < _MIXED:
                start = _damage(source, eye_distance, _any_kind(chance), chance.uniform(0, 0.7), chance)
            kind, seed = _any_kind(chance), int(chance.integers(2**31))
            for share in np.sort(chance.uniform(0, 1, _LEVELS)).tolist():
                yield _damage(start, eye_distance, kind, share, np.random.default_rng(seed))


def sharpness_of(crop: Pixels) -> float:
    """Contrast of the finest detail, in the contrast of all; higher = sharper."""
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = luma - cv2.GaussianBlur(luma, (0, 0), 1.0)
    return float(fine.std() / (luma.std() + 1))


def eye_distance_of(mesh: FaceMesh) -> float:
    """Between the middles of the eyes, pixels."""
    middles = [mesh.points[corners, :2].mean(0) for corners in (_RIGHT_EYE, _LEFT_EYE)]
    return float(np.hypot(*(middles[0] - middles[1])))


def blur_background(pixels: Pixels, points: Points, eye_distance: float, chance: np.random.Generator) -> Pixels:
    """What is around the face out of focus, as portraits often have it: no damage to the face."""
    inside = np.zeros(pixels.shape[:2], np.float32)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.rint(points).astype(np.int32)), 1.0)
    share = cv2.GaussianBlur(inside, (0, 0), 0.1 * eye_distance)[..., None]
    around = cv2.GaussianBlur(pixels, (0, 0), chance.uniform(0.1, 0.5) * eye_distance)
    return np.asarray(np.rint(share * pixels + (1 - share) * around), np.uint8)


def main() -> None:
    """Parse the arguments, prepare, write."""
    parser = argparse.ArgumentParser(description="Make the examples that the blur network learns from.")
    parser.add_argument("dataset", type=Path, help="folder with images/PERSON/*.jpg")
    parser.add_argument("people", type=Path, help="text file, one person a line")
    parser.add_argument("output", type=Path, help="where to write them, .npz")
    parser.add_argument("--model", default="sface-2021dec")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = np.random.default_rng(arguments.seed)
    preparation = Preparation(arguments.model)
    crops, own, other = [], [], []
    for person in track(arguments.people.read_text("utf-8").split()):
        found = _subjects(preparation, arguments.dataset / "images" / person)
        if not found:
            continue
        seen, templates = preparation.examples(found[0], chance)
        crops.append(seen)
        own.append(templates @ found[0].template)
        other.append(templates @ found[1].template if len(found) > 1 else np.full(len(templates), np.nan))
    np.savez(arguments.output, crops=np.stack(crops), own=np.stack(own), other=np.stack(other), levels=_LEVELS)


def _subjects(preparation: Preparation, folder: Path) -> list[Subject]:
    """Up to two pictures of a person, the sharper one first; none where that is not sharp."""
    found = [preparation.find(path) for path in sorted(folder.glob("*.jpg"))[:2]]
    known = sorted((one for one in found if one is not None), key=lambda one: -one.sharpness)
    return known if known and known[0].sharpness >= _SHARP else []


def _cut(look: Pixels, to_canvas: Transform) -> Pixels:
    canvas = warp_pixels(look, to_canvas, _CANVAS_PX, _CANVAS_PX)
    return cut_face(canvas, _SPREAD * BLUR_SIZE_PX / CROP_PX, CROP_PX)


def _any_kind(chance: np.random.Generator) -> str:
    return str(chance.choice([*DAMAGES, *_OFTEN]))


def _damage(pixels: Pixels, eye_distance: float, kind: str, share: float, chance: np.random.Generator) -> Pixels:
    return DAMAGES[kind](pixels, eye_distance, strength_between(kind, share), chance)


def _after(first: Transform, second: Transform) -> Transform:
    return np.asarray(second @ np.vstack([first, [0.0, 0.0, 1.0]]))


if __name__ == "__main__":
    main()
