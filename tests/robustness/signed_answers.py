"""The shape that every answer of a vendor has, whatever was asked."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

from tests.robustness.signed_claims import read_pairs
from visavis.protocols.base import WireRequest, WireResponse

_UPPER_ID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_LOWER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_XML, _ALIBABA_JSON = "text/xml;charset=utf-8", "application/json;charset=utf-8"


def check_alibaba(request: WireRequest, response: WireResponse) -> None:
    """2.3, 2.5 to 2.7 of the protocols."""
    wanted = dict(reversed(read_pairs(request.query))).get("Format", "").upper()
    if wanted in ("JSON", "XML"):
        assert response.content_type == (_XML if wanted == "XML" else _ALIBABA_JSON), response.content_type
    assert response.content_type in (_XML, _ALIBABA_JSON), response.content_type
    if response.content_type == _XML:
        root = ElementTree.fromstring(response.body)
        assert root.tag == ("CompareFacesResponse" if response.status == 200 else "Error"), root.tag
        body: dict[str, Any] = {child.tag: child.text or "" for child in root}
        body["Success"] = {"true": True, "false": False}.get(body.get("Success", ""))
    else:
        body = parse(response)
    assert _UPPER_ID.fullmatch(body["RequestId"])
    assert isinstance(body["Code"], str)
    if response.status == 200:
        assert body["Success"] is (body["Code"] == "200")
        assert ("Data" in body) is body["Success"]
    else:
        assert 400 <= response.status < 500, response.status
        assert isinstance(body["Message"], str) and isinstance(body["HostId"], str)
    assert bool(response.error_code) is (body["Code"] != "200")


def check_tencent(request: WireRequest, response: WireResponse) -> None:
    """3.2: always 200, and always with a RequestId."""
    assert (response.status, response.content_type) == (200, "application/json")
    document = parse(response)
    assert set(document) == {"Response"}
    inner = document["Response"]
    assert _LOWER_ID.fullmatch(inner["RequestId"])
    if response.error_code is None:
        assert 0 <= inner["Score"] <= 100 and inner["FaceModelVersion"] == "3.0"
    else:
        assert set(inner) == {"Error", "RequestId"}
        assert set(inner["Error"]) == {"Code", "Message"}
        assert inner["Error"]["Code"] == response.error_code and isinstance(inner["Error"]["Message"], str)


def check_baidu(request: WireRequest, response: WireResponse) -> None:
    """4.2, and 4.3.1 at the token's path."""
    assert response.content_type == "application/json"
    body = parse(response)
    if request.path == "/oauth/2.0/token":
        assert response.status in (200, 400, 401), response.status
        if response.status == 200:
            assert body["expires_in"] >= 2_592_000 and "brain_all_scope" in body["scope"].split()
        else:
            assert set(body) == {"error", "error_description"}
        return
    assert response.status == 200
    assert type(body["error_code"]) is int and isinstance(body["error_msg"], str)
    assert 0 < body["log_id"] < 2**53
    if body["error_code"] >= 1000 or body["error_code"] == 0:
        assert type(body["timestamp"]) is int and body["cached"] == 0
        assert (body["result"] is None) is (body["error_code"] != 0)


def check_kuaidi100(request: WireRequest, response: WireResponse) -> None:
    """5.2."""
    assert (response.status, response.content_type) == (200, "application/json;charset=UTF-8")
    body = parse(response)
    assert type(body["code"]) is int and isinstance(body["message"], str)
    if body["code"] == 200:
        assert re.fullmatch(r"[0-9]{1,3}\.[0-9]{2}", body["data"]["score"])
    else:
        assert set(body) == {"code", "message"} and body["message"]


def check_native(request: WireRequest, response: WireResponse) -> None:
    """One envelope for all errors."""
    assert response.content_type == "application/json"
    body = parse(response)
    if response.status == 200:
        assert "score" in body and "error" not in body
    else:
        assert 400 <= response.status < 500, response.status
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message", "side", "field", "check", "flaws", "limit", "request_id"}


def parse(response: WireResponse) -> dict[str, Any]:
    """The JSON object that the body is, without NaN and the like."""
    document = json.loads(response.body.decode(), parse_constant=_refuse)
    assert isinstance(document, dict)
    return document


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
