"""How a face is lit, in numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visavis.engine.analysis.light import Light, luminance_of, measure_light
from visavis.engine.analysis.skin import Skin

HALVES = Skin(left=np.tile([False, True], (4, 1)).repeat(2, 1), right=np.tile([True, False], (4, 1)).repeat(2, 1))
"""Of a 4 x 4 canvas: the subject's right half is on the left."""


def columns(*values: int) -> np.ndarray:
    """(4, 4) with these columns."""
    return np.tile(np.array(values, np.uint8), (4, 1))


@pytest.mark.parametrize(
    ("colour", "luminance"), [((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29), ((9, 9, 9), 9)]
)
def test_luminance(colour: tuple[int, int, int], luminance: int) -> None:
    assert (luminance_of(np.full((3, 2, 3), colour, np.uint8)) == luminance).all()


def test_an_even_face() -> None:
    assert measure_light(columns(100, 100, 100, 100), HALVES) == Light(100, 0, 0, 0)


def test_one_half_black() -> None:
    assert measure_light(columns(0, 0, 200, 200), HALVES) == Light(100, 1, 0, 0.5)


@pytest.mark.parametrize("values", [(60, 60, 120, 120), (120, 120, 60, 60)])
def test_imbalance_is_the_same_either_way(values: tuple[int, int, int, int]) -> None:
    light = measure_light(columns(*values), HALVES)

    assert light == Light(90, 0.5, 0, 0)


def test_the_limits_of_exposure() -> None:
    light = measure_light(columns(25, 26, 246, 247), HALVES)

    assert light is not None
    assert (light.under_exposed, light.over_exposed) == (0.25, 0.25)


def test_a_black_face_has_no_imbalance() -> None:
    assert measure_light(columns(0, 0, 0, 0), HALVES) == Light(0, 0, 0, 1)


def test_what_is_no_skin_does_not_count() -> None:
    skin = Skin(left=HALVES.left & (np.arange(4) == 2), right=HALVES.right & (np.arange(4) == 1))

    assert measure_light(columns(255, 80, 160, 0), skin) == Light(120, 0.5, 0, 0)


def test_no_imbalance_where_one_half_is_hardly_seen() -> None:
    left, right = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    left[:, 1:], right[0, 0] = True, True
    luminance = np.full((10, 10), 200, np.uint8)
    luminance[0, 0] = 0

    light = measure_light(luminance, Skin(left, right))

    assert light is not None
    assert light.imbalance == 0


def test_no_skin_no_light() -> None:
    nothing = np.zeros((4, 4), bool)

    assert measure_light(columns(1, 2, 3, 4), Skin(nothing, nothing)) is None
