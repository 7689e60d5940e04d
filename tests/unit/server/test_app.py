"""One port, five APIs: which one answers, and what happens before an adapter is asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest

from visavis.protocols.base import Refusal, WireRequest, WireResponse
from visavis.server import http
from visavis.server.app import Dispatcher


class Adapter:
    """Says its name, or why it refuses."""

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.body_limit_bytes = limit
        self.asked: list[WireRequest] = []

    async def answer(self, request: WireRequest) -> WireResponse:
        self.asked.append(request)
        if request.body == b"crash":
            raise RuntimeError("a defect")
        return WireResponse(200, self.name.encode(), "text/x")

    def refuse(self, request: WireRequest, refusal: Refusal) -> WireResponse:
        return WireResponse(400, f"{self.name} {refusal.name}".encode(), "text/x", error_code=refusal.name)


async def native(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"native"})


LIMITS = {"alibaba": 100_000, "baidu": 50, "tencent": 200_000, "kuaidi100": 50}


def call(
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    query: bytes = b"",
    chunk: int = 10,
    stalls: bool = False,
) -> tuple[int, str, list[tuple[bytes, bytes]], dict[str, Adapter]]:
    adapters = {name: Adapter(name, limit) for name, limit in LIMITS.items()}
    sent: list[MutableMapping[str, Any]] = []
    parts = [body[i : i + chunk] for i in range(0, len(body), chunk)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False

    async def receive() -> MutableMapping[str, Any]:
        if stalls:
            await asyncio.sleep(10)
        return messages.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    asyncio.run(Dispatcher(adapters, native)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode(), sent[0]["headers"], adapters


@pytest.mark.parametrize(
    ("path", "headers", "query", "body", "expected"),
    [
        ("/oauth/2.0/token", {}, b"", b"", "baidu"),
        ("/rest/2.0/face/v3/match", {}, b"", b"[]", "baidu"),
        ("/rest/2.0/face/v2/match", {}, b"", b"", "baidu"),
        ("/api", {}, b"", b"", "kuaidi100"),
        ("/", {"x-tc-action": "CompareMaskFace"}, b"", b"{}", "tencent"),
        ("/", {"authorization": "TC3-HMAC-SHA256 Credential=x"}, b"", b"{}", "tencent"),
        ("/", {"authorization": "SKIP"}, b"", b"{}", "tencent"),
        ("/", {}, b"SecretId=x&Version=2020-03-03", b"", "tencent"),
        ("/", {}, b"", b"Action=CompareFace&SecretId=x", "tencent"),
        ("/", {}, b"", b"ImageA=" + b"A" * 150_000 + b"&SecretId=x", "tencent"),
        ("/", {"x-acs-action": "CompareFaces"}, b"", b"", "alibaba"),
        ("/", {"authorization": "ACS3-HMAC-SHA256 Credential=x"}, b"", b"", "alibaba"),
        ("/", {}, b"AccessKeyId=x", b"", "alibaba"),
        ("/", {}, b"", b"SourceImageValue=" + b"A" * 70_000 + b"&AccessKeyId=x", "alibaba"),
        ("/", {}, b"Version=2019-03-07", b"", "alibaba"),
        ("/", {}, b"Version=2018-03-01", b"", "tencent"),
        ("/v1/compare", {}, b"", b"", "native"),
        ("/docs", {}, b"", b"", "native"),
        ("/openapi.json", {}, b"", b"", "native"),
    ],
)
def test_request_reaches_the_api_that_it_speaks(
    path: str, headers: dict[str, str], query: bytes, body: bytes, expected: str
) -> None:
    status, answer, _, _ = call(path, headers, body, query, chunk=65_536)
    assert (status, answer) == (200, expected)


@pytest.mark.parametrize(
    ("path", "query"), [("/", b""), ("/", b"Version=1999-01-01"), ("/nothing", b""), ("/apis", b"")]
)
def test_what_nobody_answers_gets_a_small_json_body(path: str, query: bytes) -> None:
    status, answer, _, _ = call(path, query=query)
    assert status == 404
    assert json.loads(answer)["error"]["code"] == "not_found"


def test_body_arrives_whole_and_raw() -> None:
    *_, adapters = call("/api", {"X": "1"}, b"a=1&b=%2B+ c", b"q=%20")
    (request,) = adapters["kuaidi100"].asked
    assert (request.method, request.path, request.query, request.body) == ("POST", "/api", b"q=%20", b"a=1&b=%2B+ c")


@pytest.mark.parametrize(("drained", "is_closed"), [(1000, False), (100, True)])
def test_body_over_the_limit_is_refused_and_the_rest_dropped_within_bounds(
    drained: int, is_closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_DRAIN_BYTES", drained)
    status, answer, headers, adapters = call("/api", {}, b"x" * 500)
    assert (status, answer) == (400, "kuaidi100 BODY_TOO_LARGE")
    assert ((b"connection", b"close") in headers) is is_closed
    assert adapters["kuaidi100"].asked == []


def test_body_over_the_limit_that_has_arrived_whole_is_refused_at_once() -> None:
    status, answer, headers, _ = call("/api", {}, b"x" * 500, chunk=500)
    assert (status, answer) == (400, "kuaidi100 BODY_TOO_LARGE")
    assert (b"connection", b"close") not in headers


def test_body_that_does_not_arrive_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_READ_S", 0.01)
    status, answer, headers, _ = call("/api", {}, b"", stalls=True)
    assert (status, answer) == (400, "kuaidi100 BAD_REQUEST")
    assert (b"connection", b"close") in headers


def test_limit_of_the_api_counts_where_only_the_body_tells_which_it_is() -> None:
    status, answer, _, adapters = call("/", {}, b"AccessKeyId=x&a=" + b"x" * 120_000, chunk=65_536)
    assert (status, answer) == (400, "alibaba BODY_TOO_LARGE")
    assert adapters["alibaba"].asked == []


def test_defect_becomes_the_vendors_own_error(caplog: pytest.LogCaptureFixture) -> None:
    status, answer, _, _ = call("/api", {}, b"crash")
    assert (status, answer) == (400, "kuaidi100 INTERNAL")
    assert "a defect" in caplog.text


def test_what_is_no_http_is_refused_in_the_words_of_the_api_it_seems_to_speak() -> None:
    dispatcher = Dispatcher({name: Adapter(name, limit) for name, limit in LIMITS.items()}, native)
    assert dispatcher.refuse_unparsed("/api", b"", ()).body == b"kuaidi100 BAD_REQUEST"
    assert dispatcher.refuse_unparsed("/", b"AccessKeyId=x", ()).body == b"alibaba BAD_REQUEST"
    assert dispatcher.refuse_unparsed("", b"", ()).status == 404
