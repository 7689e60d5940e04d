"""EXIF orientation against a picture of six numbers."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from visavis.engine.image.orientation import make_upright, read_orientation, swaps_sides

# What the EXIF standard says about where the stored row 0 and column 0 are: the picture below, upright, is
#   1 2 3
#   4 5 6
_STORED = {
    1: [[1, 2, 3], [4, 5, 6]],  # row 0 = top, column 0 = left
    2: [[3, 2, 1], [6, 5, 4]],  # top, right
    3: [[6, 5, 4], [3, 2, 1]],  # bottom, right
    4: [[4, 5, 6], [1, 2, 3]],  # bottom, left
    5: [[1, 4], [2, 5], [3, 6]],  # left, top
    6: [[3, 6], [2, 5], [1, 4]],  # right, top
    7: [[6, 3], [5, 2], [4, 1]],  # right, bottom
    8: [[4, 1], [5, 2], [6, 3]],  # left, bottom
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_stored_pixels_become_upright(orientation: int) -> None:
    stored = np.repeat(np.array(_STORED[orientation], np.uint8)[:, :, None], 3, axis=2)
    upright = make_upright(stored, orientation)
    assert upright[:, :, 1].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert upright.flags.c_contiguous
    assert swaps_sides(orientation) == (stored.shape != upright.shape)


def _exif(order: str, kind: int, field: bytes) -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    make = struct.pack(order + "HHII", 0x010F, 2, 4, 0)
    entry = struct.pack(order + "HHI", 0x0112, kind, 1) + field
    return mark + struct.pack(order + "IH", 8, 2) + make + entry


@pytest.mark.parametrize(
    ("order", "kind", "field"),
    [
        ("<", 3, b"\x06\0\0\0"),
        (">", 3, b"\0\x06\0\0"),
        ("<", 4, b"\x06\0\0\0"),
        (">", 4, b"\0\0\0\x06"),
        (">", 1, b"\x06\0\0\0"),
    ],
)
def test_orientation_is_read_in_both_byte_orders_and_any_integer_type(order: str, kind: int, field: bytes) -> None:
    assert read_orientation(_exif(order, kind, field)) == 6


@pytest.mark.parametrize("value", [0, 9, 255, 65535])
def test_value_out_of_range_means_upright(value: int) -> None:
    assert read_orientation(_exif("<", 3, struct.pack("<HH", value, 0))) == 1


def test_damaged_block_means_upright() -> None:
    whole = _exif("<", 3, b"\x06\0\0\0")
    for length in range(len(whole) - 2):
        assert read_orientation(whole[:length]) == 1
    assert read_orientation(b"II*\0" + b"\xff" * 40) == 1
    assert read_orientation(b"XX*\0" + whole[4:]) == 1
    assert read_orientation(_exif("<", 2, b"\x06\0\0\0")) == 1
