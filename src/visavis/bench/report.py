"""From slices to the figures that a run reports: JSON for programs, a table for people."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from visavis.bench.machine import Machine
from visavis.bench.runner import FLOOR, OWN, Measurements, Plan

_SMALL, _LARGE = "250px", "12mp"
_Rates = dict[int, float]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run.

    Attributes:
        found: what was measured.
        plan: how.
        machine: where.
        cold_start_s: from process start to first verdict, seconds.
        check_ms: what each check of a face adds to a 250 px picture, milliseconds, see `checks.STAGES`.
        peers: what each asked-for peer is, by name; one without figures is in `found.failures`.
    """

    found: Measurements
    plan: Plan
    machine: Machine
    cold_start_s: float
    check_ms: Mapping[str, float]
    peers: Mapping[str, str]

    def rates(self, name: str, size: str, processes: int) -> _Rates:
        """Pairs a second by round."""
        return {
            s.round: s.pairs_per_second
            for s in self.found.slices
            if (s.contestant, s.size, s.processes) == (name, size, processes)
        }

    def best_rates(self, name: str, size: str) -> _Rates:
        """A peer's rates in whichever layout suits it better; ours always with a process a core."""
        if name in (OWN, FLOOR):
            return self.rates(name, size, self.plan.processes)
        return self.rates(name, size, self.best_layout(name, size))

    def best_layout(self, name: str, size: str) -> int:
        """The number of processes with which a contestant was fastest."""
        return max(self.plan.layouts, key=lambda processes: _median(self.rates(name, size, processes)) or 0.0)


def to_json(run: Run) -> dict[str, Any]:
    """Everything that a run found, as `visavis bench --json` writes it; a figure that does not exist is None."""
    facts = run.found.facts[OWN]
    one, small = run.rates(OWN, _SMALL, 1), run.best_rates(OWN, _SMALL)
    return {
        "pairs_per_second": _medians(run, _SMALL, [OWN, *run.peers]),
        "ratio": {peer: _ratio(small, run.best_rates(peer, _SMALL)) for peer in run.peers},
        "by_size": {size: _medians(run, size, [OWN, *run.peers]) for size in run.plan.sizes},
        "floor_ratio": _ratio(small, run.best_rates(FLOOR, _SMALL)),
        "ratio_12mp_250px": _ratio(one, run.rates(OWN, _LARGE, 1)),
        "rss_mb": max(run.found.rss_mb[OWN].values()),
        "cold_start_s": run.cold_start_s,
        **run.check_ms,
        "sgemm_gflops": run.machine.sgemm_gflops,
        "cpu": run.machine.cpu,
        "precision": facts["precision"],
        "profile": facts["profile"],
        "runtime": facts["runtime"],
        "model": facts["model"],
        "cores": run.machine.cores,
        "cpu_extensions": list(run.machine.extensions),
        "process_scaling": _ratio(small, one) if run.plan.processes > 1 else None,
        "ratio_by_size": _ratios_by_size(run),
        "floor_pairs_per_second": _median(run.best_rates(FLOOR, _SMALL)),
        "by_processes": _by_processes(run),
        "peer_processes": {p: run.best_layout(p, _SMALL) for p in run.peers if p not in run.found.failures},
        "stage_ms": {size: _stage_ms(run, size) for size in run.plan.sizes},
        "rss_mb_by_size": run.found.rss_mb,
        "versions": run.found.facts,
        "peers": dict(run.peers),
        "failures": run.found.failures,
        "plan": asdict(run.plan),
        "slices": [asdict(taken) for taken in run.found.slices],
    }


def to_table(run: Run) -> RenderableType:
    """The same for people."""
    figures = to_json(run)
    return Group(_speed_table(run, figures), _facts_table(run, figures), *_failure_lines(run))


def _medians(run: Run, size: str, names: Iterable[str]) -> dict[str, float | None]:
    return {name: _median(run.best_rates(name, size)) for name in names}


def _median(rates: _Rates) -> float | None:
    return statistics.median(rates.values()) if rates else None


def _ratio(ours: _Rates, theirs: _Rates) -> float | None:
    """The median over rounds of the ratio within a round; None where no round has both."""
    both = ours.keys() & theirs.keys()
    return statistics.median(ours[number] / theirs[number] for number in both) if both else None


def _ratios_by_size(run: Run) -> dict[str, dict[str, float | None]]:
    return {
        size: {peer: _ratio(run.best_rates(OWN, size), run.best_rates(peer, size)) for peer in run.peers}
        for size in run.plan.sizes
    }


def _by_processes(run: Run) -> dict[str, dict[str, dict[str, float | None]]]:
    return {
        str(processes): {
            size: {name: _median(run.rates(name, size, processes)) for name in (OWN, FLOOR, *run.peers)}
            for size in run.plan.sizes
        }
        for processes in run.plan.layouts
    }


def _stage_ms(run: Run, size: str) -> dict[str, float]:
    """Milliseconds of one pair by stage, one process at work."""
    taken = [s for s in run.found.slices if (s.contestant, s.size, s.processes) == (OWN, size, 1)]
    pairs = sum(s.pairs for s in taken)
    stages = {stage: None for s in taken for stage in s.stage_s}
    return {stage: 1000 * sum(s.stage_s.get(stage, 0.0) for s in taken) / pairs for stage in stages}


def _speed_table(run: Run, figures: dict[str, Any]) -> Table:
    table = Table(title="Pairs a second, decoding included", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("")
    for heading in (*run.plan.sizes, f"visavis is faster by, {_SMALL}", "processes"):
        table.add_column(heading, justify="right")
    for name in (OWN, *run.peers):
        speeds = [_format(figures["by_size"][size][name], ".1f") for size in run.plan.sizes]
        layout = run.plan.processes if name == OWN else figures["peer_processes"].get(name)
        table.add_row(name, *speeds, _format(figures["ratio"].get(name), ".1f", "×"), str(layout or "–"))
    return table


def _facts_table(run: Run, figures: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2))
    floor, scaling = figures["floor_ratio"], figures["process_scaling"]
    table.add_row("of the bare networks' speed", _format(100 * floor if floor else None, ".0f", " %"))
    table.add_row(f"{run.plan.processes} processes against one", _format(scaling, ".2f", "×"))
    table.add_row("a 12 MP pair against a 250 px pair", _format(figures["ratio_12mp_250px"], ".2f", "× the time"))
    table.add_row("memory of a process, at most", _format(figures["rss_mb"], ".0f", " MB"))
    table.add_row("process start to first verdict", _format(run.cold_start_s, ".2f", " s"))
    for figure, milliseconds in run.check_ms.items():
        check = figure.removesuffix("_ms")
        table.add_row(f"{check} of a face, where it is asked for", _format(milliseconds, ".1f", " ms"))
    for size in run.plan.sizes:
        stages = ", ".join(f"{stage} {ms:.1f}" for stage, ms in figures["stage_ms"][size].items())
        table.add_row(f"milliseconds of a {size} pair", stages or "–")
    table.add_row("engine", ", ".join(figures[key] for key in ("model", "runtime", "precision", "profile")))
    table.add_row(
        "machine", f"{run.machine.cpu}, {run.machine.cores} cores, sgemm {run.machine.sgemm_gflops:.0f} GFLOP/s"
    )
    return table


def _failure_lines(run: Run) -> list[Text]:
    return [Text(f"{peer}: no figures: {reason}", style="yellow") for peer, reason in run.found.failures.items()]


def _format(value: float | None, spec: str, unit: str = "") -> str:
    return "–" if value is None else f"{value:{spec}}{unit}"
