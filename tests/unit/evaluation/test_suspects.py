from __future__ import annotations

import numpy as np
import pytest

from visavis.evaluation.scores import ScoredPairs
from visavis.evaluation.suspects import SAME_PHOTOGRAPH, Suspect, patch_correlation, top_strangers

SCENE = np.random.default_rng(0).normal(size=(140, 140)).cumsum(0).cumsum(1)


def test_brightness_contrast_and_a_small_shift_do_not_matter() -> None:
    assert patch_correlation(SCENE[5:105, 5:105], 0.5 * SCENE[8:108, 3:103] + 40) == pytest.approx(1.0)


def test_other_content_or_a_large_shift_is_not_the_same_photograph() -> None:
    other = np.random.default_rng(9).normal(size=(100, 100)).cumsum(0).cumsum(1)
    assert patch_correlation(SCENE[:100, :100], other) < SAME_PHOTOGRAPH
    noise = np.random.default_rng(2).normal(size=(120, 120))
    assert patch_correlation(noise[:100, :100], noise[10:110, 10:110]) < 0.2


def test_a_blank_patch_correlates_with_nothing() -> None:
    assert patch_correlation(SCENE[:100, :100], np.full((100, 100), 7.0)) == 0.0


def test_the_highest_pairs_come_first() -> None:
    pairs = ScoredPairs(
        np.array([0.75, 0.5, 0.25], np.float32),
        np.array([3, 1, 0], np.int32),
        np.array([4, 2, 5], np.int32),
        np.ones(3, np.float32),
    )
    assert top_strangers(pairs, 2) == (Suspect(0.75, 3, 4), Suspect(0.5, 1, 2))
    assert len(top_strangers(pairs, 9)) == 3
