"""From pictures to the templates of their subjects, several pictures at a time.

The pictures of a comparison go through each stage together: a network runs once for both, which takes less time than
two runs because its weights are read once. What can fail fails in the order of the stages, and there in that of the
pictures.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.base import Detector
from visavis.engine.detection.choice import order_faces
from visavis.engine.detection.refine import refine_landmarks_of, turn_of
from visavis.engine.detection.search import find_faces_of
from visavis.engine.geometry import scale_of
from visavis.engine.picture import Picture, decode_first
from visavis.engine.profile import Profile
from visavis.engine.recognition.base import Recogniser
from visavis.errors import FaceTooSmallError, NoFaceError, naming_side
from visavis.types import AcquiredFace, DetectedFace, FaceChoice, Template, Timings

MIN_FACE_PX = 16
"""Shorter side of the box of a face that can be compared, full-resolution pixels."""


def acquire_faces(
    detector: Detector,
    recogniser: Recogniser,
    profile: Profile,
    pictures: Sequence[Picture],
    choices: Sequence[FaceChoice],
    *,
    thorough: bool = False,
) -> list[AcquiredFace]:
    """The subject of each picture and its template.

    The time of what was done together is shared out equally.

    Args:
        detector: finds the faces.
        recogniser: makes the templates.
        profile: how much work goes into it.
        pictures: one or more.
        choices: of each picture, which of several faces is the subject.
        thorough: look for small faces beside large ones too.

    Raises:
        ImageError: a picture cannot be used.
        AcquisitionError: a picture has no usable face.
    """
    decode_first(pictures)
    watch = _Stopwatch(pictures)
    found = find_faces_of(detector, pictures, thorough=thorough)
    faces = [_order(*of_one) for of_one in zip(found, pictures, choices, strict=True)]
    subjects = [(picture, ordered[0]) for picture, ordered in zip(pictures, faces, strict=True)]
    refined = refine_landmarks_of(detector, subjects, profile.refinement)
    watch.lap("detect")
    crops = np.stack([_align(picture, recogniser, face) for picture, face in zip(pictures, refined, strict=True)])
    watch.lap("align")
    turned = [turn_of(face.landmarks.to_array()) >= profile.mirror_min_turn for face in refined]
    vectors = recogniser.embed(crops, mirror=turned)
    vectors.setflags(write=False)
    watch.lap("template")
    return [
        AcquiredFace(
            picture.width,
            picture.height,
            picture.format,
            (subject, *others[1:]),
            Template(vector, recogniser.model_id),
            watch.timings(picture),
        )
        for picture, others, subject, vector in zip(pictures, faces, refined, vectors, strict=True)
    ]


def require_faces(faces: Sequence[DetectedFace], picture: Picture) -> Sequence[DetectedFace]:
    """The faces, where there are any.

    Raises:
        NoFaceError: there are none.
    """
    if not faces:
        with naming_side(picture.side):
            raise NoFaceError("no face was found in the picture")
    return faces


def _order(found: Sequence[DetectedFace], picture: Picture, choice: FaceChoice) -> list[DetectedFace]:
    faces = order_faces(require_faces(found, picture), choice, picture.width, picture.height)
    side = min(faces[0].box.width, faces[0].box.height)
    if side < MIN_FACE_PX:
        with naming_side(picture.side):
            raise FaceTooSmallError(side, MIN_FACE_PX)
    return faces


def _align(picture: Picture, recogniser: Recogniser, face: DetectedFace) -> NDArray[np.uint8]:
    transform = recogniser.align(face.landmarks)
    return picture.warp(transform, recogniser.crop_width, recogniser.crop_height, min(1.0, scale_of(transform)))


class _Stopwatch:
    """Seconds a stage. Decoding happens on demand within the others, so it is taken off where it happened."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._pictures = pictures
        self._last = time.perf_counter()
        self._decoded = self._decode_s()
        self._stages: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now, decoded = time.perf_counter(), self._decode_s()
        self._stages[stage] = (now - self._last) - (decoded - self._decoded)
        self._last, self._decoded = now, decoded

    def timings(self, picture: Picture) -> Timings:
        share = 1 / len(self._pictures)
        return Timings({"decode": picture.decode_s} | {stage: share * took for stage, took in self._stages.items()})

    def _decode_s(self) -> float:
        return sum(picture.decode_s for picture in self._pictures)
