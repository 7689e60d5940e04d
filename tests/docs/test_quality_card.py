"""The model card of the unified quality states what its scripts measured, and the weights that are used."""

from __future__ import annotations

import json
from importlib import resources
from types import ModuleType

import pytest

from tests.docs.cards import TRAINING, load_card

_FOLDER = TRAINING / "quality"


@pytest.fixture(scope="module")
def card() -> ModuleType:
    return load_card("quality")


@pytest.mark.parametrize("name", ["MODEL_CARD.md", "MODEL_CARD.zh-CN.md"])
def test_tables_are_those_of_the_figures(card: ModuleType, name: str) -> None:
    """Mended by `python training/quality/card.py`."""
    text = (_FOLDER / name).read_text("utf-8")
    translate = card._in_chinese if "zh" in name else str
    assert text == card.fill(text, json.loads((_FOLDER / "figures.json").read_text("utf-8")), translate)


def test_the_weights_that_are_stated_are_those_that_are_used() -> None:
    stated = json.loads((_FOLDER / "figures.json").read_text("utf-8"))["fit"]
    used = json.loads((resources.files("visavis.engine.analysis") / "quality.json").read_text("utf-8"))["models"]
    assert stated.keys() == used.keys()
    for model, entry in stated.items():
        assert entry["weights"] == {name: weight for name, weight in used[model].items() if name != "model_sha256"}


def test_a_table_holds_its_figures(card: ModuleType) -> None:
    figures = {"percentiles": {"masked": {"photos": 1100, "faces": 3, "values": [1, 2.25, 3, 4, 5, 96.04]}}}
    text = "before\n<!-- table percentiles -->\nold\n<!-- end -->\nafter\n"
    assert card.fill(text, {}, str) == text.replace("old\n", "")
    assert card.fill(text, figures, str) == (
        "before\n<!-- table percentiles -->\n"
        "|  | photos | faces | 1 % | 5 % | 25 % | 50 % | 75 % | 95 % |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| web photos, masked | 1,100 | 3 | 1.0 | 2.2 | 3.0 | 4.0 | 5.0 | 96.0 |\n"
        "<!-- end -->\nafter\n"
    )
