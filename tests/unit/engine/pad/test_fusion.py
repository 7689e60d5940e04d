from __future__ import annotations

import json
import math
from typing import Any

import pytest

from visavis.engine.pad.fusion import Fusion, logit_of, probability_of
from visavis.errors import ModelFormatError

DOCUMENT = {"bias": 0.5, "weights": {"near": 1.0, "wide": 2.0}, "cues": {"peak": -0.5}}


def parse(document: object) -> Fusion:
    return Fusion.parse(json.dumps(document).encode())


def test_the_logistic_model() -> None:
    fusion = parse(DOCUMENT)

    assert fusion.logit({"near": 3.0, "wide": -1.0}, {"peak": 0.0}) == pytest.approx(0.5 + 3 - 2)
    assert fusion.logit({"near": 3.0, "wide": -1.0}, {"peak": 4.0}) == pytest.approx(0.5 + 3 - 2 - 2)


@pytest.mark.parametrize(
    "change",
    [
        {"bias": "half"},
        {"bias": None},
        {"bias": math.nan},
        {"weights": [1.0]},
        {"weights": {"near": 1.0, "wide": math.inf}},
        {"cues": None},
        {"cues": {"peak": "high"}},
    ],
)
def test_a_damaged_fusion(change: dict[str, Any]) -> None:
    with pytest.raises(ModelFormatError, match="the fusion of the networks is damaged"):
        parse(DOCUMENT | change)


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b"\xff"])
def test_no_fusion_at_all(content: bytes) -> None:
    with pytest.raises(ModelFormatError, match="damaged"):
        Fusion.parse(content)


def test_logits_and_probabilities() -> None:
    assert logit_of(0.5) == 0
    assert logit_of(0.9) == pytest.approx(math.log(9))
    assert logit_of(1.0) == pytest.approx(12)
    assert logit_of(0.0) == pytest.approx(-12)
    assert probability_of(math.log(9)) == pytest.approx(0.9)
    assert probability_of(-800) == 0
    assert probability_of(800) == 1
