"""Valid BMPs of every kind."""

from __future__ import annotations

from functools import partial

import numpy as np

from tests.robustness.pictures import builders as build
from tests.robustness.pictures.builders import (
    Pixels,
    astronaut,
    make_bmp,
)
from tests.robustness.pictures.case import (
    COARSE,
    EXACT,
    HIGH_BYTE,
    OddPicture,
    alpha,
    on_white,
    palette_pixels,
    quantise,
)


def _bottom_up(pixels: Pixels) -> bytes:
    return build.pad_rows(row.tobytes() for row in pixels[::-1])


def _bmp_palette(palette: Pixels, order: tuple[int, ...] = (2, 1, 0)) -> bytes:
    return b"".join(bytes([*(int(colour[i]) for i in order), 0]) for colour in palette)


def _packed_bmp(bits: int) -> bytes:
    indices, palette = quantise(1 << bits)
    rows = [row[1:] for row in build.pack_samples(indices[::-1, :251], bits)]
    return make_bmp((251, 256), bits, build.pad_rows(rows), palette=_bmp_palette(palette))


def _narrow_palette_pixels(bits: int) -> Pixels:
    return palette_pixels(bits)[:, :251]


def _runs_bmp(bits: int) -> bytes:
    indices, palette = quantise(1 << bits)
    indices = np.where(np.arange(256) < 120, 3, indices).astype(np.uint8)[:, :251]
    codes = build.make_runs(indices, nibbles=bits == 4)
    return make_bmp((251, 256), bits, codes, compression=1 if bits == 8 else 2, palette=_bmp_palette(palette))


def _runs_pixels(bits: int) -> Pixels:
    indices, palette = quantise(1 << bits)
    return palette[np.where(np.arange(256) < 120, 3, indices)][:, :251]


def _fields_bmp(shifts: tuple[int, int, int], compression: int, masks: tuple[int, ...]) -> bytes:
    """16 bits a pixel; `shifts` is the number of bits of red, green, blue."""
    red, green, blue = (astronaut()[::-1, :, i].astype(np.uint16) >> (8 - shifts[i]) for i in range(3))
    values = (red << (shifts[1] + shifts[2]) | green << shifts[2] | blue).astype("<u2")
    return make_bmp((256, 256), 16, values.tobytes(), compression=compression, masks=masks)


def _core_bmp() -> bytes:
    return make_bmp((256, 256), 24, _bottom_up(astronaut()[:, :, ::-1]), header_bytes=12)


def _deep_fields_bmp() -> bytes:
    """32 bits a pixel, ten a colour."""
    red, green, blue = (astronaut()[::-1, :, i].astype(np.uint32) << 2 for i in range(3))
    values = (red << 20 | green << 10 | blue).astype("<u4")
    return make_bmp((256, 256), 32, values.tobytes(), compression=3, masks=(0x3FF << 20, 0x3FF << 10, 0x3FF))


def _alpha_bmp(alpha: Pixels) -> bytes:
    stored = np.dstack([astronaut()[:, :, ::-1], alpha])[::-1]
    return make_bmp((256, 256), 32, stored.tobytes(), compression=3, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000))


BMPS = (
    OddPicture(
        "bmp-24",
        lambda: make_bmp((251, 256), 24, _bottom_up(astronaut()[:, :251, ::-1])),
        lambda: astronaut()[:, :251],
        EXACT,
    ),
    OddPicture(
        "bmp-24-top-down",
        lambda: make_bmp((256, -256), 24, build.pad_rows(row.tobytes() for row in astronaut()[:, :, ::-1])),
        astronaut,
        EXACT,
    ),
    OddPicture("bmp-24-core-header", _core_bmp, astronaut, EXACT),
    OddPicture(
        "bmp-24-padding-missing",
        lambda: make_bmp((251, 256), 24, _bottom_up(astronaut()[:, :251, ::-1])[:-3]),
        lambda: astronaut()[:, :251],
        EXACT,
    ),
    OddPicture(
        "bmp-32",
        lambda: make_bmp((256, 256), 32, np.dstack([astronaut()[:, :, ::-1], alpha()])[::-1].tobytes()),
        astronaut,
        EXACT,
    ),
    OddPicture("bmp-32-alpha", lambda: _alpha_bmp(alpha()), lambda: on_white(astronaut(), alpha()), HIGH_BYTE),
    OddPicture("bmp-32-alpha-unused", lambda: _alpha_bmp(np.zeros((256, 256), np.uint8)), astronaut, EXACT),
    OddPicture("bmp-32-ten-bits", _deep_fields_bmp, astronaut, EXACT),
    OddPicture("bmp-16-555", lambda: _fields_bmp((5, 5, 5), 0, ()), astronaut, COARSE),
    OddPicture("bmp-16-565", lambda: _fields_bmp((5, 6, 5), 3, (0xF800, 0x7E0, 0x1F)), astronaut, COARSE),
    *(
        OddPicture(
            f"bmp-{bits}",
            partial(_packed_bmp, bits),
            partial(_narrow_palette_pixels, bits),
            EXACT,
            shows_face=bits > 2,
        )
        for bits in (1, 4, 8)
    ),
    OddPicture("bmp-8-runs", lambda: _runs_bmp(8), lambda: _runs_pixels(8), EXACT, False),
    OddPicture("bmp-4-runs", lambda: _runs_bmp(4), lambda: _runs_pixels(4), EXACT, False),
)
