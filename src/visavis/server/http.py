"""Raw HTTP in and out of ASGI."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from visavis.protocols.base import WireRequest, WireResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class BodyTooLargeError(Exception):
    """The body is longer than its limit; `start` was read, and no more."""

    def __init__(self, start: bytes) -> None:
        super().__init__("the body is too large")
        self.start = start


class DisconnectedError(Exception):
    """The client is gone."""


async def read_body(receive: Receive, limit_bytes: int) -> bytes:
    """The whole body, counted while it streams in.

    Raises:
        BodyTooLargeError: more than `limit_bytes`.
        DisconnectedError: the client went away before its end.
    """
    parts, count = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        part: bytes = message.get("body", b"")
        count += len(part)
        parts.append(part)
        if count > limit_bytes:
            raise BodyTooLargeError(b"".join(parts))
        if not message.get("more_body", False):
            return b"".join(parts)


def wire_request(scope: Scope, body: bytes) -> WireRequest:
    """What the adapters see of an ASGI request."""
    return WireRequest(
        method=scope["method"].upper(),
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"],
        headers=tuple(scope["headers"]),
        body=body,
        received_at=time.time(),
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
