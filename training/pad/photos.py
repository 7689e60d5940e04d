"""The photos to learn from and to test on: where the face is, who it is, how it came before the camera."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from visavis.engine.detection.choice import order_faces
from visavis.engine.image import ImageLimits, open_image
from visavis.engine.pipeline import FaceEngine
from visavis.errors import AcquisitionError
from visavis.types import BoundingBox, DetectedFace, FaceChoice, Landmarks

BONA_FIDE, PRINT, SCREEN = "bona_fide", "print", "screen"
_PER_PERSON = 2
_APART = 0.8
"""Cosine distance at which two groups of replay templates, on average, are two people."""
_PICTURES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo and its subject.

    Attributes:
        path: below the data folder.
        source: `lfw-train`, `lfw-calibrate`, `nuaa`, `replay`, `cfp-tune` or `cfp-test`.
        presentation: `bona_fide`, `print` or `screen`.
        person: who, as a name within the source; never published.
        box: left, top, width, height of the face, pixels.
        points: the five landmarks, x and y in turn, pixels.
    """

    path: str
    source: str
    presentation: str
    person: str
    box: tuple[float, ...]
    points: tuple[float, ...]

    @property
    def face(self) -> DetectedFace:
        """As the engine's parts expect it."""
        points = Landmarks.from_array(np.reshape(self.points, (5, 2)))
        return DetectedFace(BoundingBox(*self.box), points, 1.0)


def gather_photos(data: Path, cache: Path) -> list[Photo]:
    """Every photo in which a face is found; kept in `cache`, a JSON file, for the next time."""
    if not cache.is_file():
        photos = list(_find(data))
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps([asdict(photo) for photo in photos]), "utf-8")
    return [Photo(**fields) for fields in json.loads(cache.read_text("utf-8"))]


def _find(data: Path) -> Iterator[Photo]:
    engine = FaceEngine(precision="fp32")
    for name in ("lfw-train", "lfw-calibrate"):
        for person in (data / f"splits/{name}.txt").read_text("utf-8").split():
            files = sorted((data / "lfw/images" / person).glob("*.jpg"))[:_PER_PERSON]
            yield from _look(engine, data, files, name, BONA_FIDE, person)
    for presentation in (BONA_FIDE, PRINT):
        for folder in sorted((data / "pad/nuaa" / presentation).iterdir()):
            yield from _look(engine, data, _pictures(folder), "nuaa", presentation, folder.name)
    yield from _replay(engine, data)
    for name in ("cfp-tune", "cfp-test"):
        for person in (data / f"splits/{name}.txt").read_text("utf-8").split():
            files = _pictures(data / "cfp" / person / "frontal") + _pictures(data / "cfp" / person / "profile")
            yield from _look(engine, data, files, name, BONA_FIDE, person)


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)


def _look(
    engine: FaceEngine, data: Path, files: list[Path], source: str, presentation: str, person: str
) -> Iterator[Photo]:
    for file in files:
        choice = FaceChoice.CENTRAL if source.startswith("lfw") else FaceChoice.LARGEST
        try:
            face = _subject(engine, file, choice)
        except AcquisitionError:
            print(f"{source} {presentation}: no face in {file.name}", flush=True)  # noqa: T201
            continue
        yield _photo(data, file, source, presentation, person, face)


def _subject(engine: FaceEngine, file: Path, choice: FaceChoice) -> DetectedFace:
    content = file.read_bytes()
    faces = engine.detect(content)
    width, height = size_of(content)
    return order_faces(faces, choice, width, height)[0]


def size_of(content: bytes) -> tuple[int, int]:
    """(width, height) of an encoded picture, pixels."""
    opened = open_image(content, ImageLimits())
    return opened.width, opened.height


def _photo(data: Path, file: Path, source: str, presentation: str, person: str, face: DetectedFace) -> Photo:
    box = face.box.left, face.box.top, face.box.width, face.box.height
    points = tuple(face.landmarks.to_array().ravel().tolist())
    return Photo(str(file.relative_to(data)), source, presentation, person, box, points)


def _replay(engine: FaceEngine, data: Path) -> Iterator[Photo]:
    """People are not labelled: they are told apart by their templates, live and replayed photos together."""
    found: list[tuple[Path, str, DetectedFace]] = []
    templates: list[NDArray[np.float32]] = []
    for presentation in (BONA_FIDE, SCREEN):
        for file in _pictures(data / "pad/replay" / presentation):
            try:
                acquired = engine.acquire(file.read_bytes())
            except AcquisitionError:
                print(f"replay {presentation}: no face in {file.name}", flush=True)  # noqa: T201
                continue
            found.append((file, presentation, acquired.face))
            templates.append(acquired.template.vector)
    groups = cluster_people(np.stack(templates))
    for (file, presentation, face), group in zip(found, groups.tolist(), strict=True):
        yield _photo(data, file, "replay", presentation, f"{group:02d}", face)


def cluster_people(templates: NDArray[np.float32]) -> NDArray[np.int64]:
    """(N,) number of the person of each of (N, D) templates."""
    return np.asarray(fcluster(linkage(templates, "average", "cosine"), _APART, "distance"), np.int64)
