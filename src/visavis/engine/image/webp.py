"""WebP: the RIFF structure is read here, the pixels come from libwebp inside OpenCV."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from visavis.engine.image.base import Pixels
from visavis.engine.image.orientation import UPRIGHT, read_orientation
from visavis.errors import ImageAnimatedError, ImageDecodeError

_MAX_CHUNKS = 4096
_ANIMATION_FLAG = 0x02
_BAND_ROWS = 64


@dataclass(frozen=True, slots=True)
class WebpPicture:
    """A WebP whose header has been read."""

    content: bytes = field(repr=False)
    width: int
    height: int
    orientation: int
    reductions: tuple[int, ...] = (1,)

    def decode(self, reduction: int) -> Pixels:
        """See `CodedPicture`. Transparent parts show white."""
        decoded = cv2.imdecode(np.frombuffer(self.content, np.uint8), cv2.IMREAD_UNCHANGED)
        if decoded is None or decoded.shape[:2] != (self.height, self.width):
            raise ImageDecodeError("the WebP is truncated or damaged")
        pixels = np.asarray(decoded, np.uint8)
        return (
            _lay_on_white(pixels)
            if pixels.shape[2] == 4
            else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
        )


def read_webp(content: bytes) -> WebpPicture:
    """Read the header and list the chunks.

    Raises:
        ImageAnimatedError: it is an animation.
        ImageDecodeError: the file is truncated or its structure corrupt.
    """
    orientation = UPRIGHT
    size: tuple[int, int] | None = None
    for kind, start, end in _walk(content):
        if kind == b"VP8X" and end - start >= 1 and content[start] & _ANIMATION_FLAG:
            raise ImageAnimatedError("the WebP is animated")
        if size is None:
            size = _read_size(kind, content[start : min(end, start + 10)])
        if kind == b"EXIF":
            orientation = read_orientation(content[start:end].removeprefix(b"Exif\0\0"))
    if size is None or not size[0] or not size[1]:
        raise ImageDecodeError("the WebP has no picture")
    return WebpPicture(content, *size, orientation)


def _walk(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk's body."""
    riff_end = 8 + int.from_bytes(content[4:8], "little")
    if riff_end > len(content):
        raise ImageDecodeError("the WebP is truncated")
    start = 12
    for _ in range(_MAX_CHUNKS):
        if start + 8 > riff_end:
            return
        kind, length = struct.unpack_from("<4sI", content, start)
        end = start + 8 + length
        if end > riff_end:
            raise ImageDecodeError("the WebP is truncated")
        yield kind, start + 8, end
        start = end + (length & 1)
    raise ImageDecodeError(f"the WebP has more than {_MAX_CHUNKS:,} chunks")


def _read_size(kind: bytes, body: bytes) -> tuple[int, int] | None:
    """Width and height, where this chunk states them."""
    if kind == b"VP8X" and len(body) == 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L" and len(body) >= 5:
        packed = int.from_bytes(body[1:5], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    return None


def _lay_on_white(bgra: Pixels) -> Pixels:
    pixels = np.empty((*bgra.shape[:2], 3), np.uint8)
    for top in range(0, len(bgra), _BAND_ROWS):  # in bands: the 16-bit products of a whole picture are large
        band = bgra[top : top + _BAND_ROWS].astype(np.uint16)
        alpha = band[:, :, 3:]
        pixels[top : top + _BAND_ROWS] = (band[:, :, 2::-1] * alpha + 255 * (255 - alpha) + 127) // 255
    return pixels
