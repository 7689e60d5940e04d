from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from visavis.engine.synthesis.parameters import load_model, load_scale, read_model
from visavis.errors import ModelFormatError, ModelIntegrityError

NETWORK = b"not really a network"


def manifest(**changes: Any) -> str:
    limits = {"min_face_px": 50, "max_blur": 0.3, "min_inside": 0.7}
    return json.dumps({"sha256": hashlib.sha256(NETWORK).hexdigest()} | limits | changes)


def test_a_manifest_says_how_to_use_its_network() -> None:
    model = read_model(NETWORK, manifest())
    assert model.network == NETWORK
    assert (model.min_face_px, model.max_blur, model.min_inside) == (50.0, 0.3, 0.7)


def test_a_network_of_other_weights_is_refused() -> None:
    with pytest.raises(ModelIntegrityError, match=hashlib.sha256(b"other").hexdigest()):
        read_model(b"other", manifest())


@pytest.mark.parametrize("damaged", ["", "[]", "{}", manifest(min_face_px="large"), manifest(min_inside=None)])
def test_a_damaged_manifest_is_refused(damaged: str) -> None:
    with pytest.raises(ModelFormatError, match="manifest"):
        read_model(NETWORK, damaged)


def test_the_model_of_the_package_is_whole_and_small() -> None:
    assert len(load_model().network) <= 6_000_000


def test_a_precision_without_a_file_has_no_scale() -> None:
    assert load_scale("fp16") is None
