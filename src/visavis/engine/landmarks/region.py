"""The regions of a face that may be covered, as parts of its mesh."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.landmarks.shape import load_shape
from visavis.measures import HeadPose, Region

_FRACTION_BITS = 4
_OTHER_SIDE = {
    Region.LEFT_EYE: Region.RIGHT_EYE,
    Region.LEFT_EYEBROW: Region.RIGHT_EYEBROW,
    Region.LEFT_CHEEK: Region.RIGHT_CHEEK,
}
_MIRRORED = _OTHER_SIDE | {right: left for left, right in _OTHER_SIDE.items()}


def mirror_region(region: Region) -> Region:
    """What a region becomes in a mirror."""
    return _MIRRORED.get(region, region)


def region_masks(points: NDArray[np.float64], width: int, height: int) -> dict[Region, NDArray[np.bool_]]:
    """Which pixels of a canvas belong to which region, hidden by the head itself or not, see `seen_share`.

    Args:
        points: (468, 2) of the mesh, pixels of the canvas, see `FaceMesh.seen_through`.
        width: of the canvas, pixels.
        height: of the canvas, pixels.

    Returns:
        (height, width) each; empty where the region lies outside.
    """
    polygons = load_shape().regions
    return {region: _fill(points[polygons[region]], width, height) for region in Region}


def face_mask(points: NDArray[np.float64], width: int, height: int) -> NDArray[np.bool_]:
    """(height, width) the pixels within the face's oval, from the middle of the forehead to the chin.

    Args:
        points: (468, 2) of the mesh, pixels of the canvas.
        width: of the canvas, pixels.
        height: of the canvas, pixels.
    """
    return _fill(points[load_shape().contours["face_oval"]], width, height)


def seen_share(pose: HeadPose) -> Mapping[Region, float]:
    """How much of each region the head itself lets the camera see, 0..1; 1 for a head that looks at the camera.

    Of the mean shape, turned: the share of the region's surface that is neither turned away from the camera nor behind
    other parts of the face. Hair, ears and what a person wears are not part of it.
    """
    shape = load_shape()
    names = list(shape.regions)
    seen = _interpolate(shape.seen, abs(pose.yaw), pose.pitch)
    shares = {Region(name): float(seen[names.index(name)]) for name in names}
    return shares if pose.yaw >= 0 else {region: shares[mirror_region(region)] for region in Region}


def _interpolate(table: NDArray[np.float64], yaw: float, pitch: float) -> NDArray[np.float64]:
    """(regions,) between the four nearest entries; poses beyond the table are taken for its edge."""
    shape = load_shape()
    (row, below), (column, aside) = _place(shape.seen_pitches, pitch), _place(shape.seen_yaws, yaw)
    rows = table[:, row] * (1 - below) + table[:, row + 1] * below
    return np.asarray(rows[:, column] * (1 - aside) + rows[:, column + 1] * aside)


def _place(steps: NDArray[np.float64], value: float) -> tuple[int, float]:
    """The step before a value, and how far the value is on the way to the next, 0..1."""
    index = int(np.clip(np.searchsorted(steps, value, "right") - 1, 0, len(steps) - 2))
    return index, float(np.clip((value - steps[index]) / (steps[index + 1] - steps[index]), 0.0, 1.0))


def _fill(polygon: NDArray[np.float64], width: int, height: int) -> NDArray[np.bool_]:
    canvas = np.zeros((height, width), np.uint8)
    # OpenCV counts from the centre of the first pixel, and takes whole numbers of sixteenths of a pixel.
    corners = np.round((np.clip(polygon, -1e6, 1e6) - 0.5) * 2**_FRACTION_BITS).astype(np.int32)
    cv2.fillPoly(canvas, [corners], 1, shift=_FRACTION_BITS)
    return canvas.astype(bool)
