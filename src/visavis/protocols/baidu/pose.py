"""Which way a head is turned, from five points."""

from __future__ import annotations

import math
from dataclasses import dataclass

from visavis.types import Landmarks

# A generic face in units of the distance between its eyes, from the reference points of aligned faces: the mouth lies
# this far below the eyes, the nose tip at this share of the way, and this far in front of the plane of eyes and mouth.
_MOUTH_DROP = 1.155
_NOSE_SHARE = 0.4935
_NOSE_DEPTH = 0.4


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Degrees.

    Attributes:
        yaw: -90..90; positive: the nose points to the right of the picture.
        pitch: -90..90; positive: the face looks down.
        roll: -180..180; positive: the head is turned clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float


def estimate_pose(points: Landmarks) -> HeadPose:
    """The pose of a head that nodded first, then turned aside, then tilted.

    Roll is exact: the slope of the line through the eyes. Yaw and pitch are approximations, right for a head of the
    proportions above, seen without perspective: a nod shortens the way from the eyes to the mouth by its cosine, a turn
    the way between the eyes, and the nose tip leaves the line between them by its depth times the sines. A longer nose,
    an open mouth or a near camera shifts them by several degrees. Their error on real faces has not been measured.
    """
    across = _minus(points.left_eye, points.right_eye)
    roll = math.atan2(across[1], across[0])
    eyes = _middle(points.right_eye, points.left_eye)
    mouth = _middle(points.right_mouth_corner, points.left_mouth_corner)
    midline = _minus(mouth, eyes)
    foot = eyes[0] + _NOSE_SHARE * midline[0], eyes[1] + _NOSE_SHARE * midline[1]
    aside, below = _turn_back(_minus(points.nose_tip, foot), roll)
    _, drop = _turn_back(midline, roll)
    pitch = math.atan2(below / _NOSE_DEPTH, abs(drop) / _MOUTH_DROP)
    yaw = math.atan2(aside / _NOSE_DEPTH, math.hypot(*across) * math.cos(pitch))
    return HeadPose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def _minus(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] - other[0], one[1] - other[1]


def _middle(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _turn_back(vector: tuple[float, float], angle: float) -> tuple[float, float]:
    """Turned counter-clockwise by `angle` radians, y pointing down."""
    x, y = vector
    cosine, sine = math.cos(angle), math.sin(angle)
    return x * cosine + y * sine, y * cosine - x * sine
