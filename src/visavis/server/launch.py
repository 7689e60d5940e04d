"""A server in processes of its own, whose store lasts as long as it does: for demonstrations, measuring and tests."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import EngineError
from visavis.server.places import STORE_FILE
from visavis.service.accounts import Interface, KeyKind, Limits
from visavis.storage import SECRET_KEY_FILE, SqlStore, load_secret_key, open_store

_SERVING = re.compile(r"serving on (\S+), workers: \d+; administrators: (\S+)")
_LOG_FILE = "server.log"
_START_S = 120.0
_STOP_S = 60.0


@dataclass(frozen=True, slots=True)
class LaunchedServer:
    """A server that serves.

    Attributes:
        url: of the clients' listener, without a slash at the end.
        admin_url: of the administrators'.
        pid: of its parent process.
        folder: where its store, its secret key and its log are.
        keys: key id and secret of one key of each kind, all of one account that may call everything without limit.
    """

    url: str
    admin_url: str
    pid: int
    folder: Path
    keys: dict[KeyKind, tuple[str, str]]

    @property
    def address(self) -> str:
        """Of the clients' listener: `host:port`."""
        return self.url.partition("://")[2]

    def open_store(self) -> SqlStore:
        """The server's own store, to change accounts and keys under it."""
        return _open_store(self.folder)

    def read_log(self) -> str:
        """What it has said so far."""
        return _read_log(self.folder)


@contextmanager
def launch_server(folder: Path, workers: int, variables: Mapping[str, str] | None = None) -> Iterator[LaunchedServer]:
    """Start `visavis serve` on free loopback ports, and stop it at the end.

    Args:
        folder: for its store, its secret key and its log; the caller deletes it.
        workers: its processes.
        variables: of its environment, besides those of this process.

    Raises:
        EngineError: it did not start; the message is its log.
    """
    with _open_store(folder) as store:
        keys = make_keys(store, "visavis")
    environment = os.environ | {"VISAVIS_HOST": "127.0.0.1", "VISAVIS_ADMIN_HOST": "127.0.0.1"} | dict(variables or {})
    environment |= {"VISAVIS_STORE_URL": _store_url(folder), "VISAVIS_SECRET_KEY_FILE": str(folder / SECRET_KEY_FILE)}
    command = [sys.executable, "-m", "visavis", "serve", "--port", "0", "--admin-port", "0", "--workers", str(workers)]
    with (folder / _LOG_FILE).open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        url, admin_url = _wait_until_serving(process, folder)
        yield LaunchedServer(url, admin_url, process.pid, folder, keys)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def make_keys(store: SqlStore, name: str, limits: Limits | None = None) -> dict[KeyKind, tuple[str, str]]:
    """An account that may call everything, and one key of each kind: its id and its secret."""
    account = store.create_account(name, interfaces=list(Interface), limits=limits or Limits())
    pairs = [store.create_key(account.account_id, kind) for kind in KeyKind]
    return {pair.kind: (pair.key_id, pair.secret) for pair in pairs}


def _store_url(folder: Path) -> str:
    return f"sqlite:///{folder.absolute() / STORE_FILE}"


def _open_store(folder: Path) -> SqlStore:
    return open_store(_store_url(folder), load_secret_key(folder / SECRET_KEY_FILE))


def _read_log(folder: Path) -> str:
    return (folder / _LOG_FILE).read_text("utf-8", "replace")


def _wait_until_serving(process: subprocess.Popen[bytes], folder: Path) -> tuple[str, str]:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        found = _SERVING.search(_read_log(folder))
        if found:
            return found[1], found[2]
        time.sleep(0.05)
    raise EngineError(f"the server did not start:\n{_read_log(folder)}")
