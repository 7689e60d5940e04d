"""The named profiles: how much work goes into each picture."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.engine.detection.refine import RefinementPlan, Step, View
from visavis.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Profile:
    """What is done for each picture beyond the least.

    Attributes:
        name: `default` or `accurate`.
        refinement: looks at the face for better landmarks.
        mirror_min_turn: the template of a face that is turned aside by at least this (see `turn_of`) is the mean of its
            own and its mirror image's; 0 for all.
    """

    name: str
    refinement: RefinementPlan
    mirror_min_turn: float


_SMALL = View(1.4, 96)
_BOTH_SIDES = View(1.4, 128, mirrored=True)
_SMALL_BOTH_SIDES = View(1.4, 96, mirrored=True)
_LARGE_BOTH_SIDES = View(1.4, 320, mirrored=True)
_STEADY = (_BOTH_SIDES, _SMALL_BOTH_SIDES)
_STEADIEST = (*_STEADY, _LARGE_BOTH_SIDES)

# Chosen on the CFP people 001 to 100.
_PROFILES = {
    "default": Profile(
        "default",
        refinement=(
            Step((_SMALL_BOTH_SIDES,)),
            Step((_BOTH_SIDES,), min_turn=0.05),
            Step(_STEADY, min_turn=0.1),
            Step(_STEADIEST, min_turn=0.2),
        ),
        mirror_min_turn=0.05,
    ),
    "accurate": Profile("accurate", refinement=(Step((_SMALL,)), Step(_STEADY), Step(_STEADIEST)), mirror_min_turn=0.0),
}


def find_profile(name: str) -> Profile:
    """The profile of that name.

    Raises:
        ParameterError: there is none.
    """
    try:
        return _PROFILES[name]
    except KeyError:
        raise ParameterError(f"no profile {name!r}: choose {' or '.join(_PROFILES)}") from None
