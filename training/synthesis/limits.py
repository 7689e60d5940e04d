"""Where traces end: how well forgeries are told as faces become smaller, softer, and cut off.

    VISAVIS_DATA=DIR python training/synthesis/limits.py --cache DIR

On people of `splits/cfp-tune.txt`; what is read off here is `export.LIMITS`.
"""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from blend import compress
from evaluate import open_detector
from examine import frontal_of
from fineness import fineness_of
from numpy.typing import NDArray
from photos import scale_by
from score import area_under_curve
from trials import TRIALS

from faces import Subject, open_picture
from visavis.engine.runtime import open_runtime
from visavis.engine.synthesis.crop import cut_crop, place_crop, share_inside
from visavis.engine.synthesis.detector import SynthesisDetector
from visavis.types import DetectedFace

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, DetectedFace], tuple[Pixels, DetectedFace]]

_PEOPLE = 60
_KINDS = ("self-blend", "morph", "swap")
_QUALITY = 80
_START_PX = 120.0


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description="Find where traces end.")
    parser.add_argument("--cache", type=Path, required=True, help="that of train.py")
    parser.add_argument("--model", type=Path, help="folder of synthesis.onnx and synthesis.json")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("limits.json"))
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    subjects = frontal_of(Path(os.environ["VISAVIS_DATA"]), "cfp-tune", arguments.cache, _PEOPLE)
    detector = open_detector(open_runtime("openvino", "fp32", 1), arguments.model)
    rows = limit_rows(detector, subjects)
    for row in rows:
        print(row)
    arguments.output.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def limit_rows(detector: SynthesisDetector, subjects: list[Subject]) -> list[dict[str, Any]]:
    """One for each change: AUC over all kinds, and the crop's median fineness and share within the picture."""
    chance = np.random.default_rng(1)
    photos = [(subject.pixels(), subject.face) for subject in subjects]
    forged = [
        (TRIALS[kind](subject, subjects[(number + 7) % len(subjects)], chance), subject.face)
        for number, subject in enumerate(subjects)
        for kind in _KINDS
    ]
    rows = []
    for name, change in _changes().items():
        looks = [[_judge(detector, *change(*one)) for one in side] for side in (photos, forged)]
        scores = [np.array([look[0] for look in side]) for side in looks]
        seen = np.median([look[1:] for look in looks[0]], 0)
        area = area_under_curve(scores[0], scores[1])
        rows.append({"change": name, "auc": area, "fineness": float(seen[0]), "inside": float(seen[1])})
    return rows


def _judge(detector: SynthesisDetector, pixels: Pixels, face: DetectedFace) -> tuple[float, float, float]:
    picture = open_picture(compress(np.ascontiguousarray(pixels), _QUALITY))
    transform = place_crop(face)
    crop = cut_crop(picture, transform)
    return detector.judge(crop), fineness_of(crop), share_inside(transform, picture.width, picture.height)


def _changes() -> dict[str, Change]:
    sizes = {f"{size} px": _sized(float(size)) for size in (120, 90, 70, 60, 50, 40, 30)}
    blurs = {f"blur {sigma:g} % of the face": _softened(sigma / 100) for sigma in (0.5, 1.0, 1.5, 2.0, 3.0)}
    cuts = {f"cut {share:g} of the face": _cut(share) for share in (0.0, 0.1, 0.2, 0.3, 0.4)}
    return sizes | blurs | cuts


def _sized(size: float) -> Change:
    """So that the longer side of the box has so many pixels."""
    return lambda pixels, face: scale_by(size / max(face.box.width, face.box.height))(pixels, face)


def _softened(sigma: float) -> Change:
    """At 120 pixels; sigma in longer sides of the box."""

    def change(pixels: Pixels, face: DetectedFace) -> tuple[Pixels, DetectedFace]:
        small, placed = _sized(_START_PX)(pixels, face)
        return np.asarray(cv2.GaussianBlur(small, (0, 0), sigma * _START_PX), np.uint8), placed

    return change


def _cut(share: float) -> Change:
    """At 120 pixels; the picture ends on the right, within the box."""

    def change(pixels: Pixels, face: DetectedFace) -> tuple[Pixels, DetectedFace]:
        small, placed = _sized(_START_PX)(pixels, face)
        end = round(placed.box.left + (1 - share) * placed.box.width)
        return small[:, : max(8, min(end, small.shape[1]))], placed

    return change


if __name__ == "__main__":
    main()
