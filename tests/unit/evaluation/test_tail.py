from __future__ import annotations

import math

import numpy as np
import pytest

from visavis.evaluation.tail import ParetoTail, fit_tail, fit_tail_ending_at


def ideal_excesses(shape: float, scale: float, count: int = 20_000) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Quantiles of a generalised Pareto distribution, rising."""
    survival = 1 - (np.arange(count) + 0.5) / count
    return scale / shape * (survival**-shape - 1) if shape else -scale * np.log(survival)


@pytest.mark.parametrize(("shape", "scale"), [(0.2, 0.02), (0.0, 0.02), (-0.03, 0.02)])
def test_the_fit_finds_the_distribution_that_made_the_scores(shape: float, scale: float) -> None:
    scores = 0.4 + ideal_excesses(shape, scale)
    tail = fit_tail(scores, np.ones(len(scores)), 0.4)
    assert tail.shape == pytest.approx(shape, abs=0.01)
    assert tail.scale == pytest.approx(scale, rel=0.01)


def test_a_score_with_weight_two_is_two_scores() -> None:
    scores = np.array([0.5, 0.52, 0.56, 0.7])
    twice = fit_tail(np.repeat(scores, [1, 2, 1, 1]), np.ones(5), 0.45)
    weighted = fit_tail(scores, np.array([1.0, 2.0, 1.0, 1.0]), 0.45)
    # Plotting positions differ by a fraction of one place among five.
    assert weighted.shape == pytest.approx(twice.shape, abs=0.15)
    assert weighted.scale == pytest.approx(twice.scale, rel=0.15)


def test_moments_by_hand() -> None:
    # Excesses 1, 2, 3 (hundredths) and 12 at positions 0.65/4, 1.65/4, 2.65/4, 3.65/4.
    excess = np.array([0.01, 0.02, 0.03, 0.12])
    mean = 0.045
    moment = (0.01 * 3.35 + 0.02 * 2.35 + 0.03 * 1.35 + 0.12 * 0.35) / 16
    shape = 2 - mean / (mean - 2 * moment)
    tail = fit_tail(0.5 + excess, np.ones(4), 0.5)
    assert tail.shape == pytest.approx(shape)
    assert tail.scale == pytest.approx(mean * (1 - shape))


def test_the_curve_never_ends_before_score_one() -> None:
    # Evenly spread up to 0.5: a shape of -1 would end there.
    scores = 0.4 + np.linspace(0.0005, 0.1, 200)
    tail = fit_tail(scores, np.ones(200), 0.4)
    assert tail.threshold - tail.scale / tail.shape == pytest.approx(1.0)
    assert float(tail.survival(np.array([0.999]))[0]) > 0
    assert float(tail.survival(np.array([1.0]))[0]) < 1e-100


def test_a_tail_too_heavy_for_moments_is_held_back() -> None:
    scores = 0.1 + np.sort(np.concatenate([np.full(990, 0.001), np.full(10, 0.8)]))
    assert fit_tail(scores, np.ones(1000), 0.1).shape <= 0.45


@pytest.mark.parametrize("shape", [-0.1, 0.0, 0.15])
def test_score_at_is_the_inverse_of_survival(shape: float) -> None:
    tail = ParetoTail(0.4, shape, 0.03)
    for survival in (1.0, 0.5, 1e-3, 1e-5):
        assert float(tail.survival(np.array([tail.score_at(survival)]))[0]) == pytest.approx(survival)


def test_an_exponential_tail_by_hand() -> None:
    tail = ParetoTail(0.4, 0.0, 0.1)
    assert float(tail.survival(np.array([0.6]))[0]) == pytest.approx(math.exp(-2))
    assert tail.score_at(math.exp(-2)) == pytest.approx(0.6)


def test_a_curve_that_ends_elsewhere_by_hand() -> None:
    # -log(1 - excess / 4) of excesses 2 and 3: log 2 and log 4, on average 1.5 log 2.
    tail = fit_tail_ending_at(5.0, np.array([3.0, 4.0]), np.ones(2), 1.0)
    assert tail.shape == pytest.approx(-1.5 * math.log(2))
    assert tail.threshold - tail.scale / tail.shape == pytest.approx(5.0)
    # Evenly spread up to 2, where 5 is possible.
    free = fit_tail(1 + np.linspace(0.005, 1, 200), np.ones(200), 1.0, highest=5.0)
    assert free.threshold - free.scale / free.shape == pytest.approx(5.0)
