"""The named profiles: how much work goes into each picture."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.engine.detection.refine import RefinementPlan, View
from visavis.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Profile:
    """What is done for each picture beyond the least.

    Attributes:
        name: `default` or `accurate`.
        refinement: looks at the face for better landmarks.
        mirror: average the templates of the aligned face and of its mirror image.
    """

    name: str
    refinement: RefinementPlan
    mirror: bool


_PROFILES = {
    "default": Profile(
        "default",
        refinement=((View(1.4, 128),), (View(1.4, 128, mirrored=True), View(1.4, 96, mirrored=True))),
        mirror=False,
    ),
    "accurate": Profile(
        "accurate",
        refinement=(
            (View(1.4, 128),),
            (View(1.4, 128, mirrored=True), View(1.4, 96, mirrored=True)),
            (View(1.4, 128, mirrored=True), View(1.4, 96, mirrored=True), View(1.4, 320, mirrored=True)),
        ),
        mirror=True,
    ),
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
