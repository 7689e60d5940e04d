"""The parent of the workers: listens, starts them, replaces those that die, and stops them all."""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path
from types import FrameType

from visavis.config import Settings
from visavis.errors import SettingsError
from visavis.server.admin import AdminListener, Readiness
from visavis.server.checks import check_settings, prepare
from visavis.server.link import Order, WorkerHandle
from visavis.server.metrics import forget_worker, share_metrics
from visavis.server.places import secret_key_file, store_url
from visavis.server.worker import GRACE_S, run_worker, start_logging
from visavis.storage import SqlStore, load_secret_key, open_store

_log = logging.getLogger("visavis.server")
_POLL_S = 0.1
_KILL_AFTER_S = 5
_MAX_EARLY_DEATHS = 5
_EARLY_S = 10.0


class Supervisor:
    """Runs a server.

    Args:
        settings: what to serve, where.
        say: told in sentences what an operator should know.

    Raises:
        VisavisError: what is missing or wrong, in one sentence; nothing was started.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        check_settings(settings)
        start_logging()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        prepare(settings, say)
        self._listener = _listen(settings.host, settings.port)
        self._admin_socket = _listen(settings.admin_host, settings.admin_port)
        self._stop = threading.Event()
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[WorkerHandle] = []
        self._early_deaths = 0
        self._has_announced = False
        self._metrics = Path(tempfile.mkdtemp(prefix="visavis-metrics-"))

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return _url("https" if self._settings.tls_cert else "http", self._listener)

    @property
    def admin_url(self) -> str:
        """Where administrators reach it."""
        return _url("http", self._admin_socket)

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit status: 0, 1 where workers kept dying, 2 where none could serve."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        share_metrics(self._metrics)
        token = self._settings.admin_token
        admin = AdminListener(
            self._admin_socket, self._readiness, token.get_secret_value() if token else None, self._open_store
        )
        try:
            for _ in range(self._worker_count):
                self._start()
            admin.start()
            return self._watch()
        finally:
            self._stop.set()
            self._end_workers()
            admin.stop()
            self._admin_socket.close()
            shutil.rmtree(self._metrics, ignore_errors=True)

    @property
    def _worker_count(self) -> int:
        return self._settings.workers or os.cpu_count() or 1

    def _open_store(self) -> SqlStore:
        secret_key = load_secret_key(secret_key_file(self._settings))
        return open_store(store_url(self._settings), secret_key, migrate=False)

    def _readiness(self) -> Readiness:
        if self._stop.is_set():
            return "stopping"
        return "ready" if any(worker.is_ready for worker in list(self._workers)) else "starting"

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self) -> None:
        mine, theirs = self._context.Pipe()
        process = self._context.Process(target=run_worker, args=(self._settings, self._listener, theirs), daemon=False)
        process.start()
        # Held here too, the worker's end would never be seen to close.
        theirs.close()
        self._workers.append(WorkerHandle(process, mine))

    def _watch(self) -> int:
        while not self._stop.is_set():
            self._hear()
            if not self._has_announced and any(worker.is_ready for worker in self._workers):
                self._has_announced = True
                self._say(f"serving on {self.url}, workers: {self._worker_count}; administrators: {self.admin_url}")
            for worker in [worker for worker in self._workers if not worker.process.is_alive()]:
                status = self._bury(worker)
                if status is not None:
                    return status
                self._start()
        return 0

    def _hear(self) -> None:
        """Wait a little for what workers say, and for their death."""
        # Of who is gone both would always have something to say.
        connections = [worker.connection for worker in self._workers if not worker.is_lost]
        sentinels = [worker.process.sentinel for worker in self._workers if worker.process.is_alive()]
        wait([*connections, *sentinels], _POLL_S)
        for worker in self._workers:
            worker.hear()

    def _bury(self, worker: WorkerHandle) -> int | None:
        """See to what a worker that has ended leaves; the server's exit status where another one would do no better."""
        worker.hear()
        self._workers.remove(worker)
        worker.connection.close()
        if worker.process.pid is not None:
            forget_worker(worker.process.pid)
        is_early = time.monotonic() - worker.started_at < _EARLY_S
        self._early_deaths = self._early_deaths + 1 if is_early else 0
        _log.error("worker %s ended with %s", worker.process.pid, worker.process.exitcode)
        if worker.failure is not None and not self._has_announced:
            self._say(f"error: {worker.failure}")
            return 2
        if self._early_deaths >= _MAX_EARLY_DEATHS or not self._has_announced:
            self._say("a worker could not start; its messages are above")
            return 1
        return None

    def _end_workers(self) -> None:
        """Workers refuse what comes from now on; once none has anything under way, or the time is over, all end."""
        # Once the workers have closed theirs too, nobody listens: clients are told so at once.
        self._listener.close()
        for worker in self._workers:
            worker.hear()
            if worker.is_ready:
                worker.order(Order.STOP)
            else:
                worker.process.kill()
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline and any(_is_busy(worker) for worker in self._workers):
            self._hear()
        for worker in self._workers:
            worker.order(Order.END)
        deadline = max(deadline, time.monotonic()) + _KILL_AFTER_S
        for worker in self._workers:
            worker.process.join(max(0.1, deadline - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _is_busy(worker: WorkerHandle) -> bool:
    return not worker.is_idle and worker.process.is_alive()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sends small packets at once (TCP_NODELAY) only where it is: without it each
    # answer on a kept connection would wait for the client's delayed acknowledgement, some 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener


def _url(scheme: str, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
