"""Where exactly the five points of a known face are.

The detector places points best on an upright face of the size that it was trained on. So the face is looked at again,
alone, turned upright by what is known so far, at such a size; mirrored too, since the mean of both views cancels the
detector's lean to one side. Turned faces gain most: their points decide how the face is aligned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
_TOGETHER = 2
"""Faces in one run of the detector: more would only mean more shapes to compile."""


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


@dataclass(frozen=True, slots=True)
class Step:
    """Some looks at the face; the points after it are the mean over them.

    Attributes:
        views: the looks.
        min_turn: only for faces that are turned aside by at least this, see `turn_of`; 0 for all.
    """

    views: tuple[View, ...]
    min_turn: float = 0.0


RefinementPlan = tuple[Step, ...]
"""Steps, one after the other, each from where the last one left the points."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pose:
    centre: NDArray[np.float64]
    side: float
    points: NDArray[np.float64]


def refine_landmarks(detector: Detector, picture: Picture, face: DetectedFace, plan: RefinementPlan) -> DetectedFace:
    """The face with better points; unchanged where a second look does not find it."""
    return refine_landmarks_of(detector, [(picture, face)], plan)[0]


def refine_landmarks_of(
    detector: Detector, subjects: Sequence[tuple[Picture, DetectedFace]], plan: RefinementPlan
) -> list[DetectedFace]:
    """The same for several faces, looked at together where that is quicker."""
    poses = [_first_pose(face) for _, face in subjects]
    lost: set[int] = set()
    for step in plan:
        asked = [i for i in range(len(poses)) if i not in lost and _is_asked(step, poses[i])]
        seen: dict[int, list[_Pose]] = {index: [] for index in asked}
        for view in step.views:
            for start in range(0, len(asked), _TOGETHER):
                some = asked[start : start + _TOGETHER]
                looks = [_Look(subjects[index][0], poses[index], view) for index in some]
                for index, found in zip(some, _look(detector, looks, view), strict=True):
                    seen[index] += found
        for index in asked:
            if seen[index]:
                poses[index] = _mean(seen[index])
            else:
                lost.add(index)
    return [
        replace(face, landmarks=Landmarks.from_array(pose.points))
        for (_, face), pose in zip(subjects, poses, strict=True)
    ]


def _is_asked(step: Step, pose: _Pose) -> bool:
    return not step.min_turn or turn_of(pose.points) >= step.min_turn


def _first_pose(face: DetectedFace) -> _Pose:
    box = face.box
    return _Pose(np.array(box.centre), max(box.width, box.height), face.landmarks.to_array())


class _Look:
    """One face on a canvas, and how it got there."""

    def __init__(self, picture: Picture, pose: _Pose, view: View) -> None:
        side = view.spread * pose.side
        self.transform = window_transform(pose.centre, side, across(pose.points), view.size_px)
        self.canvas = picture.warp(self.transform, view.size_px, view.size_px, min(1.0, scale_of(self.transform)))


def _look(detector: Detector, looks: Sequence[_Look], view: View) -> list[list[_Pose]]:
    canvases = [look.canvas for look in looks]
    if view.mirrored:
        canvases += [np.asarray(cv2.flip(canvas, 1), np.uint8) for canvas in canvases]
    found: list[list[_Pose]] = [[] for _ in looks]
    for index, candidates in enumerate(detector.detect(np.stack(canvases))):
        look = index % len(looks)
        if len(candidates):
            is_mirrored = index >= len(looks)
            found[look].append(_pick(candidates, looks[look].transform, view.size_px, is_mirrored=is_mirrored))
    return found


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


def turn_of(points: NDArray[np.float64]) -> float:
    """How far the face is turned aside: the tip of the nose's distance from the middle line, in face lengths.

    The face length is that from the eyes to the mouth. Faces looking into the camera have about 0.04, profiles 0.4.

    Args:
        points: (5, 2), in the field order of `Landmarks`.
    """
    right_eye, left_eye, nose, right_mouth, left_mouth = points
    length = math.hypot(*(0.5 * (right_mouth + left_mouth - right_eye - left_eye)).tolist())
    aside = (nose - 0.25 * (right_eye + left_eye + right_mouth + left_mouth)) @ across(points)
    return abs(float(aside)) / length if length else 0.0
