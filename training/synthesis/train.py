"""Train the synthesis network again, from the photos to the files of the product.

    VISAVIS_DATA=DIR python training/synthesis/train.py --cache DIR

Forgeries are made of the people of `splits/lfw-train.txt` and of the webcam photos of `pad/`; generated faces are those
of half of the groups, see `faces.DEVELOPED`. Everything is seeded.
"""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import torch
from export import TARGET, write
from fit import Plan, answers_of, fit
from network import Judge, Whole
from prepare import GENERATED, load_examples
from score import area_under_curve
from sketches import Sketches, kept_sketches, load_sketches

SEED = 1
_TOGETHER = 2
PAIRS, PARTS, HELD_PAIRS, HELD_SEED = 9600, (1, 2, 3, 4, 5, 6, 7), 960, 101
MANIPULATED_STEPS, GENERATED_STEPS = (3600, 14_000), 3600
"""A judge that was trained for long finds more, and is too sure of photos unlike those it learned from; so two."""
WITHOUT_STEPS = 800
OFFSET = 5.0
"""Chosen on people of `lfw-calibrate` and `cfp-tune`: about the least that costs the other forgeries nothing."""


def main() -> None:
    """Parse the arguments, train, write."""
    parser = argparse.ArgumentParser(description="Train the synthesis network.")
    parser.add_argument("--cache", type=Path, required=True, help="for faces, forgeries and sketches: about 9 GB")
    parser.add_argument("--without", nargs="*", default=[], help="kinds of forgery left out, of one judge alone")
    parser.add_argument("--output", type=Path, default=TARGET, help="folder of synthesis.onnx and synthesis.json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    examples = load_examples(Path(os.environ["VISAVIS_DATA"]), arguments.cache, SEED)
    for seed in PARTS:
        load_sketches(examples, arguments.cache, PAIRS, seed)
    held = load_sketches(examples, arguments.cache, HELD_PAIRS, HELD_SEED, held=True)
    about = {
        "data_set": "lfw, lfw-train; pad, bona fide; generated, developed",
        "pairs": PAIRS * len(PARTS),
        "without": arguments.without,
        "manipulated_steps": MANIPULATED_STEPS,
        "generated_steps": GENERATED_STEPS,
        "generated_offset": OFFSET,
        "seed": SEED,
    }
    write(_trained(arguments.cache, held, tuple(arguments.without)), about, arguments.output)


def _trained(cache: Path, held: Sketches, without: tuple[str, ...]) -> Whole:
    """All judges, two at a time; where a kind is left out, one that is trained without it, twice."""
    if without:
        steps = MANIPULATED_STEPS[0] if without == (GENERATED,) else WITHOUT_STEPS
        judge = _opened(fitted(cache, Plan(steps, SEED, without)))
        return Whole([judge], judge, 0.0)
    plans = [Plan(steps, SEED, (GENERATED,)) for steps in MANIPULATED_STEPS] + [Plan(GENERATED_STEPS, SEED)]
    with ProcessPoolExecutor(_TOGETHER) as processes:
        judges = [_opened(file) for file in processes.map(fitted, [cache] * len(plans), plans)]
    for judge in judges:
        for kind, area in validation(judge, held).items():
            print(f"{kind:14s} AUC {area:.3f}")
    return Whole(judges[:-1], judges[-1], OFFSET)


def fitted(cache: Path, plan: Plan) -> Path:
    """File of a judge in `cache`; trained unless it is there, so that another offset takes no time."""
    torch.set_num_threads(1)
    file = cache / f"judge-{plan.steps}-{plan.seed}-{'-'.join(plan.without) or 'all'}.pt"
    if not file.is_file():
        parts = [kept_sketches(cache, PAIRS, seed) for seed in PARTS]
        torch.save(fit(parts, plan), file)
    return file


def _opened(file: Path) -> Judge:
    judge: Judge = torch.load(file, weights_only=False)
    return judge


def validation(judge: Judge, held: Sketches) -> dict[str, float]:
    """AUC of each kind, on people who were not trained on, after all that photos go through in training."""
    answers = answers_of(judge, held.planes)
    photos, forgeries = answers[::2], answers[1::2]
    kinds = sorted(set(held.kinds.tolist()))
    return {kind: area_under_curve(photos, forgeries[held.kinds == kind]) for kind in kinds}


if __name__ == "__main__":
    main()
