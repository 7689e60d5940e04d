"""The way from bytes or an array to a `FaceImage`."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from visavis.engine.image import ImageLimits, decode_image, from_array, open_image
from visavis.errors import (
    ImageEmptyError,
    ImageFormatError,
    ImageTooLargeError,
    ImageTooSmallError,
    ParameterError,
)
from visavis.types import FaceImage, ImageFormat

Pixels = NDArray[np.uint8]


def _ramp(width: int, height: int) -> Pixels:
    """Red grows to the right, green downwards, blue is 40."""
    pixels = np.full((height, width, 3), 40, np.uint8)
    pixels[:, :, 0] = np.linspace(0, 255, width).astype(np.uint8)
    pixels[:, :, 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    return pixels


def _encode(pixels: Pixels, format_name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format_name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("image_format", ImageFormat)
def test_format_size_and_pixels_are_those_of_the_content(image_format: ImageFormat) -> None:
    options: dict[ImageFormat, dict[str, object]] = {
        ImageFormat.JPEG: {"quality": 98, "subsampling": 0},
        ImageFormat.WEBP: {"lossless": True},
    }
    image = decode_image(_encode(_ramp(90, 50), image_format, **options.get(image_format, {})))
    assert (image.format, image.full_width, image.full_height, image.scale) == (image_format, 90, 50, 1.0)
    tolerance = 4 if image_format is ImageFormat.JPEG else 0
    assert np.abs(image.pixels.astype(int) - _ramp(90, 50)).max() <= tolerance
    assert image.pixels.dtype == np.uint8
    assert image.pixels.flags.c_contiguous
    assert not image.pixels.flags.writeable


def test_only_jpeg_can_be_reduced() -> None:
    assert open_image(_encode(_ramp(64, 64), "JPEG")).reductions == (1, 2, 4, 8)
    for name in ("PNG", "BMP", "WEBP"):
        assert open_image(_encode(_ramp(64, 64), name)).reductions == (1,)


@pytest.mark.parametrize(("reduction", "size"), [(1, (101, 67)), (2, (51, 34)), (4, (26, 17)), (8, (13, 9))])
@pytest.mark.parametrize("progressive", [False, True])
def test_reduced_picture_is_rounded_up_and_looks_the_same(
    reduction: int, size: tuple[int, int], progressive: bool
) -> None:
    image = decode_image(_encode(_ramp(101, 67), "JPEG", quality=95, progressive=progressive), reduction=reduction)
    assert (image.width, image.height) == size
    assert (image.full_width, image.full_height) == (101, 67)
    # The pixel that covers x = 48..55, y = 32..39 shows the middle of that block.
    x, y = 48 // reduction, 32 // reduction
    block = image.pixels[y : y + 8 // reduction, x : x + 8 // reduction].reshape(-1, 3).mean(axis=0)
    assert block == pytest.approx([255 * 51.5 / 100, 255 * 35.5 / 66, 40], abs=3)


@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
def test_blemish_in_the_header_changes_nothing(reduction: int) -> None:
    content = _encode(_ramp(101, 67), "JPEG", quality=95)
    tables = content.index(b"\xff\xdb")
    blemished = content[:tables] + b"\x01\x02\x03" + content[tables:]
    clean = decode_image(content, reduction=reduction).pixels.astype(int)
    assert np.abs(clean - decode_image(blemished, reduction=reduction).pixels).max() <= 2


def test_reduction_must_be_one_of_those_on_offer() -> None:
    with pytest.raises(ParameterError, match="reduction is 3"):
        decode_image(_encode(_ramp(64, 64), "JPEG"), reduction=3)
    with pytest.raises(ParameterError, match="reduction is 2"):
        decode_image(_encode(_ramp(64, 64), "PNG"), reduction=2)


def test_orientation_swaps_the_sides_before_anything_is_decoded() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = _encode(_ramp(80, 48), "JPEG", exif=exif, quality=98, subsampling=0)
    opened = open_image(content)
    assert (opened.width, opened.height) == (48, 80)
    reduced = opened.decode(2)
    assert (reduced.full_width, reduced.full_height, reduced.width, reduced.height) == (48, 80, 24, 40)
    # Turned clockwise: the stored left edge, where red is 0, is at the top.
    pixels = opened.decode().pixels.astype(int)
    assert np.abs(pixels - np.rot90(_ramp(80, 48), -1)).max() <= 4


def test_vendors_can_do_without_webp() -> None:
    limits = ImageLimits(formats=frozenset({ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.BMP}))
    assert decode_image(_encode(_ramp(64, 64), "PNG"), limits).format is ImageFormat.PNG
    with pytest.raises(ImageFormatError, match="the file is WEBP; accepted: BMP, JPEG, PNG"):
        open_image(_encode(_ramp(64, 64), "WEBP"), limits)


def test_limits_name_the_measure_and_both_numbers() -> None:
    content = _encode(_ramp(64, 48), "PNG")
    cases = [
        (ImageLimits(max_bytes=len(content) - 1), ImageTooLargeError, ("byte count", len(content), len(content) - 1)),
        (ImageLimits(max_pixels=3071), ImageTooLargeError, ("pixel count", 3072, 3071)),
        (ImageLimits(max_side=63), ImageTooLargeError, ("width", 64, 63)),
        (ImageLimits(min_side=49), ImageTooSmallError, ("height", 48, 49)),
    ]
    for limits, error, facts in cases:
        with pytest.raises(error) as caught:
            open_image(content, limits)
        assert (caught.value.measure, caught.value.actual, caught.value.limit) == facts


def test_limits_are_reached_but_not_passed() -> None:
    content = _encode(_ramp(64, 48), "PNG")
    limits = ImageLimits(max_bytes=len(content), max_pixels=3072, max_side=64, min_side=48)
    assert decode_image(content, limits).width == 64


def test_nothing_is_no_picture() -> None:
    with pytest.raises(ImageEmptyError):
        open_image(b"")


def test_threads_do_not_disturb_each_other() -> None:
    contents = [_encode(_ramp(64 + i, 200), name) for i, name in enumerate(["JPEG", "PNG", "BMP", "WEBP"] * 8)]
    alone = [decode_image(content).pixels for content in contents]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(decode_image, contents * 4))
    for index, image in enumerate(together):
        assert np.array_equal(image.pixels, alone[index % len(alone)])


def test_array_is_copied_so_that_its_owner_may_change_it() -> None:
    pixels = _ramp(40, 50)
    image = from_array(pixels)
    pixels[:] = 0
    assert np.array_equal(image.pixels, _ramp(40, 50))
    assert (image.full_width, image.full_height, image.format) == (40, 50, None)
    assert not image.pixels.flags.writeable


def test_array_that_cannot_change_is_taken_as_it_is() -> None:
    pixels = _ramp(40, 50)
    pixels.setflags(write=False)
    assert from_array(pixels).pixels is pixels


def test_array_of_any_layout_becomes_contiguous() -> None:
    mirrored = _ramp(40, 50)[:, ::-1]
    mirrored.setflags(write=False)
    image = from_array(mirrored)
    assert image.pixels.flags.c_contiguous
    assert np.array_equal(image.pixels, mirrored)


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (np.zeros((64, 64), np.uint8), r"shape \(64, 64\) and type uint8"),
        (np.zeros((64, 64, 4), np.uint8), r"shape \(64, 64, 4\)"),
        (np.zeros((64, 64, 3), np.float32), "type float32"),
        ([[0, 0, 0]], "not list"),
    ],
)
def test_array_of_another_kind_is_refused(pixels: Pixels, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        from_array(pixels)


def test_array_is_held_to_the_limits() -> None:
    with pytest.raises(ImageTooSmallError):
        from_array(np.zeros((64, 31, 3), np.uint8))
    with pytest.raises(ImageTooSmallError):
        from_array(np.zeros((0, 64, 3), np.uint8))
    with pytest.raises(ImageTooLargeError):
        from_array(np.zeros((32, 16_001, 3), np.uint8))


def test_repr_does_not_print_the_content() -> None:
    assert len(repr(open_image(_encode(_ramp(64, 64), "PNG")))) < 200
    assert isinstance(decode_image(_encode(_ramp(64, 64), "PNG")), FaceImage)
