from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from visavis.bench.floor import Floor
from visavis.types import NetworkRun


class FakeEngine:
    """Detects at 320 or, for the second picture, at 320 and 640; then one template."""

    def __init__(self) -> None:
        self.looked_at: list[bytes] = []
        self.prepared: list[tuple[str, int]] = []
        self.ran: list[tuple[str, int]] = []

    def network_runs(self, picture: bytes) -> tuple[NetworkRun, ...]:
        self.looked_at.append(picture)
        sides = (320,) if picture == b"easy" else (320, 640)
        return (
            *(NetworkRun("detector", (1, 3, side, side)) for side in sides),
            NetworkRun("recogniser", (1, 3, 112, 112)),
        )

    def bare_network(self, run: NetworkRun) -> Callable[[], None]:
        self.prepared.append((run.model_id, run.input_shape[2]))
        return lambda: self.ran.append((run.model_id, run.input_shape[2]))


def test_both_pictures_networks_run_and_nothing_is_prepared_twice(tmp_path: Path) -> None:
    easy, hard = tmp_path / "easy", tmp_path / "hard"
    easy.write_bytes(b"easy")
    hard.write_bytes(b"hard")
    engine = FakeEngine()
    floor = Floor(engine)
    pair = [("detector", 320), ("recogniser", 112), ("detector", 320), ("detector", 640), ("recogniser", 112)]
    for _ in range(2):
        assert floor.compare(str(easy), str(hard)) == 0.0
    assert engine.ran == pair * 2
    assert engine.looked_at == [b"easy", b"hard"]
    assert engine.prepared == [("detector", 320), ("recogniser", 112), ("detector", 640)]
    assert floor.facts == {"networks": "detector 1x3x320x320, recogniser 1x3x112x112, detector 1x3x640x640"}
