"""What is done around a recogniser's network, with a network whose answers are known."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.engine.models import ModelSpec, RecognitionManifest
from visavis.engine.recognition.onnx import OnnxRecogniser
from visavis.engine.runtime import InputLayout, Precision, RuntimeName
from visavis.errors import EngineError, ModelFormatError
from visavis.types import Landmarks

Answer = Callable[[NDArray[np.uint8]], list[float]]

SPEC = ModelSpec(
    name="fake",
    role="recognition",
    sha256="ab" * 32,
    size_bytes=1,
    licence="MIT",
    research_only=False,
    description="",
    training_data="",
    recognition=RecognitionManifest(20, 10, "BGR", mean=(1.0, 2.0, 3.0), scale=0.5, dimension=2),
)


class FakeRuntime:
    """Its networks answer what `answer` makes of each picture."""

    name: RuntimeName = "openvino"
    precision: Precision = "fp32"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.layouts: list[InputLayout] = []

    def compile(self, model: bytes, layout: InputLayout) -> FakeRuntime:
        self.layouts.append(layout)
        return self

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        return [np.array([self.answer(picture) for picture in pixels], np.float32)]

    def prepare(self, pixels: NDArray[np.uint8]) -> Callable[[], None]:
        return lambda: None


def recogniser(answer: Answer, centre: list[float] | None = None) -> OnnxRecogniser:
    return OnnxRecogniser(FakeRuntime(answer), SPEC, b"", None if centre is None else np.array(centre, np.float32))


CROPS = np.zeros((1, 10, 20, 3), np.uint8)
CROPS[:, :, :10] = 3
CROPS[:, :, 10:] = 4
CROPS.setflags(write=False)


def left_and_right(pixels: NDArray[np.uint8]) -> list[float]:
    return [float(pixels[0, 0, 0]), float(pixels[0, 19, 0]) - 4]


def test_network_is_fed_as_the_manifest_says() -> None:
    runtime = FakeRuntime(lambda pixels: [1, 0])
    made = OnnxRecogniser(runtime, SPEC, b"")
    made.embed(CROPS)
    made.embed(np.concatenate([CROPS, CROPS]))
    made.embed(CROPS)
    assert runtime.layouts == [InputLayout(count, 10, 20, "BGR", mean=(1.0, 2.0, 3.0), scale=0.5) for count in (1, 2)]
    assert (made.model_id, made.model_sha256, made.dimension) == ("fake", "ab" * 32, 2)
    assert (made.crop_width, made.crop_height) == (20, 10)


def test_template_has_unit_length() -> None:
    templates = recogniser(lambda pixels: [3, 4]).embed(CROPS).vectors
    assert templates == pytest.approx(np.array([[0.6, 0.8]]))
    assert templates.dtype == np.float32


def test_length_is_that_of_the_first_answer() -> None:
    """(3, 0), however the template goes on from there."""
    made = recogniser(left_and_right, [0.6, 0.0]).embed(CROPS, mirror=[True])
    assert made.lengths == pytest.approx(np.array([3.0]))


def test_each_of_several_faces_has_its_own_template() -> None:
    """(3, 0) and, mirrored, (4, -1)."""
    templates = recogniser(left_and_right).embed(np.concatenate([CROPS, CROPS[:, :, ::-1]])).vectors
    assert templates == pytest.approx(np.array([[1.0, 0.0], [4 / math.sqrt(17), -1 / math.sqrt(17)]]))


def test_centre_is_taken_off_the_unit_template() -> None:
    """(3, 4) has the direction (0.6, 0.8); less (0.6, 0) it is (0, 0.8), of length 1 (0, 1)."""
    assert recogniser(lambda pixels: [3, 4], [0.6, 0.0]).embed(CROPS).vectors == pytest.approx(np.array([[0.0, 1.0]]))


def test_mirrored_crop_is_added_before_anything_else() -> None:
    """(3, 0) as it is, (4, -1) in the mirror: (7, -1) together."""
    templates = recogniser(left_and_right).embed(CROPS, mirror=[True]).vectors
    assert templates == pytest.approx(np.array([[7, -1]]) / math.sqrt(50))
    assert recogniser(left_and_right).embed(CROPS).vectors == pytest.approx(np.array([[1.0, 0.0]]))


def test_only_the_crops_that_are_named_are_mirrored() -> None:
    """(3, 0) alone, and (3, 0) with (4, -1)."""
    templates = recogniser(left_and_right).embed(np.concatenate([CROPS, CROPS]), mirror=[False, True]).vectors
    assert templates == pytest.approx(np.array([[1.0, 0.0], [7 / math.sqrt(50), -1 / math.sqrt(50)]]))


def test_face_is_brought_onto_the_template_points() -> None:
    manifest = SPEC.recognition
    assert manifest is not None
    twice = Landmarks.from_array(np.array(manifest.template_points) * 2 + (7, 9))
    aligned = recogniser(left_and_right).align(twice)
    assert aligned == pytest.approx(np.array([[0.5, 0, -3.5], [0, 0.5, -4.5]]))


@pytest.mark.parametrize("answer", [[0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_answer_without_a_direction_is_an_error(answer: list[float]) -> None:
    with pytest.raises(EngineError, match="no usable numbers"):
        recogniser(lambda pixels: answer).embed(CROPS)


def test_answer_of_another_length_is_an_error() -> None:
    with pytest.raises(ModelFormatError, match="answers with 3 numbers, not 2"):
        recogniser(lambda pixels: [1, 2, 3]).embed(CROPS)


def test_centre_of_another_length_is_refused() -> None:
    with pytest.raises(ModelFormatError, match="centre"):
        recogniser(left_and_right, [1.0, 2.0, 3.0])


def test_detector_is_no_recogniser() -> None:
    spec = dataclasses.replace(SPEC, role="detection", recognition=None)
    with pytest.raises(ModelFormatError, match="not a recogniser"):
        OnnxRecogniser(FakeRuntime(left_and_right), spec, b"")
