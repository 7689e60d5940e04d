"""What every recogniser must do, on each runtime, with two real faces."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.contract.runtimes import KINDS, open_or_skip
from tests.faces import admiral, astronaut
from visavis.engine.geometry import warp_pixels
from visavis.engine.models import ModelStore
from visavis.engine.recognition.base import Recogniser
from visavis.engine.recognition.centre import load_centre
from visavis.engine.recognition.onnx import OnnxRecogniser
from visavis.types import Landmarks

MODELS = ("sface-2021dec", "w600k-mbf")

# Marked by eye.
ASTRONAUT = Landmarks((203, 104), (245, 105), (223, 127), (205, 144), (242, 145))
ADMIRAL = Landmarks((224, 195), (304, 190), (268, 236), (234, 275), (303, 270))


@pytest.fixture(scope="module", params=[f"{model}/{kind}" for model in MODELS for kind in KINDS])
def recogniser(request: pytest.FixtureRequest, model_home: Path) -> Recogniser:
    name, kind = request.param.split("/")
    return _open(name, kind, model_home)


def _open(name: str, kind: str, home: Path) -> OnnxRecogniser:
    store = ModelStore(home)
    if not store.is_accepted(name) or not store.is_present(name):
        pytest.skip(f"{name} is for research only, and this user has not accepted its licence and pulled it")
    spec = store.spec(name)
    return OnnxRecogniser(open_or_skip(kind), spec, store.load(name), load_centre(spec))


def crop_of(recogniser: Recogniser, pixels: NDArray[np.uint8], landmarks: Landmarks) -> NDArray[np.uint8]:
    return warp_pixels(pixels, recogniser.align(landmarks), recogniser.crop_width, recogniser.crop_height)


def template_of(recogniser: Recogniser, crop: NDArray[np.uint8], *, mirror: bool = False) -> NDArray[np.float32]:
    (template,) = recogniser.embed(crop[None], mirror=[mirror]).vectors
    return np.asarray(template)


def test_template_is_a_unit_vector_of_the_stated_length(recogniser: Recogniser) -> None:
    for mirror in (False, True):
        template = template_of(recogniser, crop_of(recogniser, astronaut(), ASTRONAUT), mirror=mirror)
        assert template.shape == (recogniser.dimension,)
        assert template.dtype == np.float32
        assert np.linalg.norm(template) == pytest.approx(1, abs=1e-6)


def test_same_crop_gives_the_same_template(recogniser: Recogniser) -> None:
    crop = crop_of(recogniser, astronaut(), ASTRONAUT)
    before = crop.copy()
    assert np.array_equal(template_of(recogniser, crop), template_of(recogniser, crop))
    assert np.array_equal(crop, before)


def test_several_crops_give_each_its_own_template(recogniser: Recogniser) -> None:
    crops = [crop_of(recogniser, astronaut(), ASTRONAUT), crop_of(recogniser, admiral(), ADMIRAL)]
    together = recogniser.embed(np.stack([*crops, crops[0]])).vectors
    assert together.shape == (3, recogniser.dimension)
    for crop, among in zip((*crops, crops[0]), together, strict=True):
        # In bf16 a sum in another order rounds differently.
        assert template_of(recogniser, crop) @ among > 0.999


def test_person_is_more_like_herself_than_like_another(recogniser: Recogniser) -> None:
    darker = np.asarray(astronaut() * np.array([0.6, 0.55, 0.5]), np.uint8)
    smaller = np.asarray(cv2.resize(astronaut(), (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
    half = Landmarks.from_array(ASTRONAUT.to_array() / 2)
    own = template_of(recogniser, crop_of(recogniser, astronaut(), ASTRONAUT))
    stranger = template_of(recogniser, crop_of(recogniser, admiral(), ADMIRAL))
    for pixels, landmarks in ((darker, ASTRONAUT), (smaller, half)):
        again = template_of(recogniser, crop_of(recogniser, pixels, landmarks))
        assert own @ again > 0.75 > 0.35 > own @ stranger


def test_alignment_is_exact_for_a_face_of_the_shape_of_the_template(recogniser: Recogniser) -> None:
    """A face turned upside down, three times as large as the crop: its middle goes to the crop's middle."""
    upright = recogniser.align(ASTRONAUT)
    points = ASTRONAUT.to_array() @ upright[:, :2].T + upright[:, 2]
    turned = Landmarks.from_array(900 - 3 * points)
    again = recogniser.align(turned)
    assert turned.to_array() @ again[:, :2].T + again[:, 2] == pytest.approx(points, abs=1e-6)


def test_mirroring_makes_a_face_and_its_mirror_image_the_same(recogniser: Recogniser) -> None:
    crop = crop_of(recogniser, astronaut(), ASTRONAUT)
    mirrored = np.ascontiguousarray(crop[:, ::-1])
    both, other = (template_of(recogniser, pixels, mirror=True) for pixels in (crop, mirrored))
    assert both @ other == pytest.approx(1, abs=1e-4)
    assert template_of(recogniser, crop) @ template_of(recogniser, mirrored) < 0.9999


@pytest.mark.parametrize("name", MODELS)
def test_runtimes_agree_in_fp32_and_nearly_in_bf16(name: str, model_home: Path) -> None:
    templates = {}
    for kind in KINDS:
        recogniser = _open(name, kind, model_home)
        templates[kind] = template_of(recogniser, crop_of(recogniser, astronaut(), ASTRONAUT))
    reference = templates["openvino-fp32"]
    assert reference @ templates["onnxruntime-fp32"] >= 0.9999
    assert reference @ templates["openvino-bf16"] >= 0.99
