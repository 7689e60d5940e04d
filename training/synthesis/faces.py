"""Which photos there are, who is on them, and where the product finds the face and its mesh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.choice import order_faces
from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.mesh import MESH_MODEL, MeshLandmarker
from visavis.engine.models import ModelStore, ensure_models
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.engine.runtime import open_runtime
from visavis.errors import NoFaceError
from visavis.types import BoundingBox, DetectedFace, FaceChoice, FaceImage, Landmarks

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

DEVELOPED = ("female/asian", "female/white", "male/black", "male/latino")
"""Groups of generated faces to learn from."""
HELD_OUT = ("female/black", "female/latino", "male/asian", "male/white")
"""Those that nothing is learnt from and nothing is chosen on; each sex and each origin is half here, half there."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A photo whose subject was found.

    Attributes:
        path: of the photo.
        person: who; a generated face is a person of its own.
        face: as detected, full-resolution pixels.
        points: (468, 2) mesh, full-resolution pixels.
    """

    path: Path
    person: str
    face: DetectedFace
    points: Points

    def pixels(self) -> Pixels:
        """(H, W, 3) RGB of the whole photo."""
        return open_picture(self.path).decode(1.0).pixels


def open_picture(content: Path | Pixels) -> Picture:
    """A file, or pixels, as the product takes them."""
    if isinstance(content, Path):
        return Picture(content.read_bytes(), ImageLimits())
    height, width = content.shape[:2]
    return Picture(FaceImage(content, width, height), ImageLimits())


def photos_of(data: Path, name: str) -> list[tuple[Path, str]]:
    """Photos and the people on them.

    Args:
        data: the folder of all sets.
        name: `lfw-LIST` or `cfp-LIST` of `splits/`, `developed` or `held-out` of the generated ones, or `webcam`.
    """
    if name in ("developed", "held-out"):
        groups = DEVELOPED if name == "developed" else HELD_OUT
        photos = [path for group in groups for path in sorted((data / "generated" / group).iterdir())]
        return [(path, f"{path.parent.parent.name}/{path.parent.name}/{path.stem}") for path in photos]
    if name == "webcam":
        nuaa = sorted((data / "pad/nuaa/bona_fide").glob("*/*"))
        replay = sorted((data / "pad/replay/bona_fide").glob("*.png"))
        return [(path, path.parent.name) for path in nuaa] + [(path, path.stem) for path in replay]
    people = (data / "splits" / f"{name}.txt").read_text("utf-8").split()
    if name.startswith("lfw"):
        return [(path, person) for person in people for path in sorted((data / "lfw/images" / person).glob("*.jpg"))]
    return [(path, person) for person in people for path in sorted((data / "cfp" / person).glob("*/*.jpg"))]


def gather(data: Path, name: str, cache: Path) -> list[Subject]:
    """Every photo of a set in which a face is found; where it is, is kept in `cache` for the next time."""
    file = cache / f"faces-{name}.npz"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        choice = FaceChoice.CENTRAL if name.startswith("lfw") else FaceChoice.LARGEST
        _keep(list(FaceFinder().subjects(photos_of(data, name), choice)), data, file)
    return _kept(data, file)


class FaceFinder:
    """Detector and mesh, fp32, as the product runs them."""

    def __init__(self) -> None:
        store = ModelStore()
        ensure_models(store, (MESH_MODEL,), auto_pull=True, announce=lambda sentence: None)
        self._engine = FaceEngine(precision="fp32")
        self._landmarker = MeshLandmarker(open_runtime("openvino", "fp32"), store.load(MESH_MODEL))

    def subjects(self, photos: Sequence[tuple[Path, str]], choice: FaceChoice) -> Iterator[Subject]:
        """Those of the photos in which a face is found."""
        for path, person in photos:
            picture = open_picture(path)
            try:
                faces = self._engine.detect(picture.decode(1.0))
            except NoFaceError:
                continue
            face = order_faces(faces, choice, picture.width, picture.height)[0]
            yield Subject(path, person, face, self._landmarker.locate(picture, face).points[:, :2])


def _keep(found: list[Subject], data: Path, file: Path) -> None:
    np.savez(
        file,
        paths=np.array([str(one.path.relative_to(data)) for one in found]),
        people=np.array([one.person for one in found]),
        boxes=np.array(
            [[one.face.box.left, one.face.box.top, one.face.box.width, one.face.box.height] for one in found]
        ),
        landmarks=np.stack([one.face.landmarks.to_array() for one in found]),
        probabilities=np.array([one.face.probability for one in found]),
        points=np.stack([one.points for one in found]),
    )


def _kept(data: Path, file: Path) -> list[Subject]:
    with np.load(file) as content:
        names = ("paths", "people", "boxes", "landmarks", "probabilities", "points")
        columns = [content[name] for name in names]
    return [
        Subject(
            data / str(path),
            str(person),
            DetectedFace(BoundingBox(*box.tolist()), Landmarks.from_array(landmarks), float(probability)),
            points,
        )
        for path, person, box, landmarks, probability, points in zip(*columns, strict=True)
    ]
