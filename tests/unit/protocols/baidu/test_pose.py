"""Poses against a head of the stated proportions, turned and projected here."""

from __future__ import annotations

import math

import numpy as np
import pytest

from visavis.protocols.baidu.pose import HeadPose, estimate_pose
from visavis.types import Landmarks

# Right eye, left eye, nose tip, mouth corners; x to the right of the picture, y down, z towards the camera.
_HEAD = np.array([(-0.5, 0, 0), (0.5, 0, 0), (0, 0.57, 0.4), (-0.41, 1.155, 0), (0.41, 1.155, 0)])


def pose_of(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> HeadPose:
    """What is estimated of the head, turned about the level axis, then the upright one, then in the picture."""
    y, p, r = (math.radians(angle) for angle in (yaw, pitch, roll))
    upright = np.array([(math.cos(y), 0, math.sin(y)), (0, 1, 0), (-math.sin(y), 0, math.cos(y))])
    level = np.array([(1, 0, 0), (0, math.cos(p), math.sin(p)), (0, -math.sin(p), math.cos(p))])
    plane = np.array([(math.cos(r), -math.sin(r), 0), (math.sin(r), math.cos(r), 0), (0, 0, 1)])
    turned = _HEAD @ (plane @ upright @ level).T
    return estimate_pose(Landmarks.from_array(turned[:, :2] * 80 + (300, 200)))


@pytest.mark.parametrize("roll", [-179, -120, -90, -20, 0, 7.5, 45, 90, 179])
def test_roll_is_exact_clockwise_positive(roll: float) -> None:
    pose = pose_of(roll=roll)
    assert pose.roll == pytest.approx(roll, abs=1e-9)
    assert (pose.yaw, pose.pitch) == pytest.approx((0, 0), abs=0.1)


def test_eyes_alone_say_the_roll() -> None:
    points = Landmarks((0, 0), (30, 40), (90, 1), (5, 6), (7, 8))
    assert estimate_pose(points).roll == pytest.approx(53.130102354)


@pytest.mark.parametrize("yaw", [-80, -45, -10, 0, 10, 45, 80])
def test_yaw_alone_is_found_right_positive(yaw: float) -> None:
    assert pose_of(yaw=yaw).yaw == pytest.approx(yaw, abs=0.1)
    assert pose_of(yaw=yaw, roll=60).yaw == pytest.approx(yaw, abs=0.1)


@pytest.mark.parametrize("pitch", [-60, -30, 0, 30, 60])
def test_pitch_alone_is_found_down_positive(pitch: float) -> None:
    assert pose_of(pitch=pitch).pitch == pytest.approx(pitch, abs=0.1)
    assert pose_of(pitch=pitch, roll=-100).pitch == pytest.approx(pitch, abs=0.1)


@pytest.mark.parametrize("yaw", [-70, -30, 0, 30])
@pytest.mark.parametrize("pitch", [-50, -20, 0, 20])
@pytest.mark.parametrize("roll", [-150, 0, 25])
def test_all_turns_together_are_found(yaw: float, pitch: float, roll: float) -> None:
    pose = pose_of(yaw, pitch, roll)
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=0.1)


def test_points_that_are_no_face_still_give_angles() -> None:
    nothing = estimate_pose(Landmarks(*[(5.0, 5.0)] * 5))
    assert (nothing.yaw, nothing.pitch, nothing.roll) == (0, 0, 0)
    profile = estimate_pose(Landmarks((5, 5), (5, 5), (9, 9), (5, 15), (5, 15)))
    assert profile.yaw == pytest.approx(90)
    assert -90 <= profile.pitch <= 90
    upside_down_mouth = estimate_pose(Landmarks((0, 10), (10, 10), (5, 6), (2, 0), (8, 0)))
    assert -90 <= upside_down_mouth.pitch <= 90
