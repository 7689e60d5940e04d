"""Finding the faces of a whole picture: cheaply when it is easy, thoroughly when it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visavis.engine.detection.base import Candidates, Detector, map_back, merge_candidates
from visavis.engine.geometry import Transform, window_transform
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
"""Below it an answer of the detector is not called a face; the last resort takes the best of all levels down to _LAST."""
_LAST = 0.4
_DIRECTIONS = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))


def find_faces(detector: Detector, picture: Picture, *, thorough: bool = False) -> tuple[DetectedFace, ...]:
    """Every face found, by falling probability; empty where there is none.

    Climbs from one level to the next only until a face is certain, and then takes that level's faces; where none is
    certain, the level with the most probable face.

    Args:
        detector: looks at each canvas.
        picture: to be searched.
        thorough: look at all upright levels even so, for small faces beside large ones.
    """
    best: Candidates | None = None
    for level in LEVELS:
        if level.size_px > 640 and picture.long_side <= 640:
            continue
        found = _look(detector, picture, level)
        if best is None or _top(found) > _top(best):
            best = found
        if _top(found) >= _CERTAIN:
            break
    assert best is not None
    if thorough and _top(best) >= _CERTAIN:
        best = _look_closer(detector, picture, best)
    kept = best.at_least(_ACCEPTED) if _top(best) >= _ACCEPTED else best.at_least(_LAST)
    return tuple(_to_face(kept, index) for index in range(len(kept)))


def _look(detector: Detector, picture: Picture, level: SearchLevel) -> Candidates:
    transform = level_transform(picture.width, picture.height, level)
    scale = level.size_px / (picture.long_side * (1 + 2 * level.border))
    canvas = np.zeros((level.size_px, level.size_px, 3), np.uint8)
    # The border stays black: only the part that shows the picture is computed.
    edge = int(level.size_px * level.border / (1 + 2 * level.border))
    inner = level.size_px - 2 * edge
    shift = np.array([[0.0, 0.0, edge], [0.0, 0.0, edge]])
    canvas[edge:-edge or None, edge:-edge or None] = picture.warp(
        transform - shift, inner, inner, max(scale, 640 / picture.long_side)
    )
    return map_back(merge_candidates(detector.detect(canvas[None])[0].at_least(_LAST)), transform)


def _look_closer(detector: Detector, picture: Picture, found: Candidates) -> Candidates:
    for level in (SearchLevel(640, 0.3), SearchLevel(1280, 0.05)):
        if level.size_px <= 640 or picture.long_side > 640:
            more = _look(detector, picture, level)
            found = _join(found, more)
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
