"""Measure the synthesis network on people who were not trained on.

    VISAVIS_DATA=DIR python training/synthesis/evaluate.py --cache DIR [--without swap=DIR ...]

Writes figures.json beside this file. Needs the files of the product, or a folder with others (`--model`); networks that
were trained without a kind are told by that kind and their folders.
"""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from control import control_areas
from examine import SETS, UNTOUCHED, Examined, load_examined
from numpy.typing import NDArray
from photos import photo_figures, robustness
from score import area_under_curve, interval_of, share_missed

from visavis.engine.runtime import Runtime, open_runtime
from visavis.engine.synthesis.detector import SynthesisDetector
from visavis.engine.synthesis.parameters import load_scale, read_model

SEED = 1
_BPCERS = (5e-2, 1e-2)
_OWN_KIND = {
    "self_blend": ("self-blend", "training's self_blend"),
    "morphs": ("morph", "spliced morph", "training's morph", "training's splice_morph"),
    "swap": ("swap", "training's swap"),
    "generated": ("generated",),
}
"""The kinds to test with that a network was trained on, or without."""


def main() -> None:
    """Parse the arguments, measure, write."""
    parser = argparse.ArgumentParser(description="Measure the synthesis network.")
    parser.add_argument("--cache", type=Path, required=True, help="that of train.py")
    parser.add_argument("--model", type=Path, help="folder of synthesis.onnx and synthesis.json")
    parser.add_argument("--without", nargs="*", default=[], metavar="KIND=DIR", help="networks trained without a kind")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("figures.json"))
    parser.add_argument("--quick", action="store_true", help="areas under the curve only")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    data, runtime = Path(os.environ["VISAVIS_DATA"]), open_runtime("openvino", "fp32", 1)
    sets = {name: load_examined(data, name, arguments.cache, SEED) for name in SETS}
    detector = open_detector(runtime, arguments.model)
    figures: dict[str, Any] = {"model_sha256": detector.model.sha256}
    figures["kinds"] = {name: kind_table(detector, examined) for name, examined in sets.items()}
    figures["left_out"] = [
        left_out(detector, open_detector(runtime, Path(folder)), kind, sets)
        for kind, _, folder in (pair.partition("=") for pair in arguments.without)
    ]
    if not arguments.quick:
        figures["control"] = control_areas(data, arguments.cache, sets, SEED)
        figures["photos"] = photo_figures(detector, data, arguments.cache, SEED)
        figures["robustness"] = robustness(detector, data, arguments.cache)
    text = json.dumps(figures, indent=1)
    print(text)
    arguments.output.write_text(text + "\n", "utf-8")


def open_detector(runtime: Runtime, folder: Path | None) -> SynthesisDetector:
    """The product's, or another network without a calibration."""
    if folder is None:
        return SynthesisDetector(runtime, scale=load_scale(runtime.precision))
    network, manifest = folder / "synthesis.onnx", folder / "synthesis.json"
    return SynthesisDetector(runtime, read_model(network.read_bytes(), manifest.read_text("utf-8")))


def kind_table(detector: SynthesisDetector, examined: Examined) -> dict[str, Any]:
    """Each kind against the untouched photos: AUC, and the share missed, with counts and 95 % intervals."""
    scores = judge_all(detector, examined)
    photos = scores[examined.kinds == UNTOUCHED], examined.people[examined.kinds == UNTOUCHED].tolist()
    table: dict[str, Any] = {"untouched": {"photos": len(photos[1]), "people": len(set(photos[1]))}}
    for kind in dict.fromkeys(examined.kinds.tolist()):
        if kind == UNTOUCHED:
            continue
        chosen = examined.kinds == kind
        forgeries = scores[chosen], examined.people[chosen].tolist()
        row: dict[str, Any] = {"photos": len(forgeries[1]), "people": len(set(forgeries[1]))}
        row["auc"] = area_under_curve(photos[0], forgeries[0])
        row["auc_interval"] = interval_of(area_under_curve, photos, forgeries, SEED)
        for bpcer in _BPCERS:
            missed = partial(share_missed, bpcer=bpcer)
            row[f"apcer_at_bpcer_{bpcer:g}"] = missed(photos[0], forgeries[0])
            row[f"apcer_at_bpcer_{bpcer:g}_interval"] = interval_of(missed, photos, forgeries, SEED)
        table[kind] = row
    return table


def left_out(
    whole: SynthesisDetector, without: SynthesisDetector, kind: str, sets: dict[str, Examined]
) -> dict[str, Any]:
    """What a network makes of a kind that it was not trained on, beside what the whole one does."""
    found: dict[str, Any] = {"kind": kind}
    for name, examined in sets.items():
        for own in _OWN_KIND[kind]:
            areas = [_area(detector, examined, own) for detector in (without, whole)]
            if areas[0] is not None:
                found[f"{name}: {own}"] = dict(zip(("without", "with"), areas, strict=True))
    return found


def _area(detector: SynthesisDetector, examined: Examined, kind: str) -> dict[str, Any] | None:
    chosen = (examined.kinds == kind) | (examined.kinds == UNTOUCHED)
    if not (examined.kinds == kind).any():
        return None
    part = Examined(examined.crops[chosen], examined.people[chosen], examined.kinds[chosen])
    row = kind_table(detector, part)[kind]
    return {name: row[name] for name in ("photos", "people", "auc", "auc_interval")}


def judge_all(detector: SynthesisDetector, examined: Examined) -> NDArray[np.float64]:
    """(N,) native scores."""
    return np.array([detector.judge(crop) for crop in examined.crops])


if __name__ == "__main__":
    main()
