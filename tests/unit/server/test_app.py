"""One port, five APIs: which one answers, and what happens before an adapter is asked."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import MutableMapping
from typing import Any, cast

import pytest

from visavis.errors import StoreError
from visavis.protocols.base import Refusal, WireRequest, WireResponse
from visavis.server import app, http
from visavis.server.app import Dispatcher, ThreadOffload
from visavis.server.calls import CallsUnderWay
from visavis.server.metrics import Metrics


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
        if request.body == b"hang":
            await asyncio.Event().wait()
        return WireResponse(200, self.name.encode(), "text/x", request_id="id-of-success")

    def refuse(self, request: WireRequest, refusal: Refusal) -> WireResponse:
        body = f"{self.name} {refusal.name}".encode()
        return WireResponse(400, body, "text/x", error_code=refusal.name, request_id="id-of-refusal")


async def native(scope: Any, receive: Any, send: Any) -> None:
    state = scope["state"]
    state["request_id"] = "native-id"
    if scope["path"] == "/v1/hang":
        await asyncio.Event().wait()
    if scope["path"] == "/v1/fail":
        state["error_code"] = "no_face"
    await send({"type": "http.response.start", "status": 422 if "error_code" in state else 200, "headers": []})
    await send({"type": "http.response.body", "body": b"native"})


class Counts:
    """What was counted: API, status, error code."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, int, str | None]] = []

    def count_request(self, api: str, status: int, error_code: str | None, seconds: float) -> None:
        assert 0 <= seconds < 60
        self.requests.append((api, status, error_code))


LIMITS = {"alibaba": 100_000, "baidu": 50, "tencent": 200_000, "kuaidi100": 50}


def call(
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    query: bytes = b"",
    chunk: int = 10,
    stalls: bool = False,
    delay_s: float = 0.0,
    calls: CallsUnderWay | None = None,
    counts: Counts | None = None,
    cancel_after_s: float | None = None,
) -> tuple[int, str, list[tuple[bytes, bytes]], dict[str, Adapter]]:
    adapters = {name: Adapter(name, limit) for name, limit in LIMITS.items()}
    sent: list[MutableMapping[str, Any]] = []
    parts = [body[i : i + chunk] for i in range(0, len(body), chunk)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False

    async def receive() -> MutableMapping[str, Any]:
        if stalls:
            await asyncio.sleep(10)
        await asyncio.sleep(delay_s)
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
    dispatcher = Dispatcher(adapters, native, cast(Metrics, counts) if counts else None, calls)

    async def run() -> None:
        task = asyncio.create_task(dispatcher(scope, receive, send))
        if cancel_after_s is not None:
            await asyncio.sleep(cancel_after_s)
            if calls:
                calls.is_stopping = True
            task.cancel()
        await task

    asyncio.run(run())
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
    assert "kuaidi100 request id-of-refusal failed" in caplog.text


def test_what_is_no_http_is_refused_in_the_words_of_the_api_it_seems_to_speak(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    counts = Counts()
    adapters = {name: Adapter(name, limit) for name, limit in LIMITS.items()}
    dispatcher = Dispatcher(adapters, native, cast(Metrics, counts))
    assert dispatcher.refuse_unparsed("/api", b"", ()).body == b"kuaidi100 BAD_REQUEST"
    assert dispatcher.refuse_unparsed("/", b"AccessKeyId=secret", ()).body == b"alibaba BAD_REQUEST"
    assert dispatcher.refuse_unparsed("", b"", ()).status == 404
    for path in ("/v1/compare", "/docs", "/openapi.json"):
        refused = dispatcher.refuse_unparsed(path, b"", ((b"accept-language", b"zh"),))
        error = json.loads(refused.body)["error"]
        assert (refused.status, error["code"], error["message"]) == (400, "bad_request", "请求无效")
        assert dict(refused.headers)["X-Request-Id"] == error["request_id"] == refused.request_id
        assert f"native request {refused.request_id}: status 400, bad_request" in caplog.text
    refusals = [(name, 400, "BAD_REQUEST") for name in ("kuaidi100", "alibaba")]
    assert counts.requests == [*refusals, ("none", 404, "not_found"), *[("native", 400, "bad_request")] * 3]
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("path", "body", "line", "counted"),
    [
        ("/api", b"", "DEBUG kuaidi100 request id-of-success: status 200, ok, ", ("kuaidi100", 200, None)),
        (
            "/api",
            b"x" * 51,
            "INFO kuaidi100 request id-of-refusal: status 400, BODY_TOO_LARGE, ",
            ("kuaidi100", 400, "BODY_TOO_LARGE"),
        ),
        ("/v1/compare", b"", "DEBUG native request native-id: status 200, ok, ", ("native", 200, None)),
        ("/v1/fail", b"", "INFO native request native-id: status 422, no_face, ", ("native", 422, "no_face")),
        ("/secret", b"", "INFO none request -: status 404, not_found, ", ("none", 404, "not_found")),
    ],
)
def test_each_request_is_counted_and_logged_under_the_id_that_its_answer_bears(
    path: str, body: bytes, line: str, counted: tuple[str, int, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "visavis.server")
    counts = Counts()
    call(path, {"authorization": "secret"}, body, b"key=secret", counts=counts)
    (record,) = caplog.records
    said = f"{record.levelname} {record.getMessage()}"
    assert said.startswith(line) and said.endswith(" ms")
    assert "secret" not in said
    assert counts.requests == [counted]


def test_time_counts_from_the_arrival_of_the_head() -> None:
    before = time.monotonic()
    *_, adapters = call("/api", {}, b"x" * 20, delay_s=0.1)
    (request,) = adapters["kuaidi100"].asked
    assert time.monotonic() - request.received_at >= 0.2
    assert request.received_at - before < 0.1


def test_slow_upload_takes_one_second_of_the_time_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("visavis.server.app._UPLOAD_COUNTS_S", 0.05)
    before = time.monotonic()
    *_, adapters = call("/api", {}, b"x" * 20, delay_s=0.1)
    (request,) = adapters["kuaidi100"].asked
    assert request.received_at >= before + 0.15


def stopping() -> CallsUnderWay:
    calls = CallsUnderWay()
    calls.is_stopping = True
    return calls


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/api", b"a=1", "kuaidi100 STOPPING"),
        ("/api", b"a" * 500, "kuaidi100 STOPPING"),
        ("/oauth/2.0/token", b"", "baidu STOPPING"),
        ("/", b"Action=CompareFace&SecretId=x", "tencent STOPPING"),
        ("/", b"AccessKeyId=x&a=" + b"x" * 120_000, "alibaba STOPPING"),
        ("/v1/compare", b"x" * 500, "stopping"),
        ("/docs", b"", "stopping"),
        ("/nothing", b"", "not_found"),
        ("/v1/health/live", b"", "native"),
        ("/v1/health/ready", b"", "native"),
    ],
)
def test_stopping_worker_refuses_in_the_words_of_each_api_and_ends_the_connection(
    path: str, body: bytes, expected: str
) -> None:
    _, answer, headers, adapters = call(path, {}, body, chunk=65_536, calls=stopping())
    assert (json.loads(answer)["error"]["code"] if answer.startswith("{") else answer) == expected
    assert (b"connection", b"close") in headers
    assert not any(adapter.asked for adapter in adapters.values())


