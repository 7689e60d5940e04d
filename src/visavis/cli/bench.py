"""`visavis bench`: speed on this machine, beside its peers."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from visavis.api import open_engine
from visavis.bench.checks import measure_checks
from visavis.bench.cold_start import measure_cold_start
from visavis.bench.environment import prepare_environment
from visavis.bench.http import SIZE, HttpPlan, measure_http
from visavis.bench.machine import count_cores, describe_machine
from visavis.bench.peers import PEERS
from visavis.bench.pool import Contestant
from visavis.bench.report import Run, to_json, to_table
from visavis.bench.runner import FLOOR, OWN, Announce, Plan, measure
from visavis.bench.workload import SIZES, Workload, make_workload
from visavis.cli.options import Precision, Profile, Runtime
from visavis.errors import BenchError, FileMissingError, ParameterError

_COLD_STARTS = 5
_REPEATS = 5
_SMALL = SIZES[0]
_SCRIPTS = Path(__file__).parents[1] / "bench"


def bench(
    peer: Annotated[list[str] | None, typer.Option(help=f"Measured beside visavis: {', '.join(PEERS)}.")] = None,
    sizes: Annotated[str, typer.Option(help=f"Photos, comma-separated; {_SMALL} always takes part.")] = ",".join(SIZES),
    seconds: Annotated[float, typer.Option(min=0.05, help="Length of a slice.")] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="Slices of each kind.")] = 5,
    processes: Annotated[int | None, typer.Option(min=1, help="Instead of one a core.")] = None,
    runtime: Runtime = None,
    precision: Precision = None,
    profile: Profile = None,
    seed: Annotated[int, typer.Option(help="Of the order and of the photos' noise.")] = 0,
    environments: Annotated[Path, typer.Option(help="Folder for the peers' .bench-venv-NAME.")] = Path(),
    http: Annotated[bool, typer.Option("--http", help="Measure the server through HTTP instead.")] = False,
    http_requests: Annotated[int, typer.Option(min=0, help="With --http: length of the long run at its end.")] = 0,
    json_path: Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")] = None,
) -> None:
    """Measure pairs a second, memory and cold start, interleaved with other libraries on the same photos."""
    if http:
        figures = _run_http(HttpPlan(processes or count_cores(), seconds, rounds, http_requests, seed))
        if json_path is not None:
            json_path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        Console().print(_http_table(figures))
        return
    peers = _check_peers(peer or [])
    plan = Plan(_check_sizes(sizes), seconds, rounds, processes or count_cores(), seed)
    given = {"runtime": runtime, "precision": precision, "profile": profile}
    options: dict[str, str] = {name: value for name, value in given.items() if value is not None}
    if json_path is not None and not json_path.absolute().parent.is_dir():
        raise FileMissingError(f"no such folder: {json_path.absolute().parent}")
    # Pulls the models, visibly, before several processes want them.
    open_engine(None, **options).close()
    with _Screen() as announce, tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder:
        run = _run(peers, plan, options, environments, Path(folder), announce)
    if json_path is not None:
        json_path.write_text(json.dumps(to_json(run), indent=2) + "\n", encoding="utf-8")
    Console().print(to_table(run))


def _run(
    peers: tuple[str, ...], plan: Plan, options: dict[str, str], environments: Path, folder: Path, announce: Announce
) -> Run:
    announce("looking at the machine", 0.0)
    machine = describe_machine()
    own = Contestant(OWN, Path(sys.executable), _SCRIPTS / "own.py", options)
    floor = Contestant(FLOOR, Path(sys.executable), _SCRIPTS / "floor.py", options, scores=False)
    others, failures = _prepare_peers(peers, environments, lambda what: announce(what, 0.0))
    announce("making photos", 0.0)
    workload = make_workload(folder, plan.sizes, plan.seed)
    announce("cold start", 0.0)
    cold_start_s = measure_cold_start(workload.pairs[_SMALL][0], options, _COLD_STARTS)
    announce("checks of a face", 0.0)
    check_ms = _measure_checks(workload, options)
    found = measure([own, floor, *others], workload.write_manifest(), plan, announce)
    found.failures.update(failures)
    return Run(found, plan, machine, cold_start_s, check_ms, {name: PEERS[name].description for name in peers})


def _measure_checks(workload: Workload, options: dict[str, str]) -> dict[str, float]:
    photos = [photo for pair in workload.pairs[_SMALL] for photo in (pair.reference, pair.probe)]
    with open_engine(None, **options, threads=1) as engine:
        return measure_checks(engine.inspect, photos, _REPEATS)


def _run_http(plan: HttpPlan) -> dict[str, Any]:
    open_engine(None).close()
    with _Screen() as announce, tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder:
        workload = make_workload(Path(folder), (SIZE,), plan.seed)
        return measure_http(plan, workload, Path(folder), lambda what: announce(what, 0.0))


def _http_table(figures: dict[str, Any]) -> Table:
    table = Table(
        "API", "requests a second", "of the engine's pairs", "min - max", "p50 ms", "p99 ms", "p99 / p50", "errors"
    )
    table.add_row("engine alone", f"{figures['engine_pairs_per_second']:.1f}")
    for api, ratio in figures["ratio"].items():
        latency = figures["latency"][api]
        errors = latency["errors"] + sum(s["errors"] for s in figures["slices"] if s["api"] == api)
        times = (f"{latency[name]:.1f}" for name in ("p50_ms", "p99_ms", "p99_over_p50"))
        lowest, highest = figures["ratio_range"][api]
        shares = (f"{ratio:.0%}", f"{lowest:.0%} - {highest:.0%}")
        table.add_row(api, f"{figures['requests_per_second'][api]:.1f}", *shares, *times, str(errors))
    if figures["soak"]:
        soak = figures["soak"]
        before, after = (" ".join(f"{rss:.0f}" for rss in soak[f"rss_mb_{when}"]) for when in ("before", "after"))
        table.caption = f"{soak['requests']:,} requests: {soak['errors']} errors, workers' memory {before} → {after} MB"
    return table


def _prepare_peers(
    names: tuple[str, ...], environments: Path, announce: Callable[[str], None]
) -> tuple[list[Contestant], dict[str, str]]:
    """Those that can be installed, and why the others cannot."""
    ready: list[Contestant] = []
    failures: dict[str, str] = {}
    for name in names:
        try:
            python = prepare_environment(PEERS[name], environments, announce)
        except BenchError as error:
            failures[name] = str(error)
        else:
            ready.append(Contestant(name, python, PEERS[name].script))
    return ready, failures


def _check_peers(names: list[str]) -> tuple[str, ...]:
    unknown = sorted(set(names) - PEERS.keys())
    if unknown:
        raise ParameterError(f"--peer {unknown[0]}: choose from {', '.join(PEERS)}")
    return tuple(dict.fromkeys(names))


def _check_sizes(text: str) -> tuple[str, ...]:
    """Smallest first, the smallest always with them: every ratio rests on it."""
    asked = {part.strip() for part in text.split(",") if part.strip()}
    if unknown := sorted(asked - set(SIZES)):
        raise ParameterError(f"--sizes {unknown[0]}: choose from {', '.join(SIZES)}")
    return tuple(size for size in SIZES if size in asked | {_SMALL})


class _Screen:
    """A progress line on standard error."""

    def __init__(self) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task("", total=1.0)

    def __enter__(self) -> Announce:
        self._progress.start()
        return lambda what, share: self._progress.update(self._task, description=what, completed=share)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
