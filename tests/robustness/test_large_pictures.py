"""The largest pictures that the limits let through, honest and not, stay within two seconds and a gibibyte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.robustness.large_run import PICTURES

_ROOT = Path(__file__).parents[2]
_LONGEST_S = 2.0
_LARGEST_MB = 1024
_REFUSED = {"jpeg-grown", "jpeg-grown-progressive"}


@pytest.mark.parametrize("name", PICTURES)
def test_large_picture_is_cheap_enough(name: str) -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.robustness.large_run", name]
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=120, check=True)
    measured = json.loads(run.stdout)
    assert measured["outcome"] == ("ImageDecodeError" if name in _REFUSED else "FaceImage")
    assert measured["taken_s"] < _LONGEST_S
    assert measured["peak_mb"] < _LARGEST_MB
    assert run.stderr == ""
