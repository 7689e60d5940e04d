"""What a test of one picture states: how it is built and what must come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.robustness.pictures.builders import Pixels, astronaut
from visavis.errors import ImageError

# Mean absolute difference, in grey levels, that the encoding itself may cost.
EXACT, HIGH_BYTE, LOSSY, COARSE = 0.0, 0.51, 3.0, 8.0


@dataclass(frozen=True, slots=True)
class OddPicture:
    """Unusual but valid: what must come out, and how near."""

    name: str
    content: Callable[[], bytes]
    expected: Callable[[], Pixels]
    tolerance: float
    shows_face: bool = True


@dataclass(frozen=True, slots=True)
class BadPicture:
    """Unusable: which error, and a part of its message."""

    name: str
    content: Callable[[], bytes]
    error: type[ImageError]
    says: str


def as_rgb(grey: Pixels) -> Pixels:
    return np.repeat(grey[:, :, None], 3, axis=2)


def alpha() -> Pixels:
    """(256, 256): opaque in the middle, fading to nothing at the left and right edge."""
    ramp = np.clip(np.minimum(np.arange(256), 255 - np.arange(256)) * 8, 0, 255).astype(np.uint8)
    return np.tile(ramp, (256, 1))


def on_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    weight = alpha[:, :, None] / 255
    return np.rint(pixels * weight + 255 * (1 - weight)).astype(np.uint8)


def with_alpha(pixels: Pixels) -> Pixels:
    return np.dstack([pixels, alpha()])


def quantise(colours: int) -> tuple[Pixels, Pixels]:
    """(256, 256) indices and (colours, 3) palette."""
    picture = Image.fromarray(astronaut()).quantize(colours)
    palette = np.array(picture.getpalette(), np.uint8).reshape(-1, 3)[:colours]
    return np.array(picture, np.uint8), palette


def palette_pixels(bits: int) -> Pixels:
    indices, palette = quantise(1 << bits)
    return palette[indices]


def stored_for(orientation: int) -> Pixels:
    """The portrait as a camera held that way stores it: the inverse of what `orientation` asks a viewer to do."""
    upright = astronaut()[:, :200]
    stored: dict[int, Pixels] = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(upright, -1),
    }
    return np.ascontiguousarray(stored[orientation])
