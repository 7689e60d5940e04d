"""The centre of a recogniser's templates, and to which weights it belongs."""

from __future__ import annotations

import dataclasses

import numpy as np

from visavis.engine.models import CATALOGUE
from visavis.engine.recognition.centre import load_centre

SFACE = next(spec for spec in CATALOGUE if spec.name == "sface-2021dec")


def test_sface_has_one_for_its_weights() -> None:
    centre = load_centre(SFACE)
    assert centre is not None
    assert centre.shape == (128,)
    assert centre.dtype == np.float32
    # A mean of unit templates is shorter than they are, and of use only where it is not nearly nothing.
    assert 0.05 < np.linalg.norm(centre) < 1


def test_it_is_not_used_for_other_weights_of_the_same_name() -> None:
    assert load_centre(dataclasses.replace(SFACE, sha256="0" * 64)) is None


def test_own_model_has_none() -> None:
    assert load_centre(dataclasses.replace(SFACE, name="my-own")) is None
