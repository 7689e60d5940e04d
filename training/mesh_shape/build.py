"""Measure the mean shape of the face mesh, and derive from it what analysis needs to know of the mesh.

    python training/mesh_shape/build.py ../shared/data/lfw ../shared/data/splits/lfw-train.txt

writes src/visavis/engine/landmarks/mesh.json. One picture a person, the central face. Nothing is random.

The shapes are brought onto one another by rotation, scale and shift (generalised Procrustes), averaged, and made equal
to their own mirror image; which point mirrors which is found, not given. The triangles are Delaunay's, on the shape
unrolled from a cylinder around the head. What is visible of each region is painted, far triangles first, for heads
turned and nodding by steps. Only the outlines of the regions, of the subject's right side, are chosen by hand.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.path import Path as Outline
from numpy.typing import NDArray
from rich.progress import track
from scipy.optimize import linear_sum_assignment
from scipy.spatial import Delaunay

from visavis.api import open_engine
from visavis.config import Settings
from visavis.engine.detection.choice import order_faces
from visavis.engine.detection.refine import across
from visavis.engine.geometry import window_transform
from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.mesh import MESH_MODEL, POINT_COUNT, MeshLandmarker
from visavis.engine.landmarks.pose import rotation_for, rotation_of
from visavis.engine.models import ModelStore
from visavis.engine.picture import Picture
from visavis.engine.runtime import open_runtime
from visavis.errors import NoFaceError
from visavis.measures import HeadPose
from visavis.types import FaceChoice

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_TARGET = Path(__file__).parents[2] / "src/visavis/engine/landmarks/mesh.json"
_ROUNDS = 5
_TILT_DEG = 7.5
"""How far faces that look straight into the camera nod against one whose line from forehead to chin is vertical.

The median is 7.7 of portraits generated to do so, 4 of LFW, 10 of frontal CFP pictures.
"""
_YAWS = range(0, 91, 10)
_PITCHES = range(-60, 61, 15)
_PAINTED_PX = 400
_GRAZING = 0.05
"""Cosine between a triangle's normal and the view below which nothing can be seen of it."""

_EDGES_SHARED = 0.5
"""Painted triangles include their edges, which neighbours paint over: of a small one half may be left."""

_RIGHT_EYE = [130, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25]
_RIGHT_EYEBROW = [46, 70, 63, 105, 66, 107, 55, 65, 52, 53]
_RIGHT_CHEEK = [227, 116, 117, 118, 119, 100, 126, 142, 203, 206, 216, 212, 214, 138, 215, 177, 137]
_RIGHT_EYE_OPENING = [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7]
# Halves of what lies on the midline, from the top down; the other half is their mirror image.
_HALF_NOSE = [168, 193, 245, 188, 174, 217, 209, 49, 102, 64, 98, 97, 2]
_HALF_MOUTH = [0, 37, 39, 40, 185, 61, 146, 91, 181, 84, 17]
_HALF_CHIN = [18, 83, 182, 106, 202, 212, 214, 138, 58, 172, 136, 150, 149, 176, 148, 152]
_HALF_INNER_LIPS = [13, 82, 81, 80, 191, 78, 95, 88, 178, 87, 14]
_HALF_OVAL = [10, 109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152]
_MIRROR = np.array([-1.0, 1.0, 1.0])


def main() -> None:
    """Parse the arguments, measure, write."""
    parser = argparse.ArgumentParser(description="Measure the mean shape of the face mesh.")
    parser.add_argument("dataset", type=Path, help="folder with images/PERSON/*.jpg")
    parser.add_argument("people", type=Path, help="text file, one person a line")
    parser.add_argument("--limit", type=int, default=1000, help="people at most")
    arguments = parser.parse_args()
    people = arguments.people.read_text("utf-8").split()[: arguments.limit]
    meshes = list(_meshes([min((arguments.dataset / "images" / person).glob("*.jpg")) for person in people]))
    shape, mirrored = _symmetrise(_mean_shape(meshes))
    shape = _place(shape).round(4)
    shape = (shape + (shape * _MIRROR)[mirrored]) / 2
    triangles = _triangulate(shape, mirrored)
    regions = _regions(mirrored)
    document = {
        "model_id": MESH_MODEL,
        "data_set": f"{arguments.dataset.name}, {arguments.people.stem}",
        "faces": len(meshes),
        "regions": {name: list(map(int, polygon)) for name, polygon in regions.items()},
        "contours": {name: list(map(int, polygon)) for name, polygon in _contours(mirrored).items()},
        "seen": {
            "yaws": list(_YAWS),
            "pitches": list(_PITCHES),
            **_seen(shape, triangles, regions),
        },
        "mirrored": mirrored.tolist(),
        "mean_shape": (shape.round(4) + 0.0).tolist(),
        "triangles": triangles.tolist(),
    }
    _TARGET.write_text(_to_json(document), "utf-8")


