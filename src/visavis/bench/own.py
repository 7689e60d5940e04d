"""visavis as a contestant: `FaceEngine.compare` on the bytes of two files, one inference thread."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from visavis.api import open_engine
from visavis.types import Timings


class _Own:
    def __init__(self, options: dict[str, str]) -> None:
        self._engine = open_engine(None, **options, threads=1)
        self._timings = Timings()

    @property
    def facts(self) -> dict[str, str]:
        identity = self._engine.identity
        return {
            "visavis": version("visavis"),
            "model": identity.model_id,
            "detector": identity.detector_id,
            "runtime": identity.runtime,
            "precision": identity.precision,
            "profile": identity.profile,
        }

    def compare(self, reference: str, probe: str) -> float:
        comparison = self._engine.compare(Path(reference).read_bytes(), Path(probe).read_bytes())
        self._timings += comparison.timings
        return comparison.score

    def take_stages(self) -> dict[str, float]:
        """Seconds by stage since the last call."""
        stages, self._timings = self._timings.stages, Timings()
        return stages


def open_contestant(options: dict[str, str]) -> _Own:
    """Load the engine with `runtime`, `precision` and `profile` from `options`."""
    return _Own(options)
