"""MediaPipe's face mesh: 468 landmarks with depth.

Source: Kartynnik, Ablavatski, Grishchenko, Grundmann, "Real-time facial surface geometry from monocular video on mobile
GPUs", 2019. The network looks at an upright square around the face and answers in pixels of that square.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.refine import across
from visavis.engine.geometry import Transform, apply_transform, invert_transform, scale_of, window_transform
from visavis.engine.landmarks.shape import load_shape
from visavis.engine.picture import Picture
from visavis.engine.runtime import InputLayout, Network, Runtime
from visavis.errors import ModelFormatError
from visavis.types import DetectedFace

MESH_MODEL = "mediapipe-face-mesh"
POINT_COUNT = 468

_SIZE_PX = 192
_SPREAD = 1.5
_FOREHEAD, _CHIN = 10, 152


@dataclass(frozen=True, slots=True, eq=False)
class FaceMesh:
    """Where 468 points of a face are; which is which never changes, see `MeshShape`.

    The points of what is hidden, by an object or by the head itself, are guesses. On a profile those of the far side
    lie beside the face.

    Attributes:
        points: (468, 3) float64, read-only. x, y: pixels of the picture at full resolution, beyond its edges too where
            the face is cut off. z: depth in the same unit, falling towards the camera, origin arbitrary; what the
            network makes of a single picture, not measured.
        presence: probability that there is a face in the square that the network saw, 0..1. Near 1 on nearly every
            face; full profiles may have less than 0.5.
    """

    points: NDArray[np.float64]
    presence: float

    def seen_through(self, transform: Transform) -> NDArray[np.float64]:
        """(468, 2) x, y of the points on a canvas, where `transform` brings the picture onto it."""
        return apply_transform(transform, self.points[:, :2])


class MeshLandmarker:
    """Finds the mesh of a face whose place is known. Safe to share between threads.

    The network looks twice: at the face where the detector found it, then where the first mesh is; each time at the
    mirror image too, since the mean of both cancels its lean to one side.

    Args:
        runtime: runs the network.
        model: its file.
    """

    model_id = MESH_MODEL

    def __init__(self, runtime: Runtime, model: bytes) -> None:
        self._runtime = runtime
        self._model = model
        self._network: Network | None = None
        self._lock = threading.Lock()

    def locate(self, picture: Picture, face: DetectedFace) -> FaceMesh:
        """The mesh of a face; what is outside of the picture is black to the network.

        Args:
            picture: decoded as finely as the face's size asks for.
            face: from the detector, in the same picture.

        Raises:
            ImageError: the picture cannot be decoded.
            ModelFormatError: the network answers with other than 468 points and a probability.
        """
        points = face.landmarks.to_array()
        side = _SPREAD * max(face.box.width, face.box.height)
        first = self._look(picture, window_transform(np.array(face.box.centre), side, across(points), _SIZE_PX))
        return self._look(picture, face_window(first, _SPREAD, _SIZE_PX))

    def network(self) -> Network:
        """The compiled network, of two pictures a run."""
        with self._lock:
            if self._network is None:
                self._network = self._runtime.compile(self._model, InputLayout(2, _SIZE_PX, _SIZE_PX, scale=1 / 255))
            return self._network

    def _look(self, picture: Picture, transform: Transform) -> FaceMesh:
        canvas = picture.warp(transform, _SIZE_PX, _SIZE_PX, min(1.0, scale_of(transform)))
        answers = self.network().run(np.stack([canvas, canvas[:, ::-1]]))
        if sorted(answer.size for answer in answers) != [2, 2 * 3 * POINT_COUNT]:
            raise ModelFormatError(f"{self.model_id} answers with other than {POINT_COUNT} points and a probability")
        located, logits = (answer.reshape(2, -1).astype(np.float64) for answer in answers)
        straight, mirrored = located.reshape(2, POINT_COUNT, 3)
        mirrored = mirrored[load_shape().mirrored]
        mirrored[:, 0] = _SIZE_PX - mirrored[:, 0]
        mean = (straight + mirrored) / 2
        inverse = invert_transform(transform)
        points = np.column_stack([apply_transform(inverse, mean[:, :2]), mean[:, 2] * scale_of(inverse)])
        points.setflags(write=False)
        return FaceMesh(points, float(1 / (1 + np.exp(-logits.mean()))))


def face_window(mesh: FaceMesh, spread: float, size_px: int) -> Transform:
    """Transform from the picture to a square canvas with the face upright in its middle.

    Upright means that the line from forehead to chin is vertical; so it stays for a face turned aside.

    Args:
        mesh: of the face.
        spread: side of the square looked at, in longer sides of the mesh's upright box.
        size_px: side of the canvas.
    """
    flat = mesh.points[:, :2]
    down = flat[_CHIN] - flat[_FOREHEAD]
    length = float(np.hypot(*down))
    direction = np.array([down[1], -down[0]]) / length if length else np.array([1.0, 0.0])
    turn = np.array([direction, [-direction[1], direction[0]]])
    upright = flat @ turn.T
    low, high = upright.min(0), upright.max(0)
    return window_transform((low + high) / 2 @ turn, spread * float((high - low).max()), direction, size_px)
