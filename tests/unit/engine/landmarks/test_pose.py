from __future__ import annotations

import math

import numpy as np
import pytest

from visavis.engine.landmarks.mesh import FaceMesh
from visavis.engine.landmarks.pose import estimate_pose, five_points, pose_of, rotation_for, rotation_of
from visavis.engine.landmarks.shape import load_shape
from visavis.measures import HeadPose
from visavis.types import Landmarks

SHAPE = load_shape().points
POSES = [
    (0, 0, 0),
    (25, 0, 0),
    (0, -30, 0),
    (0, 0, 40),
    (0, 0, -170),
    (-20, 10, 30),
    (24, -15, -60),
]
NOSE = np.array([0.0, 0.0, -1.0])
"""Where the nose of a head points that looks at the camera: towards it."""


def turned_face(pose: HeadPose, scale: float = 80.0) -> tuple[FaceMesh, Landmarks]:
    points = scale * SHAPE @ rotation_for(pose).T + [300, 200, 0]
    return FaceMesh(points, 1.0), Landmarks.from_array(five_points(points)[:, :2])


@pytest.mark.parametrize("angles", POSES)
def test_the_pose_of_a_turned_mean_shape_is_exact(angles: tuple[float, float, float]) -> None:
    mesh, _ = turned_face(HeadPose(*angles))
    found = pose_of(rotation_of(SHAPE - SHAPE.mean(0), mesh.points - mesh.points.mean(0)))
    assert (found.yaw, found.pitch, found.roll) == pytest.approx(angles, abs=1e-6)


@pytest.mark.parametrize("angles", [(90, 0, 0), (-85, 20, 10), (70, -40, -30)])
def test_profiles_have_a_pose_too(angles: tuple[float, float, float]) -> None:
    found = pose_of(rotation_for(HeadPose(*angles)))
    assert (found.yaw, found.pitch, found.roll) == pytest.approx(angles, abs=1e-6)


def test_positive_yaw_points_the_nose_to_the_right_of_the_picture() -> None:
    np.testing.assert_allclose(rotation_for(HeadPose(30, 0, 0)) @ NOSE, [0.5, 0, -math.sqrt(0.75)], atol=1e-9)


def test_positive_pitch_points_the_nose_down() -> None:
    np.testing.assert_allclose(rotation_for(HeadPose(0, 30, 0)) @ NOSE, [0, 0.5, -math.sqrt(0.75)], atol=1e-9)


def test_positive_roll_turns_clockwise() -> None:
    # From twelve o'clock to three.
    np.testing.assert_allclose(rotation_for(HeadPose(0, 0, 90)) @ [0, -1, 0], [1, 0, 0], atol=1e-9)


@pytest.mark.parametrize("yaw", [-20, 0, 20])
def test_the_estimate_is_exact_where_both_witnesses_are_trusted(yaw: float) -> None:
    found = estimate_pose(*turned_face(HeadPose(yaw, 0, 0)))
    assert (found.yaw, found.pitch, found.roll) == pytest.approx((yaw, 0, 0), abs=1e-3)


def test_the_estimate_is_the_mean_of_mesh_and_points() -> None:
    mesh, _ = turned_face(HeadPose(10, 0, 0))
    _, points = turned_face(HeadPose(20, 0, 0))
    assert estimate_pose(mesh, points).yaw == pytest.approx(15, abs=1e-3)


def test_beyond_25_degrees_yaw_is_stretched() -> None:
    # 25 + 2.25 * 15 = 58.75
    assert estimate_pose(*turned_face(HeadPose(40, 0, 0))).yaw == pytest.approx(58.75, abs=1e-3)
    assert estimate_pose(*turned_face(HeadPose(-40, 0, 0))).yaw == pytest.approx(-58.75, abs=1e-3)


def test_yaw_ends_at_90() -> None:
    assert estimate_pose(*turned_face(HeadPose(80, 0, 0))).yaw == 90


def test_size_and_place_do_not_matter() -> None:
    small, large = (estimate_pose(*turned_face(HeadPose(12, 5, -7), scale)) for scale in (3.0, 900.0))
    assert (small.yaw, small.pitch, small.roll) == pytest.approx((large.yaw, large.pitch, large.roll), abs=1e-6)


def test_a_mirrored_mesh_flips_yaw_and_roll() -> None:
    mesh, points = turned_face(HeadPose(15, 8, 20))
    mirrored = mesh.points[load_shape().mirrored] * [-1, 1, 1]
    found = estimate_pose(FaceMesh(mirrored, 1.0), Landmarks.from_array(five_points(mirrored)[:, :2]))
    straight = estimate_pose(mesh, points)
    assert (found.yaw, found.pitch, found.roll) == pytest.approx((-straight.yaw, straight.pitch, -straight.roll))


def test_a_rotation_is_never_a_reflection() -> None:
    mirrored = SHAPE * [-1, 1, 1]
    rotation = rotation_of(SHAPE - SHAPE.mean(0), mirrored - mirrored.mean(0))
    assert np.linalg.det(rotation) == pytest.approx(1)
