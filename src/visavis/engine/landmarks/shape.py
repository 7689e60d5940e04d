"""What is known of the mesh before any face is seen: its mean shape, its mirror image, its triangles, its regions."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class MeshShape:
    """Arrays are read-only.

    Attributes:
        points: (468, 3) float64, the mean face, looking at the camera: x to the right of the picture, y down, z away
            from the camera, in distances between the centres of its eyes; origin halfway between them. It equals its
            mirror image.
        mirrored: (468,) which point of the other side each point is; its own number on the midline.
        triangles: (N, 3) points, in clockwise order as seen from outside.
        regions: polygons of points, by the names of `Region`.
        contours: other closed lines: `face_oval`, `right_eye_opening`, `left_eye_opening`, `inner_lips`.
        seen: (region, pitch, yaw) visible share of each region, 0..1, in the order of `regions`, of heads turned by
            `seen_yaws` and nodding by `seen_pitches`.
        seen_yaws: rising, degrees, 0..90; of a head turned the other way left and right change places.
        seen_pitches: rising, degrees.
    """

    points: NDArray[np.float64]
    mirrored: NDArray[np.int64]
    triangles: NDArray[np.int64]
    regions: Mapping[str, NDArray[np.int64]]
    contours: Mapping[str, NDArray[np.int64]]
    seen: NDArray[np.float64]
    seen_yaws: NDArray[np.float64]
    seen_pitches: NDArray[np.float64]


@functools.cache
def load_shape() -> MeshShape:
    """From the file that comes with the package."""
    content = resources.files(__package__).joinpath("mesh.json").read_text("utf-8")
    document = json.loads(content)
    seen = document["seen"]
    return MeshShape(
        points=_numbers(document["mean_shape"]),
        mirrored=_indices(document["mirrored"]),
        triangles=_indices(document["triangles"]),
        regions={name: _indices(polygon) for name, polygon in document["regions"].items()},
        contours={name: _indices(polygon) for name, polygon in document["contours"].items()},
        seen=_numbers([seen[name] for name in document["regions"]]),
        seen_yaws=_numbers(seen["yaws"]),
        seen_pitches=_numbers(seen["pitches"]),
    )


def _numbers(values: list[object]) -> NDArray[np.float64]:
    array = np.array(values, np.float64)
    array.setflags(write=False)
    return array


def _indices(values: list[int]) -> NDArray[np.int64]:
    array = np.array(values, np.int64)
    array.setflags(write=False)
    return array
