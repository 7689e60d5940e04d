"""PNGs that must be refused."""

from __future__ import annotations

import struct
import zlib
from functools import partial

from tests.robustness.pictures.builders import (
    ADAM7,
    astronaut,
    make_chunk,
    make_png,
    make_png_header,
    pack_samples,
    patch,
)
from tests.robustness.pictures.case import BadPicture
from visavis.errors import ImageAnimatedError, ImageDecodeError, ImageTooLargeError, ImageTooSmallError

_END = make_chunk(b"IEND")


def _png() -> bytes:
    return make_png(astronaut(), 8, 2)


def _with_pixels(stored: bytes) -> bytes:
    return make_png_header(256, 256) + make_chunk(b"IDAT", stored) + _END


def _rows() -> bytes:
    return b"".join(pack_samples(astronaut(), 8))


def _with_bad_checksum() -> bytes:
    content = _png()
    start = content.index(b"IDAT") + 5000
    return patch(content, start, bytes([content[start] ^ 1]))


def _with_broken_deflate() -> bytes:
    stored = zlib.compress(_rows())
    return _with_pixels(patch(stored, 3000, b"\xff" * 200))


def _with_unknown_filter() -> bytes:
    return _with_pixels(zlib.compress(b"\x09" + _rows()[1:]))


def _claiming(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return make_png_header(width, height, depth, colour) + make_chunk(b"IDAT", zlib.compress(bytes(999))) + _END


def _animated() -> bytes:
    control = make_chunk(b"acTL", struct.pack(">II", 2, 0))
    frame = make_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 256, 256, 0, 0, 1, 10, 0, 0))
    return make_png(astronaut(), 8, 2, before=[control, frame])


def _many_chunks() -> bytes:
    return make_png_header(64, 64) + make_chunk(b"tEXt", b"") * 1_000_000 + _END


def _header(body: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + make_chunk(b"IHDR", body) + make_chunk(b"IDAT", zlib.compress(bytes(999))) + _END


def _cut(share: float) -> bytes:
    content = _png()
    return content[: int(len(content) * share)]


def _interlaced_short() -> bytes:
    """67 rows, so that the last pass ends above the bottom; its last row is missing."""
    pixels = astronaut()[:67, :61]
    grids = [pixels[y::dy, x::dx] for x, y, dx, dy in ADAM7]
    stored = zlib.compress(b"".join(row for grid in grids for row in pack_samples(grid, 8))[: -(1 + 61 * 3)])
    return make_png_header(61, 67, interlace=1) + make_chunk(b"IDAT", stored) + _END


BAD_PNGS = (
    BadPicture("png-signature-only", lambda: b"\x89PNG\r\n\x1a\n", ImageDecodeError, "truncated"),
    *(
        BadPicture(f"png-cut-{share:.0%}", partial(_cut, share), ImageDecodeError, "truncated")
        for share in (0.1, 0.5, 0.99)
    ),
    BadPicture("png-no-end", lambda: _png()[:-12], ImageDecodeError, "truncated"),
    BadPicture(
        "png-no-header", lambda: b"\x89PNG\r\n\x1a\n" + make_chunk(b"IDAT", b"x") + _END, ImageDecodeError, "begin"
    ),
    BadPicture("png-short-header", lambda: _header(bytes(12)), ImageDecodeError, "begin"),
    BadPicture("png-two-headers", lambda: _png()[:33] + _png()[8:], ImageDecodeError, "one too many"),
    BadPicture("png-no-pixels", lambda: make_png_header(64, 64) + _END, ImageDecodeError, "lacks a chunk"),
    BadPicture("png-no-palette", lambda: make_png(astronaut()[:, :, 0], 8, 3), ImageDecodeError, "lacks a chunk"),
    BadPicture("png-depth-3", partial(_claiming, 64, 64, 3), ImageDecodeError, "3 bits"),
    BadPicture("png-depth-16-palette", partial(_claiming, 64, 64, 16, 3), ImageDecodeError, "16 bits"),
    BadPicture("png-colour-type-5", partial(_claiming, 64, 64, 8, 5), ImageDecodeError, "colour type 5"),
    BadPicture(
        "png-interlace-2", lambda: _header(struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 2)), ImageDecodeError, "methods"
    ),
    BadPicture("png-zero-width", partial(_claiming, 0, 64), ImageDecodeError, "0x64"),
    BadPicture("png-negative-width", partial(_claiming, 0xFFFFFFFF, 64), ImageTooLargeError, "width is 4,294,967,295"),
    BadPicture(
        "png-unknown-critical-chunk",
        lambda: make_png(astronaut(), 8, 2, before=[make_chunk(b"CgBI", b"\0\0\0\0")]),
        ImageDecodeError,
        "begin|understood",
    ),
    BadPicture("png-chunk-length-4-gb", lambda: patch(_png(), 33, b"\xff\xff\xff\xff"), ImageDecodeError, "truncated"),
    BadPicture("png-bad-checksum", _with_bad_checksum, ImageDecodeError, "damaged"),
    BadPicture("png-broken-deflate", _with_broken_deflate, ImageDecodeError, "damaged"),
    BadPicture("png-unknown-filter", _with_unknown_filter, ImageDecodeError, "damaged"),
    BadPicture(
        "png-half-the-rows", lambda: _with_pixels(zlib.compress(_rows()[: 128 * 769])), ImageDecodeError, "damaged"
    ),
    BadPicture(
        "png-half-the-deflate", lambda: _with_pixels(zlib.compress(_rows())[:40_000]), ImageDecodeError, "damaged"
    ),
    BadPicture("png-no-deflate", lambda: _with_pixels(b""), ImageDecodeError, "damaged"),
    BadPicture("png-animated", _animated, ImageAnimatedError, "animated"),
    BadPicture(
        "png-50000x50000", partial(_claiming, 50_000, 50_000), ImageTooLargeError, "width is 50,000; at most 16,000"
    ),
    BadPicture(
        "png-64-megapixels", partial(_claiming, 8000, 8000, 1, 0), ImageTooLargeError, "pixel count is 64,000,000"
    ),
    BadPicture(
        "png-60-megapixels-16-bit", partial(_claiming, 10_000, 6000, 16, 6), ImageTooLargeError, "inflated byte count"
    ),
    BadPicture("png-60-megapixels-of-nothing", partial(_claiming, 10_000, 6000, 8, 0), ImageDecodeError, "damaged"),
    BadPicture("png-31-px", partial(_claiming, 64, 31), ImageTooSmallError, "height is 31"),
    BadPicture("png-million-chunks", _many_chunks, ImageTooLargeError, "chunk count"),
)
