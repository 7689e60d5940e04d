from __future__ import annotations

import json
from typing import Any

import pytest
from rich.console import Console

from visavis.bench.machine import Machine
from visavis.bench.report import Run, to_json, to_table
from visavis.bench.runner import FLOOR, OWN, Measurements, Plan, Slice

CHECK_MS = {"analysis_ms": 12.5, "liveness_ms": 6.5}
KEYS_OF_THE_CONTRACT = {
    "pairs_per_second",
    "ratio",
    "by_size",
    "floor_ratio",
    "ratio_12mp_250px",
    "rss_mb",
    "cold_start_s",
    "sgemm_gflops",
    "cpu",
    "precision",
    "profile",
}


def slices(name: str, size: str, processes: int, speeds: list[float]) -> list[Slice]:
    return [Slice(i, name, size, processes, 10, speed, {"decode": 0.25}) for i, speed in enumerate(speeds)]


@pytest.fixture
def run() -> Run:
    found = Measurements(
        slices=[
            *slices(OWN, "250px", 1, [30.0, 40.0, 50.0]),
            *slices(OWN, "250px", 2, [60.0, 80.0, 90.0]),
            *slices(OWN, "12mp", 1, [10.0, 16.0, 25.0]),
            *slices(OWN, "12mp", 2, [20.0, 20.0, 20.0]),
            *slices(FLOOR, "250px", 2, [75.0, 100.0, 120.0]),
            *slices("opencv", "250px", 1, [8.0, 10.0, 30.0]),
            *slices("opencv", "250px", 2, [9.0, 9.0, 9.0]),
            *slices("opencv", "12mp", 2, [5.0]),
        ],
        facts={OWN: {"precision": "bf16", "profile": "default", "runtime": "openvino", "model": "m"}},
        rss_mb={OWN: {"250px": 200.0, "12mp": 300.0}},
        failures={"dead": "pip said no"},
    )
    machine = Machine("A processor", ("amx_bf16",), 2, 100.0)
    plan = Plan(("250px", "12mp"), 2.0, 3, 2)
    return Run(found, plan, machine, 1.5, CHECK_MS, {"opencv": "OpenCV", "dead": "a peer that failed"})


def test_the_json_has_the_keys_that_were_promised(run: Run) -> None:
    figures = to_json(run)
    assert figures.keys() >= KEYS_OF_THE_CONTRACT
    json.dumps(figures, allow_nan=False)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # Medians over rounds; the peer's better layout is one process (10) and not two (9).
        ("pairs_per_second", {"visavis": 80.0, "opencv": 10.0, "dead": None}),
        # Within rounds: 60/8, 80/10, 90/30; the median of 7.5, 8 and 3.
        ("ratio", {"opencv": 7.5, "dead": None}),
        (
            "by_size",
            {
                "250px": {"visavis": 80.0, "opencv": 10.0, "dead": None},
                "12mp": {"visavis": 20.0, "opencv": 5.0, "dead": None},
            },
        ),
        # 60/75, 80/100, 90/120.
        ("floor_ratio", 0.8),
        # Time of a pair in one process: 30/10, 40/16, 50/25.
        ("ratio_12mp_250px", 2.5),
        # 60/30, 80/40, 90/50.
        ("process_scaling", 2.0),
        ("ratio_by_size", {"250px": {"opencv": 7.5, "dead": None}, "12mp": {"opencv": 4.0, "dead": None}}),
        ("rss_mb", 300.0),
        ("cold_start_s", 1.5),
        ("analysis_ms", 12.5),
        ("liveness_ms", 6.5),
        ("sgemm_gflops", 100.0),
        ("cpu", "A processor"),
        ("precision", "bf16"),
        ("profile", "default"),
        ("peer_processes", {"opencv": 1}),
        # A quarter of a second for 10 pairs.
        ("stage_ms", {"250px": {"decode": 25.0}, "12mp": {"decode": 25.0}}),
        ("failures", {"dead": "pip said no"}),
    ],
)
def test_figures_are_medians_over_rounds_and_ratios_are_taken_within_them(run: Run, key: str, expected: Any) -> None:
    assert to_json(run)[key] == expected


def test_one_process_has_nothing_to_scale(run: Run) -> None:
    alone = Run(run.found, Plan(("250px",), 2.0, 3, 1), run.machine, 1.5, CHECK_MS, {})
    figures = to_json(alone)
    assert figures["process_scaling"] is None
    assert figures["pairs_per_second"] == {"visavis": 40.0}


def test_the_table_names_who_failed_and_why(run: Run) -> None:
    console = Console(width=160, record=True, quiet=False, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(to_table(run))
    text = captured.get()
    assert "7.5×" in text
    assert "dead: no figures: pip said no" in text
    assert "A processor, 2 cores" in text
