"""What `import visavis` gives, and what it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import visavis

# Reports every file opened and every connection made while visavis is imported.
_CHILD = """
import json, os, sys

seen = {"opened": [], "network": [], "started": []}

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        seen["opened"].append([os.path.abspath(arguments[0]), str(arguments[1]), arguments[2] or 0])
    elif event.startswith("socket."):
        seen["network"].append(event)
    elif event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.mkdir", "os.remove", "os.rename"):
        seen["started"].append(event)

sys.addaudithook(watch)
import visavis
seen["modules"] = [name for name in sys.modules if "." not in name]
print(json.dumps(seen))
"""


def test_public_names_are_these() -> None:
    assert visavis.__all__ == [
        "AnalyzedFace",
        "AsyncClient",
        "CheckedFace",
        "Client",
        "Comparison",
        "FaceChoice",
        "FaceEngine",
        "FaceImage",
        "FaceMeasures",
        "HeadPose",
        "NonResponse",
        "PadResult",
        "Region",
        "SynthesisResult",
        "VisavisError",
        "__version__",
        "analyze",
        "compare",
        "liveness",
        "open_engine",
    ]
    assert all(hasattr(visavis, name) for name in visavis.__all__)


def test_unknown_names_are_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        visavis.nothing  # noqa: B018


def test_import_touches_nothing_but_modules(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    answer = subprocess.run(
        [sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True, env=environment, cwd=tmp_path
    )
    seen = json.loads(answer.stdout)
    assert not {"openvino", "onnxruntime", "onnx", "matplotlib", "scipy", "skimage", "typer", "httpx"} & set(
        seen["modules"]
    )
    assert (seen["network"], seen["started"]) == ([], [])
    writing = [path for path, mode, flags in seen["opened"] if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)]
    assert writing == []
    outside = [path for path, _, _ in seen["opened"] if Path(path).suffix not in {".py", ".pyc", ".so"}]
    homely = [path for path in outside if path.startswith(str(tmp_path)) or "visavis" in Path(path).name]
    assert homely == []
    assert list(tmp_path.iterdir()) == []
