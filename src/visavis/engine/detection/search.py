"""Finding the faces of a whole picture: cheaply when it is easy, thoroughly when it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from visavis.engine.detection.base import Candidates, Detector, join_candidates, map_back, merge_candidates
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


FIRST_LEVEL = SearchLevel(160, 0.3)
_CLOSER = (SearchLevel(320, 0.3), SearchLevel(640, 0.3))
_OTHER_SIDES = tuple(SearchLevel(640, 0.3, quarter_turns) for quarter_turns in (1, 3, 2))
_LAST_LEVELS = (SearchLevel(256, 1.0), SearchLevel(1280, 0.05))
LEVELS = (FIRST_LEVEL, *_CLOSER, *_OTHER_SIDES, *_LAST_LEVELS)
"""In the order in which they are looked at."""

_CERTAIN = 0.88
"""A face of this probability ends the climb at the first look. Less probable ones may lie on their side or stand on
their head, and be taken for upright ones, with points that are all wrong."""
_CERTAIN_CLOSER = 0.92
"""The same for the closer upright looks, which take a face that lies on its side for an upright one more surely."""
_LIKELY = 0.8
"""It ends the climb once the picture was looked at from all sides."""
_TURN_HANDICAP = 0.03
"""By so much a turned look must be surer than an upright one: most photos are upright, and profiles are doubtful."""
_CLIMB = (
    *(((level,), _CERTAIN_CLOSER) for level in _CLOSER),
    (_OTHER_SIDES, _LIKELY),
    *(((level,), _LIKELY) for level in _LAST_LEVELS),
)
"""Looks, and the probability of a face that is enough to end the climb after them."""
_ACCEPTED = 0.6
"""Less probable ones are not called faces; only where there is no other, the best of all levels is, down to _LAST."""
_LAST = 0.4
_DIRECTIONS = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))


def find_faces(detector: Detector, picture: Picture, *, thorough: bool = False) -> tuple[DetectedFace, ...]:
    """Every face of one picture, by falling probability; empty where there is none. See `find_faces_of`.

    Args:
        detector: looks at each canvas.
        picture: to be searched.
        thorough: look closer even so, for small faces beside large ones.
    """
    return find_faces_of(detector, [picture], thorough=thorough)[0]


def find_faces_of(
    detector: Detector, pictures: Sequence[Picture], *, thorough: bool = False
) -> list[tuple[DetectedFace, ...]]:
    """The faces of several pictures, looked at together where that is quicker.

    Climbs only until a face is certain: a quick look, two closer ones, the other three sides, then two last resorts.
    The level with the most probable face has the say.
    """
    climbed = zip(_climb(detector, pictures), pictures, strict=True)
    return [
        _accept(_look_closer(detector, picture, best) if thorough and best.is_likely else best.candidates)
        for best, picture in climbed
    ]


@dataclass(frozen=True, slots=True)
class _Found:
    candidates: Candidates
    quarter_turns: int

    @property
    def is_likely(self) -> bool:
        return _top(self.candidates) >= _LIKELY

    @property
    def merit(self) -> float:
        return _top(self.candidates) - (_TURN_HANDICAP if self.quarter_turns else 0.0)


def _climb(detector: Detector, pictures: Sequence[Picture]) -> list[_Found]:
    first = [_Found(candidates, 0) for candidates in _look(detector, pictures, FIRST_LEVEL)]
    return [
        found if _top(found.candidates) >= _CERTAIN else _climb_on(detector, picture, found)
        for found, picture in zip(first, pictures, strict=True)
    ]


def _climb_on(detector: Detector, picture: Picture, best: _Found) -> _Found:
    for levels, enough in _CLIMB:
        for level in levels:
            if level.size_px <= 640 or picture.long_side > 640:
                (candidates,) = _look(detector, [picture], level)
                best = max(best, _Found(candidates, level.quarter_turns), key=lambda found: found.merit)
        if _top(best.candidates) >= enough:
            break
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
        scale = max(scale_of(transform), picture.first_scale)
        canvas[inner, inner] = picture.warp(transform - shift, size - 2 * edge, size - 2 * edge, scale)
    found = detector.detect(canvases)
    return [
        map_back(merge_candidates(candidates.at_least(_LAST)), transform)
        for candidates, transform in zip(found, transforms, strict=True)
    ]


def _look_closer(detector: Detector, picture: Picture, found: _Found) -> Candidates:
    seen = [found.candidates]
    for level in (SearchLevel(640, 0.3, found.quarter_turns), SearchLevel(1280, 0.05, found.quarter_turns)):
        if level.size_px <= 640 or picture.long_side > 640:
            seen += _look(detector, [picture], level)
    return merge_candidates(join_candidates(seen).ordered())


def level_transform(width: int, height: int, level: SearchLevel) -> Transform:
    """From a picture of this size to the level's canvas: centred, with its border, turned."""
    side = max(width, height) * (1 + 2 * level.border)
    direction = np.array(_DIRECTIONS[level.quarter_turns])
    return window_transform(np.array([width / 2, height / 2]), side, direction, level.size_px)


def _top(candidates: Candidates) -> float:
    return float(candidates.probabilities[0]) if len(candidates) else 0.0


def _to_face(candidates: Candidates, index: int) -> DetectedFace:
    box = BoundingBox(*candidates.boxes[index].tolist())
    landmarks = Landmarks.from_array(candidates.points[index])
    return DetectedFace(box, landmarks, float(min(candidates.probabilities[index], 1.0)))
