from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from visavis.bench.analysis import measure_analysis


def test_first_look_at_each_photo_does_not_count(tmp_path: Path) -> None:
    photos = [tmp_path / name for name in ("a", "b")]
    for photo in photos:
        photo.write_bytes(photo.name.encode())
    seconds = iter([9.0, 9.0, 0.010, 0.020, 0.030, 0.040])
    asked: list[bytes] = []

    def analyze(content: bytes) -> Any:
        asked.append(content)
        timings = SimpleNamespace(stages={"analyse": next(seconds), "detect": 5.0})
        return SimpleNamespace(acquired=SimpleNamespace(timings=timings))

    assert measure_analysis(analyze, photos, 2) == pytest.approx(25.0)
    assert asked == [b"a", b"b"] * 3
