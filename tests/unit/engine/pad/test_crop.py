from __future__ import annotations

import numpy as np
import pytest

from tests.unit.engine.pad.networks import face_at, spec_with
from visavis.engine.geometry import apply_transform, invert_transform
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.pad.crop import Crop, cut_crop, place_crop
from visavis.engine.picture import Picture


def corners_of(crop: Crop) -> list[list[float]]:
    """Where the canvas's top left and bottom right corners lie in the picture."""
    canvas = np.array([[0.0, 0.0], [crop.width, crop.height]])
    corners: list[list[float]] = apply_transform(invert_transform(crop.transform), canvas).round(6).tolist()
    return corners


def test_a_square_over_the_longer_side() -> None:
    crop = place_crop(spec_with(crop_scale=1.5), face_at(100, 100, 30, 40), 400, 400)

    assert corners_of(crop) == [[85, 90], [145, 150]]
    assert (crop.width, crop.height) == (80, 80)


def test_a_crop_of_the_shape_of_the_box_keeps_its_proportions() -> None:
    crop = place_crop(spec_with(framing="box"), face_at(100, 100, 30, 45), 400, 400)

    assert corners_of(crop) == [[100, 100], [130, 145]]
    assert (crop.width, crop.height) == (80, 120)


def test_black_edges_stay_where_the_face_is() -> None:
    crop = place_crop(spec_with(crop_scale=2.0), face_at(0, 0, 40, 40), 50, 60)

    assert corners_of(crop) == [[-20, -20], [60, 60]]
    # Of 80 x 80 the picture fills 50 x 60.
    assert crop.room(50, 60) == pytest.approx(50 * 60 / 6400)


def test_inward_edges_move_and_shrink_the_crop() -> None:
    moved = place_crop(spec_with(crop_scale=2.0, edges="inward"), face_at(0, 30, 40, 40), 200, 100)
    # Twice the box is 80, the picture only 60 wide.
    shrunk = place_crop(spec_with(crop_scale=2.0, edges="inward"), face_at(10, 30, 40, 40), 60, 100)

    assert corners_of(moved) == [[0, 10], [80, 90]]
    assert corners_of(shrunk) == [[0, 20], [60, 80]]
    assert moved.room(200, 100) == pytest.approx(1)


@pytest.mark.parametrize(
    ("turned", "corners"),
    [
        (0, [[80, 90], [120, 110]]),
        (1, [[120, 90], [80, 110]]),
        (2, [[120, 110], [80, 90]]),
        (3, [[80, 110], [120, 90]]),
    ],
)
def test_a_face_on_its_side_is_turned_upright(turned: int, corners: list[list[float]]) -> None:
    crop = place_crop(spec_with(framing="box"), face_at(80, 90, 40, 20, turned=turned), 400, 400)

    assert corners_of(crop) == corners
    assert crop.room(400, 400) == pytest.approx(1)


def test_pixels_are_stretched_to_the_input() -> None:
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[100:150, 50:75] = (10, 20, 30)
    picture = Picture(from_array(pixels), ImageLimits())
    spec = spec_with(framing="box", width=20, height=20)
    face = face_at(50, 100, 50, 100)
    seen = cut_crop(spec, picture, place_crop(spec, face, 200, 200))

    # The left upper quarter of the box is coloured.
    assert seen.shape == (20, 20, 3)
    assert seen[2, 2].tolist() == [10, 20, 30]
    assert seen[7, 7].tolist() == [10, 20, 30]
    assert not seen[13:, :].any() and not seen[:, 13:].any()


def test_beyond_the_picture_it_is_black() -> None:
    picture = Picture(from_array(np.full((40, 40, 3), 255, np.uint8)), ImageLimits())
    spec = spec_with(crop_scale=2.0)
    seen = cut_crop(spec, picture, place_crop(spec, face_at(0, 0, 40, 40), 40, 40))

    assert not seen[:18].any() and not seen[:, 62:].any()
    assert (seen[24:56, 24:56] == 255).all()
