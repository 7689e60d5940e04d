from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from visavis.engine.occlusion.parameters import Wearing, load_model, read_model, share_of
from visavis.errors import ModelFormatError, ModelIntegrityError
from visavis.measures import Region

NETWORK = b"not really a network"


def manifest(**changes: Any) -> str:
    worn = {"weights": {"left_eye": 4.0}, "bias": -2.0}
    document = {"sha256": hashlib.sha256(NETWORK).hexdigest(), "spread": 1.25, "dark_glasses": worn}
    return json.dumps(document | changes)


def test_a_manifest_says_how_to_use_its_network() -> None:
    model = read_model(NETWORK, manifest())
    assert model.network == NETWORK
    assert model.spread == 1.25
    assert model.dark_glasses == Wearing({Region.LEFT_EYE: 4.0}, -2.0)


def test_a_network_of_other_weights_is_refused() -> None:
    with pytest.raises(ModelIntegrityError, match=hashlib.sha256(b"other").hexdigest()):
        read_model(b"other", manifest())


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "[]",
        "{}",
        manifest(spread="wide"),
        manifest(dark_glasses=None),
        manifest(dark_glasses={"weights": {"ear": 1.0}, "bias": 0}),
        manifest(dark_glasses={"weights": [], "bias": 0}),
        manifest(dark_glasses={"weights": {}}),
    ],
)
def test_a_damaged_manifest_is_refused(damaged: str) -> None:
    with pytest.raises(ModelFormatError, match="manifest"):
        read_model(NETWORK, damaged)


@pytest.mark.parametrize(("share", "probability"), [(0.0, 0.119203), (0.5, 0.5), (1.0, 0.880797)])
def test_wearing_is_a_logistic_regression(share: float, probability: float) -> None:
    wearing = Wearing({Region.MOUTH: 4.0}, -2.0)
    assert wearing.probability({Region.MOUTH: share}) == pytest.approx(probability, abs=1e-6)


def test_a_share_is_a_weighted_mean() -> None:
    plane = np.array([[0.0, 1.0], [0.5, 0.25]], np.float32)
    assert share_of(plane, np.array([[1, 1], [0, 0]], np.float32)) == 0.5
    assert share_of(plane, np.array([[0, 1], [0, 3]], np.float32)) == pytest.approx((1 + 0.75) / 4)


def test_of_nothing_no_share_is_covered() -> None:
    assert share_of(np.ones((2, 2), np.float32), np.zeros((2, 2), np.float32)) == 0.0


def test_the_model_of_the_package_is_whole_and_small() -> None:
    model = load_model()
    assert len(model.network) <= 3_000_000
    assert set(model.dark_glasses.weights) == {Region.LEFT_EYE, Region.RIGHT_EYE}
