"""Contestants that do no work: small scripts that speak the benchmark's protocol through the real worker."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from visavis.bench.pool import Contestant

MakeContestant = Callable[..., Contestant]

_FACTS = {"precision": "fp32", "profile": "default", "runtime": "none", "model": "m"}
_HONEST = "return 0.9 if reference[0] == probe[0] else 0.1"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two pairs of invented file names at two sizes; mated where the first letters agree."""
    rows = [["a1", "a2", True], ["a1", "b1", False]]
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps({"250px": rows, "12mp": rows}))
    return path


@pytest.fixture
def make_contestant(tmp_path: Path) -> MakeContestant:
    """Builds a contestant out of the body of its `compare`."""

    def make(name: str, compare: str = _HONEST, opening: str = "", scores: bool = True) -> Contestant:
        script = tmp_path / f"{name}.py"
        parts = [
            "import os, sys, time",
            "class Fake:",
            "    def __init__(self, options):",
            "        self.pairs = 0",
            f"        self.facts = {{**{_FACTS}, **options}}",
            textwrap.indent(textwrap.dedent(opening), " " * 8),
            "    def compare(self, reference, probe):",
            "        self.pairs += 1",
            textwrap.indent(textwrap.dedent(compare), " " * 8),
            "    def take_stages(self):",
            "        pairs, self.pairs = self.pairs, 0",
            "        return {'decode': 0.25 * pairs}",
            "def open_contestant(options):",
            "    return Fake(options)",
        ]
        script.write_text("\n".join(parts) + "\n")
        return Contestant(name, Path(sys.executable), script, {"option": "set"}, scores)

    return make
