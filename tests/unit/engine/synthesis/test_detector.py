"""What the detector is fed, what it answers, when it cannot tell, and what it makes of the two portraits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.faces import admiral, astronaut
from tests.unit.engine.analysis.fake_runtime import FakeRuntime
from tests.unit.engine.synthesis.test_crop import face_at
from visavis.engine.bpcer import BpcerScale
from visavis.engine.image import ImageLimits
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.engine.runtime import InputLayout, Network, open_runtime
from visavis.engine.synthesis.crop import cut_crop, place_crop
from visavis.engine.synthesis.detector import MODEL_ID, SynthesisDetector, open_synthesis
from visavis.engine.synthesis.parameters import SynthesisModel
from visavis.errors import CalibrationNotFoundError, ModelFormatError
from visavis.presentation import NonResponse, SynthesisResult
from visavis.types import FaceImage

Pixels = NDArray[np.uint8]
MODEL = SynthesisModel(b"any", hashlib.sha256(b"any").hexdigest(), 50.0, 0.3, 0.7)


def picture_of(pixels: Pixels) -> Picture:
    return Picture(FaceImage(pixels, pixels.shape[1], pixels.shape[0]), ImageLimits())


def noise(height: int = 400, width: int = 600) -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


class _Runtime(FakeRuntime):
    """The network of `MODEL` answers with a logit; any other, which looks for blur, with a blur."""

    def __init__(self, answer: NDArray[np.float32], blur: float = 0.0) -> None:
        super().__init__([answer])
        self._blur = FakeRuntime([np.array([blur], np.float32)])

    def compile(self, model: bytes, layout: InputLayout) -> Network:
        return super().compile(model, layout) if model == MODEL.network else self._blur.compile(model, layout)


def answering(
    logit: float, scale: BpcerScale | None = None, blur: float = 0.0
) -> tuple[SynthesisDetector, FakeRuntime]:
    runtime = _Runtime(np.array([[logit]], np.float32), blur)
    return SynthesisDetector(runtime, MODEL, scale), runtime


def scale_for(sha256: str = MODEL.sha256) -> BpcerScale:
    """BPCER 1 at a native score of 0, 5e-2 at logit 0, 1e-3 at logit 4."""
    knots = [(0.0, 0.0, 10), (0.5, float(np.log10(5e-2)), 10), (1 / (1 + float(np.exp(-4))), -3.0, None)]
    document = {
        "format": "visavis-bpcer",
        "format_version": 1,
        "calibration_id": "by-hand",
        "check": "synthesis",
        "networks": [{"model_id": MODEL_ID, "sha256": sha256}],
        "precision": "fp32",
        "data_sets": ["none"],
        "date": "2026-01-01",
        "tool_version": "0",
        "counts": {"photos": 10, "people": 10},
        "anchors": [{"bpcer": rate, "score": score} for rate, score in ((5e-2, 0.3), (1e-2, 0.5), (1e-3, 0.7))],
        "knots": [
            {"native": native, "log10_bpcer": rate, "low": rate, "high": rate, "count": count}
            for native, rate, count in knots
        ],
    }
    return BpcerScale.parse(json.dumps(document).encode(), "by hand")


@pytest.mark.parametrize(("logit", "native"), [(0.0, 0.5), (np.log(3), 0.75), (-np.log(3), 0.25), (1e9, 1.0)])
def test_the_answer_is_a_probability(logit: float, native: float) -> None:
    detector, runtime = answering(logit)
    assert detector.native(picture_of(noise()), face_at(200, 100)) == pytest.approx(native)
    assert runtime.shapes == [(1, 96, 96, 3)]


def test_the_network_sees_the_crop() -> None:
    detector, runtime = answering(0.0)
    face = face_at(200, 100)
    detector.native(picture_of(noise()), face)
    assert (runtime.seen[0][0] == cut_crop(picture_of(noise()), place_crop(face))).all()


def test_small_faces_leave_no_traces() -> None:
    detector, runtime = answering(0.0)
    assert detector.native(picture_of(noise()), face_at(200, 100, 40, 49)) is NonResponse.FACE_TOO_SMALL
    assert detector.native(picture_of(noise()), face_at(200, 100, 40, 51)) == 0.5
    assert len(runtime.shapes) == 1


def test_a_face_that_the_picture_cuts_off_is_too_tight() -> None:
    """Of the crop's 110 pixels 35 are outside, a share of 0.32; then 30, one of 0.27."""
    detector, _ = answering(0.0)
    assert detector.native(picture_of(noise()), face_at(-20, 100)) is NonResponse.TOO_TIGHT
    assert detector.native(picture_of(noise()), face_at(-15, 100)) == 0.5


