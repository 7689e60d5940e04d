"""Finding the faces of a whole picture: cheaply when it is easy, thoroughly when it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from visavis.engine.detection.base import Candidates, Detector, map_back, merge_candidates
from visavis.engine.geometry import Transform, scale_of, window_transform
from visavis.engine.picture import Picture
from visavis.types import BoundingBox, DetectedFace, Landmarks


@dataclass(frozen=True, slots=True)
class SearchLevel:
    """One look at the whole picture.

    Attributes:
        size_px: side of the square canvas.
        border: black margin on each side, as a share of the picture's long side; tight crops need it.
        quarter_turns: by which the picture is turned counter-clockwise, for photos taken with the camera on its side.
    """

    size_px: int
    border: float
    quarter_turns: int = 0


LEVELS = (
    SearchLevel(256, 0.3),
    SearchLevel(640, 0.3),
    SearchLevel(640, 0.3, quarter_turns=1),
    SearchLevel(640, 0.3, quarter_turns=3),
    SearchLevel(640, 0.3, quarter_turns=2),
    SearchLevel(256, 1.0),
    SearchLevel(1280, 0.05),
)

_CERTAIN = 0.8
"""A face of this probability ends the climb."""
_ACCEPTED = 0.6
"""Less probable ones are not called faces; only where there is no other, the best of all levels is, down to _LAST."""
_LAST = 0.4
_DIRECTIONS = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))


def find_faces(detector: Detector, picture: Picture, *, thorough: bool = False) -> tuple[DetectedFace, ...]:
    """Every face of one picture, by falling probability; empty where there is none. See `find_faces_of`.

    Args:
        detector: looks at each canvas.
        picture: to be searched.
        thorough: look at all upright levels, for small faces beside large ones.
    """
    best = _climb(detector, [picture])[0]
    if thorough and _top(best) >= _CERTAIN:
        best = _look_closer(detector, picture, best)
    return _accept(best)


def find_faces_of(detector: Detector, pictures: Sequence[Picture]) -> list[tuple[DetectedFace, ...]]:
    """The faces of several pictures, looked at together where that is quicker.

    Climbs from one level to the next only until a face is certain, and then takes that level's faces; where none is
    certain, the level with the most probable face.
    """
    return [_accept(candidates) for candidates in _climb(detector, pictures)]


def _climb(detector: Detector, pictures: Sequence[Picture]) -> list[Candidates]:
    best = _look(detector, pictures, LEVELS[0])
    for index, picture in enumerate(pictures):
        for level in LEVELS[1:]:
            if _top(best[index]) >= _CERTAIN:
                break
            if level.size_px <= 640 or picture.long_side > 640:
                (found,) = _look(detector, [picture], level)
                if _top(found) > _top(best[index]):
                    best[index] = found
    return best


def _accept(candidates: Candidates) -> tuple[DetectedFace, ...]:
    kept = candidates.at_least(_ACCEPTED if _top(candidates) >= _ACCEPTED else _LAST)
    return tuple(_to_face(kept, index) for index in range(len(kept)))


def _look(detector: Detector, pictures: Sequence[Picture], level: SearchLevel) -> list[Candidates]:
    size = level.size_px
    canvases = np.zeros((len(pictures), size, size, 3), np.uint8)
    transforms = [level_transform(picture.width, picture.height, level) for picture in pictures]
    # The border stays black: only the part that shows the picture is computed.
    edge = int(size * level.border / (1 + 2 * level.border))
    inner = slice(edge, size - edge)
    shift = np.array([[0.0, 0.0, edge], [0.0, 0.0, edge]])
    for canvas, picture, transform in zip(canvases, pictures, transforms, strict=True):
        scale = max(scale_of(transform), 640 / picture.long_side)
        canvas[inner, inner] = picture.warp(transform - shift, size - 2 * edge, size - 2 * edge, scale)
    found = detector.detect(canvases)
    return [
        map_back(merge_candidates(candidates.at_least(_LAST)), transform)
        for candidates, transform in zip(found, transforms, strict=True)
    ]


def _look_closer(detector: Detector, picture: Picture, found: Candidates) -> Candidates:
    for level in (SearchLevel(640, 0.3), SearchLevel(1280, 0.05)):
        if level.size_px <= 640 or picture.long_side > 640:
            found = _join(found, *_look(detector, [picture], level))
    return merge_candidates(found)


def _join(a: Candidates, b: Candidates) -> Candidates:
    order = np.argsort(-np.concatenate([a.probabilities, b.probabilities]), kind="stable")
    return Candidates(
        np.concatenate([a.boxes, b.boxes])[order],
        np.concatenate([a.points, b.points])[order],
        np.concatenate([a.probabilities, b.probabilities])[order],
    )


def level_transform(width: int, height: int, level: SearchLevel) -> Transform:
    """From a picture of this size to the level's canvas: centred, with its border, turned."""
    side = max(width, height) * (1 + 2 * level.border)
    direction = np.array(_DIRECTIONS[level.quarter_turns])
    return window_transform(np.array([width / 2, height / 2]), side, direction, level.size_px)


def _top(candidates: Candidates) -> float:
    return float(candidates.probabilities[0]) if len(candidates) else 0.0


def _to_face(candidates: Candidates, index: int) -> DetectedFace:
    box = BoundingBox(*(float(value) for value in candidates.boxes[index]))
    landmarks = Landmarks.from_array(candidates.points[index])
    return DetectedFace(box, landmarks, float(min(candidates.probabilities[index], 1.0)))
