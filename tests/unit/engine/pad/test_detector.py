from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.faces import admiral, astronaut
from tests.unit.engine.pad.networks import face_at, mean_colours, write_model
from visavis.engine.bpcer import BpcerScale
from visavis.engine.geometry import warp_pixels
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.pad.cues import spectrum_peak
from visavis.engine.pad.detector import PadDetector, fusion_sha256, load_fusion, load_models, load_scale, open_pad
from visavis.engine.pad.fusion import logit_of
from visavis.engine.pad.manifest import open_model
from visavis.engine.picture import Picture
from visavis.engine.runtime import open_runtime
from visavis.errors import CalibrationNotFoundError
from visavis.presentation import CheckNetwork, NonResponse
from visavis.types import DetectedFace, Landmarks

RUNTIME = open_runtime("openvino", "fp32")
FACES = {"astronaut": (astronaut, face_at(179, 68, 90, 107)), "admiral": (admiral, face_at(180, 125, 178, 223))}


def picture_of(pixels: NDArray[np.uint8]) -> Picture:
    return Picture(from_array(pixels), ImageLimits())


def subject(name: str) -> tuple[Picture, DetectedFace]:
    load, face = FACES[name]
    return picture_of(load()), face


def scale_of(detector: PadDetector, precision: str = "fp32") -> BpcerScale:
    """BPCER 1 at native 1, 1e-2 at 0.5, 1e-4 at 0.1."""
    knots = [(1.0, 0, 100), (0.5, -2, 10), (0.1, -4, None)]
    document = {
        "format": "visavis-bpcer",
        "format_version": 1,
        "calibration_id": "by-hand",
        "check": "pad",
        "networks": [{"model_id": one.model_id, "sha256": one.sha256} for one in detector.identity],
        "precision": precision,
        "data_sets": ["none"],
        "date": "2026-01-01",
        "tool_version": "1",
        "counts": {"photos": 100, "people": 10},
        "anchors": [{"bpcer": rate, "score": score} for rate, score in ((1e-2, 0.9), (1e-3, 0.3), (1e-4, 0.05))],
        "knots": [
            {"native": native, "log10_bpcer": rate, "low": rate, "high": rate, "count": count}
            for native, rate, count in knots
        ],
    }
    return BpcerScale.parse(json.dumps(document).encode(), "by hand")


@pytest.fixture(scope="module")
def detector() -> PadDetector:
    return PadDetector(RUNTIME)


@pytest.mark.parametrize("name", FACES)
def test_living_people_look_alive(detector: PadDetector, name: str) -> None:
    native = detector.native(*subject(name))

    assert isinstance(native, float)
    assert native > 0.5


def test_a_held_sheet_looks_like_one(detector: PadDetector) -> None:
    scene = np.full((480, 640, 3), (120, 90, 60), np.uint8)
    cv2.rectangle(scene, (220, 80), (420, 340), (235, 235, 240), -1)
    dull = np.asarray(70 + 0.55 * astronaut()[40:230, 140:310], np.uint8)
    scene[100:290, 235:405] = dull
    native = detector.native(picture_of(scene), face_at(179 - 140 + 235, 68 - 40 + 100, 90, 107))

    assert isinstance(native, float)
    assert native < 0.5


def test_the_answer_is_the_fusion_of_the_networks(detector: PadDetector) -> None:
    networks = {network.spec.model_id: network for network in detector._networks}
    picture, face = subject("astronaut")
    logits = {name: network.logit(picture, face) for name, network in networks.items()}
    peak = spectrum_peak(networks["visavis-pad-face"].cut(picture, face))
    native = detector.native(picture, face)

    assert isinstance(native, float)
    assert logit_of(native) == pytest.approx(load_fusion().logit(logits, {"spectrum_peak": peak}), abs=1e-6)


def test_runtimes_agree(detector: PadDetector) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    other = PadDetector(open_runtime("onnxruntime", "fp32"))
    a, b = (one.native(*subject("admiral")) for one in (detector, other))

    assert isinstance(a, float) and isinstance(b, float)
    assert logit_of(a) == pytest.approx(logit_of(b), abs=1e-3)


def test_threads_may_share_it(detector: PadDetector) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda name: detector.native(*subject(name)), [*FACES] * 4))

    assert len(set(answers)) == len(FACES)


def test_a_face_of_few_pixels(detector: PadDetector) -> None:
    picture, _ = subject("astronaut")

    assert detector.native(picture, face_at(200, 100, 30, 38)) is NonResponse.FACE_TOO_SMALL


def test_a_face_cut_by_the_edge(detector: PadDetector) -> None:
    picture = picture_of(np.ascontiguousarray(astronaut()[:, 225:]))

    assert detector.native(picture, face_at(179 - 225, 68, 90, 107)) is NonResponse.TOO_TIGHT


def test_a_profile(detector: PadDetector) -> None:
    """A turn of 0.5: five times the nose is 80 px aside of all points; 80 * 40 / (4 * 40 * 40)."""
    picture, face = subject("astronaut")
    points = Landmarks((200, 100), (240, 100), (240, 120), (205, 140), (235, 140))

    assert detector.native(picture, replace(face, landmarks=points)) is NonResponse.TURNED_AWAY


