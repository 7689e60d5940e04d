"""The tables of measured figures in the documentation, made from the JSON files in docs/results.

    python -m tests.docs.accuracy_tables

writes them anew. A page marks where: `<!-- table NAME -->` … `<!-- end -->`, NAME one of `TABLES`; where a file that
the table needs is not there, nothing stands between the marks. A test compares the pages with the files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from visavis.evaluation.report import format_change, format_interval, format_percent, format_rate

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
_MARKED = re.compile(r"(<!-- table ([\w-]+) -->\n)(.*?)(<!-- end -->)", re.S)
_RUNS = ("cfp-test", "cfp-test-fp32", "cfp-test-onnxruntime", "cfp-test-accurate")
Document = dict[str, Any]

_CHINESE = {
    "threshold": "阈值",
    "counted FMR": "实际 FMR",
    "claimed FMR": "声称的 FMR",
    "false matches": "错误匹配数",
    "95 %": "95 % 区间",
    "FMR by calibration": "校准给出的 FMR",
    "too few comparisons": "比对次数不足",
    "accuracy": "准确率",
    "mated": "同人比对",
    "non-mated": "异人比对",
    "pictures": "图片",
    "people": "人数",
    "profile": "配置",
    "runtime, precision": "运行时、精度",
    "protocol": "协议",
    "measure": "指标",
    "value": "数值",
    "frontal-frontal": "正脸对正脸",
    "frontal-profile": "正脸对侧脸",
    "FRR at FMR {}": "FMR {} 时的 FRR",
    "10-fold accuracy": "10 折准确率",
    "data set": "数据集",
    "left out": "舍弃",
    "quality up to": "质量不高于",
    "change": "变化",
    "ideal change": "理想的变化",
    "all pairs": "全部配对",
    "250 px": "250 px",
    "pairs a second": "每秒对数",
    "visavis is faster by": "visavis 快",
}


def load_results(folder: Path = RESULTS) -> dict[str, Document]:
    """Every file of figures by its name without ending."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def pages() -> list[Path]:
    """Every page that may hold such tables."""
    return sorted(path for pattern in ("*.md", "docs/*.md") for path in ROOT.glob(pattern))


def fill(text: str, results: dict[str, Document], *, chinese: bool) -> str:
    """The page with its tables made anew."""

    def replace(match: re.Match[str]) -> str:
        table = TABLES[match[2]](results, _CHINESE.get if chinese else lambda word, default: default)
        return f"{match[1]}{table}{match[4]}"

    return _MARKED.sub(replace, text)


