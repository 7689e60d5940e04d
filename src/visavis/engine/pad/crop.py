"""The part of a picture that a network looks at: upright, around the detector's box."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.geometry import Transform, apply_transform, invert_transform, scale_of
from visavis.engine.pad.spec import PadNetworkSpec
from visavis.engine.picture import Picture
from visavis.types import DetectedFace

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """Where a crop lies.

    Attributes:
        transform: from full-resolution pixels to a canvas that keeps the picture's proportions.
        width: of that canvas, pixels.
        height: the same.
    """

    transform: Transform
    width: int
    height: int

    def room(self, picture_width: int, picture_height: int) -> float:
        """Share of the crop that lies in the picture, 0..1."""
        corners = np.array([[0.0, 0.0], [self.width, self.height]])
        seen = apply_transform(invert_transform(self.transform), corners)
        inside = np.clip(seen, 0.0, [picture_width, picture_height])
        return float(np.prod(np.abs(inside[1] - inside[0])) / np.prod(np.abs(seen[1] - seen[0])))


def place_crop(spec: PadNetworkSpec, face: DetectedFace, picture_width: int, picture_height: int) -> Crop:
    """Where the network looks.

    A face that lies on its side or stands on its head is turned upright by quarters; a slight tilt stays as it is, for
    the edges of a screen or of a sheet are told by being straight and level.

    Args:
        spec: of the network.
        face: where the face is, full-resolution pixels.
        picture_width: at full resolution.
        picture_height: the same.
    """
    box = face.box
    centre, sides = np.array(box.centre), np.array([box.width, box.height])
    extent = spec.crop_scale * (sides if spec.framing == "box" else np.full(2, sides.max()))
    if spec.edges == "inward":
        limits = np.array([picture_width, picture_height], np.float64)
        extent = extent * min(1.0, float((limits / extent).min()))
        centre = np.clip(centre, extent / 2, limits - extent / 2)
    x, y = _upright(face)
    across, down = extent if x else extent[::-1]
    scale = spec.width / across
    width, height = spec.width, max(1, round(down * scale))
    shift = width / 2 - scale * (x * centre[0] + y * centre[1]), height / 2 - scale * (x * centre[1] - y * centre[0])
    transform = np.array([[scale * x, scale * y, shift[0]], [-scale * y, scale * x, shift[1]]])
    return Crop(transform, width, height)


def cut_crop(spec: PadNetworkSpec, picture: Picture, crop: Crop) -> Pixels:
    """(height, width, 3) uint8 RGB, as the network expects it.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    scale = scale_of(crop.transform)
    pixels = picture.warp(crop.transform, crop.width, crop.height, min(1.0, scale))
    return stretch(spec, pixels)


def stretch(spec: PadNetworkSpec, pixels: Pixels) -> Pixels:
    """A crop with the picture's proportions, brought to those of the network's input."""
    if pixels.shape[:2] == (spec.height, spec.width):
        return pixels
    shrinks = spec.height < pixels.shape[0]
    resized = cv2.resize(
        pixels, (spec.width, spec.height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.asarray(resized, np.uint8)


def _upright(face: DetectedFace) -> tuple[int, int]:
    """Unit vector, along an axis of the picture, that is nearest to the way from the right eye to the left."""
    (right_x, right_y), (left_x, left_y) = face.landmarks.right_eye, face.landmarks.left_eye
    across, down = left_x - right_x, left_y - right_y
    if abs(across) >= abs(down):
        return (1 if across >= 0 else -1), 0
    return 0, (1 if down >= 0 else -1)
