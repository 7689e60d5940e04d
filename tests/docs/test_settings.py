"""Every setting is documented, with its name, default and values, in both languages."""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from visavis.config import Settings

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("settings.md", "settings.zh-CN.md")
UNSET = {"settings.md": "unset", "settings.zh-CN.md": "未设置"}


def _rows(page: str) -> dict[str, list[str]]:
    """Variable → default, values, meaning."""
    lines = (DOCS / page).read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `VISAVIS_")]
    return {row[0].strip("`"): row[1:] for row in cells}


def _default(page: str, field: FieldInfo) -> str | None:
    """As a page writes it; None where it depends on the machine."""
    if field.default_factory is not None:
        return None
    value: Any = field.default
    if value is None:
        return UNSET[page]
    if isinstance(value, tuple):
        return f"`{json.dumps(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_has_a_row_and_every_row_a_setting(page: str) -> None:
    assert list(_rows(page)) == [f"VISAVIS_{name.upper()}" for name in Settings.model_fields]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_default_is_the_documented_one(name: str, page: str) -> None:
    documented, _, meaning = _rows(page)[f"VISAVIS_{name.upper()}"]
    default = _default(page, Settings.model_fields[name])
    assert documented if default is None else documented == default
    assert meaning


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["runtime", "precision", "profile", "downloads"])
def test_values_are_the_documented_ones(name: str, page: str) -> None:
    _, values, _ = _rows(page)[f"VISAVIS_{name.upper()}"]
    assert re.findall(r"`([^`]+)`", values) == list(typing.get_args(Settings.model_fields[name].annotation))
