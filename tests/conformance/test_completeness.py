"""Nothing of the vendors' contracts is left without a case.

`VENDOR/contract.json` is the contract, written down from the vendors' documents and from what this server adds to them:

- `errors`: every row of the error tables: code, HTTP status, message. `<…>` in a message stands for any text.
- `parameters`: every parameter. `values`: each is in a case that succeeds; without them any value is. `refusals`: for
  each thing that can be wrong with it, the code that comes back and the case that shows it.
- `limits`: for each, the case that is `at` it and succeeds, and the one that is `over` it, with its code.

- `tested_elsewhere`: codes that no case can show, and the test that does.

A row that this server never sends is in the code, with the reason: it belongs to another interface, or to circumstances
that do not occur here.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.exchanges import FOLDER, Exchange, Row, read_exchanges
from visavis.protocols.alibaba.catalogue import UNSENT as ALIBABA_UNSENT
from visavis.protocols.baidu.catalogue import UNSENT as BAIDU_UNSENT
from visavis.protocols.native.errors import UNSENT as NATIVE_UNSENT
from visavis.protocols.tencent.catalogue import CATALOGUE, UNSENT

VENDORS = ("alibaba", "baidu", "kuaidi100", "native", "tencent")
each_vendor = pytest.mark.parametrize("vendor", VENDORS)


@functools.cache
def exchanges(vendor: str) -> dict[str, Exchange]:
    return read_exchanges(vendor)


@functools.cache
def contract(vendor: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / vendor / "contract.json").read_text("utf-8"))
    return document


def rows(vendor: str) -> list[Row]:
    return [Row(*entry) for entry in contract(vendor)["errors"]]


def unsent(vendor: str) -> dict[Row, str]:
    """What the code says that it never sends, with the reason."""
    match vendor:
        case "alibaba":
            return {Row(fault.code, fault.status, fault.message): why for fault, why in ALIBABA_UNSENT.items()}
        case "baidu":
            return {Row(str(row.code), 200, row.message): why for row, why in BAIDU_UNSENT.items()}
        case "native":
            return {row: NATIVE_UNSENT[row.code] for row in rows("native") if row.code in NATIVE_UNSENT}
        case "tencent":
            texts = {code: (CATALOGUE[code].chinese, CATALOGUE[code].english) for code in UNSENT}
            return {Row(code, 200, text): UNSENT[code] for code in texts for text in texts[code] if text}
        case _:
            return {}


def shown_rows(vendor: str) -> set[Row]:
    return {exchange.row for exchange in exchanges(vendor).values() if exchange.row}


def rows_without_case(vendor: str, shown: set[Row]) -> list[Row]:
    excused = contract(vendor).get("tested_elsewhere", {})
    unseen = [row for row in rows(vendor) if not any(row.covers(other) for other in shown)]
    return [row for row in unseen if row not in unsent(vendor) and row.code not in excused]


@each_vendor
def test_every_row_has_a_case_or_a_reason_why_it_is_never_sent(vendor: str) -> None:
    assert rows_without_case(vendor, shown_rows(vendor)) == []


@each_vendor
def test_row_whose_cases_are_gone_is_noticed(vendor: str) -> None:
    shown = shown_rows(vendor)
    for row in rows(vendor):
        others = {other for other in shown if not row.covers(other)}
        if len(others) < len(shown):
            assert row in rows_without_case(vendor, others)


@each_vendor
def test_every_row_that_a_case_shows_is_in_the_contract(vendor: str) -> None:
    unknown = {
        name: exchange.row
        for name, exchange in exchanges(vendor).items()
        if exchange.row and not any(row.covers(exchange.row) for row in rows(vendor))
    }
    assert unknown == {}


@each_vendor
def test_what_is_never_sent_is_in_the_contract_and_no_case_shows_it(vendor: str) -> None:
    shown = {exchange.row for exchange in exchanges(vendor).values()}
    assert set(unsent(vendor)) <= set(rows(vendor))
    assert set(unsent(vendor)) & shown == set()
    assert all(unsent(vendor).values())


@each_vendor
def test_every_parameter_succeeds_with_every_value(vendor: str) -> None:
    good = [exchange.parameters for exchange in exchanges(vendor).values() if exchange.row is None]
    without = [
        (name, value)
        for name, asked in contract(vendor)["parameters"].items()
        for value in asked.get("values", [None])
        if not asked.get("never_succeeds")
        and not any(name in given and (value is None or value in given[name]) for given in good)
    ]
    assert without == []


def _refusals(vendor: str) -> Iterator[tuple[str, str, str]]:
    """What is refused, the code that comes back, the case that shows it."""
    for name, asked in contract(vendor)["parameters"].items():
        for wrong, (code, case) in asked.get("refusals", {}).items():
            yield f"{name}: {wrong}", code, case
    for what, limit in contract(vendor)["limits"].items():
        yield f"over {what}", limit["code"], limit["over"]


@each_vendor
def test_everything_that_can_be_wrong_with_a_parameter_is_shown_by_its_case(vendor: str) -> None:
    known = exchanges(vendor)
    without = []
    for what, code, case in _refusals(vendor):
        row = known[case].row if case in known else None
        if row is None or code not in (row.code, row.message):
            without.append((what, code, case))
    assert without == []


@each_vendor
def test_every_limit_can_be_reached(vendor: str) -> None:
    known = exchanges(vendor)
    without = [
        (what, limit["at"])
        for what, limit in contract(vendor)["limits"].items()
        if "at" in limit and (limit["at"] not in known or known[limit["at"]].row is not None)
    ]
    assert without == []


@each_vendor
def test_no_refusal_is_told_of_a_parameter_that_is_not_there(vendor: str) -> None:
    """A case that is about a wrong value has the parameter, and one about an absent parameter has it not."""
    mistaken = []
    for name, asked in contract(vendor)["parameters"].items():
        for wrong, (_, case) in asked.get("refusals", {}).items():
            shown = exchanges(vendor).get(case)
            if shown is not None and (name in shown.parameters) is wrong.startswith("absent"):
                mistaken.append((name, wrong, case))
    assert mistaken == []