def _meshes(paths: list[Path]) -> Iterator[Array]:
    """Of the central faces, (468, 3), from a single look each; people whose face is not found are left out."""
    landmarker = MeshLandmarker(open_runtime(precision="fp32"), ModelStore(Settings().home).load(MESH_MODEL))
    with open_engine(precision="fp32") as engine:
        for path in track(paths, description=MESH_MODEL):
            content = path.read_bytes()
            picture = Picture(content, ImageLimits())
            try:
                found = engine.detect(content)
            except NoFaceError:
                continue
            face = order_faces(found, FaceChoice.CENTRAL, picture.width, picture.height)[0]
            side = 1.5 * max(face.box.width, face.box.height)
            direction = across(face.landmarks.to_array())
            canvas = picture.warp(window_transform(np.array(face.box.centre), side, direction, 192), 192, 192, 1.0)
            points, _ = landmarker.network().run(np.stack([canvas, canvas]))
            yield points[0].reshape(POINT_COUNT, 3).astype(np.float64)


def _mean_shape(meshes: list[Array]) -> Array:
    mean = meshes[0] - meshes[0].mean(0)
    for _ in range(_ROUNDS):
        mean = np.mean([_brought_onto(mesh, mean) for mesh in meshes], 0)
        mean /= np.sqrt((mean**2).sum(1).mean())
    return np.asarray(mean)


def _brought_onto(mesh: Array, target: Array) -> Array:
    """The mesh, turned, scaled and shifted to lie nearest to a centred target; centred too."""
    centred = mesh - mesh.mean(0)
    turned = centred @ rotation_of(centred, target).T
    return np.asarray(turned * ((turned * target).sum() / (turned**2).sum()))


def _symmetrise(shape: Array) -> tuple[Array, Indices]:
    """The mean of the shape and its mirror image in the plane x = 0, and which point mirrors which."""
    shape = shape - shape.mean(0)
    shape = shape @ _upright(shape, shape[263] - shape[33]).T
    distances = ((shape[:, None] - (shape * _MIRROR)[None]) ** 2).sum(-1)
    mirrored = linear_sum_assignment(distances)[1]
    if not (mirrored[mirrored] == np.arange(POINT_COUNT)).all():
        raise SystemExit("no mirror image: the points do not come in pairs")
    shape = (shape + _brought_onto((shape * _MIRROR)[mirrored], shape)) / 2
    sideways = np.linalg.svd(shape[mirrored] - shape)[2][0]
    sideways *= np.sign(sideways[0])
    shape = (shape - shape[mirrored == np.arange(POINT_COUNT)].mean(0)) @ _upright(shape, sideways).T
    return np.asarray((shape + (shape * _MIRROR)[mirrored]) / 2), mirrored


def _upright(shape: Array, sideways: Array) -> Array:
    """Rotation to axes along `sideways` and, square to it, from forehead to chin."""
    x = sideways / np.linalg.norm(sideways)
    down = shape[152] - shape[10]
    y = down - x * (down @ x)
    y /= np.linalg.norm(y)
    return np.array([x, y, np.cross(x, y)])


def _place(shape: Array) -> Array:
    """Looking straight ahead, in distances between the eyes' centres, origin between them."""
    shape = shape @ rotation_for(HeadPose(0.0, _TILT_DEG, 0.0)).T
    eyes = shape[[33, 133]].mean(0), shape[[263, 362]].mean(0)
    return np.asarray((shape - (eyes[0] + eyes[1]) / 2) / np.linalg.norm(eyes[1] - eyes[0]))


def _regions(mirrored: Indices) -> dict[str, Indices]:
    sides = {"eye": _RIGHT_EYE, "eyebrow": _RIGHT_EYEBROW, "cheek": _RIGHT_CHEEK}
    pairs = {
        f"{side}_{name}": np.array(polygon) if side == "right" else mirrored[polygon]
        for name, polygon in sides.items()
        for side in ("left", "right")
    }
    halves = {"nose": _HALF_NOSE, "mouth": _HALF_MOUTH, "chin_contour": _HALF_CHIN}
    whole = pairs | {name: _whole(half, mirrored) for name, half in halves.items()}
    order = ("left_eye", "right_eye", "left_eyebrow", "right_eyebrow", "nose", "mouth", "left_cheek", "right_cheek")
    return {name: whole[name] for name in (*order, "chin_contour")}


