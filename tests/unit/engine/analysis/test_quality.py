"""Unified quality: the regression by hand, and what the weights that come with the package may not do."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from importlib import resources
from typing import Any

import numpy as np
import pytest

from visavis.engine.analysis.quality import QualityModel, covered_share, load_quality, read_quality
from visavis.errors import ModelFormatError
from visavis.measures import Region
from visavis.types import Template

BARE = dict.fromkeys(Region, 0.0)
MODEL = QualityModel(bias=-2.0, strength=2.0, probability=3.0, blur=-4.0, covered=-5.0)
ENTRY: dict[str, Any] = {
    "bias": -2, "strength": 2, "probability": 3, "blur": -4, "covered": -5, "model_sha256": "ab"
}  # fmt: skip


def template(length: float | None) -> Template:
    return Template(np.array([1.0], np.float32), "model", length)


def test_quality_is_the_logistic_function_of_the_weighted_measures() -> None:
    covered = BARE | {Region.NOSE: 0.9}  # A tenth of all.
    # -2 + 2 ln e + 3 * 0.5 - 4 * 0.25 - 5 * 0.1 = 0
    assert MODEL.quality(0.5, template(math.e), 0.25, covered) == pytest.approx(50.0)
    # One more, ln 3 makes it 3 to 1.
    assert replace(MODEL, bias=math.log(3) - 2).quality(0.5, template(math.e), 0.25, covered) == pytest.approx(75)


def test_lengths_count_only_where_they_mean_something() -> None:
    plain = replace(MODEL, strength=0.0, bias=0.0)
    assert plain.quality(0.0, template(100.0), 0.0, BARE) == 50.0
    assert replace(MODEL, bias=0.0).quality(0.0, template(None), 0.0, BARE) == 50.0


def test_quality_stays_within_its_range() -> None:
    worst = replace(MODEL, bias=-1e9).quality(0.0, template(1.0), 1.0, BARE)
    best = replace(MODEL, bias=1e9).quality(1.0, template(1.0), 0.0, BARE)
    assert 0 <= worst < 1e-9
    assert 100 - 1e-9 < best <= 100


def test_what_covers_the_face_is_the_mean_of_all_regions() -> None:
    assert covered_share(BARE | {Region.MOUTH: 0.9, Region.LEFT_EYE: 0.45}) == pytest.approx(0.15)


@pytest.mark.parametrize("model_id", ["sface-2021dec", "never heard of"])
def test_no_flaw_makes_a_picture_better(model_id: str) -> None:
    model = load_quality(model_id)
    good = model.quality(0.9, template(12.0), 0.05, BARE)
    assert good > 90
    assert model.quality(0.9, template(12.0), 0.6, BARE) < good
    assert model.quality(0.9, template(12.0), 0.05, dict.fromkeys(Region, 0.5)) < good
    assert model.quality(0.6, template(12.0), 0.05, BARE) < good


def test_the_length_of_an_unknown_recogniser_says_nothing() -> None:
    assert load_quality("never heard of").strength == 0
    assert load_quality("sface-2021dec").strength > 0


def test_every_entry_that_comes_with_the_package_can_be_read() -> None:
    file = resources.files("visavis.engine.analysis") / "quality.json"
    models = json.loads(file.read_text("utf-8"))["models"]
    assert {"sface-2021dec", "other"} <= models.keys()
    for entry in models.values():
        read_quality(entry)


def test_an_entry_is_read_with_its_weights() -> None:
    assert read_quality(ENTRY) == MODEL


@pytest.mark.parametrize("change", [{"bias": None}, {"bias": "x"}, {"blur": 0.1}, {"covered": 1},
                                    {"strength": -1}, {"probability": -1}])  # fmt: skip
def test_a_damaged_entry_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ModelFormatError):
        read_quality(ENTRY | change)


def test_a_missing_weight_is_refused() -> None:
    with pytest.raises(ModelFormatError):
        read_quality({name: value for name, value in ENTRY.items() if name != "covered"})
