"""Decodes one picture of the largest size in a process of its own, and says what that took: `NAME`."""

from __future__ import annotations

import json
import sys
import time
import zlib
from collections.abc import Callable

import numpy as np

from tests.robustness.memory import peak_bytes
from tests.robustness.pictures import builders as build
from tests.robustness.pictures.builders import astronaut, encode, make_bmp, make_chunk, make_png_header
from visavis.engine.image import decode_image
from visavis.errors import ImageError

_WIDTH, _HEIGHT = 10_000, 6_000
_GREYS = b"".join(bytes([i, i, i, 0]) for i in range(256))


def _png(colour: int, depth: int, row_bytes: int, height: int = _HEIGHT) -> bytes:
    """Rows of one pattern, with the filter that costs most."""
    row = b"\x04" + (bytes(range(256)) * (row_bytes // 256 + 1))[:row_bytes]
    deflate = zlib.compressobj(1)
    stored = b"".join([*(deflate.compress(row) for _ in range(height)), deflate.flush()])
    return make_png_header(_WIDTH, height, depth, colour) + make_chunk(b"IDAT", stored) + make_chunk(b"IEND")


def _grown_jpeg(**options: object) -> bytes:
    """A small picture that claims to be the largest: the decoder makes room for all of it."""
    content = encode(astronaut(), "JPEG", **options)
    size = _HEIGHT.to_bytes(2, "big") + _WIDTH.to_bytes(2, "big")
    return build.patch(content, build.frame_at(content) + 5, size)


def _flat_jpeg() -> bytes:
    return encode(np.full((_HEIGHT, _WIDTH, 3), 90, np.uint8), "JPEG", exif=b"Exif\0\0" + build.make_exif(6))


def _many_runs() -> bytes:
    row = b"\x02\x09" * 5000 + b"\0\0"
    return row * 52 + b"\0\1"


PICTURES: dict[str, Callable[[], bytes]] = {
    "png-rgb": lambda: _png(2, 8, _WIDTH * 3, 4400),
    "png-rgba": lambda: _png(6, 8, _WIDTH * 4, 3300),
    "png-grey16": lambda: _png(0, 16, _WIDTH * 2),
    "png-rgba16": lambda: _png(6, 16, _WIDTH * 8, 1650),
    "jpeg-oriented": _flat_jpeg,
    "jpeg-grown": lambda: _grown_jpeg(subsampling=0),
    "jpeg-grown-progressive": lambda: _grown_jpeg(subsampling=0, progressive=True),
    "bmp-1": lambda: make_bmp((_WIDTH, _HEIGHT), 1, bytes(1252 * _HEIGHT), palette=_GREYS[:8]),
    "bmp-runs": lambda: make_bmp((_WIDTH, _HEIGHT), 8, b"\0\1", compression=1, palette=_GREYS),
    "bmp-runs-many": lambda: make_bmp((_WIDTH, _HEIGHT), 8, _many_runs(), compression=1, palette=_GREYS),
}


def main(name: str) -> None:
    content = PICTURES[name]()
    before = peak_bytes()
    started = time.process_time()
    try:
        outcome = type(decode_image(content)).__name__
    except ImageError as error:
        outcome = type(error).__name__
    taken_s = time.process_time() - started
    peak = peak_bytes()
    json.dump(
        {"outcome": outcome, "taken_s": taken_s, "before_mb": before / 2**20, "peak_mb": peak / 2**20}, sys.stdout
    )


if __name__ == "__main__":
    main(sys.argv[1])
