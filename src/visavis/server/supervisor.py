"""The parent of the workers: listens, starts them, replaces those that die, and stops them all."""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from types import FrameType

from visavis.config import Settings
from visavis.engine.models import ModelStore, ensure_models
from visavis.engine.pipeline import DETECTOR
from visavis.errors import SettingsError
from visavis.server.admin import AdminListener
from visavis.server.metrics import forget_worker, share_metrics
from visavis.server.parts import download_policy
from visavis.server.places import secret_key_file, store_url
from visavis.server.worker import GRACE_S, run_worker, start_logging
from visavis.storage import SqlStore, load_secret_key, open_store

_log = logging.getLogger("visavis.server")
_START_S = 120.0
_POLL_S = 0.2
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
        if (settings.tls_cert is None) != (settings.tls_key is None):
            raise SettingsError("VISAVIS_TLS_CERT and VISAVIS_TLS_KEY go together: set both, or neither")
        if settings.tls_cert and settings.tls_key:
            _check_tls(settings.tls_cert, settings.tls_key)
        start_logging()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _prepare(settings, say)
        self._listener = _listen(settings.host, settings.port)
        self._admin_socket = _listen(settings.admin_host, settings.admin_port)
        self._stop = threading.Event()
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[tuple[BaseProcess, float]] = []
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
        """Serve until SIGTERM or SIGINT; the exit status: 0, or 1 where workers kept dying."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        share_metrics(self._metrics)
        ready = self._context.Event()
        count = self._settings.workers or os.cpu_count() or 1
        token = self._settings.admin_token
        admin = AdminListener(
            self._admin_socket, ready.is_set, token.get_secret_value() if token else None, self._open_store
        )
        try:
            for _ in range(count):
                self._start(ready)
            admin.start()
            return self._watch(ready, count)
        finally:
            admin.stop()
            self._end_workers()
            self._listener.close()
            self._admin_socket.close()
            shutil.rmtree(self._metrics, ignore_errors=True)

    def _open_store(self) -> SqlStore:
        secret_key = load_secret_key(secret_key_file(self._settings))
        return open_store(store_url(self._settings), secret_key, migrate=False)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self, ready: Event) -> None:
        worker = self._context.Process(target=run_worker, args=(self._settings, self._listener, ready), daemon=False)
        worker.start()
        self._workers.append((worker, time.monotonic()))

    def _watch(self, ready: Event, count: int) -> int:
        has_announced, early_deaths = False, 0
        while not self._stop.wait(_POLL_S):
            if ready.is_set() and not has_announced:
                has_announced = True
                self._say(f"serving on {self.url}, workers: {count}; administrators: {self.admin_url}")
            for worker, started in [entry for entry in self._workers if not entry[0].is_alive()]:
                self._workers.remove((worker, started))
                if worker.pid is not None:
                    forget_worker(worker.pid)
                early_deaths = early_deaths + 1 if time.monotonic() - started < _EARLY_S else 0
                _log.error("worker %s ended with %s", worker.pid, worker.exitcode)
                if early_deaths >= _MAX_EARLY_DEATHS or not has_announced:
                    self._say("a worker could not start; its messages are above")
                    return 1
                self._start(ready)
        return 0

    def _end_workers(self) -> None:
        for worker, _ in self._workers:
            worker.terminate()
        deadline = time.monotonic() + GRACE_S + 5
        for worker, _ in self._workers:
            worker.join(max(0.1, deadline - time.monotonic()))
            if worker.is_alive():
                worker.kill()
                worker.join()


def _prepare(settings: Settings, say: Callable[[str], None]) -> None:
    """Models, secret key and store: there, right, and of this version."""
    ensure_models(ModelStore(settings.home), (DETECTOR, settings.model), auto_pull=settings.auto_pull, announce=say)
    download_policy(settings)
    path = secret_key_file(settings)
    is_new = not path.exists()
    secret_key = load_secret_key(path)
    if is_new:
        say(f"made a secret key: {path}; keep a copy, without it the store cannot be read")
    open_store(store_url(settings), secret_key, migrate=True).close()


def _check_tls(certificate: Path, key: Path) -> None:
    """Read them once here: a sentence is better than the same complaint from every worker."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or error
        raise SettingsError(f"VISAVIS_TLS_CERT and VISAVIS_TLS_KEY cannot be used: {reason}") from error


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
