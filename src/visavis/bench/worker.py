"""The process in which one contestant works: standard library only, so that any peer's own environment can run it.

    python -P worker.py CONTESTANT.py PAIRS.json OPTIONS

`CONTESTANT.py` defines `open_contestant(options)`, which returns an object with `compare(reference, probe)` (two paths
→ a similarity, higher = more alike), `facts` (text by name: versions and settings), and, if it keeps them,
`take_stages()` (seconds by stage since it was last asked). The conversation is one line each way:

    (start)            → {}
    check SECONDS SIZE → {"mated": [scores], "non_mated": [scores], "seconds": …}
    go SECONDS SIZE    → {"pairs": n, "seconds": …, "stages": …}

and each answer also has `facts` and `rss_mb`, the peak so far.

The end of standard input ends the process; an exception ends it too, with its traceback on standard error.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any, TextIO


def main() -> None:
    """Serve until standard input ends."""
    out = _take_standard_output()
    script, manifest, options = sys.argv[1:4]
    with open(manifest, encoding="utf-8") as file:
        pairs = json.load(file)
    contestant = _open_contestant(script, json.loads(options))
    cycles = {size: itertools.cycle(rows) for size, rows in pairs.items()}
    _say(out, contestant, {})
    for line in sys.stdin:
        command, seconds, size = line.split()
        if command == "check":
            _say(out, contestant, _check(contestant, pairs[size], float(seconds)))
        else:
            _say(out, contestant, _go(contestant, cycles[size], float(seconds)))


def _take_standard_output() -> TextIO:
    """Keep the real standard output for answers; whatever a library prints goes to standard error."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return out


def _open_contestant(script: str, options: dict[str, str]) -> Any:
    spec = importlib.util.spec_from_file_location("contestant", script)
    if spec is None or spec.loader is None:
        raise SystemExit(f"not a Python file: {script}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["contestant"] = module
    spec.loader.exec_module(module)
    return module.open_contestant(options)


def _check(contestant: Any, rows: list[list[Any]], seconds: float) -> dict[str, Any]:
    """Scores of all pairs, or of as many as fit into `seconds`, but at least of one pair of each kind."""
    scores: dict[bool, list[float]] = {True: [], False: []}
    started = time.perf_counter()
    for reference, probe, mated in rows:
        if all(scores.values()) and time.perf_counter() - started > seconds:
            break
        scores[mated].append(contestant.compare(reference, probe))
    return {"mated": scores[True], "non_mated": scores[False], "seconds": time.perf_counter() - started}


def _go(contestant: Any, rows: Iterator[list[Any]], seconds: float) -> dict[str, Any]:
    """Compare pair after pair until `seconds` are over; at least one."""
    take_stages = getattr(contestant, "take_stages", dict)
    take_stages()
    pairs = 0
    started = now = time.perf_counter()
    while pairs == 0 or now - started < seconds:
        reference, probe, _ = next(rows)
        contestant.compare(reference, probe)
        pairs += 1
        now = time.perf_counter()
    return {"pairs": pairs, "seconds": now - started, "stages": take_stages()}


def _say(out: TextIO, contestant: Any, answer: dict[str, Any]) -> None:
    out.write(json.dumps({**answer, "facts": contestant.facts, "rss_mb": _peak_rss_mb()}) + "\n")


def _peak_rss_mb() -> float:
    """Most memory this program ever held, in 10^6 bytes.

    Linux's VmHWM starts anew with each program; ru_maxrss would inherit the size of the process that started this one.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            peak = next(line for line in status if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024 / 1e6
    except (FileNotFoundError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main()
