"""Each file in `cases` is one exchange: what a client sends, what the service finds, what must come back.

`refusal` names why the server does not let the adapter answer.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.alibaba.client import KEY_ID, NOW, SECRET, read_order
from tests.conformance.folding import unfold
from tests.protocol_fakes import FakeKeys, FakeNonces, FakeService, offload
from visavis import errors
from visavis.protocols.alibaba.routes import AlibabaAdapter
from visavis.protocols.base import Refusal, WireResponse
from visavis.service.accounts import Interface, KeyKind
from visavis.service.orders import InlinePicture, PictureUrl, Subject

CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))
_REQUEST_ID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = unfold(json.loads(path.read_text("utf-8")))
    if case["request"].get("signature") == "sm3" and "sm3" not in hashlib.algorithms_available:
        pytest.skip("the OpenSSL of this Python has no SM3")
    service = _make_service(case)
    keys = FakeKeys()
    keys.add(KeyKind.ALIBABA, KEY_ID, *case.get("secrets", [SECRET]), is_enabled=case.get("is_enabled", True))
    adapter = AlibabaAdapter(
        service=service, keys=keys, nonces=FakeNonces(), offload=offload, clock=lambda: NOW + case.get("clock", 0)
    )
    request = read_order(case["request"]).request()
    for _ in range(case.get("times", 1)):
        refused = adapter.refuse(request, Refusal[case["refusal"]]) if "refusal" in case else None
        response = refused or asyncio.run(adapter.answer(request))
    _check_response(response, case["response"])
    if "order" in case:
        reference, probe, rules, keep_tokens = service.orders[0]
        assert [_describe(reference), _describe(probe or reference)] == case["order"]
        assert (rules.max_bytes, keep_tokens) == (2_097_152, False)
        assert service.interfaces == [Interface.ALIBABA_COMPARE_FACES]
    elif not {"error", "result"} & case.keys():
        assert service.orders == []


def _make_service(case: dict[str, Any]) -> FakeService:
    service = FakeService(**case.get("result", {}))
    if "error" in case:
        failure = case["error"]
        error = getattr(errors, failure["type"])(*failure.get("arguments", ["what went wrong"]))
        if failure.get("at") == "admit":
            service.admit_error = error
        else:
            service.error = error
    return service


def _describe(subject: Subject) -> dict[str, Any]:
    assert not subject.controls
    if isinstance(subject.source, PictureUrl):
        return {"url": subject.source.url, "timeout_s": subject.source.timeout_s, "condition": subject.condition}
    assert isinstance(subject.source, InlinePicture)
    return {"content": base64.b64encode(subject.source.content).decode(), "condition": subject.condition}


def _check_response(response: WireResponse, expected: dict[str, Any]) -> None:
    text = response.body.decode("utf-8")
    found = _REQUEST_ID.search(text)
    assert found is not None, text
    if "json" in expected:
        body = json.loads(text)
        assert body["RequestId"] == found[0]
        assert list(body.items()) == [("RequestId", found[0]), *expected["json"].items()]
        assert response.content_type == "application/json;charset=utf-8"
    else:
        assert text.replace(found[0], "REQUEST-ID") == expected["xml"]
        assert response.content_type == "text/xml;charset=utf-8"
    assert response.status == expected.get("status", 200)
    assert dict(response.headers) == expected.get("headers", {})
    assert response.error_code == expected.get("error_code")
