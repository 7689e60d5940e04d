"""How colourful a face is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from visavis.engine.analysis.colour import measure_colourfulness
from visavis.measures import GREY_WITHIN

ALL = np.ones((20, 20), bool)


@pytest.mark.parametrize("level", [0, 100, 255])
def test_grey_has_no_chroma(level: int) -> None:
    assert measure_colourfulness(np.full((20, 20, 3), level, np.uint8), ALL) == 0


def test_chroma_of_a_skin_tone() -> None:
    # Y = 0.299 * 200 + 0.587 * 150 + 0.114 * 120 = 161.53.
    # Cr = 0.713 * (200 - Y) = 27.4, Cb = 0.564 * (120 - Y) = -23.4.
    canvas = np.full((20, 20, 3), (200, 150, 120), np.uint8)

    assert measure_colourfulness(canvas, ALL) == pytest.approx(math.hypot(27.4, 23.4), abs=1)


def test_only_skin_counts() -> None:
    canvas = np.full((20, 20, 3), 90, np.uint8)
    canvas[:10] = (255, 0, 0)
    skin = np.zeros((20, 20), bool)
    skin[14:] = True

    assert measure_colourfulness(canvas, skin) == 0


def test_half_of_the_skin_coloured_gives_half_the_chroma() -> None:
    canvas = np.full((200, 200, 3), 90, np.uint8)
    canvas[:100] = (200, 150, 120)
    everything = np.ones((200, 200), bool)

    assert measure_colourfulness(canvas, everything) == pytest.approx(math.hypot(27.4, 23.4) / 2, rel=0.05)


def test_colour_noise_of_a_grey_picture_stays_grey() -> None:
    noise = np.random.default_rng(1).normal(0, 10, (100, 100, 3))
    canvas = np.clip(128 + noise, 0, 255).astype(np.uint8)

    found = measure_colourfulness(canvas, np.ones((100, 100), bool))

    assert found is not None
    assert 0 < found < GREY_WITHIN


def test_no_skin_no_colour() -> None:
    assert measure_colourfulness(np.zeros((20, 20, 3), np.uint8), ~ALL) is None
