from __future__ import annotations

import math

import numpy as np
import pytest

from visavis.presentation import BPCER_ANCHORS, WORST_SUSPICION, Check, native_of_suspicion, suspicion_of


def test_suspicion_is_the_logit_turned_so_that_more_is_worse() -> None:
    native = np.array([0.1, 0.5, 0.9])
    assert suspicion_of(native, Check.SYNTHESIS) == pytest.approx([-math.log(9), 0, math.log(9)])
    assert suspicion_of(native, Check.PAD) == pytest.approx([math.log(9), 0, -math.log(9)])


def test_the_ends_are_finite() -> None:
    ends = np.array([0.0, 1e-20, 1.0])
    assert suspicion_of(ends, Check.PAD).tolist() == [WORST_SUSPICION, WORST_SUSPICION, -WORST_SUSPICION]


@pytest.mark.parametrize("check", list(Check))
@pytest.mark.parametrize("native", [0.0, 1e-11, 1e-3, 0.5, 0.999, 1 - 1e-11, 1.0])
def test_native_of_suspicion_is_the_inverse(check: Check, native: float) -> None:
    found = native_of_suspicion(float(suspicion_of(np.array([native]), check)[0]), check)
    assert found == pytest.approx(native, rel=1e-9, abs=1e-15)
    assert (found in (0.0, 1.0)) == (native in (0.0, 1.0))


def test_the_anchors_are_those_of_the_controls() -> None:
    # Baidu's published meaning of 0.9, 0.3 and 0.05; the levels of the control against synthesis.
    assert dict(BPCER_ANCHORS[Check.PAD]) == {1e-2: 0.9, 1e-3: 0.3, 1e-4: 0.05}
    assert dict(BPCER_ANCHORS[Check.SYNTHESIS]) == {5e-2: 0.3, 1e-2: 0.5, 1e-3: 0.7}
