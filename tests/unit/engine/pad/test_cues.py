from __future__ import annotations

import numpy as np
import pytest

from tests.faces import admiral, astronaut
from visavis.engine.pad.cues import spectrum_peak

FACES = {"astronaut": astronaut()[68:172, 184:264], "admiral": admiral()[130:338:2, 190:350:2]}


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("cycles_per_pixel", [0.15, 0.3, 0.45])
def test_what_repeats_stands_out(name: str, cycles_per_pixel: float) -> None:
    face = FACES[name].astype(np.float64)
    columns = np.arange(face.shape[1])
    waves = 1 + 0.15 * np.sin(2 * np.pi * cycles_per_pixel * columns)[None, :, None]
    waved = np.clip(face * waves, 0, 255).astype(np.uint8)

    assert spectrum_peak(waved) > spectrum_peak(FACES[name]) + 0.5


def test_slow_waves_are_not_looked_at() -> None:
    columns = np.arange(80)
    # 0.05 cycles a pixel, four in all.
    slow = np.asarray(128 + 60 * np.sin(2 * np.pi * 0.05 * columns), np.uint8)
    fast = np.asarray(128 + 60 * np.sin(2 * np.pi * 0.25 * columns), np.uint8)
    peak_of_slow, peak_of_fast = (spectrum_peak(np.tile(row[None, :, None], (104, 1, 3))) for row in (slow, fast))

    assert peak_of_fast > peak_of_slow + 1


def test_nothing_at_all_has_no_peak() -> None:
    assert spectrum_peak(np.zeros((104, 80, 3), np.uint8)) == 0
    assert spectrum_peak(np.full((80, 80, 3), 90, np.uint8)) == pytest.approx(0, abs=1e-3)
