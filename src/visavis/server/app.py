"""The application of one worker: the only place where engine, store, use cases and APIs meet."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from visavis.errors import StoreError
from visavis.protocols.base import Adapter, Refusal, WireRequest, WireResponse
from visavis.protocols.native.envelope import refuse as refuse_native
from visavis.server.calls import CallsUnderWay
from visavis.server.http import (
    BodyTooLargeError,
    BodyTooSlowError,
    DisconnectedError,
    Receive,
    Scope,
    Send,
    drain_body,
    read_body,
    send_response,
    wire_request,
)
from visavis.server.metrics import Metrics
from visavis.server.routing import is_native_path, vendor_of_path, vendor_of_root

NATIVE = "native"

_log = logging.getLogger("visavis.server")
_NOT_FOUND = WireResponse(
    404,
    b'{"error":{"code":"not_found","message":"no API of this server answers here"}}',
    "application/json",
    error_code="not_found",
)
_HEALTH_PATHS = frozenset({"/v1/health/live", "/v1/health/ready"})
# Of what is refused anyway, the body is read only to find out whom to answer, and so that the answer gets through.
_REFUSED_READ_S = 2.0
_UPLOAD_COUNTS_S = 1.0
"""No upload takes more than this from the time for an answer: some clients' time-outs begin only when it is through,
and a slow line is no overload."""


class ThreadOffload:
    """Runs blocking calls of the store in a few threads; see `service.admission.Offload`."""

    def __init__(self, threads: int = 4) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store")

    async def __call__(self, call: Callable[..., Any], /, *arguments: Any) -> Any:
        """The result of the call."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
        except StoreError as error:
            _log.error("the store failed: %s", error)
            raise

    def close(self) -> None:
        """Wait for what runs."""
        self._threads.shutdown(wait=True)


class Dispatcher:
    """Hands each request to the API that it speaks, counts it, and logs it where it was not answered with a success.

    Once `calls` says that the worker stops, every request is refused in the words of its API, and its connection ends.

    Args:
        adapters: of the vendors, by name.
        native: our own REST API, an ASGI application.
        metrics: counts; None: nothing is counted.
        calls: counts the requests under way; None: a count of its own.
    """

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        native: Callable[[Scope, Receive, Send], Any],
        metrics: Metrics | None = None,
        calls: CallsUnderWay | None = None,
    ) -> None:
        self._adapters = adapters
        self._native = native
        self._metrics = metrics
        self._calls = CallsUnderWay() if calls is None else calls
        self._largest = max(adapter.body_limit_bytes for adapter in adapters.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        head = wire_request(scope, time.monotonic())
        with self._calls.counted():
            if not is_native_path(scope["path"]):
                await self._serve_vendor(head, receive, send)
            elif self._calls.is_stopping and scope["path"] not in _HEALTH_PATHS:
                await drain_body(receive)
                await self._refuse_native(head, send)
            else:
                await self._serve_native(head, scope, receive, send)

    def refuse_unparsed(self, path: str, query: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> WireResponse:
        """The answer to a request that is no HTTP, in the words of the API that it seems to speak."""
        request = WireRequest("GET", path or "/", query, headers, b"", time.monotonic())
        name: str | None = NATIVE
        if is_native_path(request.path):
            response = refuse_native(request, Refusal.BAD_REQUEST)
        else:
            name = vendor_of_path(request.path) or vendor_of_root(request)
            response = self._refuse(name, request, Refusal.BAD_REQUEST)
        self._record(name, response, request.received_at)
        return response

    async def _serve_native(self, head: WireRequest, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})
        state["received_at"] = head.received_at
        status: int | None = None

        async def watch(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._calls.is_stopping:
                    message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        try:
            await self._native(scope, receive, watch)
        except asyncio.CancelledError:
            if status is not None or not self._calls.is_stopping:
                raise
            await self._refuse_native(head, send)
            return
        finally:
            if status is not None:
                error_code = None if status < 400 else state.get("error_code", str(status))
                known = WireResponse(status, b"", "", error_code=error_code, request_id=state.get("request_id"))
                self._record(NATIVE, known, head.received_at)

    async def _refuse_native(self, head: WireRequest, send: Send) -> None:
        response = refuse_native(head, Refusal.STOPPING)
        self._record(NATIVE, response, head.received_at)
        await send_response(send, response, close=True)

    async def _serve_vendor(self, head: WireRequest, receive: Receive, send: Send) -> None:
        try:
            name, response, close = await self._answer_vendor(head, receive)
        except DisconnectedError:
            return
        except asyncio.CancelledError:
            # What is not done when the time to finish is over.
            if not self._calls.is_stopping:
                raise
            name = vendor_of_path(head.path) or vendor_of_root(head)
            response, close = self._refuse(name, head, Refusal.STOPPING), True
        self._record(name, response, head.received_at)
        await send_response(send, response, close=close or self._calls.is_stopping)

    async def _answer_vendor(self, head: WireRequest, receive: Receive) -> tuple[str | None, WireResponse, bool]:
        """API, answer, and whether the connection must end because the body was not read to its end."""
        is_refused = self._calls.is_stopping
        is_root = head.path == "/"
        name = vendor_of_root(head) if is_root else vendor_of_path(head.path)
        if name is None and not is_root:
            return None, _NOT_FOUND, not await drain_body(receive)
        limit = self._adapters[name].body_limit_bytes if name else self._largest
        try:
            body = await read_body(receive, limit, _REFUSED_READ_S if is_refused else None)
        except BodyTooLargeError as error:
            request = replace(head, body=error.start)
            name = name or vendor_of_root(request)
            refusal = Refusal.STOPPING if is_refused else Refusal.BODY_TOO_LARGE
            return name, self._refuse(name, request, refusal), error.has_rest and not await drain_body(receive)
        except BodyTooSlowError:
            return name, self._refuse(name, head, Refusal.STOPPING if is_refused else Refusal.BAD_REQUEST), True
        request = replace(head, body=body, received_at=max(head.received_at, time.monotonic() - _UPLOAD_COUNTS_S))
        name = name or vendor_of_root(request)
        if name is None or is_refused:
            return name, self._refuse(name, request, Refusal.STOPPING), False
        if len(body) > self._adapters[name].body_limit_bytes:
            return name, self._refuse(name, request, Refusal.BODY_TOO_LARGE), False
        return name, await self._answer(self._adapters[name], request), False

    def _refuse(self, name: str | None, request: WireRequest, refusal: Refusal) -> WireResponse:
        return self._adapters[name].refuse(request, refusal) if name else _NOT_FOUND

    async def _answer(self, adapter: Adapter, request: WireRequest) -> WireResponse:
        try:
            return await adapter.answer(request)
        except Exception:
            # The outermost layer: whatever went wrong, the client gets its vendor's own error.
            response = adapter.refuse(request, Refusal.INTERNAL)
            _log.exception("%s request %s failed", adapter.name, response.request_id or "-")
            return response

    def _record(self, name: str | None, response: WireResponse, received_at: float) -> None:
        """Count an answer, and log it; a refusal with the id that the client was told, so that it can be found."""
        seconds, api = time.monotonic() - received_at, name or "none"
        if self._metrics:
            self._metrics.count_request(api, response.status, response.error_code, seconds)
        level = logging.DEBUG
        if response.error_code is not None:
            level = logging.WARNING if response.status >= 500 else logging.INFO
        _log.log(
            level,
            "%s request %s: status %d, %s, %.1f ms",
            api,
            response.request_id or "-",
            response.status,
            response.error_code or "ok",
            seconds * 1000,
        )
