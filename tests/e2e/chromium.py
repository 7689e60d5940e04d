"""Chromium, told what to do through a pipe in the words of its own debugging protocol; nothing else is needed."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_TIMEOUT_S = 60.0
# Calls home, as a browser does by itself, are none of the page's.
_SWITCHES = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


def find_chromium() -> str | None:
    """Its program, where there is one."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@dataclass
class Page:
    """A page, and all that it did.

    Attributes:
        requests: URLs that it asked for, those of `data:` left out.
        complaints: errors of its scripts, and what its console says as a warning or worse.
    """

    _send: Callable[[str, dict[str, Any]], Any]
    _wait: Callable[[Callable[[], bool], str], None]
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def see(self, method: str, parameters: dict[str, Any]) -> None:
        """Take note of what Chromium tells."""
        if method == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            self.requests += [] if url.startswith("data:") else [url]
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("warning", "error", "assert"):
            self.complaints.append(json.dumps(parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("warning", "error"):
            self.complaints.append(json.dumps(parameters["entry"]))

    def open(
        self, url: str, *, width: int = 1280, height: int = 900, scheme: str = "light", locale: str = "en"
    ) -> None:
        """Load a page on a screen of so many pixels, and wait until it is there."""
        is_phone = width < 600
        screen = {"width": width, "height": height, "deviceScaleFactor": 2 if is_phone else 1, "mobile": is_phone}
        self._send("Emulation.setDeviceMetricsOverride", screen)
        self._send("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        agent = self.run("navigator.userAgent")
        self._send("Network.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": locale})
        self._send("Page.navigate", {"url": url})
        self.wait_until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """The value of an expression."""
        answer = self._send("Runtime.evaluate", {"expression": script, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_until(self, script: str) -> None:
        """Until an expression is true."""
        self._wait(lambda: bool(self.run(script)), script)

    def choose_file(self, selector: str, path: Path) -> None:
        """As a person does with the dialogue for files."""
        found = self._send("Runtime.evaluate", {"expression": f"document.querySelector({json.dumps(selector)})"})
        target = {"objectId": found["result"]["objectId"], "files": [str(path)]}
        self._send("DOM.setFileInputFiles", target)

    def take_picture(self, path: Path) -> None:
        """Of the whole page, as PNG."""
        size = self._send("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self._send("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def open_page(program: str, folder: Path) -> Iterator[Page]:
    """A page of a browser that is closed at the end.

    Args:
        program: see `find_chromium`.
        folder: for its profile.
    """
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    to_read, from_us = os.pipe()
    to_us, to_write = os.pipe()
    command = [program, *_SWITCHES, *sandbox, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    process = subprocess.Popen(
        ["bash", "-c", f'exec 3<&{to_read} 4>&{to_write} "$@"', "bash", *command],
        pass_fds=(to_read, to_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(to_write)
    try:
        yield _Pipe(from_us, to_us).attach()
    finally:
        process.terminate()
        process.wait(20)
        os.close(from_us)
        os.close(to_us)


class _Pipe:
    """Messages are JSON with a zero byte at their end."""

    def __init__(self, from_us: int, to_us: int) -> None:
        self._from_us = from_us
        self._to_us = to_us
        self._number = 0
        self._session: str | None = None
        self._rest = b""
        self._answers: dict[int, Any] = {}
        self._page: Page | None = None

    def attach(self) -> Page:
        targets = self.send("Target.getTargets", {})["targetInfos"]
        (target,) = (target["targetId"] for target in targets if target["type"] == "page")
        self._session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self._page = Page(self.send, self._wait)
        for domain in ("Page", "Network", "Runtime", "Log", "DOM"):
            self.send(f"{domain}.enable", {})
        return self._page

    def send(self, method: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._from_us, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + _TIMEOUT_S
        while number not in self._answers:
            self._read(deadline)
        answer = self._answers.pop(number)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _wait(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _TIMEOUT_S
        while not is_so():
            assert time.monotonic() < deadline, f"not so: {what}"
            time.sleep(0.02)

    def _read(self, deadline: float) -> None:
        is_there, _, _ = select.select([self._to_us], [], [], max(0.0, deadline - time.monotonic()))
        assert is_there, "Chromium does not answer"
        content = os.read(self._to_us, 1 << 20)
        assert content, "Chromium has ended"
        *whole, self._rest = (self._rest + content).split(b"\0")
        for message in map(json.loads, whole):
            if "id" in message:
                self._answers[message["id"]] = message
            elif self._page is not None:
                self._page.see(message["method"], message["params"])
