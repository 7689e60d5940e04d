"""The engine opens no socket, starts no process that does, and loads no telemetry."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

# Loaded by every Python that is started below, those that a library starts included.
_WATCH = """
import os, sys

def watch(event, arguments):
    if event.startswith("socket."):
        with open(os.environ["SOCKET_LOG"], "a") as log:
            log.write(f"{event} {arguments}\\n")
        raise RuntimeError(f"no network here: {event}")

sys.addaudithook(watch)
"""

_IMPORT = """
import sys
from visavis.engine.openvino_import import import_openvino
import_openvino()
loaded = [name for name in sys.modules if name.startswith("openvino_telemetry") and sys.modules[name]]
assert not loaded, loaded
"""

_ENGINE = """
import sys
from pathlib import Path
from visavis.engine.pipeline import FaceEngine
home, picture = map(Path, sys.argv[1:])
with FaceEngine(home=home, auto_pull=False) as engine:
    assert len(engine.acquire(picture.read_bytes()).faces) == 1
loaded = [name for name in sys.modules if name.startswith("openvino_telemetry") and sys.modules[name]]
assert not loaded, loaded
"""


def _run_watched(folder: Path, code: str, *arguments: object) -> str:
    """Run Python code in a home folder of its own; returns what was tried with sockets."""
    (folder / "sitecustomize.py").write_text(_WATCH)
    home = folder / "home"
    home.mkdir()
    log = folder / "sockets.log"
    log.touch()
    # Telemetry keeps quiet on machines that look like continuous integration; this must hold everywhere.
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    environment = kept | {"PYTHONPATH": str(folder), "HOME": str(home), "SOCKET_LOG": str(log)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    subprocess.run(command, env=environment, check=True, timeout=120)
    assert not (home / "intel").exists()
    return log.read_text()


def test_the_watch_sees_a_socket(tmp_path: Path) -> None:
    code = "import contextlib, socket\nwith contextlib.suppress(RuntimeError):\n    socket.socket()"
    assert "socket.__new__" in _run_watched(tmp_path, code)


def test_the_watch_sees_a_socket_of_a_process_that_was_started(tmp_path: Path) -> None:
    inner = (
        "import contextlib, socket\nwith contextlib.suppress(RuntimeError):\n    socket.getaddrinfo('localhost', 80)"
    )
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {inner!r}], check=True)"
    assert "socket.getaddrinfo" in _run_watched(tmp_path, code)


def test_importing_openvino_sends_nothing(tmp_path: Path) -> None:
    assert _run_watched(tmp_path, _IMPORT) == ""


def test_the_engine_sends_nothing(tmp_path: Path, model_home: Path) -> None:
    portrait = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    assert _run_watched(tmp_path, _ENGINE, model_home, portrait) == ""


def test_a_plain_import_of_openvino_is_what_must_not_happen(tmp_path: Path) -> None:
    """Should this fail one day, OpenVINO has mended its ways and the special import can go."""
    try:
        importlib.metadata.distribution("openvino-telemetry")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("openvino-telemetry is not installed")
    with pytest.raises(AssertionError):
        assert _run_watched(tmp_path, "import openvino") == ""
