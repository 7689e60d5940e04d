"""A face without a flaw, for tests that change one of its measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from visavis.measures import FaceMeasures, HeadPose, Region

FLAWLESS = FaceMeasures(
    pose=HeadPose(0.0, 0.0, 0.0),
    occlusion=dict.fromkeys(Region, 0.0),
    hidden=dict.fromkeys(Region, 0.0),
    blur=0.05,
    illumination=130.0,
    illumination_imbalance=0.05,
    over_exposed=0.0,
    under_exposed=0.0,
    outside=0.0,
    face_width_px=160.0,
    eye_distance_px=70.0,
    left_eye_open=0.9,
    right_eye_open=0.9,
    mouth_open=0.1,
    mask=0.01,
    dark_glasses=0.01,
    colourfulness=20.0,
    quality=90.0,
)


def covered(**shares: float) -> FaceMeasures:
    """The flawless face, regions covered by so much."""
    return replace(FLAWLESS, occlusion={**FLAWLESS.occlusion, **{Region(name): at for name, at in shares.items()}})


def changed(**values: Any) -> FaceMeasures:
    """The flawless face, measures changed."""
    return replace(FLAWLESS, **values)


def read_measures(changes: Sequence[Mapping[str, Any] | None]) -> tuple[FaceMeasures | None, FaceMeasures | None]:
    """Of both pictures of a case: members of `occlusion` and `pose` change one by one; null: nothing was measured."""
    one, other = (None if each is None else _read(each) for each in changes)
    return one, other


def _read(changes: Mapping[str, Any]) -> FaceMeasures:
    plain = {name: value for name, value in changes.items() if name not in ("occlusion", "pose")}
    pose = replace(FLAWLESS.pose, **changes.get("pose", {}))
    return replace(covered(**changes.get("occlusion", {})), pose=pose, **plain)
