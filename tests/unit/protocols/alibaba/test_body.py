"""Bodies: what both formats make of the same members."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.protocols.alibaba.body import BodyFormat, render


def test_json_keeps_order_and_text() -> None:
    body = render("Error", {"RequestId": "1", "Message": '中 "<&>"', "Success": False}, BodyFormat.JSON)
    assert body.decode() == '{"RequestId":"1","Message":"中 \\"<&>\\"","Success":false}'


def test_xml_escapes_markup_but_no_quotes() -> None:
    body = render("Error", {"Message": "\"<&>'", "Success": True, "Data": {"Score": 1.5}}, BodyFormat.XML)
    assert body.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?><Error><Message>\"&lt;&amp;&gt;'</Message><Success>true</Success>"
        "<Data><Score>1.5</Score></Data></Error>"
    )


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_makes_a_body_that_can_be_parsed(text: str) -> None:
    assert json.loads(render("Error", {"HostId": text}, BodyFormat.JSON)) == {"HostId": text}
    root = ElementTree.fromstring(render("Error", {"HostId": text}, BodyFormat.XML))
    assert len(root.findtext("HostId", "")) <= len(text)


@pytest.mark.parametrize("body_format", BodyFormat)
def test_what_is_no_number_is_never_sent(body_format: BodyFormat) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        render("R", {"Score": float("nan")}, body_format)


def test_content_types_to_the_letter() -> None:
    assert [body_format.value for body_format in BodyFormat] == [
        "application/json;charset=utf-8",
        "text/xml;charset=utf-8",
    ]
