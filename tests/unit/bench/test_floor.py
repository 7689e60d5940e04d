from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from visavis.bench.floor import Floor
from visavis.types import NetworkRun


class FakeEngine:
    """Detects at 320 or, for a hard second picture, at 320 and 640; then both templates at once."""

    def __init__(self) -> None:
        self.looked_at: list[tuple[bytes, bytes]] = []
        self.prepared: list[tuple[str, int]] = []
        self.ran: list[tuple[str, int]] = []

    def network_runs(self, reference: bytes, probe: bytes) -> tuple[NetworkRun, ...]:
        self.looked_at.append((reference, probe))
        sides = (320,) if probe == b"easy" else (320, 640)
        return (
            *(NetworkRun("detector", (2, 3, side, side)) for side in sides),
            NetworkRun("recogniser", (2, 3, 112, 112)),
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
    for _ in range(2):
        assert floor.compare(str(easy), str(hard)) == 0.0
    assert floor.compare(str(easy), str(easy)) == 0.0
    hard_pair = [("detector", 320), ("detector", 640), ("recogniser", 112)]
    assert engine.ran == [*hard_pair, *hard_pair, ("detector", 320), ("recogniser", 112)]
    assert engine.looked_at == [(b"easy", b"hard"), (b"easy", b"easy")]
    assert engine.prepared == hard_pair
    assert floor.facts == {"networks": "detector 2x3x320x320, detector 2x3x640x640, recogniser 2x3x112x112"}
