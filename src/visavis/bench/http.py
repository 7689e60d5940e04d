"""Throughput through HTTP beside the engine's own, in one run on the same photos.

The load generator shares the machine with the server. Its processor time is measured and left out: of the processor
time that the machine had in a slice, what the generator took was not the server's to use.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from visavis.bench.pool import Contestant, Pool
from visavis.bench.workload import Workload
from visavis.errors import BenchError
from visavis.server.launch import LaunchedServer, launch_server
from visavis.service.accounts import KeyKind

SIZE = "1mp"
"""Photos of about 200 kB: what phones send once an app has scaled them down."""

_CONNECTIONS_PER_CORE = 4
_LATENCY_SHARE = 0.8
_LATENCY_S = 10.0
_WARM_UP_S = 2.0
_SOAK_S = 10.0


@dataclass(frozen=True, slots=True)
class HttpPlan:
    """How much to measure.

    Attributes:
        cores: processes of the engine, and workers of the server.
        seconds: length of a slice.
        rounds: slices of each API; the engine has one between any two.
        requests: of the long run at the end; 0: none.
        seed: of the order.
    """

    cores: int
    seconds: float
    rounds: int
    requests: int
    seed: int = 0


class Generator:
    """The load generator, seen from the process that measures."""

    def __init__(self, manifest: Path, server: LaunchedServer) -> None:
        command = [sys.executable, "-m", "visavis.bench.http_load", str(manifest)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._server = server

    def load(self, kind: KeyKind, seconds: float, connections: int, rate: float | None = None) -> dict[str, Any]:
        """Load one API; see `http_load`.

        Raises:
            BenchError: the generator died.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        key, secret = self._server.keys[kind]
        command = {
            "api": str(kind),
            "url": self._server.url,
            "key": key,
            "secret": secret,
            "seconds": seconds,
            "connections": connections,
            "rate": rate,
        }
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchError("the load generator died")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def measure_http(plan: HttpPlan, workload: Workload, folder: Path, announce: Callable[[str], None]) -> dict[str, Any]:
    """Every figure of the run, as documented in docs/performance.md.

    Raises:
        BenchError: the engine or the generator died.
        EngineError: the server did not start.
    """
    manifest = workload.write_manifest()
    engine = Contestant("visavis", Path(sys.executable), Path(__file__).with_name("own.py"))
    announce("starting engine and server")
    with (
        Pool(engine, manifest, plan.cores) as pool,
        launch_server(folder, plan.cores) as server,
        _generator(manifest, server) as generator,
    ):
        pool.ask(f"check 3 {SIZE}", plan.cores)
        slices = _take_slices(plan, pool, generator, announce)
        latency = {}
        for kind in KeyKind:
            announce(f"{kind}: latency at {_LATENCY_SHARE:.0%} of its capacity")
            rate = _LATENCY_SHARE * statistics.median(s["requests_per_second"] for s in slices if s["api"] == kind)
            latency[str(kind)] = _latency(generator.load(kind, _LATENCY_S, plan.cores * _CONNECTIONS_PER_CORE, rate))
        announce(f"{plan.requests:,} requests")
        soak = _soak(plan, server, generator) if plan.requests else None
    shares = {str(kind): engine_shares(slices, str(kind)) for kind in KeyKind}
    return {
        "ratio": {kind: statistics.median(found) for kind, found in shares.items()},
        "ratio_range": {kind: [min(found), max(found)] for kind, found in shares.items()},
        "engine_pairs_per_second": statistics.median(s["requests_per_second"] for s in slices if s["api"] == "engine"),
        "requests_per_second": {
            str(kind): statistics.median(s["adjusted"] for s in slices if s["api"] == kind) for kind in KeyKind
        },
        "latency": latency,
        "soak": soak,
        "cores": plan.cores,
        "slices": slices,
    }


def _take_slices(
    plan: HttpPlan, pool: Pool, generator: Generator, announce: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A slice of the engine, then one of an API, and so on; the engine has the last one too."""
    order = random.Random(plan.seed)
    connections = plan.cores * _CONNECTIONS_PER_CORE
    for kind in KeyKind:
        announce(f"warming up {kind}")
        generator.load(kind, _WARM_UP_S, connections)
    slices = []
    for number in range(plan.rounds):
        for turn in order.sample(list(KeyKind), len(KeyKind)):
            announce(f"round {number + 1} of {plan.rounds}: {turn}")
            slices.append(_engine_slice(plan, pool))
            found = generator.load(turn, plan.seconds, connections)
            slices.append({"api": str(turn)} | _rates(found, plan))
    slices.append(_engine_slice(plan, pool))
    return slices


def _engine_slice(plan: HttpPlan, pool: Pool) -> dict[str, Any]:
    answers = pool.ask(f"go {plan.seconds} {SIZE}", plan.cores)
    rate = sum(answer.pairs / answer.seconds for answer in answers)
    return {"api": "engine", "requests_per_second": rate, "adjusted": rate}


def _rates(found: dict[str, Any], plan: HttpPlan) -> dict[str, Any]:
    rate = found["requests"] / found["seconds"]
    machine_s = plan.cores * found["seconds"]
    return {
        "requests_per_second": rate,
        "adjusted": rate * machine_s / (machine_s - found["cpu_s"]),
        "generator_cpu_share": found["cpu_s"] / machine_s,
        "errors": found["errors"],
        "first_error": found["first_error"],
    }


def engine_shares(slices: Sequence[dict[str, Any]], api: str) -> list[float]:
    """The API's throughput over the engine's, slice by slice.

    The engine's is the mean of the slices before and after: the machine's speed drifts, and by more than what is to be
    measured.
    """
    rates = [float(s["adjusted"]) for s in slices]
    return [2 * rates[i] / (rates[i - 1] + rates[i + 1]) for i, s in enumerate(slices) if s["api"] == api]


def _latency(found: dict[str, Any]) -> dict[str, Any]:
    ordered = sorted(found["latency_s"])
    median, p99 = ordered[len(ordered) // 2], ordered[int(0.99 * (len(ordered) - 1))]
    return {
        "p50_ms": 1000 * median,
        "p99_ms": 1000 * p99,
        "p99_over_p50": p99 / median,
        "requests": len(ordered),
        "errors": found["errors"],
    }


def _soak(plan: HttpPlan, server: LaunchedServer, generator: Generator) -> dict[str, Any]:
    """Many requests through all APIs in turn: errors, and the workers' memory before and after."""
    connections, done, errors = plan.cores * _CONNECTIONS_PER_CORE, 0, 0
    before = _worker_rss_mb(server)
    while done < plan.requests:
        for kind in KeyKind:
            found = generator.load(kind, _SOAK_S, connections)
            done, errors = done + found["requests"], errors + found["errors"]
    return {"requests": done, "errors": errors, "rss_mb_before": before, "rss_mb_after": _worker_rss_mb(server)}


def _worker_rss_mb(server: LaunchedServer) -> list[float]:
    children = psutil.Process(server.pid).children()
    return sorted(c.memory_info().rss / 1e6 for c in children if "spawn_main" in " ".join(c.cmdline()))


@contextmanager
def _generator(manifest: Path, server: LaunchedServer) -> Iterator[Generator]:
    generator = Generator(manifest, server)
    try:
        yield generator
    finally:
        generator.close()
