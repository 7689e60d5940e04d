"""YuNet (OpenCV Zoo, 2023-03): a face detector with five landmarks.

Source of the decoding: Wu, Peng, Yu, "YuNet: a tiny millisecond-level face detector", 2023. The network answers once a
cell of three grids (strides 8, 16, 32) with a class and an object probability, a box and five points in cell units; its
conversion joins the twelve outputs to one.
"""

from __future__ import annotations

import functools
import threading
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.base import Candidates
from visavis.engine.runtime import InputLayout, Network, Runtime

_STRIDES = (8, 16, 32)
_MIN_PROBABILITY = 0.3


class YuNet:
    """See `Detector`. Compiles the network once for each size of canvas that it meets."""

    detector_id = "yunet-2023mar"

    def __init__(self, runtime: Runtime, model: bytes) -> None:
        self._runtime = runtime
        self._model = model
        self._networks: dict[tuple[int, int, int], Network] = {}
        self._lock = threading.Lock()

    def detect(self, canvases: NDArray[np.uint8]) -> list[Candidates]:
        """See `Detector.detect`. Rated for faces of about 10 to 300 pixels."""
        count, height, width, _ = canvases.shape
        (answers,) = self.network(count, height, width).run(canvases)
        return _decode(_grid(height, width), answers)

    def network(self, count: int, height: int, width: int) -> Network:
        """The compiled network for `count` canvases of this size."""
        key = count, height, width
        with self._lock:
            if key not in self._networks:
                layout = InputLayout(count, height, width, colour_order="BGR")
                self._networks[key] = self._runtime.compile(self._model, layout)
            return self._networks[key]


@functools.lru_cache(maxsize=32)
def _grid(height: int, width: int) -> NDArray[np.float64]:
    """Column, row and stride of every cell: (cells, 3)."""
    grids = []
    for stride in _STRIDES:
        rows, columns = np.mgrid[0 : height // stride, 0 : width // stride]
        grids.append(np.stack([columns.ravel(), rows.ravel(), np.full(rows.size, stride)], 1))
    return np.concatenate(grids).astype(np.float64)


def _decode(grid: NDArray[np.float64], answers: NDArray[np.float32]) -> list[Candidates]:
    """Candidates of each canvas; answers (canvases, cells, 16): class, object, box (4), points (10)."""
    squared = answers[:, :, 0] * answers[:, :, 1]
    # Nearly all cells fall out here, before anything else is computed for them.
    canvas, cell = np.nonzero(squared >= _MIN_PROBABILITY**2)
    squared = squared[canvas, cell]
    order = np.lexsort((-squared, canvas))
    canvas, cell = canvas[order], cell[order]
    probabilities = np.sqrt(squared[order]).astype(np.float64)
    places, numbers = grid[cell], answers[canvas, cell].astype(np.float64)
    origin, stride = places[:, :2], places[:, 2:]
    boxes = numbers[:, 2:6]
    # exp of more than 8 is a face thousands of cells wide: garbage in, but no overflow out.
    boxes[:, 2:] = np.exp(np.minimum(boxes[:, 2:], 8.0)) * stride
    boxes[:, :2] = (origin + boxes[:, :2]) * stride - boxes[:, 2:] / 2
    points = (origin[:, None] + numbers[:, 6:].reshape(-1, 5, 2)) * stride[:, None]
    ends = np.searchsorted(canvas, np.arange(len(answers) + 1)).tolist()
    return [Candidates(boxes[start:end], points[start:end], probabilities[start:end]) for start, end in pairwise(ends)]
