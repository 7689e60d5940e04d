"""The scripts that fill the model cards, which are not part of the package."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

TRAINING = Path(__file__).parents[2] / "training"


def load_card(model: str) -> ModuleType:
    """`training/MODEL/card.py`."""
    spec = importlib.util.spec_from_file_location(f"{model}_card", TRAINING / model / "card.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
