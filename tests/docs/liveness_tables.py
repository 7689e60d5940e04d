"""The tables in docs/liveness.md: levels, calibrations, and what the model cards measured; made from the data files.

    python -m tests.docs.liveness_tables

writes them anew. A page marks where: `<!-- liveness NAME -->` … `<!-- end -->`. A test compares the pages with the
files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from visavis.engine.bpcer import BpcerScale
from visavis.engine.pad import detector as pad
from visavis.engine.synthesis import parameters as synthesis
from visavis.presentation import BPCER_ANCHORS, Check
from visavis.service.controls import ControlPolicy
from visavis.service.orders import Control
from visavis.service.verdicts import LEVELS, share_refused_at

PAGES = tuple(Path(__file__).parents[2] / "docs" / name for name in ("liveness.md", "liveness.zh-CN.md"))
PRECISIONS = ("bf16", "fp32")
_TRAINING = PAGES[0].parents[1] / "training"
_MARKED = re.compile(r"(<!-- liveness (\S+) -->\n)(.*?)(<!-- end -->)", re.S)
_LEVEL_HEADS = (
    ("our level", "自有等级"),
    ("`pad`: refused below", "`pad`：低于则拒绝"),
    ("living people refused", "被误拒的真人"),
    ("at the vendors", "厂商等级"),
    ("`synthesis`: refused above", "`synthesis`：高于则拒绝"),
    ("untouched photos refused", "被误拒的真实照片"),
    ("at Baidu", "百度等级"),
)
_CALIBRATION_HEADS = (
    ("check, precision", "检查、精度"),
    ("threshold", "阈值"),
    ("promised", "承诺"),
    ("native score", "原始输出"),
    ("at most (95 %)", "上限（95 %）"),
    ("how", "依据"),
    ("photos, people", "照片数、人数"),
)
_BASIS = {False: ("counted", "计数"), True: ("fitted tail", "拟合尾部")}


def fill(text: str, *, chinese: bool) -> str:
    """The page with its tables made anew."""
    return _MARKED.sub(lambda match: f"{match[1]}{_made(match[2], chinese=chinese)}{match[4]}", text)


def _made(name: str, *, chinese: bool) -> str:
    if name == "levels":
        return level_table(chinese=chinese)
    if name == "calibration":
        return calibration_table(chinese=chinese)
    return card_table(*name.split("."), chinese=chinese)


def card_table(check: str, table: str, *, chinese: bool) -> str:
    """A table of a model card, as it stands there."""
    card = _TRAINING / check / ("MODEL_CARD.zh-CN.md" if chinese else "MODEL_CARD.md")
    found = re.search(rf"<!-- table {table} -->\n(.*?)<!-- end -->", card.read_text("utf-8"), re.S)
    if found is None:
        raise LookupError(f"{card.name} of {check} has no table {table}")
    return found[1]


def level_table(*, chinese: bool) -> str:
    """Thresholds of both controls, and what they refuse."""
    policy, rows = ControlPolicy(), []
    for name in LEVELS[Control.LIVENESS]:
        living, touched = (LEVELS[control][name] for control in (Control.LIVENESS, Control.SYNTHESIS))
        low, high = policy.liveness[living], policy.synthesis[touched]
        first = [f"`{name}`", f"{low:g}", _percent(share_refused_at(low, Check.PAD)), f"`{living}`"]
        rows.append([*first, f"{high:g}", _percent(share_refused_at(high, Check.SYNTHESIS)), f"`{touched}`"])
    return _table([head[chinese] for head in _LEVEL_HEADS], rows)


def calibration_table(*, chinese: bool) -> str:
    """What each threshold refuses of the photos that the networks of the package were calibrated on."""
    rows = [row for scale in scales() for row in _rows(scale, chinese=chinese)]
    return _table([head[chinese] for head in _CALIBRATION_HEADS], rows)


def scales() -> Iterator[BpcerScale]:
    """Those that come with the package."""
    for load in (pad.load_scale, synthesis.load_scale):
        for precision in PRECISIONS:
            scale = load(precision)
            if scale is not None:
                yield scale


def _rows(scale: BpcerScale, *, chinese: bool) -> Iterator[list[str]]:
    for number, (bpcer, score) in enumerate(BPCER_ANCHORS[scale.check]):
        native = scale.native_of(score)
        found = scale.bpcer_estimate(native)
        name = f"`{scale.check}`, {scale.precision}" if number == 0 else ""
        counts = f"{scale.photos:,}, {scale.people:,}" if number == 0 else ""
        basis = _BASIS[found.extrapolated][chinese]
        yield [name, f"{score:g}", _percent(bpcer), f"{native:.3f}", _percent(found.high), basis, counts]


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in (heads, ["---"] * len(heads), *rows))


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(fill(page.read_text("utf-8"), chinese=page.name.endswith(".zh-CN.md")), "utf-8")
