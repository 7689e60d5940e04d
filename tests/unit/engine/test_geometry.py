"""Boxes and similarity transforms against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.engine.geometry import (
    apply_transform,
    estimate_similarity,
    invert_transform,
    overlap_ratio,
    scale_of,
    warp_pixels,
    window_transform,
)

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
# (x, y) -> (-2y + 10, 2x + 20): a quarter turn, twice as large, moved by (10, 20).
TURNED = np.array([[0.0, -2.0, 10.0], [2.0, 0.0, 20.0]])
L_SHAPE = np.array([[0.0, 0.0], [0.0, 3.0], [1.0, 0.0], [4.0, 1.0]])


def _ramp(height: int, width: int) -> NDArray[np.uint8]:
    """Every pixel differs from every other."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, :, 0] = np.arange(width)
    pixels[:, :, 1] = np.arange(height)[:, None]
    pixels[:, :, 2] = 77
    return pixels


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ([[0, 0], [2, 0], [0, 2]], [[5, -1], [7, -1], [5, 1]], [[1, 0, 5], [0, 1, -1]]),
        ([[0, 0], [2, 0], [0, 2]], [[0, 0], [4, 0], [0, 4]], [[2, 0, 0], [0, 2, 0]]),
        ([[0, 0], [2, 0], [0, 2]], [[0, 0], [0, 2], [-2, 0]], [[0, -1, 0], [1, 0, 0]]),
        ([[0, 0], [1, 0], [0, 1]], [[10, 20], [10, 22], [8, 20]], TURNED.tolist()),
        ([[1, 1], [3, 1]], [[0, 0], [0, 1]], [[0, -0.5, 0.5], [0.5, 0, -0.5]]),
    ],
    ids=["shift", "scale 2", "rotation by 90 degrees", "all three", "two points"],
)
def test_similarity_is_found(source: list[list[float]], target: list[list[float]], expected: list[list[float]]) -> None:
    found = estimate_similarity(np.array(source, float), np.array(target, float))
    assert found == pytest.approx(np.array(expected, float), abs=1e-12)


def test_similarity_of_points_that_do_not_fit_is_the_least_squares_one() -> None:
    cross = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    stretched = cross * [2.0, 4.0]
    # Squared error 2 (2 - s)² + 2 (4 - s)² is least at s = 3.
    assert estimate_similarity(cross, stretched) == pytest.approx(3 * IDENTITY, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_similarity_is_recovered_from_points_without_noise(seed: int) -> None:
    random = np.random.default_rng(seed)
    angle, scale, shift = random.uniform(-3, 3), random.uniform(0.1, 9), random.uniform(-500, 500, 2)
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    truth = np.array([[cosine, -sine, shift[0]], [sine, cosine, shift[1]]])
    points = random.uniform(0, 1000, (5, 2))
    assert estimate_similarity(points, apply_transform(truth, points)) == pytest.approx(truth, abs=1e-8)


@pytest.mark.parametrize("mirror", [[-1, 1], [1, -1]])
def test_similarity_is_never_a_reflection(mirror: list[int]) -> None:
    found = estimate_similarity(L_SHAPE, L_SHAPE * mirror)
    (a, b), (c, d) = found[:, :2]
    assert a * d - b * c > 0
    assert (a, b) == pytest.approx((d, -c))


def test_similarity_of_one_place_is_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        estimate_similarity(np.full((5, 2), 3.0), L_SHAPE[:1].repeat(5, 0))


def test_transform_is_applied_and_undone() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    there = apply_transform(TURNED, points)
    assert there == pytest.approx(np.array([[10.0, 20.0], [10.0, 22.0], [8.0, 20.0]]))
    assert invert_transform(TURNED) == pytest.approx(np.array([[0.0, 0.5, -10.0], [-0.5, 0.0, 5.0]]))
    assert apply_transform(invert_transform(TURNED), there) == pytest.approx(points)


def test_scale_of_a_transform() -> None:
    assert scale_of(TURNED) == pytest.approx(2)
    assert scale_of(np.array([[3.0, -4.0, 9.0], [4.0, 3.0, 9.0]])) == pytest.approx(5)


@pytest.mark.parametrize(
    ("direction", "corner", "beside_it"),
    [
        ((1, 0), (40, 20), (60, 20)),
        ((0, 1), (60, 20), (60, 40)),
        ((-1, 0), (60, 40), (40, 40)),
        ((0, -1), (40, 40), (40, 20)),
    ],
    ids=["upright", "picture's down is right", "upside down", "picture's up is right"],
)
def test_window_shows_a_square_of_the_picture(
    direction: tuple[int, int], corner: tuple[int, int], beside_it: tuple[int, int]
) -> None:
    """A square of side 20 around (50, 30) fills a canvas of 100: its corner and the one to the right of it."""
    transform = window_transform(np.array([50.0, 30.0]), 20, np.array(direction, float), 100)
    seen = apply_transform(transform, np.array([corner, beside_it, (50, 30)], float))
    assert seen == pytest.approx(np.array([[0.0, 0.0], [100.0, 0.0], [50.0, 50.0]]), abs=1e-9)
    assert scale_of(transform) == pytest.approx(5)


def test_identity_changes_no_pixel() -> None:
    pixels = _ramp(30, 50)
    assert np.array_equal(warp_pixels(pixels, IDENTITY, 50, 30), pixels)


def test_shift_by_whole_pixels_is_exact_and_black_outside() -> None:
    pixels = _ramp(30, 50)
    shifted = warp_pixels(pixels, np.array([[1.0, 0.0, 7.0], [0.0, 1.0, -4.0]]), 50, 30)
    assert np.array_equal(shifted[:26, 7:], pixels[4:, :43])
    assert not shifted[:, :7].any()
    assert not shifted[26:].any()


@pytest.mark.parametrize(("direction", "turns"), [((1, 0), 0), ((0, 1), 1), ((-1, 0), 2), ((0, -1), 3)])
def test_quarter_turn_is_exact(direction: tuple[int, int], turns: int) -> None:
    pixels = _ramp(40, 40)
    transform = window_transform(np.array([20.0, 20.0]), 40, np.array(direction, float), 40)
    assert np.array_equal(warp_pixels(pixels, transform, 40, 40), np.rot90(pixels, turns))


def test_enlarging_doubles_every_distance() -> None:
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[:, 10:] = 200
    large = warp_pixels(pixels, np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]), 40, 40)
    # The edge lies at x = 10, so at 20; linear between the centres of its two pixels, at 19 and 21.
    assert large[20, [17, 18, 19, 20, 21, 22], 0].tolist() == [0, 0, 50, 150, 200, 200]


