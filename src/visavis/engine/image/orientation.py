"""EXIF orientation: read it from the TIFF structure, and turn the pixels upright."""

from __future__ import annotations

import struct

import cv2
import numpy as np

from visavis.engine.image.base import Pixels

UPRIGHT = 1
_TAG = 0x0112
_MAX_ENTRIES = 512
_TYPE_CODES = {1: "B", 3: "H", 4: "I"}  # BYTE, SHORT, LONG: writers do not agree on the type
_HORIZONTAL, _VERTICAL, _BOTH = 1, 0, -1  # cv2.flip's codes
# orientation → (transpose first?, then mirror how?)
_STEPS = {
    2: (False, _HORIZONTAL),
    3: (False, _BOTH),
    4: (False, _VERTICAL),
    5: (True, None),
    6: (True, _HORIZONTAL),
    7: (True, _BOTH),
    8: (True, _VERTICAL),
}


def read_orientation(exif: bytes) -> int:
    """The orientation tag of an EXIF block, 1..8; 1 where there is none or the block is damaged.

    Args:
        exif: the TIFF structure, from its byte order mark on.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return UPRIGHT
    try:
        return _find_orientation(exif, order)
    except struct.error:
        return UPRIGHT


def _find_orientation(exif: bytes, order: str) -> int:
    (directory,) = struct.unpack_from(order + "I", exif, 4)
    (count,) = struct.unpack_from(order + "H", exif, directory)
    for index in range(min(count, _MAX_ENTRIES)):
        start = directory + 2 + 12 * index
        tag, kind = struct.unpack_from(order + "HH", exif, start)
        if tag == _TAG and kind in _TYPE_CODES:
            (value,) = struct.unpack_from(order + _TYPE_CODES[kind], exif, start + 8)
            return int(value) if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT


def swaps_sides(orientation: int) -> bool:
    """Whether width and height change places."""
    return orientation >= 5


def make_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror (H, W, 3) stored pixels the way `orientation` asks for; the result is C-contiguous."""
    if orientation == UPRIGHT:
        return pixels
    transposed, mirrored = _STEPS[orientation]
    if transposed:
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    return pixels if mirrored is None else np.asarray(cv2.flip(pixels, mirrored), np.uint8)
