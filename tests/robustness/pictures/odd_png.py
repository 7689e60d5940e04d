"""Valid PNGs of every kind."""

from __future__ import annotations

import struct
import zlib
from functools import partial

import numpy as np

from tests.robustness.pictures import builders as build
from tests.robustness.pictures.builders import (
    Pixels,
    astronaut,
    grey_of,
    make_chunk,
    make_png,
)
from tests.robustness.pictures.case import (
    EXACT,
    HIGH_BYTE,
    OddPicture,
    alpha,
    as_rgb,
    on_white,
    palette_pixels,
    quantise,
    stored_for,
    with_alpha,
)


def _wide(pixels: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """8-bit samples as 16-bit ones, with something in the low byte too."""
    return pixels.astype(np.uint16) * 256 + 77


def _levels(bits: int) -> Pixels:
    return (grey_of(astronaut()) >> (8 - bits)).astype(np.uint8)


def _grey_levels(bits: int) -> Pixels:
    return as_rgb((_levels(bits).astype(np.uint16) * 255 // ((1 << bits) - 1)).astype(np.uint8))


def _grey_png(bits: int) -> bytes:
    return make_png(_levels(bits), bits, 0)


def _palette_png(bits: int, transparency: bytes = b"") -> bytes:
    indices, palette = quantise(1 << bits)
    before = [make_chunk(b"PLTE", palette.tobytes())] + ([make_chunk(b"tRNS", transparency)] if transparency else [])
    return make_png(indices, bits, 3, before=before)


def _half_seen_palette() -> Pixels:
    indices, palette = quantise(256)
    return on_white(palette[indices], np.where(indices < 4, 128, 255).astype(np.uint8))


def _keyed() -> Pixels:
    """The portrait with its left quarter in one colour that occurs nowhere else."""
    pixels = np.where(astronaut() == 1, 2, astronaut()).astype(np.uint8)
    pixels[:, :64] = 1
    return pixels


def _keyed_on_white() -> Pixels:
    pixels = _keyed()
    pixels[:, :64] = 255
    return pixels


def _grey_keyed() -> Pixels:
    grey = np.maximum(grey_of(astronaut()), 1)
    grey[:, :64] = 0
    return grey


def _grey_keyed_on_white() -> Pixels:
    grey = _grey_keyed()
    grey[:, :64] = 255
    return as_rgb(grey)


def _png(*before: bytes, after: tuple[bytes, ...] = (), piece_bytes: int = 1 << 16) -> bytes:
    return make_png(astronaut(), 8, 2, before=before, after=after, piece_bytes=piece_bytes)


def _black() -> Pixels:
    return np.zeros((67, 61, 3), np.uint8)


def _bomb(megabytes: int) -> bytes:
    deflate = zlib.compressobj(9)
    block = bytes(1 << 20)
    return b"".join(deflate.compress(block) for _ in range(megabytes)) + deflate.flush()


def _oriented_png() -> bytes:
    return make_png(stored_for(6), 8, 2, before=[make_chunk(b"eXIf", build.make_exif(6))])


def _single_frame_apng() -> bytes:
    frame = make_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 256, 256, 0, 0, 1, 10, 0, 0))
    return _png(make_chunk(b"acTL", struct.pack(">II", 1, 0)), frame)


def _png_bad_comment() -> bytes:
    return _png(make_chunk(b"tEXt", b"Title\0x")[:-4] + b"\0\0\0\0")


PNGS = (
    OddPicture("png-rgb8", _png, astronaut, EXACT),
    OddPicture("png-rgb16", lambda: make_png(_wide(astronaut()), 16, 2), astronaut, EXACT),
    *(
        OddPicture(
            f"png-grey{bits}",
            partial(_grey_png, bits),
            partial(_grey_levels, bits),
            EXACT,
            shows_face=bits > 2,
        )
        for bits in (1, 2, 4, 8)
    ),
    OddPicture(
        "png-grey16", lambda: make_png(_wide(_levels(8)), 16, 0), lambda: as_rgb(grey_of(astronaut())), HIGH_BYTE
    ),
    OddPicture(
        "png-grey8-alpha",
        lambda: make_png(np.dstack([_levels(8), alpha()]), 8, 4),
        lambda: on_white(as_rgb(_levels(8)), alpha()),
        HIGH_BYTE,
    ),
    OddPicture(
        "png-grey16-alpha",
        lambda: make_png(_wide(np.dstack([_levels(8), alpha()])), 16, 4),
        lambda: on_white(as_rgb(_levels(8)), alpha()),
        HIGH_BYTE,
    ),
    OddPicture(
        "png-rgba8",
        lambda: make_png(with_alpha(astronaut()), 8, 6),
        lambda: on_white(astronaut(), alpha()),
        HIGH_BYTE,
    ),
    OddPicture(
        "png-rgba16",
        lambda: make_png(_wide(with_alpha(astronaut())), 16, 6),
        lambda: on_white(astronaut(), alpha()),
        HIGH_BYTE,
    ),
    *(
        OddPicture(
            f"png-palette{bits}",
            partial(_palette_png, bits),
            partial(palette_pixels, bits),
            EXACT,
            shows_face=bits > 2,
        )
        for bits in (1, 2, 4, 8)
    ),
    OddPicture("png-palette-alpha", lambda: _palette_png(8, b"\x80" * 4), _half_seen_palette, HIGH_BYTE),
    OddPicture(
        "png-rgb-key",
        lambda: make_png(_keyed(), 8, 2, before=[make_chunk(b"tRNS", b"\0\1" * 3)]),
        _keyed_on_white,
        EXACT,
    ),
    OddPicture(
        "png-grey-key",
        lambda: make_png(_grey_keyed(), 8, 0, before=[make_chunk(b"tRNS", b"\0\0")]),
        _grey_keyed_on_white,
        EXACT,
    ),
    OddPicture("png-black", lambda: make_png(_black(), 8, 2), _black, EXACT, False),
    OddPicture("png-black-interlaced", lambda: make_png(_black(), 8, 2, interlaced=True), _black, EXACT, False),
    OddPicture("png-interlaced", lambda: make_png(astronaut(), 8, 2, interlaced=True), astronaut, EXACT),
    OddPicture(
        "png-grey2-interlaced",
        lambda: make_png(_levels(2), 2, 0, interlaced=True),
        lambda: _grey_levels(2),
        EXACT,
        False,
    ),
    OddPicture("png-orientation-6", _oriented_png, lambda: astronaut()[:, :200], EXACT),
    OddPicture("png-apng-of-one-frame", _single_frame_apng, astronaut, EXACT),
    OddPicture("png-text-bomb", lambda: _png(make_chunk(b"zTXt", b"Comment\0\0" + _bomb(200))), astronaut, EXACT),
    OddPicture("png-profile-bomb", lambda: _png(make_chunk(b"iCCP", b"x\0\0" + _bomb(200))), astronaut, EXACT),
    OddPicture("png-bad-comment", _png_bad_comment, astronaut, EXACT),
    OddPicture("png-20000-comments", lambda: _png(*[make_chunk(b"tEXt", b"a\0b")] * 20_000), astronaut, EXACT),
    OddPicture("png-tiny-pieces", lambda: _png(piece_bytes=7), astronaut, EXACT),
    OddPicture("png-garbage-after-end", lambda: _png() + b"garbage" * 99, astronaut, EXACT),
)
