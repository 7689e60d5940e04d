"""The tables of the model card, made from figures.json.

    python training/pad/card.py

writes them anew in both languages. The card marks where: `<!-- table NAME -->` … `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_MARKED = re.compile(r"(<!-- table (\S+) -->\n)(.*?)(<!-- end -->)", re.S)
_CHINESE = {
    "left out": "排除的内容",
    "capture": "拍摄 / 真人",
    "good": "良好",
    "hard": "困难",
    "species": "攻击类型",
    "source": "来源",
    "bona fide": "真人",
    "attacks": "攻击",
    "photos / people": "照片 / 人数",
    "nothing": "无（域内）",
    "print": "打印照片",
    "screen": "屏幕翻拍",
    "all": "全部",
    "own living people": "本来源真人",
    "all living people": "所有真人",
    "moire": "摩尔纹",
    "pixel_grid": "屏幕像素格",
    "halftone": "印刷网点",
    "paper": "纸张纹理",
    "gloss": "镜面反光",
    "colour_cast": "偏色",
    "tilted_focus": "斜面失焦",
    "double_jpeg": "二次 JPEG",
    "bezel": "设备边框",
    "held_sheet": "手持纸张",
    "cut_out": "剪切人像",
    "threshold": "阈值",
    "promise": "承诺",
    "refused": "拒绝",
    "photos": "照片",
    "people": "人数",
    "share": "比例",
    "change": "变化",
    "native": "原始分",
    "public": "公开分",
    "no answer": "无法判断",
    "answered": "已判断",
    "face_too_small": "人脸过小",
    "too_blurred": "过于模糊",
    "too_tight": "裁切过紧",
    "made of": "组成",
    "simulated": "模拟攻击",
    "real": "真实攻击",
    "face network": "人脸网络",
    "context network": "环境网络",
    "both": "两者",
    "both, spectrum peak": "两者 + 频谱峰",
    "both, spectrum peak, missing surroundings": "两者 + 频谱峰 + 缺失环境",
    "both, spectrum peak, frame edges": "两者 + 频谱峰 + 边框直线",
    "turned_away": "偏转太大",
}
_KINDS = {"nuaa": "print", "replay": "screen"}
_APCERS = ("apcer_at_bpcer_0.01", "apcer_at_bpcer_0.001")
_REASONS = ("answered", "face_too_small", "too_blurred", "too_tight", "turned_away")

Figures = dict[str, Any]
Translate = Callable[[str], str]


def fill(text: str, figures: Figures, translate: Translate) -> str:
    """A card with its tables made anew; nothing stands where figures are not known yet."""

    def table(found: re.Match[str]) -> str:
        part, render = _TABLES[found[2]]
        return found[1] + (render(figures, translate) if figures.get(part) else "") + found[4]

    return _MARKED.sub(table, text)


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(heads), ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _share(found: Figures, name: str, scale: float = 100, unit: str = " %") -> str:
    if name not in found:
        return "–"
    low, value, high = (scale * found[name][key] for key in ("low", "value", "high"))
    digits = 1 if scale == 100 else 3
    return f"{value:.{digits}f}{unit} ({low:.{digits}f} – {high:.{digits}f})"


def _row(names: Sequence[str], found: Figures) -> list[str]:
    counts = [f"{found[kind]['photos']:,} / {found[kind]['people']:,}" for kind in ("bona_fide", "attacks")]
    return [*names, *counts, _share(found, "auc", 1, ""), *(_share(found, name) for name in _APCERS)]


def _heads(first: Sequence[str], translate: Translate) -> list[str]:
    counts = [f"{translate(kind)}, {translate('photos / people')}" for kind in ("bona fide", "attacks")]
    return [*map(translate, first), *counts, "AUC", "APCER, BPCER 1e-2", "APCER, BPCER 1e-3"]


def _in_distribution(figures: Figures, translate: Translate) -> str:
    rows = []
    for source, against in figures["in_distribution"].items():
        for live, found in against.items():
            names = [translate(_KINDS.get(source, source)), source if source != "all" else translate("all")]
            rows.append(_row([*names, translate(_against(live))], found))
    return _grid(_heads(["species", "source", "bona fide"], translate), rows)


def _against(live: str) -> str:
    return {"own_bona_fide": "own living people", "all_bona_fide": "all living people"}[live]


def _simulated(figures: Figures, translate: Translate) -> str:
    return _grid(_heads(["species", "capture"], translate), _captures([], figures["simulated"], translate))


def _captures(first: list[str], species: Figures, translate: Translate) -> list[list[str]]:
    return [
        _row([*first, translate(name), translate(capture)], one)
        for name, found in species.items()
        for capture, one in found.items()
    ]


def _left_out(figures: Figures, translate: Translate) -> str:
    rows = []
    for left_out, found in figures["protocols"].items():
        what = " + ".join(map(translate, left_out.split("+")))
        if left_out in _KINDS:
            kind = translate(_KINDS[left_out])
            rows += [_row([what, kind, translate(_against(live))], one) for live, one in found.items()]
        else:
            rows += _captures([what], found, translate)
    return _grid(_heads(["left out", "species", "capture"], translate), rows)


def _thresholds(figures: Figures, translate: Translate) -> str:
    heads = ["source", "photos", "people", "threshold", "promise", "refused", "share"]
    rows = []
    for source, found in figures["thresholds_bf16"].items():
        for threshold in ("0.9", "0.3", "0.05"):
            one = found[threshold]
            share = f"{100 * one['share']:.2f} % ({100 * one['low']:.2f} – {100 * one['high']:.2f})"
            counts = [f"{found['answered']:,}", f"{found['people']:,}"]
            name = translate("all") if source == "all" else source
            rows.append([name, *counts, threshold, f"{100 * one['promise']:g} %", str(one["refused"]), share])
    return _grid([translate(head) for head in heads], rows)


def _movements(figures: Figures, translate: Translate) -> str:
    rows = [
        [f"`{name}`", str(one["photos"]), f"{one['native']:.3f}", f"{one['public']:.3f}", str(one["no_answer"])]
        for name, one in figures["movements"].items()
    ]
    return _grid([translate(head) for head in ("change", "photos", "native", "public", "no answer")], rows)


def _answers(figures: Figures, translate: Translate) -> str:
    rows = [
        [f"`{name}`", *(str(found.get(reason, 0)) for reason in _REASONS)] for name, found in figures["answers"].items()
    ]
    return _grid([translate(head) for head in ("source", *_REASONS)], rows)


def _ablation(figures: Figures, translate: Translate) -> str:
    kinds = ("simulated", "real", "print", "screen")
    rows = [[translate(name), *(f"{found[kind]:.3f}" for kind in kinds)] for name, found in figures["ablation"].items()]
    return _grid([translate(head) for head in ("made of", *kinds)], rows)


_TABLES: dict[str, tuple[str, Callable[[Figures, Translate], str]]] = {
    "in-distribution": ("in_distribution", _in_distribution),
    "simulated": ("simulated", _simulated),
    "left-out": ("protocols", _left_out),
    "thresholds": ("thresholds_bf16", _thresholds),
    "movements": ("movements", _movements),
    "answers": ("answers", _answers),
    "ablation": ("ablation", _ablation),
}


def in_chinese(word: str) -> str:
    """A word of a table."""
    return _CHINESE.get(word, word)


def main() -> None:
    """Write the tables of both cards anew."""
    figures = json.loads((_FOLDER / "figures.json").read_text("utf-8"))
    for name, translate in (("MODEL_CARD.md", str), ("MODEL_CARD.zh-CN.md", in_chinese)):
        card = _FOLDER / name
        card.write_text(fill(card.read_text("utf-8"), figures, translate), "utf-8")


if __name__ == "__main__":
    main()
