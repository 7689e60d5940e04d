"""Where exactly the five points of a known face are.

The detector places points best on an upright face of the size that it was trained on. So the face is looked at again,
alone, turned upright by what is known so far, at such a size; mirrored too, since the mean of both views cancels the
detector's lean to one side. Turned faces gain most: their points decide how the face is aligned.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.base import Candidates, Detector, join_candidates, mean_candidate
from visavis.engine.geometry import apply_transform, invert_transform, overlap_ratio, scale_of, window_transform
from visavis.engine.picture import Picture
from visavis.types import BoundingBox, DetectedFace, Landmarks

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
    size: NDArray[np.float64]  # of the box: width, height
    side: float  # the longer one
    points: NDArray[np.float64]


def refine_landmarks(detector: Detector, picture: Picture, face: DetectedFace, plan: RefinementPlan) -> DetectedFace:
    """The face with better points and a better box; unchanged where a second look does not find it."""
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
                looked_at = [(subjects[index][0], poses[index]) for index in some]
                for index, found in zip(some, _look(detector, looked_at, view), strict=True):
                    seen[index] += found
        for index in asked:
            if seen[index]:
                poses[index] = _mean(seen[index])
            else:
                lost.add(index)
    return [
        replace(face, box=_box(pose), landmarks=Landmarks.from_array(pose.points))
        for (_, face), pose in zip(subjects, poses, strict=True)
    ]


def _box(pose: _Pose) -> BoundingBox:
    return BoundingBox(*(pose.centre - pose.size / 2).tolist(), *pose.size.tolist())


def _is_asked(step: Step, pose: _Pose) -> bool:
    return not step.min_turn or turn_of(pose.points) >= step.min_turn


def _first_pose(face: DetectedFace) -> _Pose:
    box = face.box
    size = box.width, box.height
    return _Pose(np.array(box.centre), np.array(size), max(size), face.landmarks.to_array())


def _look(detector: Detector, subjects: Sequence[tuple[Picture, _Pose]], view: View) -> list[list[_Pose]]:
    """The poses seen of each subject: none, one, or two where its mirror image was looked at too."""
    size = view.size_px
    transforms = [window_transform(p.centre, view.spread * p.side, across(p.points), size) for _, p in subjects]
    canvases = np.empty(((2 if view.mirrored else 1) * len(subjects), size, size, 3), np.uint8)
    for index, ((picture, _), transform) in enumerate(zip(subjects, transforms, strict=True)):
        canvases[index] = picture.warp(transform, size, size, min(1.0, scale_of(transform)))
    for index in range(len(subjects), len(canvases)):
        cv2.flip(canvases[index - len(subjects)], 1, canvases[index])
    poses: list[list[_Pose]] = [[] for _ in subjects]
    for index, located, extent in _pick(detector.detect(canvases), size):
        subject = index % len(subjects)
        if index >= len(subjects):
            located = located[_SWAPPED]
            located[:, 0] = size - located[:, 0]
        inverse = invert_transform(transforms[subject])
        located = apply_transform(inverse, located)
        extent = extent * scale_of(inverse)
        # The box stays upright: a face on its side has a lying one.
        is_lying = abs(inverse[0, 1]) > abs(inverse[0, 0])
        poses[subject].append(_Pose(located[5], extent[:: -1 if is_lying else 1], float(extent.max()), located[:5]))
    return poses


def _pick(found: Sequence[Candidates], size_px: int) -> Iterator[tuple[int, NDArray[np.float64], NDArray[np.float64]]]:
    """Of each canvas that shows a face: its index, the points and the box's centre (6, 2), the box's sides (2,).

    Probable faces near the centre are preferred.
    """
    counts = [len(candidates) for candidates in found]
    seen = [index for index, count in enumerate(counts) if count]
    if not seen:
        return
    everything = join_candidates(found)
    canvas = np.repeat(np.arange(len(found)), counts)
    offsets = (everything.boxes[:, :2] + everything.boxes[:, 2:] / 2) / size_px - 0.5
    merits = everything.probabilities - np.hypot(offsets[:, 0], offsets[:, 1])
    on_each = canvas == np.array(seen)[:, None]
    best = np.where(on_each, merits, -np.inf).argmax(1)
    overlaps = overlap_ratio(everything.boxes[best, None], everything.boxes) * on_each
    boxes, points = mean_candidate(everything, overlaps)
    located = np.concatenate([points, (boxes[:, :2] + boxes[:, 2:] / 2)[:, None]], 1)
    yield from zip(seen, located, boxes[:, 2:], strict=True)


def _mean(poses: Sequence[_Pose]) -> _Pose:
    if len(poses) == 1:
        return poses[0]
    share = 1 / len(poses)
    return _Pose(
        share * np.add.reduce([pose.centre for pose in poses]),
        share * np.add.reduce([pose.size for pose in poses]),
        share * sum(pose.side for pose in poses),
        share * np.add.reduce([pose.points for pose in poses]),
    )


def across(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector across the face, from its right to its left: square to the line from the eyes to the mouth.

    The line between the eyes would be no guide: on a turned face it is short, and its direction mostly noise.

    Args:
        points: (5, 2), in the field order of `Landmarks`.
    """
    down_x, down_y = _down(points)
    length = math.hypot(down_x, down_y)
    return np.array([down_y / length, -down_x / length] if length else [1.0, 0.0])


def turn_of(points: NDArray[np.float64]) -> float:
    """How far the face is turned aside: the tip of the nose's distance from the middle line, in face lengths.

    The face length is that from the eyes to the mouth. Faces looking into the camera have about 0.04, profiles 0.4.

    Args:
        points: (5, 2), in the field order of `Landmarks`.
    """
    down_x, down_y = _down(points)
    length = math.hypot(down_x, down_y)
    # Four times the way from the middle of the eyes and the mouth's corners to the nose.
    aside_x, aside_y = (5 * points[2] - points.sum(0)).tolist()
    return abs(aside_x * down_y - aside_y * down_x) / (4 * length**2) if length else 0.0


def _down(points: NDArray[np.float64]) -> tuple[float, float]:
    """From the middle of the eyes to the middle of the mouth."""
    (a, b), (c, d), _, (e, f), (g, h) = points.tolist()
    return 0.5 * (e + g - a - c), 0.5 * (f + h - b - d)
