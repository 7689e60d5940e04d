"""docs/analysis.md is complete, and its tables of levels are those of the data files."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from tests.docs import analysis_tables
from tests.docs.test_docs import _rows
from tests.unit.engine.analysis.test_components import analyzed
from visavis.cli.analyze_record import COLUMNS
from visavis.engine.analysis.components import Component, Follows, quality_components
from visavis.measures import COMPLETE_WITHIN, GREY_WITHIN, FaceMeasures, HeadPose, Region
from visavis.service.quality import MASK_WORN

_PAGES = analysis_tables.PAGES
_FOLLOWS = {"method": Follows.METHOD, "meaning": Follows.MEANING, "方法": Follows.METHOD, "含义": Follows.MEANING}


def _name(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_levels_are_those_of_the_data_files(page: Path) -> None:
    """Mended by `python -m tests.docs.analysis_tables`."""
    text = page.read_text("utf-8")
    assert text == analysis_tables.fill(text, chinese=page.name.endswith(".zh-CN.md"))
    shown = set(re.findall(r"<!-- levels (\w+\.\w+) -->", text))
    assert shown == {"native.levels", "baidu.levels", "tencent.levels", "tencent.masked_levels", "kuaidi100.levels"}


def test_a_table_says_what_a_rule_demands() -> None:
    (row,) = (row for row in analysis_tables.table("baidu", "levels", chinese=False).splitlines() if "HIGH" in row)
    assert row == "| `HIGH` | eyes, cheeks, nose, mouth, chin contour 0.2 | 0.2 | 100 – 255 | yes | 20° | 0 |"
    masked = analysis_tables.table("tencent", "masked_levels", chinese=True).splitlines()
    assert masked[2] == "| `1` | 双眼、鼻子、嘴巴 0.5 | 0.6 | – | – | – | 0 | 双颊、鼻子、嘴巴、下巴轮廓 |"


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_every_measure_is_explained(page: Path) -> None:
    text = page.read_text("utf-8")
    explained = {name for row in _rows(text) if len(row) == 4 for name in re.findall(r"`(\w+)`", row[0])}
    fields = {field.name for kind in (FaceMeasures, HeadPose) for field in dataclasses.fields(kind)} - {"pose"}
    assert fields <= explained
    for region in Region:
        assert f"`{region}`" in text


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_every_column_of_a_row_is_named(page: Path) -> None:
    text = page.read_text("utf-8")
    by_region = re.compile(rf"(occlusion|hidden)_({'|'.join(Region)})")
    for column in COLUMNS:
        assert f"`{column}`" in text or by_region.fullmatch(column), column
    assert "`occlusion_`" in text and "`hidden_`" in text


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_every_component_says_how_much_of_it_is_the_standards(page: Path) -> None:
    rows = {row[0].strip("`"): row for row in _rows(page.read_text("utf-8")) if len(row) == 5}
    for one in quality_components(analyzed()):
        assert _FOLLOWS[rows[one.measure][3]] is one.follows, one.measure
    assert set(Component) <= set(rows)


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_limits_are_those_of_the_code(page: Path) -> None:
    rows = {row[0].strip("`"): row[3] for row in _rows(page.read_text("utf-8")) if len(row) == 4}
    assert f" {GREY_WITHIN:g} " in rows["colourfulness"]
    assert f" {COMPLETE_WITHIN:g} " in rows["outside"]
    assert f" {MASK_WORN:g} " in page.read_text("utf-8")
