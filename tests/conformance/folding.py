"""Long texts in cases: `{"repeat": [text, count]}` stands for so many copies; `head` and `tail` go around them."""

from __future__ import annotations

from typing import Any


def unfold(value: Any) -> Any:
    """The value with every such object written out."""
    if isinstance(value, dict):
        if "repeat" in value:
            text, count = value["repeat"]
            return value.get("head", "") + text * count + value.get("tail", "")
        return {name: unfold(inner) for name, inner in value.items()}
    return [unfold(inner) for inner in value] if isinstance(value, list) else value
