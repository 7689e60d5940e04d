"""The application of one worker: the only place where engine, store, use cases and APIs meet."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from visavis.protocols.base import Adapter, Refusal, WireRequest, WireResponse
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

_log = logging.getLogger("visavis.server")
_NOT_FOUND = WireResponse(
    404,
    b'{"error":{"code":"not_found","message":"no API of this server answers here"}}',
    "application/json",
    error_code="not_found",
)


class ThreadOffload:
    """Runs blocking calls of the store in a few threads; see `service.admission.Offload`."""

    def __init__(self, threads: int = 4) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store")

    async def __call__(self, call: Callable[..., Any], /, *arguments: Any) -> Any:
        """The result of the call."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)

    def close(self) -> None:
        """Wait for what runs."""
        self._threads.shutdown(wait=True)


class Dispatcher:
    """Hands each request to the API that it speaks.

    Args:
        adapters: of the vendors, by name.
        native: our own REST API, an ASGI application.
        metrics: counts; None: nothing is counted.
    """

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        native: Callable[[Scope, Receive, Send], Any],
        metrics: Metrics | None = None,
    ) -> None:
        self._adapters = adapters
        self._native = native
        self._metrics = metrics
        self._largest = max(adapter.body_limit_bytes for adapter in adapters.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        started = time.perf_counter()
        if is_native_path(scope["path"]):
            status = await self._serve_native(scope, receive, send)
            self._count("native", status, None if status < 400 else str(status), started)
            return
        try:
            name, response, close = await self._serve_vendor(scope, receive)
        except DisconnectedError:
            return
        self._count(name or "none", response.status, response.error_code, started)
        await send_response(send, response, close=close)

    def refuse_unparsed(self, path: str, query: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> WireResponse:
        """The answer to a request that is no HTTP, in the words of the API that it seems to speak."""
        request = WireRequest("GET", path or "/", query, headers, b"", time.time())
        name = vendor_of_path(request.path) or vendor_of_root(request)
        return self._adapters[name].refuse(request, Refusal.BAD_REQUEST) if name else _NOT_FOUND

    async def _serve_native(self, scope: Scope, receive: Receive, send: Send) -> int:
        status = 500

        async def watch(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._native(scope, receive, watch)
        return status

    async def _serve_vendor(self, scope: Scope, receive: Receive) -> tuple[str | None, WireResponse, bool]:
        """API, answer, and whether the connection must end because the body was not read to its end."""
        head = wire_request(scope, b"")
        is_root = head.path == "/"
        name = vendor_of_root(head) if is_root else vendor_of_path(head.path)
        if name is None and not is_root:
            return None, _NOT_FOUND, True
        limit = self._adapters[name].body_limit_bytes if name else self._largest
        try:
            body = await read_body(receive, limit)
        except BodyTooLargeError as error:
            request = wire_request(scope, error.start)
            name = name or vendor_of_root(request)
            refused = self._adapters[name].refuse(request, Refusal.BODY_TOO_LARGE) if name else _NOT_FOUND
            return name, refused, error.has_rest and not await drain_body(receive)
        except BodyTooSlowError:
            return name, self._adapters[name].refuse(head, Refusal.BAD_REQUEST) if name else _NOT_FOUND, True
        request = wire_request(scope, body)
        name = name or vendor_of_root(request)
        if name is None:
            return None, _NOT_FOUND, False
        adapter = self._adapters[name]
        if len(body) > adapter.body_limit_bytes:
            return name, adapter.refuse(request, Refusal.BODY_TOO_LARGE), False
        return name, await self._answer(adapter, request), False

    async def _answer(self, adapter: Adapter, request: WireRequest) -> WireResponse:
        try:
            return await adapter.answer(request)
        except Exception:
            # The outermost layer: whatever went wrong, the client gets its vendor's own error.
            _log.exception("request %s to %s failed", uuid.uuid4(), adapter.name)
            return adapter.refuse(request, Refusal.INTERNAL)

    def _count(self, name: str, status: int, error_code: str | None, started: float) -> None:
        seconds = time.perf_counter() - started
        if self._metrics:
            self._metrics.count_request(name, status, error_code, seconds)
        _log.info("%s %d %s %.1f ms", name, status, error_code or "ok", seconds * 1000)
