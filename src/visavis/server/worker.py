"""One process that serves: its application, and the HTTP server around it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from visavis.config import Settings
from visavis.errors import StoreError, VisavisError
from visavis.server.http import Receive, Scope, Send
from visavis.server.parts import Parts, open_parts

GRACE_S = 20
"""How long a stopping worker lets calls finish."""
_KEEP_ALIVE_S = 75
_BACKLOG = 2048
_PURGE_EVERY_S = 300.0

_log = logging.getLogger("visavis.server")


class Application:
    """The ASGI application: opens its parts when the server starts, closes them when it stops."""

    def __init__(self, settings: Settings, on_ready: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._on_ready = on_ready
        self.parts: Parts | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an HTTP request, or start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and self.parts is not None:
            await self.parts.dispatcher(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self.parts = open_parts(self._settings)
        except VisavisError as error:
            _log.error("cannot serve: %s", error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        self._on_ready()
        purging = asyncio.create_task(self._purge(self.parts))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        purging.cancel()
        self.parts.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _purge(self, parts: Parts) -> None:
        """Delete expired faces for good, now and then."""
        while True:
            try:
                await parts.offload(parts.store.purge_faces, time.time())
            except StoreError as error:
                _log.warning("expired faces could not be deleted: %s", error)
            await asyncio.sleep(_PURGE_EVERY_S)


class VendorHttpProtocol(HttpToolsProtocol):
    """uvicorn's own, but what is no HTTP is answered in the words of the API that it seems to speak."""

    def send_400_response(self, msg: str) -> None:
        """Answer and close; called where the parser gives up."""
        application = self.config.app
        if not isinstance(application, Application) or application.parts is None:
            super().send_400_response(msg)
            return
        path, _, query = bytes(getattr(self, "url", b"") or b"").partition(b"?")
        headers = tuple(getattr(self, "headers", ()) or ())
        answer = application.parts.dispatcher.refuse_unparsed(path.decode("latin-1"), query, headers)
        reason = {400: "Bad Request", 404: "Not Found"}.get(answer.status, "OK")
        head = (
            f"HTTP/1.1 {answer.status} {reason}\r\ncontent-type: {answer.content_type}\r\n"
            f"content-length: {len(answer.body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("latin-1") + answer.body)
        self.transport.close()


def start_logging() -> None:
    """One line an event on standard error, in every process of the server alike."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(process)d %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def run_worker(settings: Settings, listener: socket.socket, ready: Any) -> None:
    """Serve on a socket that listens already, until a signal says stop; `ready.set()` once the models are warm."""
    start_logging()
    application = Application(settings, ready.set)
    config = uvicorn.Config(
        application,
        http=VendorHttpProtocol,
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=os.fspath(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=os.fspath(settings.tls_key) if settings.tls_key else None,
    )
    uvicorn.Server(config).run(sockets=[listener])
