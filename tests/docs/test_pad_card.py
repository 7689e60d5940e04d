"""The model card of the presentation attack detection states what was measured, of the networks that run."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from visavis.engine.pad.detector import load_models

_FOLDER = Path(__file__).parents[2] / "training" / "pad"


@pytest.fixture(scope="module")
def card() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pad_card", _FOLDER / "card.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
