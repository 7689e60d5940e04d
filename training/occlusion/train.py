"""Train the occlusion network again, from the photos to the files of the product.

    VISAVIS_DATA=DIR python training/occlusion/train.py --cache DIR

Faces: the people of `splits/lfw-train.txt`; what its answers mean is measured on those of `splits/lfw-calibrate.txt`.
Everything is seeded. Photos whose faces are covered already would teach that covers are visible faces: a first network
finds them, and the second one is trained without them. At last it learns from faces where the product finds them, which
is not where they are when something covers them; and once more from such, of further families of things. What is kept
are the means of the weights before and after that, which flag fewer bare faces of other kinds of photos.
"""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import argparse
import copy
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from calibrate import covered_faces, fit_wearing, fit_worn, table_of, take_sample
from examples import Examples, Order, make_examples
from export import write
from fit import Plan, fit
from network import OcclusionNet
from numpy.typing import NDArray

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
        found: examples as the product finds them; the second network is trained on with them and as many of the others.
        found_epochs: passes of it.
        found_rate: learning rate of it.
        further: examples with the further families, as the product finds them; trained on with as many of the others.
        further_epochs: passes of it.
        sample: composites to calibrate on.
        seed: of everything.
    """

    first: int = 20_000
    second: int = 30_000
    first_epochs: int = 4
    second_epochs: int = 4
    found: int = 10_000
    found_epochs: int = 3
    found_rate: float = 1.5e-3
    further: int = 16_000
    further_epochs: int = 2
    sample: int = 1_200
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
    worn = fit_worn(sample)
    write(
        network,
        {
            "data_set": f"lfw, {TRAIN_LIST}",
            "examples": RECIPE.first + RECIPE.second + RECIPE.found + RECIPE.further,
            "faces_left_out": without,
            "seed": RECIPE.seed,
            "calibrated_on": f"lfw, {CALIBRATE_LIST}, {RECIPE.sample} composites",
            "mask": worn,
            "dark_glasses": fit_wearing(sample),
        },
        **worn,
    )


def _trained(data: Path, cache: Path, processes: int) -> tuple[OcclusionNet, int]:
    """The network, and how many faces it was trained without."""
    orders = (
        Order(data, TRAIN_LIST, cache, "first", RECIPE.first, RECIPE.seed),
        Order(data, TRAIN_LIST, cache, "second", RECIPE.second, RECIPE.seed),
        Order(data, TRAIN_LIST, cache, "third", RECIPE.found, RECIPE.seed, as_found=True),
        Order(data, TRAIN_LIST, cache, "fourth", RECIPE.further, RECIPE.seed, as_found=True, further=True),
    )
    faces = gather_faces(data, TRAIN_LIST, cache, processes)
    first, *others = (make_examples(order, processes) for order in orders)
    without = _covered(first, faces, cache)
    plans = (
        Plan(RECIPE.second_epochs, RECIPE.seed + 1),
        Plan(RECIPE.found_epochs, RECIPE.seed + 2, RECIPE.found_rate),
        Plan(RECIPE.further_epochs, RECIPE.seed + 3, RECIPE.found_rate, is_whole=True),
    )
    networks: list[OcclusionNet] = []
    known = first
    for name, more, plan in zip(("network", "found", "further"), others, plans, strict=True):
        every = known.joined(more)
        use = _mixed(every, len(known.names), without, whole=not networks)
        start = copy.deepcopy(networks[-1]) if networks else None
        networks.append(_kept(cache / f"{name}.pt", partial(fit, every, use, plan, start)))
        known = every
    return _mean(*networks[-2:]), len(without)


def _mean(found: OcclusionNet, further: OcclusionNet) -> OcclusionNet:
    """Of the weights of both, but for what only the latter has learnt: whether a mask is worn."""
    before, after = found.state_dict(), further.state_dict()
    shared = {name for name, value in before.items() if value.is_floating_point() and not name.startswith("worn.")}
    mean = copy.deepcopy(further)
    mean.load_state_dict({name: (before[name] + after[name]) / 2 if name in shared else after[name] for name in after})
    return mean.eval()


def _mixed(every: Examples, known: int, without: list[int], *, whole: bool) -> NDArray[np.int64]:
    """Numbers of the new examples, and of all others or as many of them; none that shows a covered face."""
    use = np.flatnonzero(~np.isin(every.faces, without))
    if whole:
        return use
    some = np.random.default_rng(RECIPE.seed).choice(use[use < known], len(every.names) - known, replace=False)
    return np.concatenate([some, use[use >= known]])


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
