"""The faces that occluders are laid over: upright canvases of the photos of listed people, each with its mesh."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.choice import order_faces
from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.mesh import MESH_MODEL, FaceMesh, MeshLandmarker, face_window
from visavis.engine.models import ModelStore, ensure_models
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.engine.runtime import open_runtime
from visavis.errors import NoFaceError
from visavis.types import DetectedFace, FaceChoice, FaceImage

CANVAS_PX = 256
SPREAD = 1.6
"""Side of a canvas in longer sides of the mesh: room for what reaches beyond the face."""
PATCH_PX = 64


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces of one list of people.

    Attributes:
        canvases: (N, 256, 256, 3) uint8 RGB, the face upright in the middle; black outside of the photo.
        points: (N, 468, 3) float32 mesh, canvas pixels.
        patches: (N, 64, 64, 3) uint8 RGB corners of the photos: backgrounds, clothes, sometimes bystanders.
    """

    canvases: NDArray[np.uint8]
    points: NDArray[np.float32]
    patches: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.canvases)


def photos_of(data: Path, people_list: str) -> list[Path]:
    """Photos of the people of `splits/<people_list>.txt`, in their order."""
    people = (data / "splits" / f"{people_list}.txt").read_text("utf-8").split()
    return [photo for person in people for photo in sorted((data / "lfw/images" / person).glob("*.jpg"))]


def gather_faces(data: Path, people_list: str, cache: Path, processes: int) -> Faces:
    """Every photo of the list in which a face is found; kept in `cache` for the next time."""
    file = cache / f"{people_list}.npz"
    if not file.is_file():
        photos = photos_of(data, people_list)
        parts = [photos[start::processes] for start in range(processes)]
        with ProcessPoolExecutor(processes) as pool:
            found = [one for part in pool.map(_look_at, parts) for one in part]
        found.sort(key=lambda one: one[0])
        canvases, points, patches = (np.stack([one[i] for one in found]) for i in (1, 2, 3))
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(file, canvases=canvases, points=points, patches=patches)
    with np.load(file) as content:
        return Faces(content["canvases"], content["points"], content["patches"])


class FaceFinder:
    """Detector and mesh, fp32, as the product runs them."""

    def __init__(self) -> None:
        store = ModelStore()
        ensure_models(store, (MESH_MODEL,), auto_pull=True, announce=lambda sentence: None)
        self._engine = FaceEngine(precision="fp32")
        self._landmarker = MeshLandmarker(open_runtime("openvino", "fp32"), store.load(MESH_MODEL))

    def find(self, content: bytes | FaceImage, choice: FaceChoice) -> tuple[Picture, DetectedFace, FaceMesh]:
        """The subject and its mesh.

        Raises:
            NoFaceError: no face is found.
        """
        picture = Picture(content, ImageLimits())
        faces = order_faces(self._engine.detect(content), choice, picture.width, picture.height)
        return picture, faces[0], self._landmarker.locate(picture, faces[0])


def _look_at(photos: list[Path]) -> list[tuple[str, NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8]]]:
    return list(_views(photos))


def _views(photos: list[Path]) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8]]]:
    finder = FaceFinder()
    for index, photo in enumerate(photos):
        try:
            picture, _, mesh = finder.find(photo.read_bytes(), FaceChoice.CENTRAL)
        except NoFaceError:
            continue
        transform = face_window(mesh, SPREAD, CANVAS_PX)
        canvas = picture.warp(transform, CANVAS_PX, CANVAS_PX, 1.0)
        depth = mesh.points[:, 2:] * np.hypot(*transform[:, 0])
        points = np.hstack([mesh.seen_through(transform), depth]).astype(np.float32)
        pixels = picture.decode(1.0).pixels
        corner = index % 2
        patch = pixels[:PATCH_PX, :PATCH_PX] if corner else pixels[-PATCH_PX:, -PATCH_PX:]
        yield photo.name, canvas, points, patch
