"""Write the tables of figures.json and limits.json into both model cards.

python training/synthesis/card.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_CARDS = {"en": "MODEL_CARD.md", "zh": "MODEL_CARD.zh-CN.md"}
_KINDS = {
    "self-blend": "自混合",
    "morph": "人脸融合（整图）",
    "spliced morph": "人脸融合（拼接）",
    "swap": "换脸",
    "local edit": "局部修改",
    "generated": "生成人脸，留出的组",
    "training's self_blend": "自混合（训练用的做法）",
    "training's morph": "人脸融合，整图（训练用的做法）",
    "training's splice_morph": "人脸融合，拼接（训练用的做法）",
    "training's swap": "换脸（训练用的做法）",
    "training's local_edit": "局部修改（训练用的做法）",
    "training's mesh_overlay": "网格贴图（训练用的做法）",
}
_HEADS = {
    "kinds": (
        ("against photos of", "forgery", "photos, people", "AUC", "APCER at BPCER 5e-2", "APCER at BPCER 1e-2"),
        ("对照照片", "伪造", "张数，人数", "AUC", "BPCER 5e-2 时的 APCER", "BPCER 1e-2 时的 APCER"),
    ),
    "left_out": (
        ("left out", "tested on", "AUC without it", "AUC of the product's network"),
        ("留出的种类", "测试于", "没有它时的 AUC", "产品网络的 AUC"),
    ),
    "photos": (
        ("photos", "photos, people", "cannot tell", "above 0.3 (5e-2)", "above 0.5 (1e-2)", "above 0.7 (1e-3)"),
        ("照片", "张数，人数", "无法判断", "高于 0.3（5e-2）", "高于 0.5（1e-2）", "高于 0.7（1e-3）"),
    ),
    "robustness": (
        ("change", "LFW: mean move", "CFP: mean move"),
        ("改动", "LFW：平均变动", "CFP：平均变动"),
    ),
    "control": (("tested on", "AUC"), ("测试于", "AUC")),
    "limits": (
        ("change", "AUC", "fineness", "share inside"),
        ("改动", "AUC", "细致度", "在图内的比例"),
    ),
}


def main() -> None:
    """Read, render, write."""
    figures = json.loads((_FOLDER / "figures.json").read_text("utf-8"))
    figures["limits"] = json.loads((_FOLDER / "limits.json").read_text("utf-8"))
    for number, (language, name) in enumerate(_CARDS.items()):
        text = (_FOLDER / name).read_text("utf-8")
        for table, rows in _TABLES.items():
            heads = _HEADS[table][number]
            lines = [heads, tuple("---" for _ in heads), *rows(figures, language)]
            rendered = (
                "\n".join(f"| {' | '.join(line)} |" for line in lines)
                .replace("| --- ", "|---")
                .replace("--- |", "---|")
            )
            text = _between(text, table, rendered)
        (_FOLDER / name).write_text(text, "utf-8")


def _between(text: str, table: str, rendered: str) -> str:
    pattern = rf"(<!-- table {table} -->\n).*?(<!-- end -->)"
    return re.sub(pattern, lambda found: f"{found[1]}{rendered}\n{found[2]}", text, flags=re.DOTALL)


def _kind_rows(figures: Mapping[str, Any], language: str) -> list[tuple[str, ...]]:
    return [
        (
            name,
            _kind(kind, language),
            f"{row['photos']}, {row['people']}",
            f"{row['auc']:.3f} ({_ends(row['auc_interval'], '.3f')})",
            *(_share(row, f"apcer_at_bpcer_{bpcer}") for bpcer in ("0.05", "0.01")),
        )
        for name, table in figures["kinds"].items()
        for kind, row in table.items()
        if kind != "untouched"
    ]


def _share(row: Mapping[str, Any], key: str) -> str:
    low, high = row[f"{key}_interval"]
    return f"{100 * row[key]:.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def _left_out_rows(figures: Mapping[str, Any], language: str) -> list[tuple[str, ...]]:
    rows = []
    for found in figures["left_out"]:
        for tested, areas in found.items():
            if tested != "kind":
                name, _, kind = tested.partition(": ")
                values = [
                    f"{areas[side]['auc']:.3f} ({_ends(areas[side]['auc_interval'], '.3f')})"
                    for side in ("without", "with")
                ]
                rows.append((found["kind"], f"{name}: {_kind(kind, language)}", *values))
    return rows


def _photo_rows(figures: Mapping[str, Any], language: str) -> list[tuple[str, ...]]:
    rows = []
    for name, row in figures["photos"].items():
        shares = [
            f"{row[key]['bpcer']:.4f} ({_ends(row[key]['interval'], '.4f')})" for key in row if key.startswith("above")
        ]
        rows.append((name, f"{row['photos']}, {row['people']}", str(row["photos"] - row["told"]), *shares))
    return rows


def _robustness_rows(figures: Mapping[str, Any], language: str) -> list[tuple[str, ...]]:
    lfw, cfp = (figures["robustness"][name]["changes"] for name in ("lfw-calibrate", "cfp-test"))
    return [(name, f"{row['moved']:.3f}", f"{cfp[name]['moved']:.3f}") for name, row in lfw.items()]


def _control_rows(figures: Mapping[str, Any], language: str) -> list[tuple[str, ...]]:
    parts = [(tested.partition(": "), area) for tested, area in figures["control"].items()]
    return [(f"{name}: {_kind(kind, language)}", f"{area:.3f}") for (name, _, kind), area in parts]


def _limit_rows(figures: Mapping[str, Any], language: str) -> list[tuple[str, ...]]:
    return [
        (row["change"], f"{row['auc']:.3f}", f"{row['fineness']:.3f}", f"{row['inside']:.2f}")
        for row in figures["limits"]
    ]


def _kind(kind: str, language: str) -> str:
    return kind if language == "en" else _KINDS[kind]


def _ends(interval: list[float], form: str) -> str:
    return f"{interval[0]:{form}}–{interval[1]:{form}}"


_TABLES: dict[str, Callable[[Mapping[str, Any], str], list[tuple[str, ...]]]] = {
    "kinds": _kind_rows,
    "left_out": _left_out_rows,
    "photos": _photo_rows,
    "robustness": _robustness_rows,
    "control": _control_rows,
    "limits": _limit_rows,
}


if __name__ == "__main__":
    main()
