"""The tables in docs/analysis.md of what each API's quality levels demand, made from their quality.json.

    python -m tests.docs.analysis_tables

writes them anew. A page marks where: `<!-- levels API.SECTION -->` … `<!-- end -->`. A test compares the pages with the
files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from visavis.cli.analyze_table import REGION_NAMES, Text
from visavis.measures import Region
from visavis.service.quality import QualityLevel, QualityRule, read_levels

PAGES = tuple(Path(__file__).parents[2] / "docs" / name for name in ("analysis.md", "analysis.zh-CN.md"))
_MARKED = re.compile(r"(<!-- levels (\w+)\.(\w+) -->\n)(.*?)(<!-- end -->)", re.S)
_HEADS: tuple[Text, ...] = (
    ("level", "等级"),
    ("covered, at most", "遮挡不超过"),
    ("blur, at most", "模糊不超过"),
    ("illumination", "亮度"),
    ("whole face in the picture", "整张脸在画面内"),
    ("turned, at most", "转动不超过"),
    ("flaws that pass", "允许的缺陷数"),
)
_MASK_HEAD: Text = ("a worn mask may cover", "口罩可以遮挡")
_PAIRS: tuple[tuple[Region, Region, Text], ...] = (
    (Region.LEFT_EYE, Region.RIGHT_EYE, ("eyes", "双眼")),
    (Region.LEFT_EYEBROW, Region.RIGHT_EYEBROW, ("eyebrows", "双眉")),
    (Region.LEFT_CHEEK, Region.RIGHT_CHEEK, ("cheeks", "双颊")),
)
_COMMA: Text = (", ", "、")


def fill(text: str, *, chinese: bool) -> str:
    """The page with its tables made anew."""
    return _MARKED.sub(lambda match: f"{match[1]}{table(match[2], match[3], chinese=chinese)}{match[5]}", text)


def table(api: str, section: str, *, chinese: bool) -> str:
    """What the levels of one section demand; a level of several rules has a row for each, and all have to be met."""
    levels = read_levels(f"visavis.protocols.{api}", section).values()
    has_masks = any(rule.mask_may_cover for level in levels for rule in level.rules)
    heads = [head[chinese] for head in (*_HEADS, *((_MASK_HEAD,) if has_masks else ()))]
    rows = [row if has_masks else row[:-1] for level in levels for row in _rows(level, chinese=chinese)]
    return "".join(f"| {' | '.join(line)} |\n" for line in (heads, ["---"] * len(heads), *rows))


def _rows(level: QualityLevel, *, chinese: bool) -> Iterator[list[str]]:
    for number, rule in enumerate(level.rules):
        yield [
            f"`{level.name}`" if number == 0 else ("and", "并且")[chinese],
            _limits(rule.max_occlusion, chinese=chinese),
            "–" if rule.max_blur >= 1 else f"{rule.max_blur:g}",
            _light(rule),
            (("yes", "是") if rule.must_be_complete else ("–", "–"))[chinese],
            "–" if rule.max_angle >= 180 else f"{rule.max_angle:g}°",
            f"{rule.tolerated}",
            _named(frozenset(rule.mask_may_cover), chinese=chinese) or "–",
        ]


def _limits(limits: Mapping[Region, float], *, chinese: bool) -> str:
    by_limit: dict[float, set[Region]] = {}
    for region, limit in limits.items():
        by_limit.setdefault(limit, set()).add(region)
    cells = [f"{_named(frozenset(regions), chinese=chinese)} {limit:g}" for limit, regions in by_limit.items()]
    return ("; ", "，")[chinese].join(cells) or "–"


def _named(regions: frozenset[Region], *, chinese: bool) -> str:
    names, left = [], set(regions)
    for first, second, name in _PAIRS:
        if {first, second} <= left:
            names.append(name[chinese])
            left -= {first, second}
    names += [REGION_NAMES[region][chinese] for region in Region if region in left]
    return _COMMA[chinese].join(names)


def _light(rule: QualityRule) -> str:
    low, high = rule.illumination
    return "–" if (low, high) == (0, 255) else f"{low:g} – {high:g}"


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(fill(page.read_text("utf-8"), chinese=page.name.endswith(".zh-CN.md")), "utf-8")