def _contours(mirrored: Indices) -> dict[str, Indices]:
    return {
        "face_oval": _whole(_HALF_OVAL, mirrored),
        "left_eye_opening": mirrored[_RIGHT_EYE_OPENING],
        "right_eye_opening": np.array(_RIGHT_EYE_OPENING),
        "inner_lips": _whole(_HALF_INNER_LIPS, mirrored),
    }


def _whole(half: list[int], mirrored: Indices) -> Indices:
    """A closed line: down the right side, up the left; its ends lie on the midline."""
    return np.array([*half, *mirrored[half[1:-1]][::-1]])


def _unroll(shape: Array) -> Array:
    """(468, 2) the shape on a cylinder behind the eyes, unrolled: seen so, no part hides another."""
    axis = shape[234, 2] + 0.1
    return np.column_stack([np.arctan2(shape[:, 0], axis - shape[:, 2]), shape[:, 1]])


def _triangulate(shape: Array, mirrored: Indices) -> Indices:
    """Of the right half within the oval, and its mirror image; clockwise in a picture of the face."""
    flat = _unroll(shape)
    half = np.flatnonzero(shape[:, 0] <= 1e-9)
    triangles = half[Delaunay(flat[half]).simplices]
    oval = flat[_whole(_HALF_OVAL, mirrored)]
    triangles = triangles[Outline(oval).contains_points(flat[triangles].mean(1))]
    edges = flat[triangles[:, 1:]] - flat[triangles[:, :1]]
    turns_back = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0] < 0
    triangles[turns_back] = triangles[turns_back][:, ::-1]
    return np.concatenate([triangles, mirrored[triangles][:, ::-1]])


def _seen(shape: Array, triangles: Indices, regions: dict[str, Indices]) -> dict[str, list[list[float]]]:
    """By region: (pitch, yaw) share that is visible of what is visible of a head that looks at the camera."""
    flat = _unroll(shape)
    centres = flat[triangles].mean(1)
    members = {name: Outline(flat[polygon]).contains_points(centres) for name, polygon in regions.items()}
    normals = np.cross(shape[triangles[:, 1]] - shape[triangles[:, 0]], shape[triangles[:, 2]] - shape[triangles[:, 0]])
    # As large as they look from the front: the flanks of the cheeks, which few pixels show, weigh little.
    areas = np.maximum(normals[:, 2], 0.0) * _visible(shape, triangles, 0, 0)
    shares = {name: np.zeros((len(_PITCHES), len(_YAWS))) for name in regions}
    for row, pitch in enumerate(_PITCHES):
        for column, yaw in enumerate(_YAWS):
            visible = areas * np.minimum(1.0, _visible(shape, triangles, yaw, pitch))
            for name, inside in members.items():
                shares[name][row, column] = visible[inside].sum() / areas[inside].sum()
    ahead = list(_PITCHES).index(0), list(_YAWS).index(0)
    return {name: np.minimum(1.0, share / share[ahead]).round(3).tolist() for name, share in shares.items()}


def _visible(shape: Array, triangles: Indices, yaw_deg: float, pitch_deg: float) -> Array:
    """Share of each triangle that is neither turned away nor behind another one, 0..1."""
    turned = shape @ rotation_for(HeadPose(yaw_deg, pitch_deg, 0.0)).T
    corners = turned[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facing = normals[:, 2] / np.linalg.norm(normals, axis=1) > _GRAZING
    low = turned[:, :2].min(0)
    pixels = ((corners[..., :2] - low) / np.ptp(turned[:, :2], 0).max() * _PAINTED_PX).round().astype(np.int32)
    canvas = np.full((_PAINTED_PX + 2, _PAINTED_PX + 2), -1, np.int32)
    for index in np.argsort(-corners[..., 2].mean(1)):
        cv2.fillConvexPoly(canvas, pixels[index], int(index))
    left = np.bincount(canvas[canvas >= 0], minlength=len(triangles))
    alone = np.array([_painted(triangle) for triangle in pixels])
    return np.asarray(facing * np.minimum(1.0, left / alone / _EDGES_SHARED))


def _painted(triangle: NDArray[np.int32]) -> int:
    low = triangle.min(0)
    width, height = (np.ptp(triangle, 0) + 1).tolist()
    alone = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(alone, triangle - low, 1)
    return int(alone.sum())


def _to_json(document: dict[str, Any]) -> str:
    """One line a row of numbers."""
    entries = []
    for key, value in document.items():
        if isinstance(value, dict):
            rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(item)}" for name, item in value.items())
            text = f"{{\n{rows}\n }}"
        elif isinstance(value, list) and isinstance(value[0], list):
            text = "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in value) + "\n ]"
        else:
            text = json.dumps(value)
        entries.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


if __name__ == "__main__":
    main()
