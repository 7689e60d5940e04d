"""How much detail of a face is missing, whatever took it away: one small network of our own, see training/blur."""

from __future__ import annotations

import threading
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.runtime import InputLayout, Network, Runtime
from visavis.errors import ModelFormatError

BLUR_SIZE_PX = 96
"""Side of the square that the network looks at; the face's upright box fills it."""

_ANSWERS = (0.24, 0.5, 0.65, 0.8, 1.0)
_BLURS = (0.0, 0.2, 0.6, 0.8, 1.0)
"""What the network's answers are called. Low ones do not tell a little damage from none, and are held back; chosen on
LFW, people of `lfw-calibrate.txt`, see the model card."""

Pixels = NDArray[np.uint8]


class BlurNetwork:
    """Measures blur. Safe to share between threads.

    It answers what a recogniser would make of the face: how far its template moves from that of the sharp face. So one
    number covers defocus, motion, few pixels, JPEG and noise, and means the same for each.

    Args:
        runtime: runs it.
        model: its file; None: the one that comes with the package.
    """

    model_id = "visavis-blur"

    def __init__(self, runtime: Runtime, model: bytes | None = None) -> None:
        self._runtime = runtime
        self._model = model
        self._network: Network | None = None
        self._lock = threading.Lock()

    def measure(self, canvas: Pixels, spread: float) -> float:
        """Blur of a face, 0 = sharp, 1 = nothing to be recognised.

        Args:
            canvas: (S, S, 3) RGB, the face upright in its middle, see `landmarks.mesh.face_window`.
            spread: side of the canvas, in longer sides of the face's upright box, >= 1.

        Raises:
            ModelFormatError: the network answers with other than one number.
        """
        (answer,) = self.network().run(cut_face(canvas, spread)[None])
        if answer.size != 1:
            raise ModelFormatError(f"{self.model_id} answers with {answer.size} numbers, not 1")
        return float(np.interp(answer.ravel()[0], _ANSWERS, _BLURS))

    def network(self) -> Network:
        """The compiled network."""
        with self._lock:
            if self._network is None:
                layout = InputLayout(1, BLUR_SIZE_PX, BLUR_SIZE_PX, scale=1 / 255)
                model = self._model or resources.files(__package__).joinpath("blur.onnx").read_bytes()
                self._network = self._runtime.compile(model, layout)
            return self._network


def cut_face(canvas: Pixels, spread: float, size_px: int = BLUR_SIZE_PX) -> Pixels:
    """The middle of a canvas, as large as the face's upright box, brought to a square of `size_px`."""
    side = min(round(canvas.shape[0] / spread), canvas.shape[0])
    start = (canvas.shape[0] - side) // 2
    part = canvas[start : start + side, start : start + side]
    if side == size_px:
        return np.ascontiguousarray(part)
    shrinks = size_px < side
    resized = cv2.resize(part, (size_px, size_px), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)
