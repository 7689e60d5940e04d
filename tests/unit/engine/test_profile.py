"""The named profiles."""

from __future__ import annotations

import pytest

from visavis.engine.profile import find_profile
from visavis.errors import ParameterError


def test_accurate_looks_more_often_than_default_at_every_face() -> None:
    default, accurate = find_profile("default"), find_profile("accurate")
    assert (default.name, accurate.name) == ("default", "accurate")
    always = [[step for step in profile.refinement if not step.min_turn] for profile in (default, accurate)]
    looks = [sum(len(step.views) for step in steps) for steps in always]
    assert looks[0] < looks[1]
    assert default.mirror_min_turn > accurate.mirror_min_turn == 0


def test_every_view_suits_the_detector() -> None:
    """Its canvases have sides that are multiples of 32."""
    plans = [find_profile(name).refinement for name in ("default", "accurate")]
    assert all(view.size_px % 32 == 0 and view.spread > 1 for plan in plans for step in plan for view in step.views)


@pytest.mark.parametrize("name", ["", "fast", "Default"])
def test_unknown_profile_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=f"no profile '{name}': choose default or accurate"):
        find_profile(name)
