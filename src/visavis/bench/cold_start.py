"""From process start to first verdict: the command line, as a user runs it."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from visavis.bench.workload import PhotoPair
from visavis.errors import BenchError

_COMMAND = (sys.executable, "-c", "import sys; from visavis.cli import main; sys.exit(main())")
_TIMEOUT_S = 120


def measure_cold_start(
    pair: PhotoPair, options: Mapping[str, str], repeats: int, command: Sequence[str] = _COMMAND
) -> float:
    """Median wall-clock seconds of `visavis compare REFERENCE PROBE`, models cached.

    Args:
        pair: photos of one person.
        options: settings by name (`runtime`, `precision`, `profile`), handed over as `VISAVIS_*`.
        repeats: how many runs count; one before them does not.
        command: starts the command line.

    Raises:
        BenchError: a run did not end with a match.
    """
    environment = os.environ | {f"VISAVIS_{name.upper()}": value for name, value in options.items()}
    arguments = [*command, "compare", str(pair.reference), str(pair.probe)]
    return statistics.median([_time_once(arguments, environment) for _ in range(repeats + 1)][1:])


def _time_once(arguments: list[str], environment: Mapping[str, str]) -> float:
    started = time.perf_counter()
    try:
        done = subprocess.run(
            arguments, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"visavis compare gave no verdict within {_TIMEOUT_S} s") from error
    seconds = time.perf_counter() - started
    if done.returncode:
        raise BenchError(f"visavis compare ended with status {done.returncode}: {done.stderr.strip()[-200:]}")
    return seconds
