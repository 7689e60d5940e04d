"""Whether the eyes and the mouth are open.

The mesh follows lips, but not lids: it draws an open eye on nearly every face. So a small network of our own looks at
the eyes, see training/eyes.
"""

from __future__ import annotations

import threading
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from visavis.engine.geometry import Points, warp_pixels
from visavis.engine.runtime import InputLayout, Network, Runtime
from visavis.errors import ModelFormatError

EYE_WIDTH_PX, EYE_HEIGHT_PX = 40, 32
_FACE_PX = 128
_EYE_CORNERS = ([33, 133], [263, 362])
_LIPS = (((82, 87), (13, 14), (312, 317)), (78, 308))
_MOUTH_WIDE_OPEN = 0.5

Pixels = NDArray[np.uint8]


class EyeNetwork:
    """Measures how far eyes are open. Safe to share between threads.

    Args:
        runtime: runs it.
        model: its file; None: the one that comes with the package.
    """

    model_id = "visavis-eyes"

    def __init__(self, runtime: Runtime, model: bytes | None = None) -> None:
        self._runtime = runtime
        self._model = model
        self._network: Network | None = None
        self._lock = threading.Lock()

    def measure(self, canvas: Pixels, spread: float, points: Points) -> tuple[float, float]:
        """The subject's left and right eye, 0 = closed, 1 = wide open.

        Args:
            canvas: (S, S, 3) RGB, the face upright in its middle, see `landmarks.mesh.face_window`.
            spread: side of the canvas, in longer sides of the face's upright box.
            points: (468, 2) of the mesh, in pixels of the canvas.

        Raises:
            ModelFormatError: the network answers with other than a number for each eye.
        """
        (answer,) = self.network().run(cut_eyes(canvas, spread, points))
        if answer.size != 2:
            raise ModelFormatError(f"{self.model_id} answers with {answer.size} numbers, not 2")
        right, left = np.clip(answer.ravel(), 0.0, 1.0).tolist()
        return left, right

    def network(self) -> Network:
        """The compiled network, of two eyes a run."""
        with self._lock:
            if self._network is None:
                layout = InputLayout(2, EYE_HEIGHT_PX, EYE_WIDTH_PX, scale=1 / 255)
                model = self._model or resources.files(__package__).joinpath("eyes.onnx").read_bytes()
                self._network = self._runtime.compile(model, layout)
            return self._network


def cut_eyes(
    canvas: Pixels, spread: float, points: Points, width: int = EYE_WIDTH_PX, height: int = EYE_HEIGHT_PX
) -> Pixels:
    """(2, height, width, 3) what is around the subject's right eye, and around the left one, mirrored to look like it.

    Args:
        canvas: (S, S, 3) RGB.
        spread: side of the canvas, in longer sides of the face's upright box.
        points: (468, 2) of the mesh, in pixels of the canvas.
        width: of a picture of an eye; the face's upright box has 128 such pixels.
        height: the same.
    """
    scale = _FACE_PX * spread / canvas.shape[0]
    eyes = []
    for corners in _EYE_CORNERS:
        x, y = (points[corners, :2].mean(0) * scale).tolist()
        transform = np.array([[scale, 0.0, width / 2 - x], [0.0, scale, height / 2 - y]])
        eyes.append(warp_pixels(canvas, transform, width, height))
    return np.stack([eyes[0], eyes[1][:, ::-1]])


def mouth_openness(points: Points) -> float:
    """How far the mouth is open, 0 = closed, 1 = as far as it goes.

    The gap between the lips, in widths of the mouth, 0.5 or more of it being 1. Both are measured in space, so that a
    turned head changes neither, as far as the depth of the mesh can be relied on.

    Args:
        points: (468, 3) of the mesh, in any unit.
    """
    pairs, corners = _LIPS
    width = np.linalg.norm(points[corners[0]] - points[corners[1]])
    if not width:
        return 0.0
    gap = np.mean([np.linalg.norm(points[upper] - points[lower]) for upper, lower in pairs])
    return float(min(gap / width / _MOUTH_WIDE_OPEN, 1.0))
