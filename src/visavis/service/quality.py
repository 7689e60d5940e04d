"""Quality control: which measures of a face an API accepts at which level, and what an end user can do about it.

A level is one or more rules. A rule names limits and how many of them a face may miss. Each API has its levels in a
data file, `quality.json`, beside its scale.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from visavis.errors import ParameterError
from visavis.measures import FaceMeasures, Region


class Flaw(enum.StrEnum):
    """What is wrong with a face. Those of a region have the region's name."""

    LEFT_EYE = "left_eye"
    RIGHT_EYE = "right_eye"
    LEFT_EYEBROW = "left_eyebrow"
    RIGHT_EYEBROW = "right_eyebrow"
    NOSE = "nose"
    MOUTH = "mouth"
    LEFT_CHEEK = "left_cheek"
    RIGHT_CHEEK = "right_cheek"
    CHIN_CONTOUR = "chin_contour"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    INCOMPLETE = "incomplete"
    TURNED = "turned"

    @property
    def is_occlusion(self) -> bool:
        """Whether it is a region that something covers."""
        return self.value in _REGIONS


_REGIONS = frozenset(region.value for region in Region)


@dataclass(frozen=True, slots=True)
class QualityRule:
    """Limits of which a face may miss some.

    Attributes:
        max_occlusion: by region, 0..1; regions that are not named may be covered.
        max_blur: 0..1.
        illumination: lowest and highest, 0..255.
        must_be_complete: whether the whole face has to be within the picture.
        max_angle: of yaw, pitch and roll, degrees.
        tolerated: so many flaws pass.
        mask_may_cover: regions that a worn mask may cover.
    """

    max_occlusion: Mapping[Region, float]
    max_blur: float = 1.0
    illumination: tuple[float, float] = (0.0, 255.0)
    must_be_complete: bool = False
    max_angle: float = 180.0
    tolerated: int = 0
    mask_may_cover: frozenset[Region] = frozenset()

    def flaws(self, measures: FaceMeasures) -> tuple[Flaw, ...]:
        """What the face misses, in the order of `Flaw`; tolerated or not."""
        spared = self.mask_may_cover if measures.mask >= MASK_WORN else frozenset()
        occlusion, (darkest, brightest) = measures.occlusion, self.illumination
        pose = measures.pose
        found = {
            Flaw(region.value)
            for region, limit in self.max_occlusion.items()
            if occlusion[region] > limit and region not in spared
        }
        others = {
            Flaw.BLURRED: measures.blur > self.max_blur,
            Flaw.TOO_DARK: measures.illumination < darkest,
            Flaw.TOO_BRIGHT: measures.illumination > brightest,
            Flaw.INCOMPLETE: self.must_be_complete and not measures.is_complete,
            Flaw.TURNED: max(abs(pose.yaw), abs(pose.pitch), abs(pose.roll)) > self.max_angle,
        }
        found |= {flaw for flaw, is_missed in others.items() if is_missed}
        return tuple(flaw for flaw in Flaw if flaw in found)


MASK_WORN = 0.5
"""Probability from which a mask counts as worn."""


@dataclass(frozen=True, slots=True)
class QualityLevel:
    """What one level of one API demands.

    Attributes:
        name: as the API writes it.
        rules: all have to be met.
    """

    name: str
    rules: tuple[QualityRule, ...]

    def flaws(self, measures: FaceMeasures) -> tuple[Flaw, ...]:
        """Why a face is refused, in the order of `Flaw`; empty when it is accepted."""
        missed = [(rule.flaws(measures), rule.tolerated) for rule in self.rules]
        found = {flaw for flaws, tolerated in missed if len(flaws) > tolerated for flaw in flaws}
        return tuple(flaw for flaw in Flaw if flaw in found)


