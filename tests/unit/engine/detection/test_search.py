"""The climb: cheap when it is easy, thorough when it is not, and always in the picture's own coordinates."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.engine.detection.dots import BOX_SIDE, DOTS, DotDetector, draw_face
from visavis.engine.detection.base import Candidates
from visavis.engine.detection.search import SearchLevel, find_faces, find_faces_of, level_transform
from visavis.engine.geometry import apply_transform
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.picture import Picture


def black(width: int, height: int) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def picture_of(pixels: NDArray[np.uint8]) -> Picture:
    return Picture(from_array(pixels), ImageLimits())


def test_level_centres_the_picture_within_its_border() -> None:
    """A picture of 400 x 200 with a border of half its long side: 800 picture pixels on a canvas of 200."""
    transform = level_transform(400, 200, SearchLevel(200, 0.5))
    corners = apply_transform(transform, np.array([[0.0, 0.0], [400.0, 200.0]]))
    assert corners == pytest.approx(np.array([[50.0, 75.0], [150.0, 125.0]]))


@pytest.mark.parametrize(("turns", "corner"), [(1, (75, 150)), (2, (150, 125)), (3, (125, 50))])
def test_level_turns_the_picture_counter_clockwise(turns: int, corner: tuple[int, int]) -> None:
    transform = level_transform(400, 200, SearchLevel(200, 0.5, quarter_turns=turns))
    assert apply_transform(transform, np.zeros((1, 2))) == pytest.approx(np.array([corner]))


def test_certain_face_ends_the_climb_at_once() -> None:
    pixels = black(1000, 800)
    points = draw_face(pixels, (400, 300), scale=3)
    detector = DotDetector()
    (face,) = find_faces(detector, picture_of(pixels))
    assert len(detector.canvases) == 1
    assert detector.canvases[0] < 300
    assert face.probability == 0.95
    # A pixel of this canvas is about 8 of the picture's.
    assert np.abs(face.landmarks.to_array() - points).max() < 4
    assert face.box.centre == pytest.approx((400, 300), abs=4)
    assert (face.box.width, face.box.height) == pytest.approx((3 * BOX_SIDE, 3 * BOX_SIDE), rel=0.03)


def test_doubtful_face_is_looked_at_again_and_the_surest_look_counts() -> None:
    pixels = black(1000, 800)
    points = draw_face(pixels, (400, 300), scale=3)
    detector = DotDetector(lambda size: 0.97 if size == 640 else 0.5)
    (face,) = find_faces(detector, picture_of(pixels))
    assert detector.canvases[0] < 300
    assert detector.canvases[1:] == [320, 640]
    assert face.probability == 0.97
    assert np.abs(face.landmarks.to_array() - points).max() < 1.5


def test_small_face_is_found_at_the_last_level_of_a_large_picture() -> None:
    pixels = black(3000, 2000)
    points = draw_face(pixels, (2500, 1500), scale=2)
    detector = DotDetector(lambda size: 0.9 if size == 1280 else 0.0)
    (face,) = find_faces(detector, picture_of(pixels))
    assert detector.canvases[-1] == 1280
    assert np.abs(face.landmarks.to_array() - points).max() < 2


def test_small_picture_is_not_blown_up() -> None:
    detector = DotDetector()
    assert find_faces(detector, picture_of(black(640, 480))) == ()
    assert max(detector.canvases) == 640


def test_nothing_is_found_where_nothing_is() -> None:
    detector = DotDetector()
    assert find_faces(detector, picture_of(black(1000, 800))) == ()
    assert min(detector.canvases) < 300
    assert {640, 1280} < set(detector.canvases)


@pytest.mark.parametrize(("probability", "count"), [(0.61, 1), (0.45, 1), (0.35, 0)])
def test_unlikely_face_is_taken_as_a_last_resort_only(probability: float, count: int) -> None:
    pixels = black(600, 600)
    draw_face(pixels, (300, 300), scale=2)
    assert len(find_faces(DotDetector(lambda size: probability), picture_of(pixels))) == count


@pytest.mark.parametrize("doubt", [0.0, 0.5])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_face_of_a_turned_picture_has_coordinates_of_the_picture_as_it_is(turns: int, doubt: float) -> None:
    upright = black(1000, 800)
    points = draw_face(upright, (400, 300), scale=3)
    for _ in range(turns):
        height = 800 if upright.shape[0] == 800 else 1000
        width = 1800 - height
        upright = np.ascontiguousarray(np.rot90(upright))
        points = np.stack([points[:, 1], width - points[:, 0]], 1)
    (face,) = find_faces(DotDetector(turned=doubt), picture_of(upright))
    assert face.probability == 0.95
    assert np.abs(face.landmarks.to_array() - points).max() < 2
    assert face.box.centre == pytest.approx(tuple(points[2]), abs=2)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_thorough_search_of_a_turned_picture_looks_closer_from_the_same_side(turns: int) -> None:
    pixels = black(1000, 1000)
    points = draw_face(pixels, (400, 300), scale=3, degrees=-90 * turns)
    (face,) = find_faces(DotDetector(turned=0.5), picture_of(pixels), thorough=True)
    assert np.abs(face.landmarks.to_array() - points).max() < 2


@pytest.mark.parametrize(("turned", "is_upright"), [(0.85, True), (0.86, True), (0.9, False)])
def test_turned_look_must_be_clearly_surer_than_an_upright_one(turned: float, is_upright: bool) -> None:
    """A face on its side that is seen as an upright one with 0.84, as happens."""
    pixels = black(1000, 1000)
    points = draw_face(pixels, (400, 300), scale=3, degrees=-90)
    detector = DotDetector(lambda size: turned, turned=0.84)
    (face,) = find_faces(detector, picture_of(pixels))
    is_right = bool(np.abs(face.landmarks.to_array() - points).max() < 4)
    assert is_right is not is_upright


class _FooledByCloseLooks(DotDetector):
    """Takes a face on its side for an upright one, with 0.8 at the first look and with 0.9 at closer ones."""

    def detect(self, canvases: NDArray[np.uint8]) -> list[Candidates]:
        self.turned = 0.8 if canvases.shape[1] < 300 else 0.9
        return super().detect(canvases)


def test_closer_look_at_a_face_on_its_side_does_not_end_the_climb() -> None:
    pixels = black(1000, 1000)
    points = draw_face(pixels, (400, 300), scale=3, degrees=-90)
    (face,) = find_faces(_FooledByCloseLooks(), picture_of(pixels))
    assert np.abs(face.landmarks.to_array() - points).max() < 4


def test_several_pictures_have_each_its_own_faces() -> None:
    pixels = [black(1000, 800), black(700, 700), black(500, 1000)]
    points = [draw_face(pixels[0], (400, 300), scale=3), draw_face(pixels[2], (200, 600), scale=2, degrees=-90)]
    (first,), none, (third,) = find_faces_of(DotDetector(), [picture_of(each) for each in pixels])
    assert none == ()
    assert np.abs(first.landmarks.to_array() - points[0]).max() < 4
    assert np.abs(third.landmarks.to_array() - points[1]).max() < 2


def test_face_that_fills_the_picture_is_found_thanks_to_the_border() -> None:
    """Its box reaches far past the edges: 288 pixels wide in a picture of 200."""
    pixels = black(200, 200)
    points = draw_face(pixels, (100, 100), scale=2.4)
    (face,) = find_faces(DotDetector(), picture_of(pixels))
    assert np.abs(face.landmarks.to_array() - points).max() < 1.5
    assert face.box.left == pytest.approx(-44, abs=4)


def test_thorough_search_looks_closer_even_at_a_certain_face() -> None:
    pixels = black(1000, 800)
    points = draw_face(pixels, (400, 300), scale=3)
    detector = DotDetector()
    (face,) = find_faces(detector, picture_of(pixels), thorough=True)
    assert detector.canvases[1:] == [640, 1280]
    assert np.abs(face.landmarks.to_array() - points).max() < 2


def test_dots_are_what_the_other_tests_take_them_for() -> None:
    """The detector of these tests sees an upright face, not one that lies or stands on its head."""
    for degrees, count in ((0, 1), (20, 1), (90, 0), (180, 0), (270, 0)):
        pixels = black(256, 256)
        points = draw_face(pixels, (120.5, 130.25), degrees=degrees)
        (found,) = DotDetector().detect(pixels[None])
        assert len(found) == count
        if count:
            assert np.abs(found.points[0] - points).max() < 0.2
    assert DOTS.mean(0).tolist() == [0, 0]
