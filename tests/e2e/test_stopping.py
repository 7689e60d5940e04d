"""How a live server stops: what is under way is finished, what comes is refused in words, and nothing is reset."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.e2e.calls import MATED, REFERENCE, http_bytes, signer_of
from tests.live_server import LiveServer, live_server
from visavis.protocols.signing import alibaba, baidu, kuaidi100, native, tencent
from visavis.protocols.signing.base import SignedRequest
from visavis.service.accounts import KeyKind

SMALL = b"no picture, and nobody looks at it"


class SlowCall:
    """A comparison whose last byte is held back."""

    def __init__(self, server: LiveServer) -> None:
        request = native.sign_comparison(signer_of(server, KeyKind.NATIVE), REFERENCE, MATED)
        self._last = request.body[-1:]
        url = urlsplit(request.url)
        self._socket = socket.create_connection((url.hostname or "", url.port or 0), 10)
        self._socket.sendall(http_bytes(request)[:-1])

    def finish(self) -> bytes:
        """Send the rest; the whole answer, to the end of the connection."""
        self._socket.sendall(self._last)
        with self._socket, self._socket.makefile("rb") as answer:
            return answer.read()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def readiness(server: LiveServer) -> tuple[int, Any]:
    answer = httpx.get(f"{server.admin_url}/health/ready", trust_env=False)
    return answer.status_code, answer.json()


@contextmanager
def stopping(workers: int) -> Iterator[tuple[LiveServer, SlowCall, httpx.Client]]:
    """A server that was told to stop while a call is under way, and a client with a connection from before."""
    with live_server(workers=workers) as server, httpx.Client(trust_env=False, timeout=10) as client:
        call = SlowCall(server)
        assert client.get(f"{server.url}/v1/health/live").status_code == 200
        # The call's head has been taken in by now, too.
        time.sleep(0.3)
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: readiness(server) == (503, {"status": "stopping"}))
        time.sleep(0.3)
        yield server, call, client


def requests(server: LiveServer) -> dict[str, tuple[SignedRequest, Any]]:
    """A request to each API, and where in its answer what code must stand."""
    baidu_signer = signer_of(server, KeyKind.BAIDU)
    return {
        "alibaba": (
            alibaba.sign_comparison(signer_of(server, KeyKind.ALIBABA), SMALL, SMALL),
            (503, ("Code",), "ServiceUnavailable"),
        ),
        "tencent": (
            tencent.sign_comparison(signer_of(server, KeyKind.TENCENT), SMALL, SMALL),
            (200, ("Response", "Error", "Code"), "ServiceUnavailable"),
        ),
        "baidu": (baidu.request_match(baidu_signer, "24.x", SMALL, SMALL), (200, ("error_code",), 2)),
        "baidu token": (baidu.request_token(baidu_signer), (503, ("error",), "temporarily_unavailable")),
        "kuaidi100": (
            kuaidi100.sign_comparison(signer_of(server, KeyKind.KUAIDI100), SMALL, SMALL),
            (200, ("message",), "the server is stopping"),
        ),
        "native": (
            native.sign_comparison(signer_of(server, KeyKind.NATIVE), SMALL, SMALL),
            (503, ("error", "code"), "stopping"),
        ),
    }


def check_refused(answer: httpx.Response, expected: Any) -> None:
    status, path, code = expected
    document = answer.json()
    for name in path:
        document = document[name]
    assert (answer.status_code, document) == (status, code)
    assert answer.headers["connection"] == "close"


def test_what_comes_while_a_call_is_under_way_is_refused_in_the_words_of_its_api() -> None:
    with stopping(workers=2) as (server, call, client):
        for request, expected in requests(server).values():
            # The first goes over the connection from before, all others over new ones.
            answer = client.request(request.method, request.url, content=request.body, headers=list(request.headers))
            check_refused(answer, expected)
        ready = httpx.get(f"{server.url}/v1/health/ready", trust_env=False)
        assert (ready.status_code, ready.json()["error"]["code"]) == (503, "not_ready")
        assert httpx.get(f"{server.url}/v1/health/live", trust_env=False).status_code == 200
        head, _, body = call.finish().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ") and b"connection: close" in head.lower()
        assert json.loads(body)["decision"] == "match"
        began = time.monotonic()
        wait_until(lambda: not psutil.pid_exists(server.pid) or psutil.Process(server.pid).status() == "zombie")
        assert time.monotonic() - began < 8


def test_kept_connections_of_every_worker_are_answered() -> None:
    """An idle worker waits for the busy one: its clients are told, too."""
    with live_server(workers=2) as server:
        clients = [httpx.Client(trust_env=False, timeout=10) for _ in range(8)]
        for client in clients:
            assert client.get(f"{server.url}/v1/health/live").status_code == 200
        call = SlowCall(server)
        time.sleep(0.3)
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: readiness(server)[0] == 503)
        time.sleep(0.5)
        for client in clients:
            answer = client.get(f"{server.url}/v1/calibration")
            check_refused(answer, (503, ("error", "code"), "stopping"))
            client.close()
        assert b"HTTP/1.1 200 " in call.finish()


def test_idle_server_stops_at_once() -> None:
    with live_server(workers=2) as server, httpx.Client(trust_env=False) as client:
        assert client.get(f"{server.url}/v1/health/live").status_code == 200
        process = psutil.Process(server.pid)
        workers = _workers(server)
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: process.status() == "zombie")
        # It takes about a second, and more where the machine is busy with other things; the grace would be 20.
        assert time.monotonic() - began < 8
        assert not [worker for worker in workers if worker.is_running()]
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/v1/health/live", trust_env=False)


def test_signal_to_the_whole_group_stops_it_the_same_way() -> None:
    """So do service managers, and terminals."""
    with live_server(workers=1) as server:
        call = SlowCall(server)
        time.sleep(0.3)
        process = psutil.Process(server.pid)
        for each in [*process.children(), process]:
            each.send_signal(signal.SIGINT)
        wait_until(lambda: readiness(server)[0] == 503)
        time.sleep(1)
        answer = httpx.get(f"{server.url}/v1/calibration", trust_env=False)
        check_refused(answer, (503, ("error", "code"), "stopping"))
        assert b"HTTP/1.1 200 " in call.finish()


def test_worker_that_is_told_to_stop_alone_finishes_its_call_and_is_replaced() -> None:
    with live_server(workers=1) as server:
        call = SlowCall(server)
        time.sleep(0.3)
        (worker,) = _workers(server)
        worker.terminate()
        time.sleep(1)
        assert b"HTTP/1.1 200 " in call.finish()
        wait_until(lambda: not worker.is_running())
        wait_until(lambda: readiness(server) == (200, {"status": "ready"}))
        assert httpx.get(f"{server.url}/v1/health/live", timeout=20, trust_env=False).status_code == 200


def test_server_is_not_ready_while_its_only_worker_is_replaced() -> None:
    with live_server(workers=1) as server:
        assert readiness(server) == (200, {"status": "ready"})
        (worker,) = _workers(server)
        worker.kill()
        wait_until(lambda: readiness(server) == (503, {"status": "starting"}))
        wait_until(lambda: readiness(server) == (200, {"status": "ready"}))


def test_workers_do_not_outlive_their_parent() -> None:
    with live_server(workers=1) as server:
        (worker,) = _workers(server)
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: not worker.is_running() or worker.status() == "zombie")


def _workers(server: LiveServer) -> list[psutil.Process]:
    children = psutil.Process(server.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
