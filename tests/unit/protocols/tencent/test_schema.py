"""What may be asked, and how it is written."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from tests.unit.protocols.tencent.vectors import T1, T5, with_header
from visavis.protocols.base import WireRequest
from visavis.protocols.tencent.envelope import Envelope, open_envelope
from visavis.protocols.tencent.errors import Fault
from visavis.protocols.tencent.schema import ACTIONS, CompareParameters, Side, find_action, read_parameters
from visavis.service.accounts import Interface

_BOTH = {"ImageA": "QUJD", "ImageB": "REVG"}


def _json(document: object) -> WireRequest:
    return replace(T1, body=json.dumps(document).encode())


def _read(request: WireRequest, action: str = "CompareFace", version: str = "2020-03-03") -> CompareParameters:
    return read_parameters(request, open_envelope(request), ACTIONS[version][action])


def _fault(request: WireRequest, action: str = "CompareFace", version: str = "2020-03-03") -> tuple[str, object]:
    with pytest.raises(Fault) as caught:
        _read(request, action, version)
    return caught.value.code, caught.value.facts.get("name")


@pytest.mark.parametrize(
    ("action", "version", "interface"),
    [
        ("CompareMaskFace", "2020-03-03", Interface.TENCENT_COMPARE_MASK_FACE),
        ("CompareFace", "2020-03-03", Interface.TENCENT_COMPARE_FACE),
        ("CompareFace", "2018-03-01", Interface.TENCENT_COMPARE_FACE),
    ],
)
def test_actions(action: str, version: str, interface: Interface) -> None:
    assert find_action(Envelope({"Action": action, "Version": version}, None, {})).interface is interface


@pytest.mark.parametrize(
    ("common", "expected"),
    [
        ({"Version": "2020-03-03"}, ("MissingParameter", "Action")),
        ({"Action": "CompareFace"}, ("MissingParameter", "Version")),
        ({"Action": "CompareFace", "Version": "2021-01-01"}, ("NoSuchVersion", "2021-01-01")),
        ({"Action": "compareface", "Version": "2020-03-03"}, ("InvalidAction", "compareface")),
        ({"Action": "CompareMaskFace", "Version": "2018-03-01"}, ("InvalidAction", "CompareMaskFace")),
        ({"Action": "Compare\n" + "é" * 99, "Version": "2020-03-03"}, ("InvalidAction", "Compare?" + "é" * 56)),
    ],
)
def test_unknown_actions_and_versions(common: dict[str, str], expected: tuple[str, str]) -> None:
    with pytest.raises(Fault) as caught:
        find_action(Envelope(common, None, {}))
    assert (caught.value.code, caught.value.facts["name"]) == expected


def test_everything_in_json() -> None:
    document = {
        "ImageA": "QUJD",
        "UrlB": " http://h/b.jpg ",
        "FaceModelVersion": "3.0",
        "QualityControl": 4,
        "NeedRotateDetection": 1,
        "FaceMatchingStrategy": 1,
    }
    expected = CompareParameters(Side(None, "QUJD"), Side("http://h/b.jpg", None), 4)
    assert _read(_json(document)) == expected
    assert _read(replace(_json(document), body=b"\xef\xbb\xbf" + _json(document).body)) == expected


def test_null_counts_as_absent_even_where_it_is_unknown() -> None:
    document = _BOTH | {"UrlA": None, "QualityControl": None, "FaceModelVersion": None, "Nobody": None}
    assert _read(_json(document)) == CompareParameters(Side(None, "QUJD"), Side(None, "REVG"), 0)


def test_url_wins_over_picture_unless_it_is_empty() -> None:
    read = _read(_json(_BOTH | {"UrlA": "http://h/a", "UrlB": "  "}))
    assert (read.a, read.b) == (Side("http://h/a", None), Side(None, "REVG"))


def test_everything_is_text_in_a_query_a_form_and_a_multipart_body() -> None:
    flat = _BOTH | {"QualityControl": "2", "NeedRotateDetection": "0"}
    expected = CompareParameters(Side(None, "QUJD"), Side(None, "REVG"), 2)
    assert _read(replace(T1, method="GET", query=urlencode(flat).encode())) == expected
    assert _read(replace(T5, body=urlencode(flat | {"Action": "A", "Language": "zh-CN"}).encode())) == expected
    parts = [f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in flat.items()]
    request = replace(T1, body="".join([*parts, "--b--"]).encode())
    assert _read(with_header(request, "content-type", "multipart/form-data; boundary=b")) == expected


def test_content_type_of_json_does_not_matter() -> None:
    for content_type in ("application/octet-stream", "application/x-www-form-urlencoded", None):
        assert _read(with_header(_json(_BOTH), "content-type", content_type)).quality_control == 0


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"GroupIds": ["a"]}, ("UnknownParameter", "GroupIds")),
        ({"imageA": "QUJD"}, ("UnknownParameter", "imageA")),
        ({"\ud800": 1}, ("UnknownParameter", "?")),
        ({"Action": "CompareFace"}, ("UnknownParameter", "Action")),
        ({"ImageA": 1}, ("InvalidParameter", "ImageA")),
        ({"ImageB": ["QUJD"]}, ("InvalidParameter", "ImageB")),
        ({"UrlA": {"a": 1}}, ("InvalidParameter", "UrlA")),
        ({"UrlB": "http://h/\udfff"}, ("InvalidParameter", "UrlB")),
        ({"FaceModelVersion": 3.0}, ("InvalidParameter", "FaceModelVersion")),
        ({"QualityControl": "1"}, ("InvalidParameter", "QualityControl")),
        ({"QualityControl": True}, ("InvalidParameter", "QualityControl")),
        ({"QualityControl": 1.0}, ("InvalidParameter", "QualityControl")),
        ({"QualityControl": 5}, ("InvalidParameterValue.QualityControlIllegal", None)),
        ({"QualityControl": -1}, ("InvalidParameterValue.QualityControlIllegal", None)),
        ({"QualityControl": 10**40}, ("InvalidParameterValue.QualityControlIllegal", None)),
        ({"FaceModelVersion": "2.0"}, ("InvalidParameterValue.FaceModelVersionIllegal", None)),
        ({"FaceModelVersion": ""}, ("InvalidParameterValue.FaceModelVersionIllegal", None)),
        ({"NeedRotateDetection": 2}, ("InvalidParameterValue", "NeedRotateDetection")),
        ({"FaceMatchingStrategy": -1}, ("InvalidParameterValue", "FaceMatchingStrategy")),
        ({"ImageA": None}, ("MissingParameter.ErrorParameterEmpty", None)),
        ({"ImageB": None, "UrlB": ""}, ("MissingParameter.ErrorParameterEmpty", None)),
    ],
)
def test_faults_in_json(more: dict[str, object], expected: tuple[str, object]) -> None:
    assert _fault(_json(_BOTH | more)) == expected


@pytest.mark.parametrize("value", ["", "1.0", "x", "+1", "\u00b2", "1" * 11])
def test_text_that_is_no_integer(value: str) -> None:
    query = urlencode(_BOTH | {"QualityControl": value}).encode()
    assert _fault(replace(T1, method="GET", query=query)) == ("InvalidParameter", "QualityControl")


@pytest.mark.parametrize(
    ("action", "version", "name"),
    [
        ("CompareMaskFace", "2020-03-03", "NeedRotateDetection"),
        ("CompareMaskFace", "2020-03-03", "FaceMatchingStrategy"),
        ("CompareFace", "2018-03-01", "FaceMatchingStrategy"),
    ],
)
def test_each_action_has_parameters_of_its_own(action: str, version: str, name: str) -> None:
    assert _fault(_json(_BOTH | {name: 1}), action, version) == ("UnknownParameter", name)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"x"', b"null", b"{", b'{"ImageA": "\xff"}', b"[" * 200_000, b'{"a":' * 100_000, b"1" * 5000],
    ids=["empty", "list", "text", "null", "open", "bytes", "deep list", "deep object", "long number"],
)
def test_bodies_that_are_no_object(body: bytes) -> None:
    with pytest.raises(Fault) as caught:
        _read(replace(T1, body=body))
    assert caught.value.code == "InvalidParameter"
    assert caught.value.message(False) == "The request body is not a JSON object."
    assert caught.value.message(True) == "请求 body 不是 JSON 对象。"
