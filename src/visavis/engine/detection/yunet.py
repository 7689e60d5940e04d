"""YuNet (OpenCV Zoo, 2023-03): a face detector with five landmarks.

Source of the decoding: Wu, Peng, Yu, "YuNet: a tiny millisecond-level face detector", 2023. The network answers once a
cell of three grids (strides 8, 16, 32) with a class and an object probability, a box and five points in cell units.
"""

from __future__ import annotations

import functools
import threading

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
        outputs = self.network(count, height, width).run(canvases)
        grids = _grids(height, width)
        # The network lays the canvases of a batch one after the other along the cells.
        parts = [output.reshape(count, -1, output.shape[-1]) for output in outputs]
        # Classes, objects, boxes, points: three strides each.
        joined = [np.concatenate(parts[first : first + 3], 1) for first in (0, 3, 6, 9)]
        return [_decode(*grids, *(part[index] for part in joined)) for index in range(count)]

    def network(self, count: int, height: int, width: int) -> Network:
        """The compiled network for `count` canvases of this size."""
        key = count, height, width
        with self._lock:
            if key not in self._networks:
                layout = InputLayout(count, height, width, colour_order="BGR")
                self._networks[key] = self._runtime.compile(self._model, layout)
            return self._networks[key]


@functools.lru_cache(maxsize=32)
def _grids(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cell (column, row) and stride for every answer: (N, 2) and (N, 1)."""
    cells, strides = [], []
    for stride in _STRIDES:
        rows, columns = np.mgrid[0 : height // stride, 0 : width // stride]
        cells.append(np.stack([columns.ravel(), rows.ravel()], 1).astype(np.float64))
        strides.append(np.full((rows.size, 1), stride, np.float64))
    return np.concatenate(cells), np.concatenate(strides)


def _decode(
    cells: NDArray[np.float64],
    strides: NDArray[np.float64],
    classes: NDArray[np.float32],
    objects: NDArray[np.float32],
    boxes: NDArray[np.float32],
    points: NDArray[np.float32],
) -> Candidates:
    # Nearly all cells fall out here, before anything else is computed for them.
    squared = classes[:, 0] * objects[:, 0]
    kept = np.flatnonzero(squared >= _MIN_PROBABILITY**2)
    kept = kept[np.argsort(-squared[kept], kind="stable")]
    probabilities = np.sqrt(squared[kept]).astype(np.float64)
    cell, stride = cells[kept], strides[kept]
    centres = (cell + boxes[kept, :2]) * stride
    # exp of more than 8 is a face thousands of cells wide: garbage in, but no overflow out.
    sizes = np.exp(np.minimum(boxes[kept, 2:], 8.0)) * stride
    five = (cell[:, None] + points[kept].reshape(-1, 5, 2)) * stride[:, None]
    return Candidates(np.concatenate([centres - sizes / 2, sizes], 1), five, probabilities)
