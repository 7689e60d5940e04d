"""A picture that is decoded no finer than is needed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.robustness.pictures.builders import encode, make_exif
from visavis.engine.geometry import warp_pixels
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.picture import Picture
from visavis.errors import ImageFormatError
from visavis.types import FaceImage, ImageFormat

LIMITS = ImageLimits()


def _ramp(width: int, height: int) -> NDArray[np.uint8]:
    """Red grows by 255 from left to right, green from top to bottom."""
    pixels = np.full((height, width, 3), 40, np.uint8)
    pixels[:, :, 0] = np.linspace(0, 255, width).astype(np.uint8)
    pixels[:, :, 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    return pixels


def _jpeg(width: int, height: int, orientation: int = 1) -> bytes:
    return encode(_ramp(width, height), "JPEG", quality=95, subsampling=0, exif=b"Exif\0\0" + make_exif(orientation))


@pytest.mark.parametrize(
    ("scale", "size"),
    [
        (0.01, (100, 75)),
        (0.125, (100, 75)),
        (0.13, (200, 150)),
        (0.3, (400, 300)),
        (0.51, (800, 600)),
        (7.0, (800, 600)),
    ],
)
def test_jpeg_is_decoded_as_coarsely_as_the_scale_allows(scale: float, size: tuple[int, int]) -> None:
    image = Picture(_jpeg(800, 600), LIMITS).decode(scale)
    assert (image.width, image.height) == size
    assert (image.full_width, image.full_height) == (800, 600)


def test_what_is_decoded_is_used_again_until_it_is_too_coarse() -> None:
    picture = Picture(_jpeg(800, 600), LIMITS)
    coarse = picture.decode(0.25)
    assert picture.decode(0.25) is coarse
    assert picture.decode(0.1) is coarse
    fine = picture.decode(0.5)
    assert (fine.width, fine.height) == (400, 300)
    assert picture.decode(0.25) is fine


def test_png_has_one_scale() -> None:
    picture = Picture(encode(_ramp(80, 60), "PNG"), LIMITS)
    assert picture.decode(0.1).width == 80


def test_pixels_are_taken_as_they_are() -> None:
    image = from_array(_ramp(80, 60))
    picture = Picture(image, LIMITS)
    assert picture.decode(1.0) is image
    assert (picture.width, picture.height, picture.long_side, picture.format) == (80, 60, 80, None)


def test_size_is_known_before_anything_is_decoded() -> None:
    picture = Picture(_jpeg(800, 600, orientation=6), LIMITS)
    before = picture.decode_s
    assert (picture.width, picture.height, picture.long_side) == (600, 800, 800)
    assert picture.format is ImageFormat.JPEG
    picture.decode(1.0)
    assert picture.decode_s > before > 0


def test_what_is_no_picture_is_refused_at_once() -> None:
    with pytest.raises(ImageFormatError):
        Picture(b"not a picture", LIMITS)


@pytest.mark.parametrize("min_scale", [0.125, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_window_shows_the_same_at_every_decoding_scale(min_scale: float, orientation: int) -> None:
    upright = {1: (0, 1, 1, 1), 3: (0, -1, 1, -1), 6: (1, 1, 0, -1), 8: (1, -1, 0, 1)}[orientation]
    picture = Picture(_jpeg(800, 800, orientation), LIMITS)
    seen = picture.warp(np.array([[0.1, 0.0, 0.0], [0.0, 0.1, 0.0]]), 80, 80, min_scale)
    for channel, (axis, sign) in enumerate((upright[:2], upright[2:])):
        # Canvas pixel 20 shows the mean of the picture's pixels 200 to 209 of 800.
        ramp = 255 * 204.5 / 799
        assert seen[(40, 20) if axis == 0 else (20, 40)][channel] == pytest.approx(
            ramp if sign > 0 else 255 - ramp, abs=3
        )


@pytest.mark.parametrize("min_scale", [0.125, 0.25, 0.5, 1.0])
def test_sides_that_do_not_divide_move_a_window_by_less_than_a_decoded_pixel(min_scale: float) -> None:
    picture = Picture(_jpeg(801, 803), LIMITS)
    seen = picture.warp(np.array([[0.1, 0.0, 0.0], [0.0, 0.1, 0.0]]), 80, 80, min_scale)
    a_pixel = 255 / 800 / min_scale
    assert seen[40, 70, 0] == pytest.approx(255 * 704.5 / 800, abs=2 + a_pixel)
    assert seen[70, 40, 1] == pytest.approx(255 * 704.5 / 802, abs=2 + a_pixel)


def test_pixels_of_a_caller_who_reduced_them_are_seen_at_full_resolution() -> None:
    reduced = FaceImage(_ramp(100, 100), 400, 400)
    seen = Picture(reduced, LIMITS).warp(np.array([[1.0, 0.0, -200.0], [0.0, 1.0, -300.0]]), 50, 50, 1.0)
    # Canvas pixel (10, 20) is the picture's (210.5, 320.5) of 400.
    assert seen[20, 10, 0] == pytest.approx(255 * (210.5 / 4 - 0.5) / 99, abs=2)
    assert seen[20, 10, 1] == pytest.approx(255 * (320.5 / 4 - 0.5) / 99, abs=2)


def test_far_shrunk_look_at_very_many_pixels_is_what_it_would_be_without_the_short_cut() -> None:
    """12 million pixels at a sixteenth: through a quarter, once made, or straight from the pixels."""
    ramp = _ramp(4000, 3000)
    transform = np.array([[1 / 16, 0, 3.0], [0, 1 / 16, 5.0]])
    picture = Picture(from_array(ramp), LIMITS)
    direct = warp_pixels(ramp, transform, 260, 200).astype(int)
    for _ in range(2):
        canvas = picture.warp(transform, 260, 200, min_scale=0.01).astype(int)
        assert np.abs(canvas - direct)[6:190, 4:250].max() <= 2
