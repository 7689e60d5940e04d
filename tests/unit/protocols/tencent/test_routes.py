"""What goes around every answer."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from dataclasses import replace

import pytest

from tests.protocol_fakes import FakeService
from tests.unit.protocols.tencent.vectors import T1, adapter, with_header
from visavis.errors import NoFaceError
from visavis.protocols.base import Refusal, WireRequest, WireResponse
from visavis.protocols.tencent.translate import RULES
from visavis.service.accounts import Interface
from visavis.service.orders import InlinePicture, PictureUrl

_REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def _answer(request: WireRequest, service: FakeService | None = None) -> WireResponse:
    return asyncio.run(adapter(service).answer(request))


def _check(response: WireResponse) -> dict[str, object]:
    assert (response.status, response.content_type) == (200, "application/json")
    inner: dict[str, object] = json.loads(response.body)["Response"]
    assert _REQUEST_ID.fullmatch(str(inner.pop("RequestId")))
    return inner


def test_success() -> None:
    service = FakeService(score=0.45)
    response = _answer(T1, service)
    assert _check(response) == {"Score": 55, "FaceModelVersion": "3.0"}
    assert (response.headers, response.error_code) == ((), None)
    ((reference, probe, rules, keep_tokens),) = service.orders
    assert isinstance(reference.source, InlinePicture)
    assert reference.source.content == base64.b64decode("/9j/4AAQ+SkZJRg==")
    assert probe is not None
    assert isinstance(probe.source, PictureUrl)
    assert probe.source.url == "http://example.com/a b.jpg?x=1&y=~*中"
    assert (rules, keep_tokens) == (RULES, False)
    assert service.interfaces == [Interface.TENCENT_COMPARE_MASK_FACE]


def test_every_answer_has_an_id_of_its_own() -> None:
    ids = {json.loads(_answer(T1).body)["Response"]["RequestId"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("trace_id", "is_echoed"),
    [
        ("0d3c8a2c-1f5e-4a0b-9a8c-d6f1b9f0f0aa", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("", False),
        ("a\r\nSet-Cookie: b", False),
        ("é", False),
    ],
)
def test_trace_id_goes_back_if_it_is_fit(trace_id: str, is_echoed: bool) -> None:
    request = with_header(T1, "x-tc-traceid", trace_id)
    expected = (("X-TC-TraceId", trace_id),) if is_echoed else ()
    assert _answer(request).headers == expected
    assert _answer(request, FakeService(error=NoFaceError("none"))).headers == expected
    assert adapter().refuse(request, Refusal.INTERNAL).headers == expected


@pytest.mark.parametrize(
    ("refusal", "code", "message"),
    [
        (Refusal.BODY_TOO_LARGE, "RequestSizeLimitExceeded", "The request body exceeds the size limit."),
        (Refusal.BAD_REQUEST, "UnsupportedProtocol", "HTTP(S) protocol error; only GET and POST are supported."),
        (Refusal.NOT_FOUND, "InvalidAction", "The action `/face` is invalid or not found."),
        (Refusal.STOPPING, "ServiceUnavailable", "The service is temporarily unavailable."),
        (Refusal.INTERNAL, "InternalError", "An internal error has occurred."),
    ],
)
def test_refusals_are_in_the_vendors_words(refusal: Refusal, code: str, message: str) -> None:
    response = adapter().refuse(WireRequest("POST", "/face", b"", (), b"", 0.0), refusal)
    assert _check(response) == {"Error": {"Code": code, "Message": message}}
    assert response.error_code == code


def test_every_refusal_speaks_chinese_too() -> None:
    for refusal in Refusal:
        message = json.loads(adapter().refuse(T1, refusal).body)["Response"]["Error"]["Message"]
        assert re.search(r"[\u4e00-\u9fff]", message), refusal


def test_other_paths_are_not_found() -> None:
    assert _answer(replace(T1, path="/face")).error_code == "InvalidAction"
    assert _answer(replace(T1, path="")).error_code is None


def test_parameters_are_looked_at_only_once_the_caller_is_admitted() -> None:
    request = with_header(T1, "x-tc-content-sha256", "UNSIGNED-PAYLOAD")
    service = FakeService(admit_error=NoFaceError("stands for any error"))
    assert _answer(replace(T1, body=b"{"), service).error_code == "AuthFailure.SignatureFailure"
    assert service.interfaces == []
    assert _answer(request, service).error_code == "AuthFailure.SignatureFailure"
    assert _answer(T1, service).error_code == "InvalidParameterValue.NoFaceInPhoto"
    assert service.orders == []


def test_other_exceptions_are_left_to_the_server() -> None:
    class Failing(FakeService):
        async def compare(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _answer(T1, Failing())


def test_body_limit_is_declared() -> None:
    assert (adapter().name, adapter().body_limit_bytes) == ("tencent", 10_551_296)
