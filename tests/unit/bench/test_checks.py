from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from visavis.bench.checks import measure_checks
from visavis.types import EVERY_CHECK, FaceCheck


def test_first_look_at_each_photo_does_not_count(tmp_path: Path) -> None:
    photos = [tmp_path / name for name in ("a", "b")]
    for photo in photos:
        photo.write_bytes(photo.name.encode())
    seconds = iter([9.0, 9.0, 0.010, 0.020, 0.030, 0.040])
    asked: list[bytes] = []

    def inspect(content: bytes, checks: frozenset[FaceCheck]) -> Any:
        assert checks == EVERY_CHECK
        asked.append(content)
        took = next(seconds)
        stages = {"analyse": took, "liveness": took / 2, "synthesis": took / 5, "detect": 5.0}
        return SimpleNamespace(timings=SimpleNamespace(stages=stages))

    found = measure_checks(inspect, photos, 2)
    assert found == pytest.approx({"analysis_ms": 25.0, "liveness_ms": 12.5, "synthesis_ms": 5.0})
    assert asked == [b"a", b"b"] * 3
