"""Where exactly the five points of a known face are.

The detector places points best on an upright face of the size that it was trained on. So the face is looked at again,
alone, turned upright by what is known so far, at such a size; mirrored too, since the mean of both views cancels the
detector's lean to one side. Turned faces gain most: their points decide how the face is aligned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.base import Candidates, Detector, fuse_candidates
from visavis.engine.geometry import Transform, apply_transform, invert_transform, scale_of, window_transform
from visavis.engine.picture import Picture
from visavis.types import DetectedFace, Landmarks

_SWAPPED = [1, 0, 2, 4, 3]
"""Left and right change places in a mirrored view."""


@dataclass(frozen=True, slots=True)
class View:
    """One look at the face.

    Attributes:
        spread: side of the square looked at, in longer sides of the face's box.
        size_px: side of the canvas.
        mirrored: look at the mirror image as well.
    """

    spread: float
    size_px: int
    mirrored: bool = False


RefinementPlan = tuple[tuple[View, ...], ...]
"""Steps, one after the other; the points after a step are the mean over its views."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pose:
    centre: NDArray[np.float64]
    side: float
    points: NDArray[np.float64]


def refine_landmarks(detector: Detector, picture: Picture, face: DetectedFace, plan: RefinementPlan) -> DetectedFace:
    """The face with better points; unchanged where a second look does not find it."""
    box = face.box
    pose = _Pose(np.array(box.centre), max(box.width, box.height), face.landmarks.to_array())
    for step in plan:
        seen = [found for view in step for found in _look(detector, picture, pose, view)]
        if not seen:
            break
        pose = _mean(seen)
    return replace(face, landmarks=Landmarks.from_array(pose.points))


def _look(detector: Detector, picture: Picture, pose: _Pose, view: View) -> Iterable[_Pose]:
    transform = window_transform(pose.centre, view.spread * pose.side, across(pose.points), view.size_px)
    canvas = picture.warp(transform, view.size_px, view.size_px, min(1.0, scale_of(transform)))
    canvases = np.stack([canvas, canvas[:, ::-1]]) if view.mirrored else canvas[None]
    for index, candidates in enumerate(detector.detect(canvases)):
        if len(candidates):
            yield _pick(candidates, transform, view.size_px, is_mirrored=index == 1)


def _pick(candidates: Candidates, transform: Transform, size_px: int, *, is_mirrored: bool) -> _Pose:
    centres = candidates.boxes[:, :2] + candidates.boxes[:, 2:] / 2
    distances = np.hypot(*(centres - size_px / 2).T) / size_px
    best = int(np.argmax(candidates.probabilities - distances))
    box, points = fuse_candidates(candidates, best)
    centre = box[:2] + box[2:] / 2
    if is_mirrored:
        points = np.stack([size_px - points[:, 0], points[:, 1]], 1)[_SWAPPED]
        centre = np.array([size_px - centre[0], centre[1]])
    inverse = invert_transform(transform)
    side = float(box[2:].max()) * scale_of(inverse)
    return _Pose(apply_transform(inverse, centre[None])[0], side, apply_transform(inverse, points))


def _mean(poses: Sequence[_Pose]) -> _Pose:
    return _Pose(
        np.mean([pose.centre for pose in poses], 0),
        float(np.mean([pose.side for pose in poses])),
        np.mean([pose.points for pose in poses], 0),
    )


def across(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector across the face, from its right to its left: square to the line from the eyes to the mouth.

    The line between the eyes would be no guide: on a turned face it is short, and its direction mostly noise.

    Args:
        points: (5, 2), in the field order of `Landmarks`.
    """
    down = points[3:5].mean(0) - points[:2].mean(0)
    length = float(np.hypot(*down))
    if length == 0:
        return np.array([1.0, 0.0])
    return np.array([down[1], -down[0]]) / length
