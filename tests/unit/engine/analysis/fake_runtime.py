"""A runtime whose networks answer what the test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.engine.runtime import InputLayout, Network, Precision, RuntimeName


class FakeRuntime:
    """Takes down the shapes of what its network is asked."""

    name: RuntimeName = "openvino"
    precision: Precision = "fp32"

    def __init__(self, answers: Sequence[NDArray[np.float32]]) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.seen: list[NDArray[np.uint8]] = []
        self.compiled = 0
        self._answers = list(answers)

    def compile(self, model: bytes, layout: InputLayout) -> Network:
        self.compiled += 1
        return self

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        self.shapes.append(pixels.shape)
        self.seen.append(pixels)
        return self._answers

    def prepare(self, pixels: NDArray[np.uint8]) -> Callable[[], None]:
        return lambda: None
