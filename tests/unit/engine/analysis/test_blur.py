"""The blur network: what it is fed, what it answers, and that it follows known damage on the two portraits."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.faces import admiral, astronaut
from tests.unit.engine.analysis.fake_runtime import FakeRuntime
from visavis.engine.analysis.blur import BLUR_SIZE_PX, BlurNetwork, cut_face
from visavis.engine.geometry import warp_pixels, window_transform
from visavis.engine.runtime import open_runtime
from visavis.errors import ModelFormatError

Pixels = NDArray[np.uint8]

FACES = {"astronaut": (astronaut, (223, 120), 118), "admiral": (admiral, (268, 220), 235)}
"""Picture, middle of the face's upright box, its longer side, pixels."""


def canvas_of(pixels: Pixels, name: str, spread: float = 1.25) -> Pixels:
    """(160, 160, 3) with the face in its middle."""
    _, centre, side = FACES[name]
    transform = window_transform(np.array(centre, np.float64), spread * side, np.array([1.0, 0.0]), 160)
    return warp_pixels(pixels, transform, 160, 160)


@pytest.fixture(scope="module")
def network() -> BlurNetwork:
    return BlurNetwork(open_runtime("openvino", "fp32"))


def test_the_middle_is_cut_out() -> None:
    canvas = np.zeros((160, 160, 3), np.uint8)
    canvas[16:144, 16:144] = 90

    assert (cut_face(canvas, 1.25) == 90).all()
    assert cut_face(canvas, 1.25).shape == (BLUR_SIZE_PX, BLUR_SIZE_PX, 3)
    assert (cut_face(canvas, 1.0)[0] == 0).all()


def test_a_canvas_that_fits_is_taken_as_it_is() -> None:
    canvas = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)

    assert (cut_face(canvas, 1.0) == canvas).all()


def test_a_small_canvas_is_enlarged() -> None:
    assert cut_face(np.full((40, 40, 3), 7, np.uint8), 1.25).shape == (96, 96, 3)


@pytest.mark.parametrize(
    ("answer", "blur"), [(-0.5, 0), (0.24, 0), (0.37, 0.1), (0.5, 0.2), (0.575, 0.4), (0.65, 0.6), (0.9, 0.9), (1.5, 1)]
)
def test_what_the_answers_are_called(answer: float, blur: float) -> None:
    runtime = FakeRuntime([np.array([[answer]], np.float32)])

    assert BlurNetwork(runtime, b"any").measure(np.zeros((160, 160, 3), np.uint8), 1.25) == pytest.approx(blur)
    assert runtime.shapes == [(1, 96, 96, 3)]


def test_it_is_compiled_once() -> None:
    runtime = FakeRuntime([np.zeros(1, np.float32)])
    network = BlurNetwork(runtime, b"any")
    for _ in range(3):
        network.measure(np.zeros((160, 160, 3), np.uint8), 1.25)

    assert runtime.compiled == 1


def test_a_network_that_answers_with_something_else_is_refused() -> None:
    with pytest.raises(ModelFormatError, match="2 numbers, not 1"):
        BlurNetwork(FakeRuntime([np.zeros(2, np.float32)]), b"any").measure(np.zeros((160, 160, 3), np.uint8), 1.25)


@pytest.mark.parametrize("name", FACES)
def test_a_good_portrait_is_sharp(network: BlurNetwork, name: str) -> None:
    assert network.measure(canvas_of(FACES[name][0](), name), 1.25) < 0.1


@pytest.mark.parametrize("name", FACES)
def test_blur_rises_with_sigma(network: BlurNetwork, name: str) -> None:
    load, _, side = FACES[name]
    # A face is about 2.7 distances between its eyes high.
    sigmas = [share * side / 2.7 for share in (0.04, 0.08, 0.12, 0.18, 0.26, 0.36)]
    blurred = [canvas_of(np.asarray(cv2.GaussianBlur(load(), (0, 0), sigma), np.uint8), name) for sigma in sigmas]

    course = [network.measure(canvas, 1.25) for canvas in [canvas_of(load(), name), *blurred]]

    assert all(after >= before - 0.01 for before, after in itertools.pairwise(course))
    assert course[-1] > 0.8


@pytest.mark.parametrize("name", FACES)
def test_few_pixels_are_blur(network: BlurNetwork, name: str) -> None:
    load, _, side = FACES[name]
    course = []
    for face_px in (60, 30, 20, 10):
        scale = face_px / side
        small = cv2.resize(load(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        again = cv2.resize(small, load().shape[1::-1], interpolation=cv2.INTER_LINEAR)
        course.append(network.measure(canvas_of(np.asarray(again, np.uint8), name), 1.25))

    assert course == sorted(course)
    assert course[-1] > 0.8


def test_both_runtimes_agree(network: BlurNetwork) -> None:
    other = BlurNetwork(open_runtime("onnxruntime", "fp32"))
    canvas = canvas_of(astronaut(), "astronaut")

    blurred = np.asarray(cv2.GaussianBlur(canvas, (0, 0), 5), np.uint8)

    assert 0.2 < network.measure(blurred, 1.25) < 1
    assert other.measure(blurred, 1.25) == pytest.approx(network.measure(blurred, 1.25), abs=1e-4)


def test_the_network_is_small() -> None:
    import visavis.engine.analysis as package

    assert package.__file__ is not None
    assert (Path(package.__file__).parent / "blur.onnx").stat().st_size < 600_000