Translate = Callable[[str, str], str]


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]], translate: Translate) -> str:
    lines = [[translate(head, head) for head in heads], ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _ends(row: Document, name: str) -> tuple[float, float] | None:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return None if low is None else (low, high)


def _points(document: Document, protocol: str, translate: Translate) -> str:
    rows = []
    for point in document["protocols"][protocol]["operating_points"]:
        rate = format_rate(point["fmr"])
        if point["threshold"] is None:
            rows.append([rate, "–", "–", "–", translate("too few comparisons", "too few comparisons"), "–"])
            continue
        shares = [format_percent(point[name]) for name in ("fnmr", "frr")]
        interval = format_interval(_ends(point, "frr"))
        rows.append([rate, f"{point['threshold']:.4f}", *shares, interval, format_rate(point["claimed_fmr"])])
    return _grid(("FMR", "threshold", "FNMR", "FRR", "95 %", "FMR by calibration"), rows, translate)


def _claims(document: Document, protocol: str, translate: Translate) -> str:
    rows = [
        [
            format_rate(point["claimed_fmr"]),
            f"{point['threshold']:.4f}",
            format_rate(point["fmr"]),
            format_interval(_ends(point, "fmr"), "rate"),
            f"{point['false_matches']:,}",
            format_percent(point["frr"]),
        ]
        for point in document["protocols"][protocol]["claimed_points"]
    ]
    return _grid(("claimed FMR", "threshold", "counted FMR", "95 %", "false matches", "FRR"), rows, translate)


def _discards(document: Document, protocol: str, translate: Translate) -> str:
    curve = document["protocols"][protocol]["discard"]
    rows = [["0 %", "–", format_percent(curve["curve"]["frr"][0]), "", "", "", ""]]
    for point in curve["points"]:
        rows.append(
            [
                f"{100 * point['share']:.0f} %",
                "–" if point["quality"] is None else f"{point['quality']:.1f}",
                format_percent(point["frr"]),
                format_interval(_ends(point, "frr")),
                format_change(point["change"]),
                format_interval(_ends(point, "change"), "change"),
                format_change(point["ideal_change"]),
            ]
        )
    return _grid(("left out", "quality up to", "FRR", "95 %", "change", "95 %", "ideal change"), rows, translate)


def _counts(document: Document, protocols: Sequence[str], translate: Translate) -> str:
    rows = []
    for name in protocols:
        it = document["protocols"][name]
        fta = f"{format_percent(it['fta'])} ({format_interval(_ends(it, 'fta'))})"
        eer = f"{format_percent(it['eer'])} ({format_interval(_ends(it, 'eer'))})"
        accuracy = format_percent(it["accuracy"])
        if it["accuracy"] is not None:
            accuracy += f" ({format_interval(_ends(it, 'accuracy'))})"
        sizes = [f"{it[key]:,}" for key in ("pictures", "people", "mated", "non_mated")]
        rows.append([f"`{name}`", *sizes, fta, eer, accuracy])
    heads = ("protocol", "pictures", "people", "mated", "non-mated", "FTA", "EER", "accuracy")
    return _grid(heads, rows, translate)


def _set_table(name: str, protocols: Sequence[str]) -> Callable[[dict[str, Document], Translate], str]:
    def render(results: dict[str, Document], translate: Translate) -> str:
        return _counts(results[name], protocols, translate) if name in results else ""

    return render


def _protocol_table(
    part: Callable[[Document, str, Translate], str], name: str, protocol: str
) -> Callable[[dict[str, Document], Translate], str]:
    def render(results: dict[str, Document], translate: Translate) -> str:
        return part(results[name], protocol, translate) if name in results else ""

    return render


def _runs(results: dict[str, Document], translate: Translate) -> str:
    """FRR of one data set by runtime, precision and profile, thresholds counted for each."""
    wanted = (("cfp-ff", 1e-3), ("cfp-ff", 1e-4), ("cfp-fp", 1e-2), ("cfp-fp", 1e-3))
    rows = []
    for document in (results[name] for name in _RUNS if name in results):
        figures = [format_percent(_frr(document, protocol, fmr)) for protocol, fmr in wanted]
        rows.append([f"{document['runtime']} {document['precision']}", document["profile"], *figures])
    heads = [
        "runtime, precision",
        "profile",
        *(f"{protocol}, FRR / FMR {format_rate(fmr)}" for protocol, fmr in wanted),
    ]
    return _grid(heads, rows, translate) if rows else ""


def _frr(document: Document, protocol: str, fmr: float) -> float:
    points = document["protocols"][protocol]["operating_points"]
    return next(float(point["frr"]) for point in points if point["fmr"] == fmr)


def _summary(results: dict[str, Document], translate: Translate) -> str:
    if not {"cfp-test", "lfw"} <= results.keys():
        return ""
    cfp, lfw = results["cfp-test"], results["lfw"]
    rate = translate("FRR at FMR {}", "FRR at FMR {}")
    rows = [
        [f"CFP, {translate(kind, kind)}", rate.format(format_rate(fmr)), format_percent(_frr(cfp, protocol, fmr))]
        for kind, protocol, fmr in (
            ("frontal-frontal", "cfp-ff", 1e-4),
            ("frontal-profile", "cfp-fp", 1e-2),
            ("frontal-profile", "cfp-fp", 1e-3),
        )
    ]
    all_pairs = format_percent(_frr(lfw, "lfw-all-pairs", 1e-4))
    rows.append([f"LFW, {translate('all pairs', 'all pairs')}", rate.format(format_rate(1e-4)), all_pairs])
    accuracy = format_percent(lfw["protocols"]["lfw-view2"]["accuracy"])
    rows.append(["LFW View 2", translate("10-fold accuracy", "10-fold accuracy"), accuracy])
    return _grid(("data set", "measure", "value"), rows, translate)


def _speed(results: dict[str, Document], translate: Translate) -> str:
    if "bench" not in results:
        return ""
    document = results["bench"]
    rows = [["visavis", f"{document['pairs_per_second']['visavis']:.1f}", ""]]
    for peer, ratio in document["ratio"].items():
        if ratio is not None:
            rows.append([peer, f"{document['pairs_per_second'][peer]:.1f}", f"{ratio:.1f}×"])
    return _grid(("250 px", "pairs a second", "visavis is faster by"), rows, translate)


TABLES: dict[str, Callable[[dict[str, Document], Translate], str]] = {
    "cfp-counts": _set_table("cfp-test", ("cfp-ff", "cfp-fp")),
    "cfp-ff": _protocol_table(_points, "cfp-test", "cfp-ff"),
    "cfp-fp": _protocol_table(_points, "cfp-test", "cfp-fp"),
    "cfp-ff-claims": _protocol_table(_claims, "cfp-test", "cfp-ff"),
    "cfp-fp-claims": _protocol_table(_claims, "cfp-test", "cfp-fp"),
    "quality-ff": _protocol_table(_discards, "cfp-test-quality", "cfp-ff"),
    "quality-fp": _protocol_table(_discards, "cfp-test-quality", "cfp-fp"),
    "lfw-counts": _set_table("lfw", ("lfw-view2", "lfw-all-pairs")),
    "lfw-all-pairs": _protocol_table(_points, "lfw", "lfw-all-pairs"),
    "lfw-claims": _protocol_table(_claims, "lfw", "lfw-all-pairs"),
    "runs": _runs,
    "summary": _summary,
    "speed": _speed,
}


def main() -> None:
    """Write the tables of every page anew."""
    results = load_results()
    for page in pages():
        text = page.read_text("utf-8")
        page.write_text(fill(text, results, chinese=page.name.endswith(".zh-CN.md")), "utf-8")


if __name__ == "__main__":
    main()
