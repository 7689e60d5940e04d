"""A portrait on a screen, photographed from close by: what a replay attack looks like, always the same.

The screen has pixels of three coloured stripes with gaps between them, a dark frame, a cold white, and it mirrors a
lamp and the room; the camera is set to the warm light of that room, sees the screen a little from the side, turned,
and samples it as it is, so that both grids make moiré.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.faces import Pixels

Light = NDArray[np.float64]

_STRIPES = 3
"""Samples across a pixel of the screen, and down."""
_SCREEN_WIDTH = 300
"""Of the portrait on the screen, pixels of the screen."""
_GAP = 0.35
"""Light of the row between two rows of pixels, of theirs."""
_WHITE = (0.62, 0.66, 1.18)
"""Of the screen, to a camera that takes warmer light for white."""
_VEIL = 0.06
"""Light of the room that the screen mirrors everywhere."""
_FRAME, _FRAME_COLOUR, _WALL_COLOUR = 40, (0.012, 0.013, 0.016), (0.30, 0.27, 0.22)
_SHARE = 0.8
"""Pixels of the camera for a sample of the screen."""
_ROLL_DEGREES, _SLANT = 2.6, 0.055


@functools.cache
def _wall(width: int, height: int) -> Light:
    y, x = np.mgrid[:height, :width]
    shade = 1.1 - 0.35 * x / width - 0.15 * y / height
    return np.asarray(shade[..., None] * np.array(_WALL_COLOUR))


def replay(pixels: Pixels) -> Pixels:
    """The photo of a screen that shows this picture.

    Args:
        pixels: (H, W, 3) RGB, all that the screen shows.

    Returns:
        (H', W', 3) RGB, about 980 pixels wide; the screen is wholly inside.
    """
    screen = _framed(_striped(_shown(pixels)))
    seen = _photographed(screen)
    return np.ascontiguousarray(np.round(_developed(seen) * 255), np.uint8)


def _shown(pixels: Pixels) -> Light:
    """Linear light of each pixel of the screen."""
    height = round(pixels.shape[0] * _SCREEN_WIDTH / pixels.shape[1])
    small = cv2.resize(np.asarray(pixels), (_SCREEN_WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.asarray((small / 255.0) ** 2.2)


def _striped(light: Light) -> Light:
    """Each pixel is a red, a green and a blue stripe, with a dark gap below."""
    large = light.repeat(_STRIPES, 0).repeat(_STRIPES, 1)
    mask = np.full(large.shape, 0.08)
    for channel in range(3):
        mask[:, channel::_STRIPES, channel] = 2.6
    mask[_STRIPES - 1 :: _STRIPES] *= _GAP
    return np.asarray(large * mask * _WHITE)


def _framed(screen: Light) -> Light:
    height, width = screen.shape[:2]
    framed = np.full((height + 2 * _FRAME, width + 2 * _FRAME, 3), _FRAME_COLOUR)
    framed[_FRAME:-_FRAME, _FRAME:-_FRAME] = screen + _VEIL
    y, x = np.mgrid[: framed.shape[0], : framed.shape[1]]
    lamp = np.exp(-(((x / framed.shape[1] - 0.8) / 0.16) ** 2 + ((y / framed.shape[0] - 0.16) / 0.12) ** 2))
    return np.asarray(framed + 0.25 * lamp[..., None])


def _photographed(screen: Light) -> Light:
    """Before a wall, with the screen's far edge shorter than its near one."""
    height, width = screen.shape[:2]
    out_width, out_height = round(width * _SHARE * 1.25), round(height * _SHARE * 1.22)
    near, far = 0.5, 0.5 - _SLANT
    unit = np.array([(-near, -near), (near, -far), (near, far), (-near, near)])
    turn = np.deg2rad(_ROLL_DEGREES)
    rotation = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    places = (unit * (width * _SHARE, height * _SHARE)) @ rotation.T + (out_width / 2, out_height / 2)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    view = cv2.getPerspectiveTransform(corners.astype(np.float32), places.astype(np.float32))
    canvas = _wall(out_width, out_height).copy()
    seen = cv2.warpPerspective(
        screen, view, (out_width, out_height), canvas, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
    )
    return np.asarray(seen, np.float64)


def _developed(light: Light) -> Light:
    """Through the lens, onto a sensor with some noise, and through the camera's own curve."""
    soft = cv2.GaussianBlur(light, (0, 0), 0.55)
    noise = np.random.default_rng(5).normal(0, 0.006, soft.shape)
    exposed = np.clip(soft * 1.25 + noise * np.sqrt(np.clip(soft, 0.02, None)), 0, 1)
    return np.asarray(exposed ** (1 / 2.2))
