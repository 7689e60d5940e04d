"""The second look at a face, with a detector whose faults are known."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.engine.detection.dots import DotDetector, draw_face, face_at
from visavis.engine.detection.base import Candidates
from visavis.engine.detection.refine import Step, View, across, refine_landmarks, turn_of
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.picture import Picture

ONE = (Step((View(1.4, 128),)),)
MIRRORED = (Step((View(1.4, 128, mirrored=True),)),)


def scene(degrees: float = 0, scale: float = 2) -> tuple[Picture, NDArray[np.float64]]:
    pixels = np.zeros((600, 800, 3), np.uint8)
    points = draw_face(pixels, (450, 310), scale=scale, degrees=degrees)
    return Picture(from_array(pixels), ImageLimits()), points


def error_px(found: NDArray[np.float64], points: NDArray[np.float64]) -> float:
    return float(np.abs(found - points).max())


@pytest.mark.parametrize("degrees", [0, 10, 45, 90, 135, 180, 270])
def test_points_and_box_become_exact_whichever_way_the_face_is_turned(degrees: float) -> None:
    """The detector sees upright faces only: the face is turned upright by the points known so far."""
    picture, points = scene(degrees)
    rough = face_at(points, shift=(8, -6))
    refined = refine_landmarks(DotDetector(), picture, rough, ONE)
    assert error_px(refined.landmarks.to_array(), points) < 0.7
    assert astuple(refined.box) == pytest.approx(astuple(face_at(points).box), abs=1.5)
    assert refined.probability == rough.probability


def test_mirrored_view_cancels_a_lean_to_one_side() -> None:
    picture, points = scene()
    leaning = DotDetector(lean=3)
    # 3 pixels of a canvas of 128 that shows 1.4 * 240 pixels of the picture.
    lean_px = 3 * 1.4 * 240 / 128
    once = refine_landmarks(leaning, picture, face_at(points), ONE).landmarks.to_array() - points
    assert once == pytest.approx(np.tile([lean_px, 0.0], (5, 1)), abs=0.7)
    both = refine_landmarks(leaning, picture, face_at(points), MIRRORED)
    assert error_px(both.landmarks.to_array(), points) < 0.7


def test_step_is_the_mean_of_its_views() -> None:
    """The same lean in canvas pixels is half as much where the canvas is twice as fine."""
    picture, points = scene()
    step = Step((View(1.4, 128), View(1.4, 256)))
    found = refine_landmarks(DotDetector(lean=3), picture, face_at(points), (step,)).landmarks.to_array()
    lean_px = 3 * 1.4 * 240 / 128
    assert found - points == pytest.approx(np.tile([0.75 * lean_px, 0.0], (5, 1)), abs=0.7)


def test_second_step_starts_from_where_the_first_ended() -> None:
    """Turned by 30 degrees more than was thought, the face is too far from upright for good; two steps mend it."""
    picture, points = scene(degrees=30)
    rough = face_at(scene(degrees=10)[1])
    refined = refine_landmarks(DotDetector(), picture, rough, (*ONE, *MIRRORED))
    assert error_px(refined.landmarks.to_array(), points) < 0.7


def test_face_that_is_not_found_again_stays_as_it_was() -> None:
    picture, points = scene()
    rough = face_at(points, shift=(3, 4))
    blind = DotDetector(lambda size: 0.0)
    assert refine_landmarks(blind, picture, rough, MIRRORED) == rough


def test_nothing_is_looked_at_without_a_plan() -> None:
    picture, points = scene()
    detector = DotDetector()
    assert refine_landmarks(detector, picture, face_at(points), ()) == face_at(points)
    assert detector.canvases == []


@pytest.mark.parametrize("degrees", [0, 30, 90, -120])
def test_across_is_square_to_the_line_from_eyes_to_mouth(degrees: float) -> None:
    _, points = scene(degrees)
    expected = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    assert across(points) == pytest.approx(expected, abs=1e-9)


def test_across_of_a_profile_does_not_hang_on_its_eyes() -> None:
    profile = np.array([[50.0, 50.0], [50.0, 50.0], [70.0, 60.0], [55.0, 90.0], [45.0, 90.0]])
    assert across(profile) == pytest.approx([1.0, 0.0])


def test_across_of_one_place_is_upright() -> None:
    assert across(np.zeros((5, 2))).tolist() == [1.0, 0.0]


def test_turn_is_how_far_the_nose_is_off_the_middle_line() -> None:
    """The eyes are 60 above the mouth; a nose 15 to the side of the middle is a quarter of that."""
    _, points = scene(degrees=35, scale=1)
    assert turn_of(points) == pytest.approx(0, abs=1e-9)
    aside = points.copy()
    aside[2] += 15 * across(points)
    assert turn_of(aside) == pytest.approx(0.25)
    assert turn_of(np.zeros((5, 2))) == 0


@pytest.mark.parametrize(("nose_px", "looks"), [(0, 1), (60, 2)])
def test_step_for_turned_faces_is_left_out_for_others(nose_px: float, looks: int) -> None:
    """At a scale of 2 the face is 120 long: a nose 60 to the side turns it by 0.5."""
    picture, points = scene()
    points[2, 0] += nose_px

    class _Parrot(DotDetector):
        def detect(self, canvases: NDArray[np.uint8]) -> list[Candidates]:
            self.canvases += [canvas.shape[0] for canvas in canvases]
            on_canvas = (points - points[2] + (nose_px, 0)) * 128 / (1.4 * 240) + 64
            box = np.array([[21.0, 21.0, 86.0, 86.0]])
            return [Candidates(box, on_canvas[None], np.array([0.9])) for _ in canvases]

    detector = _Parrot()
    plan = (*ONE, Step((View(1.4, 128),), min_turn=0.2))
    refine_landmarks(detector, picture, face_at(points, shift=(-nose_px, 0)), plan)
    assert len(detector.canvases) == looks
