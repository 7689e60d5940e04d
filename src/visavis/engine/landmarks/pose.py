"""Which way a head is turned."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from visavis.engine.landmarks.mesh import FaceMesh
from visavis.engine.landmarks.shape import load_shape
from visavis.measures import HeadPose
from visavis.types import Landmarks

_Array = NDArray[np.float64]

_TRUSTED_DEG = 25.0
_STRETCH = 2.25


def estimate_pose(mesh: FaceMesh, landmarks: Landmarks) -> HeadPose:
    """The pose of a face from its mesh and from the detector's points.

    All three angles come from the rotation that brings the mean shape nearest to the mesh. The network does not know
    profiles and makes faces of them that are turned by half as much; the five points of the detector tell them better
    from faces that are turned a little. So yaw is the mean of what both say, stretched where it exceeds 25 degrees such
    that the median of 200 profiles (CFP people 001 to 100) is 75. Its error beyond 25 degrees is not known. Pitch has
    no zero by nature: here it is how people hold their heads who look into a camera.

    Args:
        mesh: of the face.
        landmarks: of the same face, in the same picture.
    """
    shape = load_shape().points
    turned = pose_of(rotation_of(shape - shape.mean(0), mesh.points - mesh.points.mean(0)))
    yaw = (turned.yaw + _yaw_of_points(landmarks, turned.roll)) / 2
    beyond = max(0.0, abs(yaw) - _TRUSTED_DEG)
    stretched = math.copysign(min(90.0, abs(yaw) + (_STRETCH - 1) * beyond), yaw)
    return HeadPose(stretched, turned.pitch, turned.roll)


def rotation_of(source: _Array, target: _Array) -> _Array:
    """(3, 3) rotation that brings points nearest to others, whatever their scale; never a reflection.

    Args:
        source: (N, 3), their mean at the origin.
        target: (N, 3), where they should go, their mean at the origin.

    Source: W. Kabsch, "A solution for the best rotation to relate two sets of vectors", 1976.
    """
    left, _, right = np.linalg.svd(target.T @ source)
    flip = np.linalg.det(left @ right)
    return np.asarray((left * [1.0, 1.0, flip]) @ right)


def pose_of(rotation: _Array) -> HeadPose:
    """The angles of a rotation from the mean shape, (3, 3), axes as in `MeshShape.points`."""
    yaw = math.atan2(rotation[2, 0], rotation[2, 2])
    pitch = math.asin(min(1.0, max(-1.0, rotation[2, 1])))
    roll = math.atan2(-rotation[0, 1], rotation[1, 1])
    return HeadPose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def rotation_for(pose: HeadPose) -> _Array:
    """The inverse of `pose_of`: (3, 3), points as columns."""
    yaw, pitch, roll = np.radians([-pose.yaw, pose.pitch, pose.roll])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(tilt @ nod @ turn)


def five_points(points: _Array) -> _Array:
    """(5, n) the detector's five points on a mesh of (468, n), in the field order of `Landmarks`."""
    return np.array([points[[33, 133]].mean(0), points[[263, 362]].mean(0), points[1], points[61], points[291]])


@functools.cache
def _nose() -> tuple[float, float]:
    """Of the mean shape's nose tip: how far down from the eyes to the mouth, 0..1; and how far in front of that line,
    in distances between the eyes."""
    right_eye, left_eye, tip, right_corner, left_corner = five_points(load_shape().points)
    eyes, mouth = (right_eye + left_eye) / 2, (right_corner + left_corner) / 2
    midline = mouth - eyes
    share = float((tip - eyes) @ midline / (midline @ midline))
    return share, float(np.linalg.norm(tip - eyes - share * midline) / np.linalg.norm(left_eye - right_eye))


def _yaw_of_points(landmarks: Landmarks, roll_deg: float) -> float:
    """Degrees: the sine from how far the nose tip lies beside the midline, the cosine from the way between the eyes."""
    share, depth = _nose()
    roll = math.radians(roll_deg)
    x = landmarks.to_array() @ [math.cos(roll), math.sin(roll)]
    eyes, mouth = (x[0] + x[1]) / 2, (x[3] + x[4]) / 2
    aside = x[2] - eyes - share * (mouth - eyes)
    return math.degrees(math.atan2(aside / depth, abs(x[1] - x[0])))
