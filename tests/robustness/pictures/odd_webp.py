"""Valid WebPs of every kind."""

from __future__ import annotations

import struct

import numpy as np
from PIL import Image

from tests.robustness.pictures import builders as build
from tests.robustness.pictures.builders import (
    astronaut,
    encode,
)
from tests.robustness.pictures.case import (
    EXACT,
    HIGH_BYTE,
    LOSSY,
    OddPicture,
    alpha,
    on_white,
    stored_for,
    with_alpha,
)


def _webp(**options: object) -> bytes:
    return encode(astronaut(), "WEBP", **{"quality": 92, **options})


def _alpha_webp() -> bytes:
    return encode(Image.fromarray(with_alpha(astronaut())), "WEBP", lossless=True)


def _oriented_webp() -> bytes:
    picture = build.webp_picture_chunk(encode(np.ascontiguousarray(stored_for(6)), "WEBP", quality=92))
    canvas = struct.pack("<I", 0x08) + (255).to_bytes(3, "little") + (199).to_bytes(3, "little")
    return build.make_webp((b"VP8X", canvas), picture, (b"EXIF", build.make_exif(6)))


WEBPS = (
    OddPicture("webp-lossy", _webp, astronaut, LOSSY),
    OddPicture("webp-lossless", lambda: _webp(lossless=True), astronaut, EXACT),
    OddPicture("webp-alpha", _alpha_webp, lambda: on_white(astronaut(), alpha()), HIGH_BYTE),
    OddPicture("webp-orientation-6", _oriented_webp, lambda: astronaut()[:, :200], LOSSY),
    OddPicture("webp-garbage-after-end", lambda: _webp() + b"garbage!" * 9, astronaut, LOSSY),
)
