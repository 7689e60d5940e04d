"""The table of an API's quality levels, made from its data file."""

from __future__ import annotations

from tests.docs.accuracy_tables import _grid
from visavis.measures import Region
from visavis.service.quality import QualityRule, read_levels

_GROUPS = (
    (Region.LEFT_EYE, Region.RIGHT_EYE, Region.NOSE, Region.MOUTH),
    (Region.LEFT_EYEBROW, Region.RIGHT_EYEBROW),
    (Region.LEFT_CHEEK, Region.RIGHT_CHEEK, Region.CHIN_CONTOUR),
)
_HEADS = (
    "level",
    "eyes, nose, mouth",
    "eyebrows",
    "cheeks, chin",
    "blur",
    "light",
    "yaw, pitch, roll",
    "whole face",
    "may miss",
)
_CHINESE_HEADS = ("等级", "眼、鼻、嘴", "眉", "脸颊、下巴", "模糊", "光照", "偏航、俯仰、翻滚", "整张脸", "允许不满足")
_ANY = "–"


def quality_table(vendor: str, chinese: bool) -> str:
    """One line for each rule of each level; without the columns of what no rule of this API limits."""
    levels = read_levels(f"visavis.protocols.{vendor}")
    rows = [[f"`{name}`", *_cells(rule, chinese)] for name, level in levels.items() for rule in level.rules]
    heads = _CHINESE_HEADS if chinese else _HEADS
    columns = [column for column in range(len(heads)) if {row[column] for row in rows} - {_ANY, "0"}]
    kept = [[row[column] for column in columns] for row in rows]
    return _grid([heads[column] for column in columns], kept, lambda word, default: word)


def _cells(rule: QualityRule, chinese: bool) -> list[str]:
    shown = []
    for group in _GROUPS:
        (limit,) = {rule.max_occlusion.get(region) for region in group}
        shown.append(_ANY if limit is None else f"≤ {limit:g}")
    shown.append(_ANY if rule.max_blur == 1 else f"≤ {rule.max_blur:g}")
    shown.append(_light(*rule.illumination))
    shown.append(_ANY if rule.max_angle == 180 else f"≤ {rule.max_angle:g}°")
    shown.append(("是" if chinese else "yes") if rule.must_be_complete else _ANY)
    shown.append(str(rule.tolerated))
    return shown


def _light(low: float, high: float) -> str:
    if (low, high) == (0, 255):
        return _ANY
    return f"≥ {low:g}" if high == 255 else f"{low:g} – {high:g}"
