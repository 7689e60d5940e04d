"""A good portrait, degraded in known ways: each has one flaw that nobody would dispute, as far as a flaw comes alone.

Places are pixels of Grace Hopper's portrait, read off the picture. Left and right are the subject's.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import cv2
import numpy as np

from tests.conformance.sdk.kits import encode
from tests.faces import Pixels, admiral

_CENTRE = (268, 230)
_ROLL_DEGREES = -3.2
"""Of the line through her eyes."""

_PLACES = {
    "left_eye": "281,187 283,178 292,172 322,171 332,178 333,190 326,198 288,200",
    "right_eye": "194,194 196,186 206,179 236,177 246,184 247,195 240,203 206,207",
    "left_eyebrow": "278,177 279,158 302,151 324,151 347,163 345,175 326,170 300,171",
    "right_eyebrow": "179,184 179,171 192,161 206,156 224,155 247,158 250,179 222,176",
    "nose": "263,184 252,187 250,210 236,232 238,248 258,256 280,255 297,247 297,231 285,212 278,190",
    "mouth": "224,278 244,263 269,260 292,261 312,270 304,286 284,295 258,296",
    "left_cheek": "366,202 351,201 330,205 300,209 289,217 301,226 308,250 319,278 349,280 364,244",
    "right_cheek": "160,214 176,211 203,213 232,214 243,220 233,230 226,256 216,285 186,288 164,250",
    "chin_contour": (
        "172,274 205,277 222,284 247,293 270,296 294,292 318,281 322,271 360,264 "
        "352,300 326,330 290,348 254,350 212,336 182,304"
    ),
    "right lens": "186,180 206,172 250,174 256,190 246,214 206,220 188,204",
    "left lens": "274,188 280,172 326,166 344,176 338,204 322,214 286,210",
    "bridge": "250,178 280,176 280,184 252,186",
    "mask": (
        "160,214 214,226 250,205 262,200 274,200 286,205 322,220 366,204 364,250 "
        "352,296 326,328 290,346 254,348 214,334 184,302 166,256"
    ),
}
"""Polygons, x,y: each part of the face and nothing of the others; glasses; a mask."""

_FABRIC, _BLACK, _PAPER = (30, 74, 128), (14, 13, 16), (150, 196, 214)


@functools.cache
def clean() -> str:
    """The portrait as it is."""
    return encode(admiral())


@functools.cache
def covered(*parts: str) -> str:
    """Something woven, opaque, and of no colour of the face lies over these parts."""
    return encode(_painted(parts, _FABRIC, weave=26))


@functools.cache
def with_sunglasses() -> str:
    """Black ones, over both eyes."""
    return encode(_painted(("right lens", "left lens", "bridge"), _BLACK, weave=2))


@functools.cache
def with_mask() -> str:
    """A pale blue one, from the bridge of the nose to below the chin."""
    return encode(_painted(("mask",), _PAPER, weave=6))


@functools.cache
def blurred(sigma_px: float) -> str:
    """Out of focus by a Gaussian; the eyes are 89 pixels apart."""
    return encode(_pixels(cv2.GaussianBlur(admiral(), (0, 0), sigma_px)))


@functools.cache
def darkened(share: float) -> str:
    """So much of every value is left; with all of it the face has a luminance of about 140."""
    return encode(_pixels(np.round(admiral() * share)), "PNG")


@functools.cache
def cut_off(columns: int) -> str:
    """Without so many columns of the face, which ends 156 pixels before the picture does."""
    return encode(_pixels(admiral()[:, : 356 - columns]))


@functools.cache
def tilted(degrees: float, columns: int = 0) -> str:
    """So that her eyes are on a line of so many degrees, clockwise; cut off by so many columns after that."""
    height, width = admiral().shape[:2]
    turn = cv2.getRotationMatrix2D(_CENTRE, _ROLL_DEGREES - degrees, 1.0)
    turned = cv2.warpAffine(admiral(), turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    return encode(_pixels(turned[:, : 356 - columns] if columns else turned))


def _painted(places: Sequence[str], colour: tuple[int, int, int], weave: int) -> Pixels:
    """The portrait under something opaque with a weave and folds."""
    height, width = admiral().shape[:2]
    stencil = np.zeros((height, width), np.uint8)
    for place in places:
        corners = [corner.split(",") for corner in _PLACES[place].split()]
        cv2.fillPoly(stencil, [np.array(corners, np.int32)], 255)
    y, x = np.mgrid[:height, :width]
    texture = ((x // 3 + y // 3) % 2 * weave + (x // 14 % 2) * weave * 0.7)[..., None]
    noise = np.random.default_rng(1).normal(0, weave / 4, (height, width, 1))
    cloth = np.clip(np.array(colour) + texture + noise, 0, 255)
    return _pixels(np.where(stencil[..., None] > 0, cloth, admiral()))


def _pixels(values: object) -> Pixels:
    return np.ascontiguousarray(values, np.uint8)
