"""Raw HTTP in and out of ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from visavis.protocols.base import WireRequest, WireResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


_READ_S = 60.0
_DRAIN_BYTES = 64 * 1024 * 1024
_DRAIN_S = 10.0


class BodyTooLargeError(Exception):
    """The body is longer than its limit; `start` was read, and no more. `has_rest`: there is more to come."""

    def __init__(self, start: bytes, has_rest: bool) -> None:
        super().__init__("the body is too large")
        self.start = start
        self.has_rest = has_rest


class BodyTooSlowError(Exception):
    """The body did not arrive in time."""


class DisconnectedError(Exception):
    """The client is gone."""


async def read_body(receive: Receive, limit_bytes: int, timeout_s: float | None = None) -> bytes:
    """The whole body, counted while it streams in.

    Raises:
        BodyTooLargeError: more than `limit_bytes`.
        BodyTooSlowError: it did not arrive in `timeout_s`; in a minute where that is None.
        DisconnectedError: the client went away before its end.
    """
    try:
        async with asyncio.timeout(_READ_S if timeout_s is None else timeout_s):
            return await _read(receive, limit_bytes)
    except TimeoutError:
        raise BodyTooSlowError from None


async def _read(receive: Receive, limit_bytes: int) -> bytes:
    parts, count = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        part: bytes = message.get("body", b"")
        count += len(part)
        parts.append(part)
        has_rest = message.get("more_body", False)
        if count > limit_bytes:
            raise BodyTooLargeError(b"".join(parts), has_rest)
        if not has_rest:
            return b"".join(parts)


async def drain_body(receive: Receive) -> bool:
    """Read the rest of a body that is refused, and drop it, so that the refusal reaches a client that still sends.

    True where its end was reached, within bounds; otherwise the connection has to be closed.
    """
    count = 0
    try:
        async with asyncio.timeout(_DRAIN_S):
            while count <= _DRAIN_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return False
                count += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return True
    except TimeoutError:
        pass
    return False


def wire_request(scope: Scope, received_at: float, body: bytes = b"") -> WireRequest:
    """What the adapters see of an ASGI request that arrived at `received_at`, `time.monotonic()` seconds."""
    return WireRequest(
        method=scope["method"].upper(),
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"],
        headers=tuple(scope["headers"]),
        body=body,
        received_at=received_at,
    )


async def send_response(send: Send, response: WireResponse, *, close: bool = False) -> None:
    """Send it; `close` ends the connection afterwards."""
    headers = [
        (b"content-type", response.content_type.encode("latin-1")),
        (b"content-length", str(len(response.body)).encode("ascii")),
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers),
    ]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
