"""The floor as a contestant: the networks that a comparison runs, and nothing else.

For each pair of photos the engine says which networks it ran and at which input sizes; those networks then run back to
back on tensors that lie ready. No comparison with these networks on this machine can be faster.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from visavis.api import open_engine
from visavis.types import NetworkRun


class NetworkEngine(Protocol):
    """What the floor asks of the engine."""

    def network_runs(self, reference: bytes, probe: bytes, /) -> tuple[NetworkRun, ...]:
        """The inferences that comparing these pictures takes, in order."""
        ...

    def bare_network(self, run: NetworkRun, /) -> Callable[[], None]:
        """A function that runs the network once on a prepared tensor."""
        ...


class Floor:
    """Runs the networks of both photos of a pair; the pixels are looked at once, before any clock runs."""

    def __init__(self, engine: NetworkEngine) -> None:
        self._engine = engine
        self._networks: dict[NetworkRun, Callable[[], None]] = {}
        self._plans: dict[tuple[str, str], tuple[Callable[[], None], ...]] = {}

    @property
    def facts(self) -> dict[str, str]:
        """Networks and input sizes met so far."""
        return {
            "networks": ", ".join(f"{run.model_id} {'x'.join(map(str, run.input_shape))}" for run in self._networks)
        }

    def compare(self, reference: str, probe: str) -> float:
        """Run the networks; there is nothing to score, so always 0."""
        for run in self._plans.get((reference, probe)) or self._plan(reference, probe):
            run()
        return 0.0

    def _plan(self, reference: str, probe: str) -> tuple[Callable[[], None], ...]:
        runs = self._engine.network_runs(Path(reference).read_bytes(), Path(probe).read_bytes())
        plan = self._plans[reference, probe] = tuple(self._network(run) for run in runs)
        return plan

    def _network(self, run: NetworkRun) -> Callable[[], None]:
        if run not in self._networks:
            self._networks[run] = self._engine.bare_network(run)
        return self._networks[run]


def open_contestant(options: dict[str, str]) -> Floor:
    """Load the engine with `runtime`, `precision` and `profile` from `options`."""
    return Floor(open_engine(None, **options, threads=1))
