"""Damaged pictures never crash, hang or fill the memory; `VISAVIS_FUZZ_COUNT` says how many are tried."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.robustness.mutate import make_originals, mutate_picture
from visavis.engine.image import decode_image

_SEED = 20260731
_DEFAULT_COUNT = 1000
_ROOT = Path(__file__).parents[2]


def test_originals_are_sound() -> None:
    for content in make_originals():
        assert decode_image(content).pixels.size > 0


def test_mutations_are_reproducible() -> None:
    assert mutate_picture(_SEED, 17) == mutate_picture(_SEED, 17)
    assert len({mutate_picture(_SEED, index) for index in range(50)}) == 50


def test_damaged_pictures_give_an_image_or_a_typed_error(record_property: Callable[[str, object], None]) -> None:
    count = int(os.environ.get("VISAVIS_FUZZ_COUNT", _DEFAULT_COUNT))
    command = [sys.executable, "-W", "error", "-m", "tests.robustness.mutation_run", str(_SEED), "0", str(count)]
    run = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=60 + count / 10)
    *_, last = run.stdout.splitlines() or ["nothing"]
    assert run.returncode == 0, f"picture {last} of seed {_SEED}: status {run.returncode}\n{run.stderr}"
    assert run.stderr == "", f"something was printed:\n{run.stderr}"
    summary = json.loads(last)
    record_property("summary", summary)
    outcomes = summary["outcomes"]
    assert sum(outcomes.values()) == count
    # The damage must not be so coarse that hardly anything gets as far as the decoders.
    assert outcomes["FaceImage"] > count / 10
    assert outcomes["ImageDecodeError"] > count / 10