def test_a_blurred_face(detector: PadDetector) -> None:
    _, face = subject("astronaut")
    result = detector.measure(picture_of(np.asarray(cv2.GaussianBlur(astronaut(), (0, 0), 9))), face)

    assert (result.score, result.native, result.non_response) == (None, None, NonResponse.TOO_BLURRED)


def test_without_a_scale_there_is_no_public_score(detector: PadDetector) -> None:
    result = detector.measure(*subject("astronaut"))

    assert result.score is None
    assert result.native == detector.native(*subject("astronaut"))
    assert result.non_response is NonResponse.NOT_CALIBRATED


def test_the_public_score_is_what_the_scale_says(detector: PadDetector) -> None:
    scale = scale_of(detector)
    result = PadDetector(RUNTIME, scale=scale).measure(*subject("astronaut"))

    assert result.native is not None
    assert result.score == pytest.approx(scale.public_score(result.native))
    assert result.non_response is None


def test_a_scale_of_another_precision(detector: PadDetector) -> None:
    with pytest.raises(CalibrationNotFoundError, match="for precision bf16"):
        PadDetector(RUNTIME, scale=scale_of(detector, "bf16"))


def test_the_package_names_its_networks(detector: PadDetector) -> None:
    specs = [model.spec for model in load_models()]

    networks = tuple(CheckNetwork(spec.model_id, spec.sha256) for spec in specs)
    assert detector.identity == (*networks, CheckNetwork("visavis-pad-fusion", fusion_sha256()))
    assert [spec.model_id for spec in specs] == ["visavis-pad-face", "visavis-pad-context"]
    assert sum(len(model.content) for model in load_models()) < 5_000_000


def test_a_network_of_the_users_own_takes_the_place(tmp_path: Path) -> None:
    """Theirs answers with the means of blue, green and red; the middle of the picture is (R, G, B) = (8, 11, 10)."""
    path = write_model(tmp_path, mean_colours(), bona_fide_index=1)
    picture = picture_of(np.full((200, 200, 3), (8, 11, 10), np.uint8))
    detector = PadDetector(RUNTIME, [open_model(path)])
    expected = np.exp(11) / np.exp([8, 11, 10]).sum()

    network = detector._own[0]
    assert network.logit(picture, face_at(60, 60, 60, 80)) == pytest.approx(logit_of(float(expected)), abs=1e-5)
    assert [one.model_id for one in detector.identity] == ["theirs"]


def test_a_network_of_the_users_own_joins(tmp_path: Path, detector: PadDetector) -> None:
    path = write_model(tmp_path, mean_colours(), activation="sigmoid", scale=1e-6, weight=3.0)
    both = open_pad(RUNTIME, [path], joins=True)
    alone, joined = detector.native(*subject("admiral")), both.native(*subject("admiral"))
    assert isinstance(alone, float) and isinstance(joined, float)

    # Theirs hardly says anything, three times as loud as ours.
    assert logit_of(joined) == pytest.approx(logit_of(alone) / 4, abs=1e-3)
    assert [one.model_id for one in both.identity] == [
        "visavis-pad-face",
        "visavis-pad-context",
        "theirs",
        "visavis-pad-fusion",
    ]
    assert both.scale is None
    assert both.measure(*subject("admiral")).non_response is NonResponse.NOT_CALIBRATED


def test_a_calibration_of_the_users_own(tmp_path: Path, detector: PadDetector) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(scale_of(detector).document))

    opened = open_pad(RUNTIME, calibration=file)
    assert opened.scale is not None and opened.scale.calibration_id == "by-hand"
    own = write_model(tmp_path, mean_colours())
    with pytest.raises(CalibrationNotFoundError, match="the engine has theirs"):
        open_pad(RUNTIME, [own], calibration=file)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_package_comes_calibrated(precision: str, detector: PadDetector) -> None:
    scale = load_scale(precision)

    assert scale is not None
    scale.require_match(detector.identity, precision)
    assert [score for _, score in scale.anchors] == [0.9, 0.3, 0.05]


def test_a_warm_detector_does_not_compile_again() -> None:
    detector = PadDetector(RUNTIME)
    detector.warm_up()
    compiled = [network.network() for network in detector._networks]
    detector.native(*subject("astronaut"))

    assert [network.network() for network in detector._networks] == compiled


def test_a_face_on_its_side_is_judged_as_if_it_stood(detector: PadDetector) -> None:
    quarter = np.array([[0.0, -1.0, 512.0], [1.0, 0.0, 0.0]])
    turned = warp_pixels(astronaut(), quarter, 512, 512)
    upright = detector.native(*subject("astronaut"))
    native = detector.native(picture_of(turned), face_at(512 - 68 - 107, 179, 107, 90, turned=1))

    assert isinstance(upright, float) and isinstance(native, float)
    assert native == pytest.approx(upright, abs=0.05)
