"""The tables of the model card, made from figures that the other scripts leave in figures.json.

    python training/quality/card.py

writes them anew in both languages. The card marks where: `<!-- table NAME -->` … `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_FIGURES = _FOLDER / "figures.json"
_MARKED = re.compile(r"(<!-- table (\S+) -->\n)(.*?)(<!-- end -->)", re.S)
_CHINESE = {
    "weight": "权重",
    "bias": "常数",
    "ln length": "ln 长度",
    "detector's probability": "检测概率",
    "blur": "模糊",
    "covered": "遮挡",
    "damaged": "损坏",
    "cut": "截断",
    "photos": "照片",
    "examples": "样本",
    "faces": "人脸",
    "comparisons that succeed": "成功的比对",
    "mean quality": "平均质量",
    "sorted by": "排序依据",
    "quality": "质量",
    "frontal": "正脸",
    "profile": "侧脸",
    "frontal-frontal": "正脸对正脸",
    "frontal-profile": "正脸对侧脸",
    "CFP 101 to 250, frontal": "CFP 101 至 250，正脸",
    "CFP 101 to 250, profile": "CFP 101 至 250，侧脸",
    "web photos, bare": "网络照片，未戴口罩",
    "web photos, masked": "网络照片，戴口罩",
}
_NAMES = {
    "strength": "ln length",
    "probability": "detector's probability",
}
_GROUPS = {
    "frontal": "CFP 101 to 250, frontal",
    "profile": "CFP 101 to 250, profile",
    "lfw-calibrate": "LFW, `lfw-calibrate.txt`",
    "bare": "web photos, bare",
    "masked": "web photos, masked",
}
PERCENTILES = (1, 5, 25, 50, 75, 95)

Figures = dict[str, Any]
Translate = Callable[[str], str]


def write_figures(part: str, figures: Figures) -> None:
    """Keep one part of the figures and write the tables anew."""
    known = json.loads(_FIGURES.read_text("utf-8")) if _FIGURES.is_file() else {}
    _FIGURES.write_text(json.dumps(known | {part: figures}, indent=1) + "\n", "utf-8")
    main()


def fill(text: str, figures: Figures, translate: Translate) -> str:
    """A card with its tables made anew; nothing stands where figures are not known yet."""

    def table(found: re.Match[str]) -> str:
        part, render = _TABLES[found[2]]
        return found[1] + (render(figures, translate) if part in figures else "") + found[4]

    return _MARKED.sub(table, text)


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]], translate: Translate) -> str:
    lines = [[translate(head) for head in heads], ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _weights(figures: Figures, translate: Translate) -> str:
    models = list(figures["fit"])
    names = list(figures["fit"][models[0]]["weights"])
    rows = [
        [translate(_NAMES.get(name, name)), *(f"{figures['fit'][model]['weights'][name]:.3f}" for model in models)]
        for name in names
    ]
    return _grid(["weight", *(f"`{model}`" for model in models)], rows, translate)


def _kinds(figures: Figures, translate: Translate) -> str:
    models = list(figures["fit"])
    rows = []
    for kind, known in figures["fit"][models[0]]["kinds"].items():
        said = [f"{figures['fit'][model]['kinds'][kind]['quality']:.1f}" for model in models]
        rows.append([translate(kind), f"{known['count']:,}", f"{100 * known['succeeded']:.1f} %", *said])
    said_by = [f"{translate('mean quality')}, `{model}`" for model in models]
    return _grid(["", "examples", "comparisons that succeed", *said_by], rows, translate)


def _left_out(figures: Figures, translate: Translate) -> str:
    rows = []
    for model, known in figures["fit"].items():
        for name, protocols in known["left_out"].items():
            if name != "quality" and model == "other":
                continue
            what = translate(_NAMES.get(name, name)) + (f", `{model}`" if name == "quality" else "")
            cells = [" / ".join(f"{100 * change:+.0f}" for change in it["changes"]) for it in protocols.values()]
            rows.append([what, *(f"{cell} %" for cell in cells)])
    protocols = next(iter(figures["fit"].values()))["left_out"]["quality"]
    heads = [f"{translate(name)}, FRR {100 * it['frr']:.2f} %" for name, it in protocols.items()]
    return _grid(["sorted by", *heads], rows, translate)


def _percentiles(figures: Figures, translate: Translate) -> str:
    rows = [
        [translate(_GROUPS[group]), f"{it['photos']:,}", f"{it['faces']:,}", *(f"{at:.1f}" for at in it["values"])]
        for group, it in figures["percentiles"].items()
    ]
    return _grid(["", "photos", "faces", *(f"{at} %" for at in PERCENTILES)], rows, translate)


_TABLES: dict[str, tuple[str, Callable[[Figures, Translate], str]]] = {
    "weights": ("fit", _weights),
    "kinds": ("fit", _kinds),
    "left-out": ("fit", _left_out),
    "percentiles": ("percentiles", _percentiles),
}


def _in_chinese(word: str) -> str:
    return _CHINESE.get(word, word)


def main() -> None:
    """Write the tables of both cards anew."""
    figures = json.loads(_FIGURES.read_text("utf-8"))
    for name, translate in (("MODEL_CARD.md", str), ("MODEL_CARD.zh-CN.md", _in_chinese)):
        card = _FOLDER / name
        card.write_text(fill(card.read_text("utf-8"), figures, translate), "utf-8")


if __name__ == "__main__":
    main()
