"""A server in processes of its own, with a store that lasts as long as it does; for demonstrations and measuring."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import EngineError
from visavis.service.accounts import Interface, KeyKind
from visavis.storage import SECRET_KEY_FILE, load_secret_key, open_store

_SERVING = re.compile(r"serving on (\S+), workers: \d+; administrators: (\S+)")
_START_S = 120.0
_STOP_S = 60.0


@dataclass(frozen=True, slots=True)
class LaunchedServer:
    """A server that serves.

    Attributes:
        url: of the clients' listener, without a slash at the end.
        admin_url: of the administrators'.
        pid: of its parent process.
        keys: key id and secret of one key of each kind, all of one account that may call everything without limit.
    """

    url: str
    admin_url: str
    pid: int
    keys: dict[KeyKind, tuple[str, str]]


@contextmanager
def launch_server(folder: Path, workers: int) -> Iterator[LaunchedServer]:
    """Start `visavis serve` on free loopback ports, and stop it at the end.

    Args:
        folder: for its store, its secret key and its log; the caller deletes it.
        workers: its processes.

    Raises:
        EngineError: it did not start; the message is its log.
    """
    store_url, secret_key_file = f"sqlite:///{folder.absolute() / 'visavis.db'}", folder / SECRET_KEY_FILE
    with open_store(store_url, load_secret_key(secret_key_file)) as store:
        account = store.create_account("visavis", interfaces=list(Interface))
        pairs = [store.create_key(account.account_id, kind) for kind in KeyKind]
    environment = os.environ | {"VISAVIS_STORE_URL": store_url, "VISAVIS_SECRET_KEY_FILE": str(secret_key_file)}
    environment |= {"VISAVIS_HOST": "127.0.0.1", "VISAVIS_ADMIN_HOST": "127.0.0.1"}
    command = [sys.executable, "-m", "visavis", "serve", "--port", "0", "--admin-port", "0", "--workers", str(workers)]
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        url, admin_url = _wait_until_serving(process, log)
        yield LaunchedServer(url, admin_url, process.pid, {pair.kind: (pair.key_id, pair.secret) for pair in pairs})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_S)


def _wait_until_serving(process: subprocess.Popen[bytes], log: Path) -> tuple[str, str]:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        found = _SERVING.search(log.read_text("utf-8", "replace"))
        if found:
            return found[1], found[2]
        time.sleep(0.05)
    raise EngineError(f"the server did not start:\n{log.read_text('utf-8', 'replace')}")
