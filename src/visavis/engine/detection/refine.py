"""Where exactly the five points of a known face are.

The detector places points best on an upright face of the size that it was trained on. So the face is looked at again,
alone, turned upright by what is known so far, at such a size; mirrored too, since the mean of both views cancels the
detector's lean to one side. Turned faces gain most: their points decide how the face is aligned.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.base import Candidates, Detector, fuse_candidates
from visavis.engine.geometry import Transform, apply_transform, invert_transform, scale_of, window_transform
from visavis.engine.picture import Picture
from visavis.types import DetectedFace, Landmarks

_SWAPPED = [1, 0, 2, 4, 3, 5]
"""Left and right change places in a mirrored view: the five points, then the centre."""


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
    canvases = np.stack([canvas, cv2.flip(canvas, 1)]) if view.mirrored else canvas[None]
    for index, candidates in enumerate(detector.detect(canvases)):
        if len(candidates):
            yield _pick(candidates, transform, view.size_px, is_mirrored=index == 1)


def _pick(candidates: Candidates, transform: Transform, size_px: int, *, is_mirrored: bool) -> _Pose:
    offsets = (candidates.boxes[:, :2] + candidates.boxes[:, 2:] / 2) / size_px - 0.5
    best = int(np.argmax(candidates.probabilities - np.hypot(offsets[:, 0], offsets[:, 1])))
    box, points = fuse_candidates(candidates, best)
    located = np.vstack([points, box[:2] + box[2:] / 2])
    if is_mirrored:
        located = located[_SWAPPED]
        located[:, 0] = size_px - located[:, 0]
    inverse = invert_transform(transform)
    located = apply_transform(inverse, located)
    return _Pose(located[5], max(box[2], box[3]) * scale_of(inverse), located[:5])


def _mean(poses: Sequence[_Pose]) -> _Pose:
    if len(poses) == 1:
        return poses[0]
    share = 1 / len(poses)
    return _Pose(
        share * np.add.reduce([pose.centre for pose in poses]),
        share * sum(pose.side for pose in poses),
        share * np.add.reduce([pose.points for pose in poses]),
    )


def across(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector across the face, from its right to its left: square to the line from the eyes to the mouth.

    The line between the eyes would be no guide: on a turned face it is short, and its direction mostly noise.

    Args:
        points: (5, 2), in the field order of `Landmarks`.
    """
    down_x, down_y = (points[3] + points[4] - points[0] - points[1]).tolist()
    length = math.hypot(down_x, down_y)
    return np.array([down_y / length, -down_x / length]) if length else np.array([1.0, 0.0])
