"""docs/liveness.md is complete, and its tables are those of the policy and the data files."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from tests.docs import liveness_tables
from tests.docs.test_docs import _blocks, _rows
from visavis.engine.pad import detector as pad
from visavis.engine.pad.manifest import parse_manifest
from visavis.engine.pad.spec import PadNetworkSpec
from visavis.engine.synthesis.parameters import load_model
from visavis.errors import ModelFormatError
from visavis.presentation import Check, NonResponse
from visavis.protocols.native.schema import Condition
from visavis.service.controls import DOCUMENTS
from visavis.service.verdicts import share_refused_at

_PAGES = liveness_tables.PAGES


def _name(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_tables_are_those_of_the_policy_and_the_calibrations(page: Path) -> None:
    """Mended by `python -m tests.docs.liveness_tables`, once the model cards are."""
    text = page.read_text("utf-8")
    assert text == liveness_tables.fill(text, chinese=page.name.endswith(".zh-CN.md"))
    assert re.findall(r"<!-- liveness (\w+) -->", text) == ["levels", "calibration"]
    assert "<!-- liveness pad.in-distribution -->" in text


def test_a_table_says_what_a_level_refuses() -> None:
    rows = liveness_tables.level_table(chinese=False).splitlines()
    assert rows[-1] == "| `high` | 0.9 | 1 % | `HIGH` | 0.3 | 5 % | `LOW` |"
    assert liveness_tables.level_table(chinese=True).startswith("| 自有等级 | `pad`：低于则拒绝 |")


def test_tables_of_the_cards_are_taken_as_they_stand() -> None:
    for check in ("pad.in-distribution", "pad.left-out", "synthesis.kinds"):
        text = liveness_tables.fill(f"<!-- liveness {check} -->\nold\n<!-- end -->\n", chinese=False)
        assert "old" not in text and text.endswith("<!-- end -->\n")
    with pytest.raises(LookupError, match="no table nothing"):
        liveness_tables.card_table("pad", "nothing", chinese=True)


def test_every_network_of_the_package_has_a_calibration_for_each_precision() -> None:
    found = [(scale.check, scale.precision) for scale in liveness_tables.scales()]
    assert found == [(check, precision) for check in Check for precision in liveness_tables.PRECISIONS]


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_every_reason_is_explained_with_its_limits(page: Path) -> None:
    rows = {row[0].strip("`"): row[1:] for row in _rows(page.read_text("utf-8")) if len(row) == 4}
    assert [name for name in rows if name in set(NonResponse)] == list(NonResponse)
    model = load_model()
    for reason, limits in (
        (NonResponse.FACE_TOO_SMALL, (pad.MIN_FACE_PX, model.min_face_px)),
        (NonResponse.TOO_BLURRED, (pad.MAX_BLUR, model.max_blur)),
        (NonResponse.TOO_TIGHT, (pad.MIN_FACE_SHARE, model.min_inside)),
    ):
        assert [re.findall(r" (\d[\d.]*)", cell) for cell in rows[reason][:2]] == [[f"{limit:g}"] for limit in limits]


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_every_condition_is_named(page: Path) -> None:
    text = page.read_text("utf-8")
    assert all(f"`{condition}`" in text for condition in get_args(Condition))
    (documents,) = re.findall(r"^- \*\*(`idcard`.*?)\*\*", text, re.M)
    assert set(re.findall(r"`(\w+)`", documents)) == DOCUMENTS


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_manifest_that_is_shown_is_one_and_every_field_is_explained(page: Path) -> None:
    text = page.read_text("utf-8")
    (shown,) = _blocks(text, "json")
    spec, file = parse_manifest(shown.encode())
    assert (spec.model_id, file, spec.framing, spec.bona_fide_index) == ("my-pad", "my-pad.onnx", "box", 1)
    with pytest.raises(ModelFormatError) as caught:
        parse_manifest(b'{"nonsense": 1}')
    known = str(caught.value).partition("known: ")[2].split(", ")
    rows = [row for row in _rows(text) if len(row) == 3]
    explained = {name: row for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert set(known) <= set(explained)
    defaults = {field.name: field.default for field in fields(PadNetworkSpec)}
    for name in ("framing", "edges", "weight"):
        stated = explained[name][2].strip("`")
        assert stated == (f"{defaults[name]:g}" if name == "weight" else defaults[name])
    required = set(json.loads(shown)) - {"framing", "edges"}
    assert {name for name in explained if explained[name][2] in ("required", "必填")} == required


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_share_between_the_thresholds_is_what_scores_mean(page: Path) -> None:
    ((score, percent),) = re.findall(r"(?:a threshold of|阈值取) (0\.\d+) .*? (\d\.\d) %", page.read_text("utf-8"))
    assert f"{100 * share_refused_at(float(score), Check.PAD):.1f}" == percent
