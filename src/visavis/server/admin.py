"""The administrators' listener: metrics, health and their REST API, on a port of its own."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Literal

import uvicorn

from visavis.protocols.base import WireRequest, WireResponse
from visavis.server.admin_api import PREFIX, create_admin_api, error_body
from visavis.server.http import (
    BodyTooLargeError,
    DisconnectedError,
    Receive,
    Scope,
    Send,
    read_body,
    send_response,
    wire_request,
)
from visavis.server.metrics import render_metrics
from visavis.service.administration import AccountBook
from visavis.storage import SqlStore

BODY_LIMIT_BYTES = 64 * 1024
BODY_TIMEOUT_S = 10.0

Readiness = Literal["starting", "ready", "stopping"]
"""Whether the server serves; `starting` also while no worker is ready because all are being replaced."""

_JSON = "application/json"
_STOP_S = 5
_log = logging.getLogger("visavis.server")


class GuardedApi:
    """The REST API for those who know the token; all others cannot even make it read a body.

    Args:
        token: what they must know; None: nobody gets in.
        book: what the API works on; None where nobody gets in.
    """

    def __init__(self, token: str | None, book: AccountBook | None) -> None:
        self._token = token.encode() if token else None
        self._api = create_admin_api(book) if book is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        refused = self._refuse_stranger(scope)
        if refused or self._api is None:
            await send_response(send, refused or _OFF, close=True)
            return
        try:
            request = wire_request(scope, time.monotonic(), await _read_body(receive))
        except DisconnectedError:
            return
        except (BodyTooLargeError, TimeoutError) as error:
            await send_response(send, _TOO_LARGE if isinstance(error, BodyTooLargeError) else _TOO_SLOW, close=True)
            return
        unusable = _refuse_body(request)
        if unusable:
            await send_response(send, unusable)
            return
        await self._api(scope, _replay(request.body, receive), _watch(scope, send))

    def _refuse_stranger(self, scope: Scope) -> WireResponse | None:
        """None for who knows the token."""
        if self._token is None:
            return _OFF
        sent = [value for name, value in scope["headers"] if name == b"authorization"]
        if not sent:
            return _error(401, "missing_token", "a bearer token is needed", _CHALLENGE)
        scheme, _, token = sent[0].strip().partition(b" ")
        is_right = hmac.compare_digest(token.strip(), self._token)
        if len(sent) > 1 or scheme.lower() != b"bearer" or not is_right:
            return _error(401, "invalid_token", "the bearer token is not the right one", _CHALLENGE)
        return None


class AdminListener:
    """Serves `/metrics`, `/health/live`, `/health/ready` and `/admin/v1/` from a thread of the parent process.

    Args:
        listener: a socket that listens already.
        readiness: asked each time.
        token: what an administrator must know; None: there is no REST API.
        open_book: opens the store that the REST API works on; called only where there is one.
    """

    def __init__(
        self,
        listener: socket.socket,
        readiness: Callable[[], Readiness],
        token: str | None,
        open_book: Callable[[], SqlStore],
    ) -> None:
        self._listener = listener
        self._readiness = readiness
        self._token = token
        self._open_book = open_book
        self._book: SqlStore | None = None
        self._api = GuardedApi(None, None)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await self._answer(scope, receive, send)

        config = uvicorn.Config(
            answer,
            loop="asyncio",
            # Unlike the faster parser this one has a limit for headers.
            http="h11",
            ws="none",
            lifespan="off",
            access_log=False,
            proxy_headers=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=_STOP_S - 2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="admin", daemon=True)

    def start(self) -> None:
        """Serve from now on.

        Raises:
            VisavisError: the store cannot be opened.
        """
        if self._token is not None:
            self._book = self._open_book()
            self._api = GuardedApi(self._token, self._book)
        self._thread.start()

    def stop(self) -> None:
        """Serve no more."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_STOP_S)
        if self._book is not None:
            self._book.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener.dup()]))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(f"{PREFIX}/"):
            await self._api(scope, receive, send)
            return
        if path == "/metrics":
            body, content_type = await asyncio.to_thread(render_metrics)
            response = WireResponse(200, body, content_type)
        elif path == "/health/live":
            response = WireResponse(200, b'{"status":"live"}', _JSON)
        elif path == "/health/ready":
            readiness = self._readiness()
            text = json.dumps({"status": readiness}, separators=(",", ":")).encode()
            response = WireResponse(200 if readiness == "ready" else 503, text, _JSON)
        else:
            response = _error(404, "not_found", "nothing answers here")
        await send_response(send, response)


def _error(status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> WireResponse:
    return WireResponse(status, error_body(code, message), _JSON, headers, code)


_CHALLENGE = (("WWW-Authenticate", 'Bearer realm="visavis administration"'),)
_OFF = _error(
    403,
    "admin_api_off",
    "the administrators' REST API is off; VISAVIS_ADMIN_TOKEN must be set, to at least 20 characters, when the server "
    "starts",
)
_TOO_LARGE = _error(413, "body_too_large", f"a body has at most {BODY_LIMIT_BYTES:,} bytes")
_TOO_SLOW = _error(408, "body_too_slow", f"the body did not arrive within {BODY_TIMEOUT_S:.0f} seconds")


async def _read_body(receive: Receive) -> bytes:
    async with asyncio.timeout(BODY_TIMEOUT_S):
        return await read_body(receive, BODY_LIMIT_BYTES)


def _refuse_body(request: WireRequest) -> WireResponse | None:
    """What is wrong with a request as such; None: nothing."""
    if request.query:
        return _error(422, "invalid_value", "this API takes no query parameters")
    if not request.body:
        return None
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type != _JSON or (request.header("content-encoding") or "identity").strip().lower() != "identity":
        return _error(415, "unsupported_media_type", "a body is JSON, application/json, and not compressed")
    try:
        json.loads(request.body.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return _error(400, "malformed_json", "the body is not JSON, or names something twice")
    return None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a name occurs twice")
    return document


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once, then what else there is to receive."""
    messages: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> MutableMapping[str, Any]:
        return messages.pop() if messages else await receive()

    return replay


def _watch(scope: Scope, send: Send) -> Send:
    """Logs what was done; not the path itself, in which somebody may have put a secret by mistake."""

    async def watch(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            route = getattr(scope.get("route"), "path", "none")
            _log.info("administrator: %s %s %d", scope["method"], route, message["status"])
        await send(message)

    return watch
