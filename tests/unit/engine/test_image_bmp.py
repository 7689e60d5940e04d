"""BMP codes and colour fields against numbers worked out by hand."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from visavis.engine.image.bmp import read_bmp
from visavis.engine.image.bmp_runs import expand_runs
from visavis.errors import ImageDecodeError, ImageTooLargeError


def test_runs_of_bytes() -> None:
    # 3 x 5 | literal 1 2 3 (padded) | end of line | delta right 2, up 1 | 2 x 9 | end of bitmap
    codes = bytes([3, 5, 0, 3, 1, 2, 3, 0, 0, 0, 0, 2, 2, 1, 2, 9, 0, 1])
    rows = expand_runs(b"??" + codes, 2, 6, 4, nibbles=False)
    assert rows.tolist() == [[5, 5, 5, 1, 2, 3], [0] * 6, [0, 0, 9, 9, 0, 0], [0] * 6]


def test_runs_of_nibbles() -> None:
    # 5 alternating 1, 2 | end of line | literal 3 4 5 6 7 in 3 bytes, padded to 4 | end of bitmap
    codes = bytes([5, 0x12, 0, 0, 0, 5, 0x34, 0x56, 0x70, 0, 0, 1])
    rows = expand_runs(codes, 0, 5, 2, nibbles=True)
    assert rows.tolist() == [[1, 2, 1, 2, 1], [3, 4, 5, 6, 7]]


def test_runs_may_end_with_the_last_row() -> None:
    assert expand_runs(bytes([2, 7, 0, 0, 2, 8, 0, 0]), 0, 2, 2, nibbles=False).tolist() == [[7, 7], [8, 8]]


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        (b"", "truncated"),
        (b"\x02", "truncated"),
        (b"\x02\x07", "truncated"),
        (b"\x00\x02\x01", "truncated"),
        (b"\x00\x03\x01", "truncated"),
        (b"\x03\x07", "longer than the picture is wide"),
        (b"\x00\x02\x05\x00\x01\x07", "longer than the picture is wide"),
    ],
)
def test_broken_runs(codes: bytes, says: str) -> None:
    with pytest.raises(ImageDecodeError, match=says):
        expand_runs(codes, 0, 2, 2, nibbles=False)


def test_too_many_codes() -> None:
    with pytest.raises(ImageTooLargeError):
        expand_runs(bytes((1 << 20) + 1), 0, 2, 2, nibbles=False)


def _bmp(width: int, height: int, bits: int, rows: bytes, masks: tuple[int, ...] = ()) -> bytes:
    size = 40 if not masks else 108
    start = 14 + size
    header = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, 3 if masks else 0, 0, 0, 0, 0, 0)
    header += b"".join(struct.pack("<I", mask) for mask in masks)
    return struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start) + header.ljust(size, b"\0") + rows


def test_fields_are_scaled_to_a_byte() -> None:
    # 5 bits red = 31, 6 bits green = 32, 5 bits blue = 1: 255, 32*255/63 = 129.5, 255/31 = 8.2
    value = 31 << 11 | 32 << 5 | 1
    picture = read_bmp(_bmp(1, 1, 16, struct.pack("<HH", value, 0), (0xF800, 0x07E0, 0x001F, 0)))
    assert picture.decode(1).tolist() == [[[255, 130, 8]]]


def test_alpha_is_laid_on_white() -> None:
    # alpha 51 = 20 %: 0.2 * (100, 200, 0) + 0.8 * 255 = (224, 244, 204)
    rows = bytes([0, 200, 100, 51])
    picture = read_bmp(_bmp(1, 1, 32, rows, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)))
    assert picture.decode(1).tolist() == [[[224, 244, 204]]]


def test_rows_are_stored_from_the_bottom_unless_the_height_is_negative() -> None:
    rows = bytes([3, 2, 1, 0]) + bytes([6, 5, 4, 0])
    assert read_bmp(_bmp(1, 2, 24, rows)).decode(1).tolist() == [[[4, 5, 6]], [[1, 2, 3]]]
    assert read_bmp(_bmp(1, -2, 24, rows)).decode(1).tolist() == [[[1, 2, 3]], [[4, 5, 6]]]


def test_palette_index_without_a_colour_is_black() -> None:
    start = 14 + 40 + 8
    header = struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 8, 0, 0, 0, 0, 2, 0)
    palette = bytes([10, 20, 30, 0, 40, 50, 60, 0])
    content = struct.pack("<2sIHHI", b"BM", start + 4, 0, 0, start) + header + palette + bytes([1, 200, 0, 0])
    assert read_bmp(content).decode(1).tolist() == [[[60, 50, 40], [0, 0, 0]]]


def test_pixels_are_those_of_the_largest_and_the_smallest_field() -> None:
    # 1 bit a colour, 10 bits a colour
    one = read_bmp(_bmp(1, 1, 16, struct.pack("<HH", 0b101, 0), (4, 2, 1, 0))).decode(1)
    ten = read_bmp(_bmp(1, 1, 32, struct.pack("<I", 1023 << 20 | 512 << 10 | 3), (1023 << 20, 1023 << 10, 1023, 0)))
    assert one.tolist() == [[[255, 0, 255]]]
    assert np.array_equal(ten.decode(1), [[[255, 128, 0]]])
