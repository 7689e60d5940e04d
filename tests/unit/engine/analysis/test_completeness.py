"""How much of a face is outside of the picture: areas worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.engine.analysis.completeness import (
    area_of,
    clip_polygon,
    eye_distance_of,
    face_width_of,
    share_outside,
)
from visavis.engine.landmarks.shape import load_shape

SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])


def mesh_with_oval(corners: list[tuple[float, float]]) -> NDArray[np.float64]:
    """(468, 3): the oval runs through these corners, and stays at the last one; all other points are at the origin."""
    oval = load_shape().contours["face_oval"]
    points = np.zeros((468, 3))
    points[oval, :2] = [*corners, *[corners[-1]] * (len(oval) - len(corners))]
    return points


@pytest.mark.parametrize(
    ("shift", "area"),
    [((0, 0), 100), ((-4, 0), 60), ((0, -4), 60), ((95, 0), 50), ((0, 45), 50), ((-5, -5), 25), ((99, 49), 1)],
)
def test_a_square_is_cut_at_every_edge(shift: tuple[int, int], area: float) -> None:
    assert area_of(clip_polygon(SQUARE + shift, 100, 50)) == pytest.approx(area)


@pytest.mark.parametrize("shift", [(-11, 0), (0, -11), (101, 0), (0, 51)])
def test_nothing_is_left_of_what_is_wholly_outside(shift: tuple[int, int]) -> None:
    assert area_of(clip_polygon(SQUARE + shift, 100, 50)) == 0


def test_a_square_around_the_picture_leaves_the_picture() -> None:
    assert area_of(clip_polygon(SQUARE * 100 - 100, 30, 20)) == pytest.approx(600)


def test_a_corner_cut_off_a_diamond() -> None:
    diamond = np.array([[0.0, -10.0], [10.0, 0.0], [0.0, 10.0], [-10.0, 0.0]])

    assert area_of(clip_polygon(diamond, 100, 100)) == pytest.approx(50)
    assert area_of(clip_polygon(diamond + np.array([5, 100]), 100, 100)) == pytest.approx(200 / 2 - 25 / 2)


def test_both_arms_of_a_fork_are_kept() -> None:
    # A U of 2 wide arms, 10 high, open at the top, its foot 2 high; the picture shows the arms alone.
    fork = np.array([[0, 0], [2, 0], [2, 8], [4, 8], [4, 0], [6, 0], [6, 10], [0, 10]], np.float64)

    assert area_of(clip_polygon(fork, 100, 5)) == pytest.approx(2 * 2 * 5)


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_an_area_does_not_depend_on_the_way_round(order: slice) -> None:
    assert area_of(SQUARE[order] + 1e6) == pytest.approx(100)


def test_a_quarter_of_the_face_is_cut_off() -> None:
    face = mesh_with_oval([(-20, 10), (60, 10), (60, 110), (-20, 110)])

    assert share_outside(face, 200, 200) == pytest.approx(0.25)
    assert share_outside(face + np.array([20, 0, 0]), 200, 200) == 0
    assert share_outside(face - np.array([100, 0, 0]), 200, 200) == 1


def test_a_mesh_without_area_is_inside() -> None:
    assert share_outside(np.zeros((468, 3)), 100, 100) == 0


def test_sizes_of_the_mean_face() -> None:
    points = load_shape().points
    oval = points[load_shape().contours["face_oval"]]

    # The mean shape is measured in eye distances, and stands upright.
    assert eye_distance_of(points) == pytest.approx(1, abs=1e-3)
    assert face_width_of(points) == pytest.approx(np.ptp(oval[:, 0]), abs=1e-6)


def test_sizes_do_not_change_when_the_face_is_tilted() -> None:
    points = 50 * load_shape().points[:, :2]
    tilted = points @ np.array([[0.6, 0.8], [-0.8, 0.6]])

    assert eye_distance_of(tilted) == pytest.approx(eye_distance_of(points))
    assert face_width_of(tilted) == pytest.approx(face_width_of(points))


def test_the_width_of_a_mesh_without_height_is_nothing() -> None:
    assert face_width_of(np.zeros((468, 3))) == 0


def test_a_wider_oval_reaches_further_out() -> None:
    # A square of side 10 whose corners are evenly taken has its middle at (5, 5); 1.2 times as wide, it is 12 wide.
    oval = load_shape().contours["face_oval"]
    assert len(oval) % 4 == 0
    points = np.zeros((468, 3))
    points[oval, :2] = np.repeat(SQUARE, len(oval) // 4, axis=0)
    assert share_outside(points, 100, 100) == 0
    # From -1 to 11 on both axes: what is left is 11 by 11 of 12 by 12.
    assert share_outside(points, 100, 100, 1.2) == pytest.approx(1 - 121 / 144)
