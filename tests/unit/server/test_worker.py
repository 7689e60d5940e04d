"""One worker's HTTP server on a loopback port: what is no HTTP, and how it stops at its parent's word."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from tests.unit.server.test_app import LIMITS, Adapter
from visavis.config import Settings
from visavis.errors import SettingsError, StoreError
from visavis.server import worker
from visavis.server.app import Dispatcher
from visavis.server.calls import CallsUnderWay
from visavis.server.link import Notice, Order, WorkerLink
from visavis.server.worker import Application, VendorHttpProtocol, WorkerServer


class Running:
    """A server in a thread, with fake adapters, seen from its parent."""

    def __init__(self, parts: Any, connection: Connection) -> None:
        self.calls = CallsUnderWay()
        link = WorkerLink(connection)
        application = Application(Settings(), self.calls, lambda reason: link.tell(Notice.FAILED, reason))
        adapters = {name: Adapter(name, limit) for name, limit in LIMITS.items()}
        parts.dispatcher = Dispatcher(adapters, slow_native, None, self.calls)
        config = uvicorn.Config(
            application, http=VendorHttpProtocol, loop="uvloop", ws="none", lifespan="on", log_config=None
        )
        self.server = WorkerServer(config, self.calls, link)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.server.run(sockets=[self.listener])
        except SystemExit:
            self.listener.close()

    def connect(self, content: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), 10)
        connection.sendall(content)
        return connection

    def ask(self, content: bytes) -> bytes:
        """What comes back, to the end of the connection."""
        with self.connect(content) as connection, connection.makefile("rb") as answer:
            return answer.read()


async def slow_native(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


UNDER_WAY = b"POST /v1/compare HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n"
REFUSED = b"GET /v1/calibration HTTP/1.1\r\nhost: x\r\n\r\n"


def make_parts() -> Any:
    return SimpleNamespace(
        offload=_offload, store=SimpleNamespace(purge_faces=lambda now: 0), close=lambda: None, dispatcher=None
    )


async def _offload(call: Any, *arguments: Any) -> Any:
    return call(*arguments)


@contextmanager
def running(monkeypatch: pytest.MonkeyPatch, parts: Any = None) -> Iterator[tuple[Running, Connection]]:
    parts = parts or make_parts()
    monkeypatch.setattr(worker, "open_parts", lambda settings, calls: parts)
    mine, theirs = multiprocessing.Pipe()
    it = Running(parts, theirs)
    it.thread.start()
    try:
        assert hear(mine) == b"ready "
        yield it, mine
    finally:
        if it.thread.is_alive():
            mine.send_bytes(Order.END.value)
        it.thread.join(20)
        mine.close()
    assert not it.thread.is_alive()


def hear(connection: Connection) -> bytes:
    assert connection.poll(10), "nothing was said"
    return connection.recv_bytes()


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        (b"POST /api HTTP/1.1", b"400 Bad Request\r\ncontent-type: text/x\r\n"),
        (b"POST /?AccessKeyId=x HTTP/1.1", b"alibaba BAD_REQUEST"),
        (b"GET /v1/compare HTTP/1.1", b'"code":"bad_request"'),
        (b"GET /docs HTTP/1.1", b"x-request-id: "),
        (b"GET /nothing HTTP/1.1", b"404 Not Found\r\ncontent-type: application/json\r\n"),
        (b"nonsense", b'"code":"not_found"'),
        ("GET /ä HTTP/1.1".encode(), b'"code":"not_found"'),
    ],
)
def test_what_is_no_http_is_answered(request_line: bytes, expected: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as (it, _):
        answer = it.ask(request_line + b"\r\nhost: x\r\nbad header\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 4") and head.endswith(b"connection: close")
    assert f"content-length: {len(body)}".encode() in head
    assert expected in answer


def test_refuses_while_another_worker_is_busy_and_ends_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as (it, parent):
        parent.send_bytes(Order.STOP.value)
        assert hear(parent) == b"idle "
        for _ in range(3):
            answer = it.ask(REFUSED)
            assert b"503" in answer and b'"code":"stopping"' in answer
        parent.send_bytes(Order.END.value)
        it.thread.join(10)
        with pytest.raises(ConnectionRefusedError):
            it.connect()


def test_is_idle_once_its_own_calls_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as (it, parent), it.connect(UNDER_WAY) as connection:
        _wait_until(lambda: it.calls._count == 1)
        parent.send_bytes(Order.STOP.value)
        assert not parent.poll(0.5)
        assert b'"code":"stopping"' in it.ask(REFUSED)
        connection.sendall(b"x")
        with connection.makefile("rb") as answer:
            assert b"200 OK" in (text := answer.read()) and text.endswith(b"ok") and b"connection: close" in text
        assert hear(parent) == b"idle "


def test_told_by_a_signal_alone_it_leaves_at_once_what_comes_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_ALONE_S", 0.2)
    with running(monkeypatch) as (it, parent), it.connect(UNDER_WAY) as connection:
        _wait_until(lambda: it.calls._count == 1)
        it.server.handle_exit(signal.SIGTERM, None)
        assert it.calls.is_stopping
        it.server._captured_signals.clear()
        _wait_until(lambda: it.listener.fileno() == -1)
        connection.sendall(b"x")
        with connection.makefile("rb") as answer:
            assert answer.read().endswith(b"ok")
        it.thread.join(10)
        with pytest.raises(EOFError):
            parent.recv_bytes()


def test_without_its_parent_it_finishes_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as (it, parent), it.connect(UNDER_WAY) as connection:
        _wait_until(lambda: it.calls._count == 1)
        parent.close()
        _wait_until(lambda: it.calls.is_stopping)
        connection.sendall(b"x")
        with connection.makefile("rb") as answer:
            assert answer.read().endswith(b"ok")
        it.thread.join(10)
        assert not it.thread.is_alive()


def test_what_takes_longer_than_the_grace_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "GRACE_S", 0.3)
    with running(monkeypatch) as (it, parent), it.connect(UNDER_WAY) as connection:
        _wait_until(lambda: it.calls._count == 1)
        parent.send_bytes(Order.STOP.value)
        with connection.makefile("rb") as answer:
            assert b'"code":"stopping"' in answer.read()


def test_why_it_cannot_serve_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(settings: Settings, calls: CallsUnderWay) -> None:
        raise SettingsError("the calibration is another model's")

    mine, theirs = multiprocessing.Pipe()
    it = Running(make_parts(), theirs)
    monkeypatch.setattr(worker, "open_parts", fail)
    it.thread.start()
    assert hear(mine) == b"failed the calibration is another model's"
    it.thread.join(10)
    theirs.close()
    mine.close()


def test_store_that_fails_while_expired_faces_are_deleted_is_no_reason_to_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(now: float) -> int:
        raise StoreError("the disk is full")

    parts = make_parts()
    parts.store.purge_faces = fail
    with running(monkeypatch, parts) as (it, _):
        _wait_until(lambda: "the disk is full" in caplog.text)
        assert b"ok" in it.ask(UNDER_WAY.replace(b"host", b"connection: close\r\nhost") + b"x")


def _wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_link_without_anybody_at_the_other_end() -> None:
    async def run() -> None:
        mine, theirs = multiprocessing.Pipe()
        link = WorkerLink(theirs)
        link.start()
        mine.close()
        link.tell(Notice.READY)
        await asyncio.wait_for(link.end_ordered.wait(), 5)
        assert link.stop_ordered.is_set()
        link.close()

    asyncio.run(run())
