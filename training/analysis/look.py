"""Faces of photos, found the way the product finds them, on a canvas of their own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.api import open_engine
from visavis.config import Settings
from visavis.engine.analysis.blur import BlurNetwork
from visavis.engine.analysis.completeness import face_width_of
from visavis.engine.analysis.openness import EyeNetwork
from visavis.engine.analysis.skin import inside_of
from visavis.engine.geometry import apply_transform, scale_of
from visavis.engine.image import ImageLimits, from_array, open_image
from visavis.engine.landmarks.mesh import MESH_MODEL, MeshLandmarker, face_window
from visavis.engine.landmarks.pose import estimate_pose
from visavis.engine.models import ModelStore
from visavis.engine.picture import Picture
from visavis.engine.runtime import open_runtime
from visavis.errors import AcquisitionError
from visavis.measures import HeadPose
from visavis.types import FaceChoice

CANVAS_PX, SPREAD = 160, 1.25

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Look:
    """A face on its canvas.

    Attributes:
        canvas: (S, S, 3) RGB.
        placed: (468, 2) of the mesh, pixels of the canvas.
        points: (468, 3) of the mesh, pixels of the picture.
        inside: (S, S) where the canvas shows the picture.
        width: of the picture, pixels.
        height: the same.
        template: of the face, as the recogniser makes it.
        pose: of the head.
    """

    canvas: Pixels
    placed: NDArray[np.float64]
    points: NDArray[np.float64]
    inside: NDArray[np.bool_]
    width: int
    height: int
    template: NDArray[np.float32]
    pose: HeadPose


@dataclass(frozen=True, eq=False)
class Subject:
    """A photo, which of its faces is meant, and that face."""

    pixels: Pixels
    choice: FaceChoice
    look: Look


class Analysis:
    """Finds faces and measures them, all with one thread."""

    def __init__(self, data: Path, precision: str, skip: int) -> None:
        self._data = data
        self.skip = skip
        self._engine = open_engine(profile="default", precision=precision, threads=1)
        runtime = open_runtime("openvino", precision, 1)
        self._landmarker = MeshLandmarker(runtime, ModelStore(Settings().home).load(MESH_MODEL))
        self.blur = BlurNetwork(runtime)
        self.eyes = EyeNetwork(runtime)

    def look(self, pixels: Pixels, choice: FaceChoice) -> Look:
        """The face of a picture.

        Raises:
            AcquisitionError: there is none.
        """
        image = from_array(np.ascontiguousarray(pixels))
        acquired = self._engine.acquire(image, choice)
        picture = Picture(image, ImageLimits())
        mesh = self._landmarker.locate(picture, acquired.face)
        transform = face_window(mesh, SPREAD, CANVAS_PX)
        canvas = picture.warp(transform, CANVAS_PX, CANVAS_PX, min(1.0, scale_of(transform)))
        inside = inside_of(picture.width, picture.height, transform, (CANVAS_PX, CANVAS_PX))
        placed = apply_transform(transform, mesh.points[:, :2])
        pose = estimate_pose(mesh, acquired.face.landmarks)
        return Look(canvas, placed, mesh.points, inside, picture.width, picture.height, acquired.template.vector, pose)

    def faces(self, which: str, count: int) -> Iterator[Subject]:
        """Photos with a face that is found; of LFW one of each person, from person `skip` on."""
        for path, choice in itertools.islice(self._paths(which), self.skip, None):
            if not count:
                return
            pixels = open_image(path.read_bytes(), ImageLimits()).decode(1).pixels
            try:
                look = self.look(pixels, choice)
            except AcquisitionError:
                print(f"{which}: no face in one photo")  # noqa: T201
                continue
            count -= 1
            yield Subject(pixels, choice, look)

    def _paths(self, which: str) -> Iterator[tuple[Path, FaceChoice]]:
        for person in (self._data / "splits" / f"{which}.txt").read_text("utf-8").split():
            if which.startswith("lfw"):
                yield min((self._data / "lfw" / "images" / person).glob("*.jpg")), FaceChoice.CENTRAL
            else:
                for name in ("01.jpg", "02.jpg"):
                    yield self._data / "cfp" / person / "frontal" / name, FaceChoice.LARGEST


def follow(
    analysis: Analysis, steps: Sequence[Callable[[Pixels], Pixels]], subject: Subject, *, moves: bool = False
) -> list[Look]:
    """The face after each change of the picture, up to the first after which it, or one at its place, is not found."""
    looks = []
    for change in steps:
        try:
            look = analysis.look(change(subject.pixels), subject.choice)
        except AcquisitionError:
            break
        if not moves and not is_same_place(look.points, subject.look.points):
            break
        looks.append(look)
    return looks


def is_same_place(points: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Whether two meshes are less than half a face apart, and neither is twice as wide as the other."""
    width, other = face_width_of(points), face_width_of(others)
    apart = float(np.hypot(*(points[:, :2].mean(0) - others[:, :2].mean(0))))
    return apart < 0.5 * other and 0.5 < width / other < 2
