"""Calibrate the synthesis network: what its answers mean, counted on untouched photos that it was not trained on.

VISAVIS_DATA=DIR python training/synthesis/calibrate.py --cache DIR --date 2026-01-01
"""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path
from typing import get_args

import numpy as np
from export import TARGET
from photos import native_scores

from faces import gather, photos_of
from visavis import __version__
from visavis.engine.runtime import Precision, open_runtime
from visavis.engine.synthesis.detector import SynthesisDetector
from visavis.evaluation.bpcer import BpcerPlan, fit_bpcer_scale
from visavis.presentation import Check, NonResponse

SETS = ("lfw-calibrate", "cfp-tune")
"""Press photos, and larger studio photos and profiles: thresholds of the first alone do not carry over."""


def main() -> None:
    """Parse the arguments, run both precisions, write."""
    parser = argparse.ArgumentParser(description="Calibrate the synthesis network.")
    parser.add_argument("--cache", type=Path, required=True, help="that of train.py")
    parser.add_argument("--date", required=True, help="that the files bear, ISO 8601")
    arguments = parser.parse_args()
    data = Path(os.environ["VISAVIS_DATA"])
    for precision in get_args(Precision):
        TARGET.joinpath(f"calibration-{precision}.json").write_text(
            calibration(data, arguments.cache, precision, arguments.date), "utf-8"
        )


def calibration(data: Path, cache: Path, precision: Precision, date: str) -> str:
    """The file's content."""
    detector = SynthesisDetector(open_runtime("openvino", precision, 1))
    subjects = [subject for name in SETS for subject in gather(data, name, cache)]
    photos = sum(len(photos_of(data, name)) for name in SETS)
    answers = native_scores(detector, subjects)
    told = [
        (answer, subject.person)
        for answer, subject in zip(answers, subjects, strict=True)
        if not isinstance(answer, NonResponse)
    ]
    plan = BpcerPlan(
        Check.SYNTHESIS,
        detector.identity,
        precision,
        SETS,
        date,
        __version__,
        failures_to_acquire=photos - len(subjects),
        non_responses=Counter(str(answer) for answer in answers if isinstance(answer, NonResponse)),
    )
    fit = fit_bpcer_scale(np.array([answer for answer, _ in told]), [person for _, person in told], plan)
    for threshold in fit.thresholds:
        print(precision, threshold)
    return fit.text


if __name__ == "__main__":
    main()
