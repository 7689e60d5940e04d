from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.unit.engine.analysis.fake_runtime import FakeRuntime
from tests.unit.engine.pad.networks import face_at, spec_with
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.pad.network import PadNetwork
from visavis.engine.pad.spec import PadModel
from visavis.engine.picture import Picture
from visavis.errors import ModelFormatError

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
FACE = face_at(20, 20, 40, 40)


def picture() -> Picture:
    return Picture(from_array(np.full((100, 100, 3), 60, np.uint8)), ImageLimits())


def logit_from(answers: list[float], **fields: Any) -> float:
    runtime = FakeRuntime([np.array([answers], np.float32)])
    return PadNetwork(runtime, PadModel(spec_with(sha256=EMPTY_SHA256, **fields), b"")).logit(picture(), FACE)


def test_a_sigmoid_takes_the_number_as_it_is() -> None:
    assert logit_from([5.0, -1.5], activation="sigmoid", bona_fide_index=1) == -1.5
    assert logit_from([99.0]) == 30


def test_a_softmax_compares_with_all_others() -> None:
    # exp(2) against exp(0) + exp(1).
    expected = 2 - math.log(1 + math.e)

    assert logit_from([0, 2, 1], activation="softmax", bona_fide_index=1) == pytest.approx(expected, abs=1e-6)
    assert logit_from([2000, 0], activation="softmax", bona_fide_index=1) == -30


def test_a_probability_becomes_a_logit() -> None:
    assert logit_from([0.2, 0.8], activation="none", bona_fide_index=1) == pytest.approx(math.log(4), abs=1e-6)


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ([1.0], {"bona_fide_index": 1}),
        ([math.nan], {}),
        ([1.0], {"activation": "softmax"}),
        ([1.5], {"activation": "none"}),
    ],
)
def test_answers_that_do_not_fit_the_manifest(answers: list[float], fields: dict[str, Any]) -> None:
    with pytest.raises(ModelFormatError, match="test answers with"):
        logit_from(answers, **fields)


def test_it_is_compiled_once_and_fed_one_crop() -> None:
    runtime = FakeRuntime([np.array([[1.0]], np.float32)])
    network = PadNetwork(runtime, PadModel(spec_with(sha256=EMPTY_SHA256, width=64, height=48), b""))
    network.logit(picture(), FACE)
    network.logit(picture(), FACE)

    assert runtime.compiled == 1
    assert runtime.shapes == [(1, 48, 64, 3)] * 2
    assert network.judge(network.cut(picture(), FACE)) == network.logit(picture(), FACE)
