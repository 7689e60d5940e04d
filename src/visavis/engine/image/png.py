"""PNG: Pillow decodes a copy that holds the pixels' own chunks only, so nothing else in the file can do harm."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL.PngImagePlugin import PngImageFile

from visavis.engine.image.base import Pixels
from visavis.engine.image.flatten import flatten_picture
from visavis.engine.image.orientation import UPRIGHT, read_orientation
from visavis.errors import ImageAnimatedError, ImageDecodeError, ImageTooLargeError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 1 << 16
# 44 megapixels of RGB: about a second. A photo of more does not fit into the accepted file size as a PNG.
_MAX_INFLATED_BYTES = 128 * 1024 * 1024
# colour type → (samples a pixel, permitted bits a sample)
_COLOUR_TYPES = {
    0: (1, (1, 2, 4, 8, 16)),
    2: (3, (8, 16)),
    3: (1, (1, 2, 4, 8)),
    4: (2, (8, 16)),
    6: (4, (8, 16)),
}
_PALETTE_COLOUR = 3
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_ANCILLARY_BIT = 0x20
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_INFLATE_STEP_BYTES = 1 << 20
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    start: int  # of its length field
    end: int  # after its checksum

    def body(self, content: bytes) -> bytes:
        return content[self.start + 8 : self.end - 4]


@dataclass(frozen=True, slots=True)
class PngPicture:
    """A PNG whose chunks have been listed."""

    content: bytes = field(repr=False)
    width: int
    height: int
    orientation: int
    bits: int  # a pixel
    is_interlaced: bool
    essential: tuple[_Chunk, ...]
    reductions: tuple[int, ...] = (1,)

    def decode(self, reduction: int) -> Pixels:
        """See `CodedPicture`. Transparent parts show white; 16-bit samples keep their high byte."""
        inflated = self.width * self.height * self.bits // 8
        if inflated > _MAX_INFLATED_BYTES:
            raise ImageTooLargeError("inflated byte count", inflated, _MAX_INFLATED_BYTES)
        plain = b"".join([_SIGNATURE, *(self.content[chunk.start : chunk.end] for chunk in self.essential)])
        try:
            with PngImageFile(io.BytesIO(plain)) as picture:
                picture.load()
                if _may_lack_rows(picture):
                    self._check_row_bytes()
                return flatten_picture(picture)
        except _BROKEN as error:
            raise ImageDecodeError(f"the PNG is damaged: {error}") from error

    def _check_row_bytes(self) -> None:
        missing = self._count_row_bytes()
        inflater = zlib.decompressobj()
        for chunk in self.essential:
            pending = chunk.body(self.content) if chunk.kind == b"IDAT" else b""
            while pending and missing > 0:
                missing -= len(inflater.decompress(pending, _INFLATE_STEP_BYTES))
                pending = inflater.unconsumed_tail
        if missing > 0:
            raise ImageDecodeError("the PNG is damaged: it has fewer rows than its header says")

    def _count_row_bytes(self) -> int:
        """What the rows inflate to, each with the byte that names its filter."""
        passes = _ADAM7 if self.is_interlaced else ((0, 0, 1, 1),)
        sizes = ((-(-(self.width - x) // dx), -(-(self.height - y) // dy)) for x, y, dx, dy in passes)
        return sum(rows * (1 + -(-columns * self.bits // 8)) for columns, rows in sizes if columns > 0)


def read_png(content: bytes) -> PngPicture:
    """Read the header and list the chunks, without inflating anything.

    Raises:
        ImageAnimatedError: an APNG of more than one frame.
        ImageDecodeError: the file is truncated or its structure corrupt.
        ImageTooLargeError: more chunks than a real picture has.
    """
    chunks = list(_walk(content))
    width, height, depth, colour, interlace = _read_header(content, chunks[0])
    samples, _ = _COLOUR_TYPES[colour]
    # Pillow reduces 16-bit colours to 8 bits before it looks for the transparent one, so it would not find it.
    kept = _CRITICAL | {b"tRNS"} if depth <= 8 else _CRITICAL
    essential = tuple(chunk for chunk in chunks if chunk.kind in kept)
    _check_chunks(content, chunks, colour)
    orientation = _find_orientation(content, chunks)
    return PngPicture(content, width, height, orientation, samples * depth, interlace == 1, essential)


def _may_lack_rows(picture: PngImageFile) -> bool:
    """Whether one of the last two rows is zero, as Pillow leaves rows for which a well-formed stream has no bytes.

    Two, because the last pass of an interlaced picture may end a row before the bottom.
    """
    width, height = picture.size
    bottom = np.asarray(picture.crop((0, max(0, height - 2), width, height)))
    return any(not np.any(row) for row in bottom)


def _walk(content: bytes) -> Iterator[_Chunk]:
    start = len(_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if start + 12 > len(content):
            raise ImageDecodeError("the PNG is truncated")
        length, kind = struct.unpack_from(">I4s", content, start)
        end = start + 12 + length
        if end > len(content):
            raise ImageDecodeError("the PNG is truncated")
        yield _Chunk(kind, start, end)
        if kind == b"IEND":
            return
        start = end
    raise ImageTooLargeError("chunk count", _MAX_CHUNKS + 1, _MAX_CHUNKS)


def _read_header(content: bytes, chunk: _Chunk) -> tuple[int, int, int, int, int]:
    """Width, height, bits a sample, colour type, interlace method."""
    body = chunk.body(content)
    if chunk.kind != b"IHDR" or len(body) != 13:
        raise ImageDecodeError("the PNG does not begin with its header")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if not width or not height:
        raise ImageDecodeError(f"the PNG's header claims {width}x{height} pixels")
    if colour not in _COLOUR_TYPES or depth not in _COLOUR_TYPES[colour][1]:
        raise ImageDecodeError(f"the PNG's header claims colour type {colour} with {depth} bits")
    if compression or filtering or interlace > 1:
        raise ImageDecodeError("the PNG's header names methods that do not exist")
    return width, height, depth, colour, interlace


def _check_chunks(content: bytes, chunks: list[_Chunk], colour: int) -> None:
    kinds = [chunk.kind for chunk in chunks]
    if b"acTL" in kinds and int.from_bytes(chunks[kinds.index(b"acTL")].body(content)[:4], "big") > 1:
        raise ImageAnimatedError("the PNG is animated")
    if any(not kind[0] & _ANCILLARY_BIT and kind not in _CRITICAL for kind in kinds):
        raise ImageDecodeError("the PNG has a chunk that must be understood, but is not known")
    if kinds.count(b"IHDR") > 1 or b"IDAT" not in kinds or (colour == _PALETTE_COLOUR and b"PLTE" not in kinds):
        raise ImageDecodeError("the PNG lacks a chunk, or has one too many")


def _find_orientation(content: bytes, chunks: list[_Chunk]) -> int:
    exif = next((chunk for chunk in chunks if chunk.kind == b"eXIf"), None)
    return UPRIGHT if exif is None else read_orientation(exif.body(content).removeprefix(b"Exif\0\0"))
