"""A real server in a process of its own, with keys of every kind; for tests that speak HTTP to it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from visavis.api import read_settings
from visavis.service.accounts import Interface, KeyKind, Limits
from visavis.storage import SECRET_KEY_FILE, SqlStore, load_secret_key, open_store

_SERVING = re.compile(r"serving on (\S+), workers: \d+; administrators: (\S+)")
_START_S = 120.0


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A server that serves.

    Attributes:
        url: of the clients' listener, without a slash at the end.
        admin_url: of the administrators'.
        home: its folder: store, secret key, models.
        keys: key id and secret of one key of each kind, all of one account that may call everything without limit.
        log: what it has said so far.
        pid: of its parent process.
    """

    url: str
    admin_url: str
    home: Path
    keys: dict[KeyKind, tuple[str, str]]
    log: list[str]
    pid: int

    @property
    def address(self) -> str:
        """`host:port`."""
        return self.url.partition("://")[2]

    def open_store(self) -> SqlStore:
        """The server's own store, to change accounts and keys under it."""
        return open_home_store(self.home)


def open_home_store(home: Path) -> SqlStore:
    """The store of a server's home."""
    return open_store(f"sqlite:///{home / 'visavis.db'}", load_secret_key(home / SECRET_KEY_FILE))


def make_keys(store: SqlStore, name: str = "tests", limits: Limits | None = None) -> dict[KeyKind, tuple[str, str]]:
    """An account that may call everything, and one key of each kind."""
    account = store.create_account(name, interfaces=list(Interface), limits=limits or Limits())
    keys = {}
    for kind in KeyKind:
        made = store.create_key(account.account_id, kind)
        keys[kind] = (made.key_id, made.secret)
    return keys


@contextmanager
def live_server(
    workers: int = 1, *, folder: Path | None = None, variables: Mapping[str, str] | None = None, **settings: str
) -> Iterator[LiveServer]:
    """Start a server on free loopback ports, and stop it at the end.

    Args:
        workers: its processes.
        folder: its home, empty, to be kept; None: a folder of its own, which is removed.
        variables: further environment variables.
        settings: `VISAVIS_*` without the prefix, in lower case.
    """
    home = folder or Path(tempfile.mkdtemp(prefix="visavis-server-"))
    models = read_settings().home / "models"
    models.mkdir(parents=True, exist_ok=True)
    (home / "models").symlink_to(models)
    with open_home_store(home) as store:
        keys = make_keys(store)
    environment = os.environ | {f"VISAVIS_{name.upper()}": value for name, value in settings.items()}
    environment |= variables or {}
    environment["VISAVIS_HOME"] = str(home)
    command = [sys.executable, "-m", "visavis", "serve", "--port", "0", "--admin-port", "0", "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True)
    log: list[str] = []
    reader = threading.Thread(target=_read, args=(process, log), daemon=True)
    reader.start()
    try:
        url, admin_url = _wait_until_serving(process, log)
        yield LiveServer(url, admin_url, home, keys, log, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)
        reader.join(5)
        assert process.stdout is not None
        process.stdout.close()
        if folder is None:
            shutil.rmtree(home)


def _read(process: subprocess.Popen[str], log: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        log.append(line)


def _wait_until_serving(process: subprocess.Popen[str], log: list[str]) -> tuple[str, str]:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        found = next((match for line in list(log) if (match := _SERVING.search(line))), None)
        if found:
            return found[1], found[2]
        time.sleep(0.05)
    raise AssertionError("the server did not start:\n" + "".join(log))
