from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from visavis.bench.machine import Machine
from visavis.bench.peers import PEERS, Peer
from visavis.bench.pool import Contestant
from visavis.bench.runner import OWN, Plan
from visavis.cli import bench as command
from visavis.errors import BenchError, FileMissingError, ParameterError, VisavisError

from .conftest import MakeContestant

HONEST = "return 0.9 if reference.split('-')[-2] == probe.split('-')[-2] else 0.1"


class FakeEngine:
    def close(self) -> None:
        """Nothing to free."""


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command.bench)
    return app


@pytest.fixture
def opened(make_contestant: MakeContestant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, str]]:
    """Contestants without networks in the place of visavis, its floor and one peer; returns the options seen."""
    seen: list[dict[str, str]] = []

    def open_engine(settings: None, **options: str) -> FakeEngine:
        seen.append(options)
        return FakeEngine()

    def prepare(peer: Peer, folder: Path, announce: Callable[[str], None]) -> Path:
        if peer.name == "verifyface":
            raise BenchError("pip found no such thing")
        return Path(sys.executable)

    for name in ("own", "floor"):
        make_contestant(name, HONEST)
    script = make_contestant("peer", HONEST).script
    peers = {name: Peer(name, (), script, name) for name in PEERS}
    monkeypatch.setattr(command, "_SCRIPTS", tmp_path)
    monkeypatch.setattr(command, "PEERS", peers)
    monkeypatch.setattr(command, "open_engine", open_engine)
    monkeypatch.setattr(command, "prepare_environment", prepare)
    monkeypatch.setattr(command, "describe_machine", lambda: Machine("A processor", (), 2, 50.0))
    monkeypatch.setattr(command, "measure_cold_start", lambda pair, options, repeats: 1.25)
    monkeypatch.setattr(command, "_measure_checks", lambda workload, options: {"analysis_ms": 12.5})
    return seen


def test_a_run_writes_its_figures_and_prints_a_table(
    app: typer.Typer, opened: list[dict[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "bench.json"
    arguments = ["--peer", "opencv", "--peer", "verifyface", "--peer", "opencv", "--sizes", "250px", "--rounds", "1"]
    options = ["--seconds", "0.05", "--processes", "1", "--precision", "fp32", "--json", str(path)]
    result = CliRunner().invoke(app, [*arguments, *options], catch_exceptions=False)
    assert result.exit_code == 0
    figures = json.loads(path.read_text())
    assert set(figures["pairs_per_second"]) == {OWN, "opencv", "verifyface"}
    assert figures["pairs_per_second"]["opencv"] > 0
    assert figures["ratio"]["verifyface"] is None
    assert figures["failures"] == {"verifyface": "pip found no such thing"}
    assert figures["cold_start_s"] == 1.25
    assert figures["analysis_ms"] == 12.5
    assert figures["plan"]["sizes"] == ["250px"]
    assert opened == [{"precision": "fp32"}]
    assert "pip found no such thing" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--peer", "nobody"], ParameterError, "--peer nobody: choose from opencv"),
        (["--sizes", "250px,huge"], ParameterError, "--sizes huge: choose from 250px"),
        (["--json", "no/such/folder/bench.json"], FileMissingError, "no such folder"),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(
    app: typer.Typer, opened: list[dict[str, str]], arguments: list[str], error: type[VisavisError], message: str
) -> None:
    with pytest.raises(error, match=message):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert opened == []


def test_every_ratio_rests_on_the_smallest_size(app: typer.Typer) -> None:
    assert command._check_sizes("12mp") == ("250px", "12mp")
    assert command._check_sizes("12mp, 1mp,250px") == ("250px", "1mp", "12mp")


def test_layouts_are_one_process_and_all_cores() -> None:
    assert Plan(("250px",), 1.0, 1, 1).layouts == (1,)
    assert Plan(("250px",), 1.0, 1, 4).layouts == (1, 4)


def test_a_peer_runs_its_own_script_in_its_own_environment(opened: list[dict[str, str]], tmp_path: Path) -> None:
    ready, failures = command._prepare_peers(("opencv",), tmp_path, lambda what: None)
    assert ready == [Contestant("opencv", Path(sys.executable), tmp_path / "peer.py")]
    assert failures == {}
