"""One process that serves: its application, and the HTTP server around it."""

from __future__ import annotations

import asyncio
import http
import logging
import math
import os
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from visavis.config import Settings
from visavis.errors import StoreError, VisavisError
from visavis.server.calls import CallsUnderWay
from visavis.server.http import Receive, Scope, Send
from visavis.server.link import Notice, WorkerLink
from visavis.server.parts import Parts, open_parts

GRACE_S = 20
"""How long a stopping worker lets calls finish."""
_KEEP_ALIVE_S = 75
_BACKLOG = 2048
_PURGE_EVERY_S = 300.0
_ALONE_S = 0.5
"""A worker that is told to stop by a signal, but not by its parent within this time, is the only one that stops."""
_LINGER_S = 0.1
"""Once nothing is under way, how long connections that were opened at the last moment may still ask."""

_log = logging.getLogger("visavis.server")


class Application:
    """The ASGI application: opens its parts when the server starts, closes them when it stops.

    Args:
        settings: what to serve.
        calls: counts the requests under way.
        on_failure: told why it cannot serve.
    """

    def __init__(self, settings: Settings, calls: CallsUnderWay, on_failure: Callable[[str], None]) -> None:
        self._settings = settings
        self._calls = calls
        self._on_failure = on_failure
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
            self.parts = open_parts(self._settings, self._calls)
        except VisavisError as error:
            self._on_failure(str(error))
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
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
        lines = [
            f"HTTP/1.1 {answer.status} {http.HTTPStatus(answer.status).phrase}",
            f"content-type: {answer.content_type}",
            f"content-length: {len(answer.body)}",
            *(f"{name.lower()}: {value}" for name, value in answer.headers),
            "connection: close",
        ]
        self.transport.write("\r\n".join([*lines, "\r\n"]).encode("latin-1") + answer.body)
        self.transport.close()


class WorkerServer(uvicorn.Server):
    """uvicorn's own, but that it goes on accepting while it stops, so that what comes is refused in words.

    It does so until no worker has anything under way any more, which only the parent knows.

    Args:
        config: of uvicorn.
        calls: what is under way.
        link: to the parent.
    """

    def __init__(self, config: uvicorn.Config, calls: CallsUnderWay, link: WorkerLink) -> None:
        super().__init__(config)
        self._calls = calls
        self._link = link

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Refuse what comes from this moment on."""
        self._calls.is_stopping = True
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that the worker serves, once it does."""
        await super().startup(sockets)
        self._link.start()
        self._link.tell(Notice.READY)

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop; asked ten times a second."""
        self.should_exit = self.should_exit or self._link.stop_ordered.is_set()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way, for at most `GRACE_S`, and close."""
        self._calls.is_stopping = True
        end_at = time.monotonic() + GRACE_S
        await self._refuse_while_others_work()
        # Both by now: while either is open, connections are made that nobody will answer.
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        await asyncio.sleep(_LINGER_S)
        self.config.timeout_graceful_shutdown = max(1, math.ceil(end_at - time.monotonic()))
        await super().shutdown(sockets)
        self._link.close()

    async def _refuse_while_others_work(self) -> None:
        try:
            async with asyncio.timeout(_ALONE_S):
                await self._link.stop_ordered.wait()
            async with asyncio.timeout(GRACE_S):
                await self._calls.wait_until_none()
                self._link.tell(Notice.IDLE)
                await self._link.end_ordered.wait()
        except TimeoutError:
            pass


def start_logging() -> None:
    """One line an event on standard error, in every process of the server alike."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(process)d %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def run_worker(settings: Settings, listener: socket.socket, connection: Connection) -> None:
    """Serve on a socket that listens already, until the parent or a signal says stop."""
    start_logging()
    calls, link = CallsUnderWay(), WorkerLink(connection)
    application = Application(settings, calls, lambda reason: link.tell(Notice.FAILED, reason))
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
    WorkerServer(config, calls, link).run(sockets=[listener])
