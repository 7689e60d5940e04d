"""A face without a flaw, for tests that change one of its measures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from visavis.measures import FaceMeasures, HeadPose, Region

FLAWLESS = FaceMeasures(
    pose=HeadPose(0.0, 0.0, 0.0),
    occlusion=dict.fromkeys(Region, 0.0),
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
    colourfulness=20.0,
    template_strength=0.95,
    quality=90.0,
)


def covered(**shares: float) -> FaceMeasures:
    """The flawless face, regions covered by so much."""
    return replace(FLAWLESS, occlusion={**FLAWLESS.occlusion, **{Region(name): at for name, at in shares.items()}})


def changed(**values: Any) -> FaceMeasures:
    """The flawless face, measures changed."""
    return replace(FLAWLESS, **values)
