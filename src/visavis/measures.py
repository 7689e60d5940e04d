"""What an analysis says about one face of one picture: plain numbers that travel with a face token.

Left and right are the subject's. Ratios run from 0 to 1. ISO/IEC 29794-5 names what most of them are called here;
`docs/analysis.md` says which of them follow the standard's method and which only its meaning.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from visavis.errors import ParameterError

_VERSION = 1


class Region(enum.StrEnum):
    """Left and right are the subject's. Eyes include their lids, the nose its wings, the mouth both lips.

    Eyes, eyebrows, nose, mouth and cheeks do not overlap on a face; the chin contour is the jaw up to its edge, and
    meets the cheeks.
    """

    LEFT_EYE = "left_eye"
    RIGHT_EYE = "right_eye"
    LEFT_EYEBROW = "left_eyebrow"
    RIGHT_EYEBROW = "right_eyebrow"
    NOSE = "nose"
    MOUTH = "mouth"
    LEFT_CHEEK = "left_cheek"
    RIGHT_CHEEK = "right_cheek"
    CHIN_CONTOUR = "chin_contour"


@dataclass(frozen=True, slots=True)
class HeadPose:
    """How a head that looked straight into the camera got where it is: it turned, then nodded, then tilted.

    In this order the tilt of a profile is well defined; nodding in profile looks like a tilt, and is called one.

    Attributes:
        yaw: degrees, -90..90; positive: the nose points to the right of the picture, the subject turned to its left.
        pitch: degrees, -90..90; positive: the face looks down.
        roll: degrees, -180..180; positive: the head is tilted clockwise in the picture, to the subject's left shoulder.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """One face, measured.

    Attributes:
        pose: where the head points.
        occlusion: share of each region that something covers, 0 = free, 1 = covered; of what the head's own turn lets
            the camera see, within the picture.
        hidden: share of each region that the head's own turn hides, 0..1.
        blur: 0 = sharp, 1 = nothing to be recognised, whatever took the detail away: focus, motion, resolution, JPEG.
        illumination: mean luminance of the skin that is seen, 0..255.
        illumination_imbalance: between its left and right half, 0 = none, 1 = one half is black.
        over_exposed: share of it that is burnt out, 0..1.
        under_exposed: share of it that is black, 0..1.
        outside: share of the face that lies outside of the picture, 0..1.
        face_width_px: of the face, full-resolution pixels.
        eye_distance_px: between the centres of the eyes as seen, full-resolution pixels.
        left_eye_open: 0 = closed, 1 = wide open.
        right_eye_open: the same.
        mouth_open: 0 = closed, 1 = wide open.
        mask: probability that a mask is worn over mouth or nose, 0..1.
        dark_glasses: probability that dark glasses are worn, 0..1.
        colourfulness: mean chroma of the skin, 0 = grey; greyscale and infrared pictures have none.
        quality: unified quality, 0..100, 100 = best: how likely a comparison with another picture of the same person
            succeeds.
    """

    pose: HeadPose
    occlusion: Mapping[Region, float]
    hidden: Mapping[Region, float]
    blur: float
    illumination: float
    illumination_imbalance: float
    over_exposed: float
    under_exposed: float
    outside: float
    face_width_px: float
    eye_distance_px: float
    left_eye_open: float
    right_eye_open: float
    mouth_open: float
    mask: float
    dark_glasses: float
    colourfulness: float
    quality: float

    @property
    def is_complete(self) -> bool:
        """Whether the whole face is within the picture."""
        return self.outside <= COMPLETE_WITHIN

    @property
    def is_colour(self) -> bool:
        """False for greyscale and infrared pictures."""
        return self.colourfulness > GREY_WITHIN

    def to_document(self) -> dict[str, Any]:
        """As JSON can hold it; `from_document` reads it."""
        return {"version": _VERSION} | asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> FaceMeasures | None:
        """What `to_document` gave; None for what another version gave.

        Raises:
            ParameterError: it is damaged.
        """
        if document.get("version") != _VERSION:
            return None
        try:
            return _read(document)
        except (KeyError, TypeError, ValueError) as error:
            raise ParameterError("the measures of a face are damaged") from error


COMPLETE_WITHIN = 0.01
"""Share of a face that may lie outside of the picture and be called nothing."""
GREY_WITHIN = 2.0
"""Mean chroma up to which a picture has no colour."""


def _read(found: Mapping[str, Any]) -> FaceMeasures:
    pose = HeadPose(**{name: read_number(found["pose"][name]) for name in ("yaw", "pitch", "roll")})
    covered, hidden = (
        {region: read_number(found[name][region]) for region in Region} for name in ("occlusion", "hidden")
    )
    plain = [field.name for field in fields(FaceMeasures) if field.name not in ("pose", "occlusion", "hidden")]
    return FaceMeasures(pose, covered, hidden, **{name: read_number(found[name]) for name in plain})


def read_number(value: Any) -> float:
    """A finite number.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("not a number")
    return float(value)
