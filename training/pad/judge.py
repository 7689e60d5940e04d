"""Whole photos through the product: what it answers, and why it does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from photos import Photo
from scene import from_pixels, jpeg, to_pixels

from visavis.engine.detection.choice import order_faces
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.pad.detector import PadDetector
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.engine.runtime import open_runtime
from visavis.errors import NoFaceError
from visavis.presentation import NonResponse
from visavis.types import FaceChoice

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Answer:
    """To one photo.

    Attributes:
        photo: which.
        native: 0..1; None without an answer.
        reason: why there is none; `no_face` where none is found.
    """

    photo: Photo
    native: float | None
    reason: str | None = None

    @property
    def person(self) -> str:
        """Unique over all sources."""
        return f"{self.photo.source}/{self.photo.person}"


def judge_photos(data: Path, photos: Iterable[Photo], precision: str = "fp32") -> list[Answer]:
    """Of photos whose face is known."""
    detector = PadDetector(open_runtime("openvino", precision))
    answers = []
    for photo in photos:
        picture = Picture((data / photo.path).read_bytes(), ImageLimits())
        native = detector.native(picture, photo.face)
        refused = isinstance(native, NonResponse)
        answers.append(Answer(photo, None, str(native)) if refused else Answer(photo, native))
    return answers


VARIATIONS = ("jpeg_40", "jpeg_65", "jpeg_95", "scale_0.5", "scale_2", "shift_8")


def vary(pixels: Pixels, variation: str) -> Pixels:
    """A photo, compressed, scaled or shifted."""
    name, _, amount = variation.partition("_")
    if name == "jpeg":
        return to_pixels(jpeg(from_pixels(pixels, (0, 0, 1, 1)), int(amount)))
    if name == "scale":
        scale = float(amount)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how), np.uint8)
    return np.ascontiguousarray(pixels[int(amount) :, int(amount) // 2 :])


def judge_variations(data: Path, photos: Iterable[Photo]) -> list[dict[str, float]]:
    """Native scores of each photo as it is (`plain`) and varied, its face found anew; only those that are answered."""
    detector, engine = PadDetector(open_runtime("openvino", "fp32")), FaceEngine(precision="fp32")
    rows = []
    for photo in photos:
        pixels = np.ascontiguousarray(cv2.imread(str(data / photo.path), cv2.IMREAD_COLOR)[..., ::-1])
        choice = FaceChoice.CENTRAL if photo.source.startswith("lfw") else FaceChoice.LARGEST
        looks = {"plain": pixels} | {name: vary(pixels, name) for name in VARIATIONS}
        found = {name: _judge(detector, engine, look, choice) for name, look in looks.items()}
        rows.append({name: native for name, native in found.items() if native is not None})
    return rows


def _judge(detector: PadDetector, engine: FaceEngine, pixels: Pixels, choice: FaceChoice) -> float | None:
    image = from_array(pixels)
    try:
        faces = engine.detect(image)
    except NoFaceError:
        return None
    face = order_faces(faces, choice, image.width, image.height)[0]
    native = detector.native(Picture(image, ImageLimits()), face)
    return None if isinstance(native, NonResponse) else native
