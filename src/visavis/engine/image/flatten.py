"""Pillow's picture modes → (H, W, 3) RGB, with anything transparent laid on white."""

from __future__ import annotations

import numpy as np
from PIL import Image

from visavis.engine.image.base import Pixels

# ID photos cut out of their background are made for white paper.
_BACKGROUND = (255, 255, 255)
_BAND_PIXELS = 1 << 20


def flatten_picture(picture: Image.Image) -> Pixels:
    """RGB pixels of a loaded picture; 16-bit grey keeps its high byte.

    Works in bands of rows: a whole second copy in four bytes a pixel would cost more memory than the result.
    """
    width, height = picture.size
    rows = max(1, _BAND_PIXELS // width)
    if rows >= height:
        return _flatten_band(picture)
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = _flatten_band(picture.crop((0, top, width, bottom)))
    return pixels


def _flatten_band(picture: Image.Image) -> Pixels:
    if picture.mode.startswith("I"):
        grey = (np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if not picture.has_transparency_data:
        return np.array(picture.convert("RGB"), np.uint8)
    coloured = picture.convert("RGBA")
    page = Image.new("RGB", picture.size, _BACKGROUND)
    page.paste(coloured, mask=coloured.getchannel("A"))
    return np.array(page, np.uint8)
