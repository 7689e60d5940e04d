from __future__ import annotations

import numpy as np
import pytest

from visavis.engine.geometry import apply_transform
from visavis.engine.image import ImageLimits
from visavis.engine.picture import Picture
from visavis.engine.synthesis.crop import cut_crop, place_crop, share_inside
from visavis.types import BoundingBox, DetectedFace, FaceImage, Landmarks


def face_at(left: float, top: float, width: float = 80, height: float = 100) -> DetectedFace:
    """Upright, its points where the mean face has them."""
    x, y = left + width / 2, top + height / 2
    points = Landmarks((x - 20, y - 15), (x + 20, y - 15), (x, y + 5), (x - 15, y + 25), (x + 15, y + 25))
    return DetectedFace(BoundingBox(left, top, width, height), points, 1.0)


def turned(face: DetectedFace) -> DetectedFace:
    """By a quarter, clockwise, about the middle of its box."""
    middle = np.array(face.box.centre)
    away = face.landmarks.to_array() - middle
    points = Landmarks.from_array(middle + np.column_stack([-away[:, 1], away[:, 0]]))
    return DetectedFace(face.box, points, 1.0)


def test_the_box_is_in_the_middle_and_the_longer_side_counts() -> None:
    """1.1 x 100 pixels fill 96: the box's top is 5 pixels below the crop's, at 5 x 96 / 110."""
    transform = place_crop(face_at(200, 100))
    corners = apply_transform(transform, np.array([[240.0, 150.0], [240.0, 100.0], [185.0, 150.0]]))
    assert corners == pytest.approx(np.array([[48.0, 48.0], [48.0, 4.364], [0.0, 48.0]]), abs=0.01)


def test_a_face_on_its_side_is_turned_upright() -> None:
    face = face_at(200, 100, 100, 100)
    upright, on_its_side = (apply_transform(place_crop(one), one.landmarks.to_array()) for one in (face, turned(face)))
    assert on_its_side == pytest.approx(upright, abs=0.01)


def test_what_is_outside_is_black() -> None:
    pixels = np.full((300, 300, 3), 200, np.uint8)
    picture = Picture(FaceImage(pixels, 300, 300), ImageLimits())
    crop = cut_crop(picture, place_crop(face_at(-40, 100)))
    assert crop.shape == (96, 96, 3)
    assert (crop[:, :46] == 0).all()
    assert (crop[:, 50:] == 200).all()


@pytest.mark.parametrize(("left", "share"), [(200, 1.0), (-40, 0.5), (-400, 0.0)])
def test_the_share_inside(left: float, share: float) -> None:
    assert share_inside(place_crop(face_at(left, 100)), 600, 400) == pytest.approx(share, abs=0.02)
