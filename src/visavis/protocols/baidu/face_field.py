"""What `detect` and `faceverify` say of a face besides where it is, field by field.

Age, beauty, expression, face shape, gender, race, emotion, glasses, whether a face is drawn and the 150 landmarks are
not measured; they are accepted, and left out of the answer. So is the spoofing score where the check cannot tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from visavis.measures import FaceMeasures, Region
from visavis.service.quality import MASK_WORN

_QUALITY_REGIONS = (
    Region.LEFT_EYE,
    Region.RIGHT_EYE,
    Region.NOSE,
    Region.MOUTH,
    Region.LEFT_CHEEK,
    Region.RIGHT_CHEEK,
    Region.CHIN_CONTOUR,
)

Points = NDArray[np.float64]


def describe_fields(
    fields: frozenset[str], measures: FaceMeasures, points: Points, spoofing: float | None = None
) -> dict[str, object]:
    """The members for the fields that were asked for.

    Args:
        fields: names, as the request has them.
        measures: of the face.
        points: (468, 3) its landmarks, full-resolution pixels.
        spoofing: score of the check for generated and manipulated faces, 0..1, lower = more surely an untouched photo;
            None: it cannot tell.
    """
    found: dict[str, object] = {}
    if "eye_status" in fields:
        found["eye_status"] = {
            "left_eye": round(measures.left_eye_open, 4),
            "right_eye": round(measures.right_eye_open, 4),
        }
    if "mask" in fields:
        is_worn = measures.mask >= MASK_WORN
        found["mask"] = {
            "type": int(is_worn),
            "probability": round(measures.mask if is_worn else 1 - measures.mask, 4),
        }
    if "landmark" in fields:
        found |= {name: _place(groups, points) for name, groups in _landmark_groups().items()}
    if "quality" in fields:
        found["quality"] = _describe_quality(measures)
    if "spoofing" in fields and spoofing is not None:
        found["spoofing"] = round(spoofing, 4)
    return found


def _describe_quality(measures: FaceMeasures) -> dict[str, object]:
    return {
        "occlusion": {region.value: round(measures.occlusion[region], 4) for region in _QUALITY_REGIONS},
        "blur": round(measures.blur, 4),
        "illumination": round(measures.illumination),
        "completeness": int(measures.is_complete),
    }


def _place(groups: list[list[int]], points: Points) -> list[dict[str, float]]:
    """Each of the vendor's points is the mean of some of ours."""
    return [{"x": round(x, 2), "y": round(y, 2)} for x, y in (points[group, :2].mean(0).tolist() for group in groups)]


@cache
def _landmark_groups() -> Mapping[str, list[list[int]]]:
    document = json.loads((files(__package__) / "landmarks.json").read_text("utf-8"))
    return {name: [[one] if isinstance(one, int) else one for one in points] for name, points in document.items()}
