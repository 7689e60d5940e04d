"""Train the occlusion network again, from the photos to the files of the product.

    VISAVIS_DATA=DIR python training/occlusion/train.py --cache DIR

Faces: the people of `splits/lfw-train.txt`; what its answers mean is measured on those of `splits/lfw-calibrate.txt`.
Everything is seeded. Photos whose faces are covered already would teach that covers are visible faces: a first network
finds them, and the second one is trained without them.
"""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from calibrate import covered_faces, fit_wearing, table_of, take_sample
from examples import Examples, Order, make_examples
from export import write
from fit import Plan, fit
from layers import Cover
from network import OcclusionNet

from faces import Faces, gather_faces

TRAIN_LIST, CALIBRATE_LIST = "lfw-train", "lfw-calibrate"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How much of what.

    Attributes:
        first: examples for the first network, and for the second.
        second: further examples for the second.
        first_epochs: passes of the first.
        second_epochs: passes of the second.
        sample: composites to calibrate on.
        seed: of everything.
    """

    first: int = 20_000
    second: int = 30_000
    first_epochs: int = 4
    second_epochs: int = 4
    sample: int = 3_000
    seed: int = 1


RECIPE = Recipe()


def main() -> None:
    """Parse the arguments, train, write."""
    parser = argparse.ArgumentParser(description="Train the occlusion network.")
    parser.add_argument("--cache", type=Path, required=True, help="for faces and examples: about 5 GB")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="that make examples")
    parser.add_argument("--threads", type=int, default=1, help="that train")
    arguments = parser.parse_args()
    data = Path(os.environ["VISAVIS_DATA"])
    torch.set_num_threads(arguments.threads)
    network, without = _trained(data, arguments.cache, arguments.processes)
    faces = gather_faces(data, CALIBRATE_LIST, arguments.cache, arguments.processes)
    sample = take_sample(network, faces, data, RECIPE.sample, RECIPE.seed)
    for name, (count, error, precision, recall) in table_of(sample).items():
        print(f"{name:20s} {count:5d} error {error:.3f} precision {precision:.3f} recall {recall:.3f}")
    write(
        network,
        {
            "data_set": f"lfw, {TRAIN_LIST}",
            "examples": RECIPE.first + RECIPE.second,
            "faces_left_out": without,
            "seed": RECIPE.seed,
            "calibrated_on": f"lfw, {CALIBRATE_LIST}, {RECIPE.sample} composites",
            "mask": fit_wearing(sample, Cover.MASK),
            "dark_glasses": fit_wearing(sample, Cover.DARK_GLASSES),
        },
    )


def _trained(data: Path, cache: Path, processes: int) -> tuple[OcclusionNet, int]:
    """The second network, and how many faces it was trained without."""
    orders = {
        name: Order(data, TRAIN_LIST, cache, name, count, RECIPE.seed)
        for name, count in (("first", RECIPE.first), ("second", RECIPE.second))
    }
    first = make_examples(orders["first"], processes)
    faces = gather_faces(data, TRAIN_LIST, cache, processes)
    without = _covered(first, faces, cache)
    second = make_examples(orders["second"], processes)
    both = first.joined(second)
    use = np.flatnonzero(~np.isin(both.faces, without))
    plan = Plan(RECIPE.second_epochs, RECIPE.seed + 1)
    return _kept(cache / "network.pt", lambda: fit(both, use, plan)), len(without)


def _covered(first: Examples, faces: Faces, cache: Path) -> list[int]:
    file = cache / "covered.json"
    if not file.is_file():
        every = np.arange(len(first.names))
        scout = _kept(cache / "scout.pt", lambda: fit(first, every, Plan(RECIPE.first_epochs, RECIPE.seed)))
        file.write_text(json.dumps(covered_faces(scout, faces).tolist()), "utf-8")
    return [int(number) for number in json.loads(file.read_text("utf-8"))]


def _kept(file: Path, train: Callable[[], OcclusionNet]) -> OcclusionNet:
    """What `train` gives, kept in a file for the next time."""
    if not file.is_file():
        torch.save(train().state_dict(), file)
    network = OcclusionNet().to(memory_format=torch.channels_last)
    network.load_state_dict(torch.load(file, weights_only=True))
    return network.eval()


if __name__ == "__main__":
    main()
