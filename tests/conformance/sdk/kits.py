"""Official kits in processes of their own, and the callers and pictures that they are given."""

from __future__ import annotations

import base64
import enum
import io
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
from PIL import Image

from tests.faces import Pixels, admiral, astronaut
from tests.live_server import LiveServer
from visavis.server.launch import make_keys
from visavis.service.accounts import AccountState, Interface, KeyKind, Limits
from visavis.service.administration import AccountChange

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PYTHON = ROOT / ".sdk-venv" / "bin" / "python"
NODE_MODULES = ROOT / ".sdk-node" / "node_modules"

_REQUIRED = "VISAVIS_REQUIRE_SDKS"
_PATIENCE_S = 90.0
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def encode(pixels: Pixels, kind: str = "JPEG") -> str:
    """A picture as base64 text."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return as_text(buffer.getvalue())


def as_text(data: bytes) -> str:
    """Base64 text."""
    return base64.b64encode(data).decode()


REFERENCE, MATED, STRANGER = encode(astronaut()), encode(astronaut()[:, 20:], "PNG"), encode(admiral())
FACELESS = encode(astronaut()[:64, :64], "PNG")
GIF = encode(astronaut()[:200, 100:300], "GIF")
NO_IMAGE = as_text(b"This is a text, and no picture. " * 40)


def padded(byte_count: int) -> str:
    """The reference with nothing after it, so many bytes of it, as base64 text; its decoder would not mind."""
    picture = base64.b64decode(REFERENCE)
    return as_text(picture + bytes(byte_count - len(picture)))


@dataclass(frozen=True, slots=True)
class Failure:
    """What a kit raised.

    Attributes:
        kind: its class.
        code: its code, by whatever name.
        message: its message.
        facts: the rest of what is known of it.
    """

    kind: str
    code: object
    message: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls what.

    Attributes:
        url: of the server.
        key: key id.
        secret: secret.
        ca: certificate file that the kit is to trust.
    """

    url: str
    key: str
    secret: str
    ca: Path | None = None

    def job(self, arguments: object, **options: object) -> dict[str, object]:
        """What a client script reads."""
        protocol, _, endpoint = self.url.partition("://")
        who = {"protocol": protocol, "endpoint": endpoint, "key": self.key, "secret": self.secret}
        return {**who, "ca": str(self.ca) if self.ca else None, "arguments": arguments, **options}


