"""Decoding of the network's answers, with answers written by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.engine.detection.yunet import YuNet
from visavis.engine.runtime import InputLayout, Precision, RuntimeName

SIDE = 64
CELLS = {8: 64, 16: 16, 32: 4}
"""Of a canvas of 64 x 64: 8 x 8, 4 x 4 and 2 x 2."""


class FakeRuntime:
    """Its networks say that there is nothing, but for what `answer` puts in: (canvas, stride, column, row)."""

    name: RuntimeName = "openvino"
    precision: Precision = "fp32"

    def __init__(self) -> None:
        self.layouts: list[InputLayout] = []
        self._answers: list[tuple[int, int, int, list[float]]] = []

    def answer(self, canvas: int, stride: int, column: int, row: int, values: list[float]) -> None:
        """Values: class, object, box (4), points (10)."""
        self._answers.append((canvas, stride, row * (SIDE // stride) + column, values))

    def compile(self, model: bytes, layout: InputLayout) -> FakeRuntime:
        self.layouts.append(layout)
        return self

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        output = np.zeros((len(pixels), sum(CELLS.values()), 16), np.float32)
        for canvas, stride, cell, values in self._answers:
            before = sum(cells for finer, cells in CELLS.items() if finer < stride)
            output[canvas, before + cell] = values
        return [output]

    def prepare(self, pixels: NDArray[np.uint8]) -> Callable[[], None]:
        return lambda: None


def canvases(count: int = 1) -> NDArray[np.uint8]:
    return np.zeros((count, SIDE, SIDE, 3), np.uint8)


POINTS = [0.0, 0.0, 0.5, 0.0, 0.25, 0.25, 0.0, 0.5, 1.0, 1.0]


def test_cell_becomes_a_face() -> None:
    """Column 2, row 1 of stride 16; centre (2.5, 1.25) cells, sides e^ln2 and e^0 cells."""
    runtime = FakeRuntime()
    runtime.answer(0, 16, 2, 1, [0.9, 0.9, 0.5, 0.25, math.log(2), 0.0, *POINTS])
    (found,) = YuNet(runtime, b"").detect(canvases())
    assert found.probabilities == pytest.approx(np.array([0.9]))
    assert found.boxes == pytest.approx(np.array([[24.0, 12.0, 32.0, 16.0]]))
    assert found.points == pytest.approx(np.array([[[32, 16], [40, 16], [36, 20], [32, 24], [48, 32]]], float))


@pytest.mark.parametrize(("stride", "corner"), [(8, (24, 40)), (16, (48, 32)), (32, (32, 32))])
def test_every_stride_has_its_own_grid(stride: int, corner: tuple[int, int]) -> None:
    runtime = FakeRuntime()
    runtime.answer(0, stride, corner[0] // stride, corner[1] // stride, [1.0, 1.0, *[0.0] * 14])
    (found,) = YuNet(runtime, b"").detect(canvases())
    assert found.points[0].tolist() == [list(corner)] * 5
    assert found.boxes[0].tolist() == [corner[0] - stride / 2, corner[1] - stride / 2, stride, stride]


def test_probability_is_the_root_of_class_times_object_and_falls() -> None:
    runtime = FakeRuntime()
    for column, (class_score, object_score) in enumerate([(0.5, 0.5), (1.0, 0.64), (0.4, 0.9), (0.2, 0.2)]):
        runtime.answer(0, 8, column, 0, [class_score, object_score, *[0.0] * 14])
    (found,) = YuNet(runtime, b"").detect(canvases())
    # 0.2 is too little to be worth reporting.
    assert found.probabilities == pytest.approx(np.array([0.8, 0.6, 0.5]))
    assert found.points[:, 0, 0].tolist() == [8, 16, 0]


def test_canvases_of_a_batch_do_not_mix() -> None:
    runtime = FakeRuntime()
    runtime.answer(0, 8, 1, 0, [0.5, 0.5, *[0.0] * 14])
    runtime.answer(2, 8, 2, 0, [0.9, 0.9, *[0.0] * 14])
    runtime.answer(2, 32, 1, 1, [0.95, 0.95, *[0.0] * 14])
    first, second, third = YuNet(runtime, b"").detect(canvases(3))
    assert first.points[:, 0].tolist() == [[8, 0]]
    assert (len(second), second.boxes.shape, second.points.shape) == (0, (0, 4), (0, 5, 2))
    assert third.points[:, 0].tolist() == [[32, 32], [16, 0]]


def test_absurd_size_does_not_overflow() -> None:
    runtime = FakeRuntime()
    runtime.answer(0, 8, 0, 0, [1.0, 1.0, 0.0, 0.0, 1000.0, -1000.0, *[0.0] * 10])
    (found,) = YuNet(runtime, b"").detect(canvases())
    assert np.isfinite(found.boxes).all()
    assert found.boxes[0, 2:] == pytest.approx([8 * math.exp(8), 0])


def test_network_is_compiled_once_for_each_size() -> None:
    runtime = FakeRuntime()
    detector = YuNet(runtime, b"")
    for count in (1, 2, 1, 2):
        detector.detect(canvases(count))
    assert runtime.layouts == [InputLayout(count, SIDE, SIDE, "BGR") for count in (1, 2)]
