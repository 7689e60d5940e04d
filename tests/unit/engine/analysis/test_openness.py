"""Eyes and mouth, open or not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.engine.analysis.fake_runtime import FakeRuntime
from tests.unit.engine.analysis.mean_face import placed
from visavis.engine.analysis.openness import EyeNetwork, cut_eyes, mouth_openness
from visavis.engine.runtime import open_runtime
from visavis.errors import ModelFormatError

SPREAD = 1.25


def mouth(width: float, gap: float) -> NDArray[np.float64]:
    """(468, 3) with a mouth of this width, its lips this far apart in three places."""
    points = np.zeros((468, 3))
    points[[78, 308], 0] = 0, width
    points[[87, 14, 317], 1] = gap
    return points


@pytest.mark.parametrize(("gap", "openness"), [(0, 0), (10, 0.5), (20, 1), (35, 1)])
def test_the_gap_between_the_lips(gap: float, openness: float) -> None:
    assert mouth_openness(mouth(40, gap)) == pytest.approx(openness)


def test_a_mouth_is_as_open_when_the_head_turns() -> None:
    points = mouth(40, 10)
    turned = points @ np.array([[0.6, 0.0, -0.8], [0.0, 1.0, 0.0], [0.8, 0.0, 0.6]])

    assert mouth_openness(turned) == pytest.approx(0.5)


def test_a_mouth_without_width_is_closed() -> None:
    assert mouth_openness(np.zeros((468, 3))) == 0


def test_eyes_are_cut_out_at_their_place_and_look_alike() -> None:
    points = placed()
    canvas = np.zeros((160, 160, 3), np.uint8)
    # The outer corner of either eye, two pixels across.
    for corner, colour in ((33, (200, 0, 0)), (263, (0, 200, 0))):
        x, y = np.rint(points[corner]).astype(int)
        canvas[y - 1 : y + 1, x - 1 : x + 1] = colour

    right, left = cut_eyes(canvas, SPREAD, points)

    half = (points[133, 0] - points[33, 0]) / 2
    for eye, plane in ((right, 0), (left, 1)):
        rows, columns = np.nonzero(eye[..., plane] > 50)
        assert columns.mean() + 0.5 == pytest.approx(20 - half, abs=1)
        assert rows.mean() + 0.5 == pytest.approx(16, abs=1.5)
        assert not eye[..., 1 - plane].any()


def test_eyes_are_cut_out_alike_from_canvases_of_any_scale() -> None:
    points = placed()
    x, y = np.meshgrid(np.arange(320), np.arange(320))
    large = np.stack([x * 255 / 320, y * 255 / 320, 0 * x], 2).astype(np.uint8)
    small = np.ascontiguousarray(large[::2, ::2])

    found, same = cut_eyes(large, SPREAD, 2 * points), cut_eyes(small, SPREAD, points)

    assert np.abs(found.astype(int) - same).max() <= 2


def test_the_network_is_asked_for_the_right_eye_first() -> None:
    runtime = FakeRuntime([np.array([[0.2], [1.5]], np.float32)])

    left, right = EyeNetwork(runtime, b"any").measure(np.zeros((160, 160, 3), np.uint8), SPREAD, placed())

    assert (left, right) == (1.0, float(np.float32(0.2)))
    assert runtime.shapes == [(2, 32, 40, 3)]


def test_a_network_that_answers_with_something_else_is_refused() -> None:
    network = EyeNetwork(FakeRuntime([np.zeros((2, 2), np.float32)]), b"any")

    with pytest.raises(ModelFormatError, match="4 numbers, not 2"):
        network.measure(np.zeros((160, 160, 3), np.uint8), SPREAD, placed())


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_the_network_of_the_package_runs_everywhere(runtime: str) -> None:
    left, right = EyeNetwork(open_runtime(runtime, "fp32")).measure(
        np.full((160, 160, 3), 120, np.uint8), SPREAD, placed()
    )

    # The left eye is mirrored to look like the right one: on an even canvas they are the same picture.
    assert left == pytest.approx(right, abs=1e-6)
    assert 0 <= left <= 1