class Kit:
    """A client script that runs, and does one call after the other.

    Args:
        process: the script.
        options: of every call.
    """

    def __init__(self, process: subprocess.Popen[str], options: dict[str, object]) -> None:
        self._process = process
        self._options = options

    def attempt(self, caller: Caller, arguments: object, **options: object) -> Any:
        """What the kit returned, or a `Failure`."""
        result = self._do(caller.job(arguments, **(self._options | options)))
        if "failure" not in result:
            return result["value"]
        facts = dict(result["failure"])
        return Failure(facts.pop("type"), facts.pop("code"), facts.pop("message"), facts)

    def call(self, caller: Caller, arguments: object, **options: object) -> Any:
        """What the kit returned.

        Raises:
            AssertionError: it raised something.
        """
        outcome = self.attempt(caller, arguments, **options)
        assert not isinstance(outcome, Failure), outcome
        return outcome

    def fail(self, caller: Caller, arguments: object, **options: object) -> Failure:
        """What the kit raised.

        Raises:
            AssertionError: it returned something.
        """
        outcome = self.attempt(caller, arguments, **options)
        assert isinstance(outcome, Failure), f"no exception, but {str(outcome)[:2000]}"
        return outcome

    def _do(self, job: dict[str, object]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        watchdog = threading.Timer(_PATIENCE_S, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        assert line, "the client script ended, or took too long"
        result: dict[str, Any] = json.loads(line)
        return result


@contextmanager
def python_kit(script: str, ca: Path | None = None, **options: object) -> Iterator[Kit]:
    """A client script for Python; `ca` is for kits that know the operating system's certificates only."""
    if not PYTHON.exists():
        _leave_out(f"{PYTHON} is not here: run scripts/install-sdks")
    more = {"SSL_CERT_FILE": str(ca)} if ca else {}
    with _running([str(PYTHON), "-W", "ignore", str(HERE / "python" / script)], more, options) as kit:
        yield kit


@contextmanager
def node_kit(script: str, ca: Path | None = None, **options: object) -> Iterator[Kit]:
    """A client script for Node; all kits for it take a private CA from the environment, at the start."""
    node = shutil.which("node")
    if node is None:
        _leave_out("node is not here")
    if not NODE_MODULES.exists():
        _leave_out(f"{NODE_MODULES} is not here: run scripts/install-sdks")
    more = {"NODE_PATH": str(NODE_MODULES), "NODE_NO_WARNINGS": "1"}
    if ca:
        more["NODE_EXTRA_CA_CERTS"] = str(ca)
    with _running([node, str(HERE / "node" / script)], more, options) as kit:
        yield kit


@contextmanager
def _running(command: list[str], more: dict[str, str], options: dict[str, object]) -> Iterator[Kit]:
    environment = {name: value for name, value in os.environ.items() if name.lower() not in _PROXIES} | more
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
    with process:
        try:
            yield Kit(process, options)
        finally:
            process.kill()


def _leave_out(reason: str) -> NoReturn:
    if os.environ.get(_REQUIRED, "") not in ("", "0"):
        pytest.fail(f"{reason}; {_REQUIRED} is set")
    pytest.skip(reason)


class Trouble(enum.Enum):
    """Why a caller is refused, whatever it asks."""

    WRONG_SECRET = enum.auto()
    UNKNOWN_KEY = enum.auto()
    DISABLED_KEY = enum.auto()
    NOT_GRANTED = enum.auto()
    IN_ARREARS = enum.auto()
    EXHAUSTED = enum.auto()
    """After its first comparison."""
    THROTTLED = enum.auto()
    """After its first call in a second."""


def good_caller(server: LiveServer, kind: KeyKind, ca: Path | None = None) -> Caller:
    """One that may call everything."""
    return Caller(server.url, *server.keys[kind], ca)


def bad_caller(server: LiveServer, kind: KeyKind, trouble: Trouble, ca: Path | None = None) -> Caller:
    """One with an account of its own, in trouble."""
    limits = Limits(per_second=1) if trouble is Trouble.THROTTLED else Limits()
    with server.open_store() as store:
        name = f"{kind} {trouble.name} {time.time_ns()}"
        key, secret = make_keys(store, name, limits)[kind]
        account = next(account for account in store.list_accounts() if account.name == name)
        change = {
            Trouble.NOT_GRANTED: AccountChange(revoke=[each for each in Interface if each.startswith(kind)]),
            Trouble.IN_ARREARS: AccountChange(state=AccountState.IN_ARREARS),
        }.get(trouble)
        if change:
            store.update_account(account.account_id, change)
        if trouble is Trouble.EXHAUSTED:
            store.add_package(account.account_id, 1, time.time() + 3600)
        if trouble is Trouble.DISABLED_KEY:
            store.set_key_enabled(kind, key, is_enabled=False)
    if trouble is Trouble.WRONG_SECRET:
        secret = secret[::-1]
    if trouble is Trouble.UNKNOWN_KEY:
        key = key[:-6] + "000000"
    return Caller(server.url, key, secret, ca)


def count_errors(server: LiveServer, api: str, code: str) -> int:
    """How often the server has answered with this error."""
    text = httpx.get(f"{server.admin_url}/metrics", trust_env=False).text
    series = f'visavis_errors_total{{api="{api}",code="{code}"}} '
    return int(sum(float(line.removeprefix(series)) for line in text.splitlines() if line.startswith(series)))