def test_a_blurred_face_is_too_blurred() -> None:
    """Answers of the blur network of 0.5 and 0.575 are called 0.2 and 0.4."""
    clear, _ = answering(0.0, blur=0.5)
    assert clear.native(picture_of(noise()), face_at(200, 100)) == 0.5
    blurred, runtime = answering(0.0, blur=0.575)
    assert blurred.native(picture_of(noise()), face_at(200, 100)) is NonResponse.TOO_BLURRED
    assert runtime.shapes == []


def test_without_a_scale_there_is_no_public_score() -> None:
    detector, _ = answering(0.0)
    result = detector.measure(picture_of(noise()), face_at(200, 100))
    assert result == SynthesisResult(None, 0.5, NonResponse.NOT_CALIBRATED)


def test_a_non_response_has_no_score_at_all() -> None:
    detector, _ = answering(0.0, scale_for())
    result = detector.measure(picture_of(noise()), face_at(200, 100, 20, 20))
    assert result == SynthesisResult(None, None, NonResponse.FACE_TOO_SMALL)


@pytest.mark.parametrize(("logit", "score"), [(0.0, 0.3), (4.0, 0.7), (1e9, 1.0)])
def test_the_public_score_is_that_of_the_scale(logit: float, score: float) -> None:
    detector, _ = answering(logit, scale_for())
    result = detector.measure(picture_of(noise()), face_at(200, 100))
    assert result.score == pytest.approx(score)
    assert result.non_response is None


def test_a_scale_of_another_network_is_refused() -> None:
    with pytest.raises(CalibrationNotFoundError):
        answering(0.0, scale_for("0" * 64))


@pytest.mark.parametrize("answer", [np.zeros(2, np.float32), np.array([np.nan], np.float32)])
def test_a_network_that_answers_with_something_else_is_refused(answer: NDArray[np.float32]) -> None:
    with pytest.raises(ModelFormatError, match=MODEL_ID):
        SynthesisDetector(_Runtime(answer), MODEL).native(picture_of(noise()), face_at(200, 100))


def test_it_is_compiled_once() -> None:
    detector, runtime = answering(0.0)
    detector.warm_up()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: detector.native(picture_of(noise()), face_at(200, 100)), range(8)))
    assert runtime.compiled == 1


def scores_of(engine: FaceEngine, detector: SynthesisDetector, pixels: Pixels) -> float:
    picture = picture_of(pixels)
    native = detector.native(picture, engine.detect(FaceImage(pixels, picture.width, picture.height))[0])
    assert not isinstance(native, NonResponse)
    return native


@pytest.mark.parametrize(
    ("load", "middle", "axes"), [(astronaut, (223, 118), (36, 46)), (admiral, (268, 225), (70, 92))]
)
def test_a_face_that_is_softer_than_its_photo_is_found(
    engine: FaceEngine, load: Callable[[], Pixels], middle: tuple[int, int], axes: tuple[int, int]
) -> None:
    """Its inner part is brought to half its size and back, and fades into the rest over some pixels."""
    detector = open_synthesis(open_runtime("openvino", "fp32"))
    assert detector.scale is not None
    photo = load()
    small = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(small, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    inside = cv2.ellipse(np.zeros(photo.shape[:2], np.float32), middle, axes, 0, 0, 360, 1, -1)
    share = cv2.GaussianBlur(inside, (0, 0), 3)[..., None]
    forged = np.rint(photo * (1 - share) + soft * share).astype(np.uint8)
    assert scores_of(engine, detector, photo) < detector.scale.native_of(0.3)
    assert scores_of(engine, detector, forged) > detector.scale.native_of(0.5)


def test_both_runtimes_agree(engine: FaceEngine) -> None:
    first, second = (SynthesisDetector(open_runtime(name, "fp32")) for name in ("openvino", "onnxruntime"))
    assert scores_of(engine, second, admiral()) == pytest.approx(scores_of(engine, first, admiral()), abs=1e-3)


def test_the_package_has_a_scale_at_each_precision() -> None:
    detector = open_synthesis(open_runtime("openvino", "fp32"))
    assert detector.scale is not None
    assert detector.scale.anchors == ((5e-2, 0.3), (1e-2, 0.5), (1e-3, 0.7))
