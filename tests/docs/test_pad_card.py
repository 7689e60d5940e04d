"""The model card of the presentation attack detection states what was measured, of the networks that run."""

from __future__ import annotations

import json
from types import ModuleType

import pytest

from tests.docs.cards import TRAINING, load_card
from visavis.engine.pad.detector import load_models

_FOLDER = TRAINING / "pad"


@pytest.fixture(scope="module")
def card() -> ModuleType:
    return load_card("pad")


@pytest.mark.parametrize("name", ["MODEL_CARD.md", "MODEL_CARD.zh-CN.md"])
def test_tables_are_those_of_the_figures(card: ModuleType, name: str) -> None:
    """Mended by `python training/pad/card.py`."""
    text = (_FOLDER / name).read_text("utf-8")
    translate = card.in_chinese if "zh" in name else str
    assert text == card.fill(text, json.loads((_FOLDER / "figures.json").read_text("utf-8")), translate)


def test_the_figures_are_of_the_networks_that_run() -> None:
    figures = json.loads((_FOLDER / "figures.json").read_text("utf-8"))
    assert figures["models"] == {model.spec.model_id: model.spec.sha256 for model in load_models()}


def test_a_table_holds_its_figures(card: ModuleType) -> None:
    figures = {"movements": {"jpeg_40": {"photos": 150, "native": 0.0314, "public": 0.02, "no_answer": 3}}}
    text = "before\n<!-- table movements -->\nold\n<!-- end -->\nafter\n"
    assert card.fill(text, {}, str) == text.replace("old\n", "")
    assert card.fill(text, figures, str) == (
        "before\n<!-- table movements -->\n"
        "| change | photos | native | public | no answer |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `jpeg_40` | 150 | 0.031 | 0.020 | 3 |\n"
        "<!-- end -->\nafter\n"
    )
