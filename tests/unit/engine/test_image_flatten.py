"""Pillow's modes become RGB, transparent parts white."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from visavis.engine.image.flatten import flatten_picture


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("1", 1, [255, 255, 255]),
        ("L", 77, [77, 77, 77]),
        ("LA", (100, 51), [224, 224, 224]),  # 0.2 * 100 + 0.8 * 255
        ("RGB", (1, 2, 3), [1, 2, 3]),
        ("RGBA", (100, 200, 0, 51), [224, 244, 204]),
        ("RGBA", (9, 9, 9, 0), [255, 255, 255]),
        ("I;16", 0x4DFF, [0x4D, 0x4D, 0x4D]),
    ],
)
def test_every_mode(mode: str, colour: float | tuple[int, ...], expected: list[int]) -> None:
    assert flatten_picture(Image.new(mode, (2, 3), colour)).tolist() == [[expected] * 2] * 3


def test_large_picture_is_done_in_bands_without_a_seam() -> None:
    grey = np.arange(1100 * 2000, dtype=np.uint32).reshape(1100, 2000).astype(np.uint8)
    pixels = flatten_picture(Image.fromarray(grey))
    assert np.array_equal(pixels, np.repeat(grey[:, :, None], 3, axis=2))
