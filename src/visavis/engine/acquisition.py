"""From pictures to the templates of their subjects, several pictures at a time.

The pictures of a comparison go through each stage together: a network runs once for both, which takes less time than
two runs because its weights are read once. What can fail fails in the order of the stages, and there in that of the
pictures.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

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
from visavis.types import AcquiredFace, DetectedFace, FaceChoice, FoundFace, Template, Timings

MIN_FACE_PX = 16
"""Shorter side of the box of a face that can be compared, full-resolution pixels."""

_TOGETHER = 2
"""Faces a run of the recogniser: networks for more are never compiled."""


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
    templates = _templates(recogniser, crops, turned)
    watch.lap("template")
    return [
        AcquiredFace(
            picture.width,
            picture.height,
            picture.format,
            (subject, *others[1:]),
            template,
            watch.timings(picture),
        )
        for picture, others, subject, template in zip(pictures, faces, refined, templates, strict=True)
    ]


def acquire_others(
    detector: Detector, recogniser: Recogniser, profile: Profile, picture: Picture, acquired: AcquiredFace, count: int
) -> AcquiredFace:
    """The same with templates of the next `count` faces, or as many as are large enough to be compared.

    Each gets what a subject gets, so that its template is the one that a comparison would make.
    """
    before = picture.decode_s
    watch = _Stopwatch([picture])
    usable = [face for face in acquired.faces[1:] if _side_of(face) >= MIN_FACE_PX][:count]
    refined = refine_landmarks_of(detector, [(picture, face) for face in usable], profile.refinement)
    watch.lap("detect")
    crops = [_align(picture, recogniser, face) for face in refined]
    watch.lap("align")
    templates: list[Template] = []
    for start in range(0, len(crops), _TOGETHER):
        some = refined[start : start + _TOGETHER]
        turned = [turn_of(face.landmarks.to_array()) >= profile.mirror_min_turn for face in some]
        templates += _templates(recogniser, np.stack(crops[start : start + _TOGETHER]), turned)
    watch.lap("template")
    timings = Timings(watch.timings(picture).stages | {"decode": picture.decode_s - before})
    others = tuple(FoundFace(face, template) for face, template in zip(refined, templates, strict=True))
    return replace(acquired, others=others, timings=acquired.timings + timings)


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
    side = _side_of(faces[0])
    if side < MIN_FACE_PX:
        with naming_side(picture.side):
            raise FaceTooSmallError(side, MIN_FACE_PX)
    return faces


def _side_of(face: DetectedFace) -> float:
    return min(face.box.width, face.box.height)


def _templates(recogniser: Recogniser, crops: NDArray[np.uint8], mirror: Sequence[bool]) -> list[Template]:
    vectors, lengths = recogniser.embed(crops, mirror=mirror)
    vectors.setflags(write=False)
    return [
        Template(vector, recogniser.model_id, length) for vector, length in zip(vectors, lengths.tolist(), strict=True)
    ]


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