def test_stopping_worker_does_not_wait_long_for_a_body_that_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_REFUSED_READ_S", 0.01)
    _, answer, headers, _ = call("/api", {}, b"", stalls=True, calls=stopping())
    assert answer == "kuaidi100 STOPPING"
    assert (b"connection", b"close") in headers


def test_request_that_was_there_before_is_answered_and_its_connection_ended() -> None:
    calls = CallsUnderWay()

    class Telling(Adapter):
        async def answer(self, request: WireRequest) -> WireResponse:
            calls.is_stopping = True
            return await super().answer(request)

    sent: list[Any] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def run() -> None:
        scope = {"type": "http", "method": "POST", "path": "/api", "raw_path": b"/api", "query_string": b""}
        await Dispatcher({"kuaidi100": Telling("kuaidi100", 50)}, native, None, calls)(
            {**scope, "headers": []}, receive, send
        )
        await calls.wait_until_none()

    asyncio.run(run())
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"kuaidi100")
    assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize(("path", "expected"), [("/api", "kuaidi100 STOPPING"), ("/v1/hang", "stopping")])
def test_what_is_not_done_when_the_time_to_finish_is_over_is_told_so(path: str, expected: str) -> None:
    _, answer, headers, _ = call(path, {}, b"hang", calls=CallsUnderWay(), cancel_after_s=0.05)
    assert (json.loads(answer)["error"]["code"] if answer.startswith("{") else answer) == expected
    assert (b"connection", b"close") in headers


@pytest.mark.parametrize("path", ["/api", "/v1/hang"])
def test_cancelling_for_another_reason_stays_a_cancellation(path: str) -> None:
    with pytest.raises(asyncio.CancelledError):
        call(path, {}, b"hang", cancel_after_s=0.05)


def test_calls_under_way_are_counted() -> None:
    async def run() -> None:
        calls = CallsUnderWay()
        await calls.wait_until_none()
        with calls.counted(), calls.counted():
            waiting = asyncio.create_task(calls.wait_until_none())
            await asyncio.sleep(0.01)
            assert not waiting.done()
        await waiting

    asyncio.run(run())


def test_failure_of_the_store_is_logged_whatever_the_client_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise StoreError("the disk is full")

    offload = ThreadOffload(1)
    with pytest.raises(StoreError):
        asyncio.run(offload(fail))
    offload.close()
    assert "the store failed: the disk is full" in caplog.text