def read_levels(package: str, section: str = "levels") -> dict[str, QualityLevel]:
    """The levels in `quality.json` of a protocol's package, by name.

    Args:
        package: with the file.
        section: of the file.

    Raises:
        ParameterError: the file names a limit that does not exist, or one that is out of its range.
    """
    document = json.loads((files(package) / "quality.json").read_text("utf-8"))
    return {
        name: QualityLevel(name, tuple(_read_rule(rule) for rule in rules)) for name, rules in document[section].items()
    }


def _read_rule(rule: Mapping[str, Any]) -> QualityRule:
    unknown = set(rule) - set(_RULE_NAMES)
    if unknown:
        raise ParameterError(f"quality.json: {', '.join(sorted(unknown))} is no limit")
    low, high = rule.get("illumination", (0, 255))
    read = QualityRule(
        {Region(region): _share(limit) for region, limit in rule.get("max_occlusion", {}).items()},
        _share(rule.get("max_blur", 1.0)),
        (float(low), float(high)),
        bool(rule.get("must_be_complete", False)),
        float(rule.get("max_angle", 180.0)),
        int(rule.get("tolerated", 0)),
        frozenset(Region(region) for region in rule.get("mask_may_cover", ())),
    )
    if not 0 <= low < high <= 255 or not 0 < read.max_angle <= 180 or read.tolerated < 0:
        raise ParameterError("quality.json: a limit is out of its range")
    return read


_RULE_NAMES = (
    "max_occlusion",
    "max_blur",
    "illumination",
    "must_be_complete",
    "max_angle",
    "tolerated",
    "mask_may_cover",
)


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        raise ParameterError(f"quality.json: {value} does not lie between 0 and 1")
    return float(value)


_ADVICE_EN = {
    Flaw.LEFT_EYE: "do not cover your left eye",
    Flaw.RIGHT_EYE: "do not cover your right eye",
    Flaw.LEFT_EYEBROW: "do not cover your left eyebrow",
    Flaw.RIGHT_EYEBROW: "do not cover your right eyebrow",
    Flaw.NOSE: "do not cover your nose",
    Flaw.MOUTH: "do not cover your mouth",
    Flaw.LEFT_CHEEK: "do not cover your left cheek",
    Flaw.RIGHT_CHEEK: "do not cover your right cheek",
    Flaw.CHIN_CONTOUR: "do not cover your chin",
    Flaw.BLURRED: "hold still and wipe the lens: the face is blurred",
    Flaw.TOO_DARK: "find more light: the face is too dark",
    Flaw.TOO_BRIGHT: "avoid strong light: the face is too bright",
    Flaw.INCOMPLETE: "bring your whole face into the picture",
    Flaw.TURNED: "look straight into the camera",
}
_ADVICE_ZH = {
    Flaw.LEFT_EYE: "请不要遮挡左眼",
    Flaw.RIGHT_EYE: "请不要遮挡右眼",
    Flaw.LEFT_EYEBROW: "请不要遮挡左眉",
    Flaw.RIGHT_EYEBROW: "请不要遮挡右眉",
    Flaw.NOSE: "请不要遮挡鼻子",
    Flaw.MOUTH: "请不要遮挡嘴巴",
    Flaw.LEFT_CHEEK: "请不要遮挡左脸颊",
    Flaw.RIGHT_CHEEK: "请不要遮挡右脸颊",
    Flaw.CHIN_CONTOUR: "请不要遮挡下巴",
    Flaw.BLURRED: "人脸模糊：请保持不动，并擦净镜头",
    Flaw.TOO_DARK: "人脸过暗：请到光线更好的地方",
    Flaw.TOO_BRIGHT: "人脸过亮：请避开强光",
    Flaw.INCOMPLETE: "请让整张脸进入画面",
    Flaw.TURNED: "请正对镜头",
}


def advice(flaw: Flaw, language: str) -> str:
    """What an end user can do about it, in a short sentence.

    Args:
        flaw: what is wrong.
        language: `zh`, or anything else for English.
    """
    return (_ADVICE_ZH if language == "zh" else _ADVICE_EN)[flaw]