@pytest.mark.parametrize("shrink", [3, 5, 8, 13.7])
def test_fine_checkerboard_becomes_grey(shrink: float) -> None:
    rows, columns = np.indices((240, 320))
    board = np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    width, height = int(320 / shrink), int(240 / shrink)
    small = warp_pixels(board, np.array([[1 / shrink, 0, 0], [0, 1 / shrink, 0]]), width, height)
    # Of 3 x 3 pixels of the board 5 have one colour and 4 the other.
    assert np.abs(small[1:-1, 1:-1].astype(float) - 127.5).max() < 255 / 2 / 9 + 1


@pytest.mark.parametrize("turns", range(4))
def test_shrinking_moves_nothing(turns: int) -> None:
    """A ramp of 2 a pixel; what the canvas shows is the ramp at the place that the transform names."""
    pixels = np.repeat((2 * np.arange(120, dtype=np.uint8))[None, :, None], 120, axis=0).repeat(3, axis=2)
    direction = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)][turns], float)
    transform = window_transform(np.array([60.0, 60.0]), 120, direction, 24)
    seen = warp_pixels(pixels, transform, 24, 24)[2:-2, 2:-2, 0].astype(float)
    centres = np.stack(np.meshgrid(np.arange(24) + 0.5, np.arange(24) + 0.5), -1).reshape(-1, 2)
    x = apply_transform(invert_transform(transform), centres)[:, 0].reshape(24, 24)[2:-2, 2:-2]
    assert np.abs(seen - 2 * (x - 0.5)).max() <= 1.5


def test_window_outside_the_picture_is_black() -> None:
    white = np.full((50, 50, 3), 255, np.uint8)
    for scale in (1.0, 0.2):
        away = np.array([[scale, 0.0, 500.0], [0.0, scale, -900.0]])
        assert not warp_pixels(white, away, 20, 20).any()


def test_overlap_ratio_by_hand() -> None:
    box = np.array([0.0, 0.0, 2.0, 2.0])
    others = np.array(
        [[0, 0, 2, 2], [1, 1, 2, 2], [1, 0, 2, 2], [0, 0, 4, 4], [2, 0, 2, 2], [9, 9, 1, 1], [0.5, 0.5, 1, 1]]
    )
    expected = [1, 1 / 7, 1 / 3, 1 / 4, 0, 0, 1 / 4]
    assert overlap_ratio(box, others.astype(float)) == pytest.approx(np.array(expected))


def test_overlap_ratio_of_nothing_is_zero() -> None:
    assert overlap_ratio(np.zeros(4), np.zeros((1, 4))).tolist() == [0]
    assert overlap_ratio(np.zeros(4), np.zeros((0, 4))).shape == (0,)
