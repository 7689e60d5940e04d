"""What each part is worth: the networks alone and together, with the missing surroundings, with explicit cues.

    python training/pad/ablation.py $VISAVIS_DATA CACHE

Every row is a logistic model fitted on the people kept for choosing and asked about those held out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from cues import frame_edges, missing_shares
from figures import keep
from fit import middle_of
from fuse import fit_logistic
from network import PadNet
from numpy.typing import NDArray
from pool import KINDS, PARTS, Pool
from protocols import load_material
from split import CHOOSE, HELD
from train import VIEWS, answers_of

from visavis.evaluation.pad_metrics import area_under_curve

Doubles = NDArray[np.float64]
ROWS = {
    "face network": ("face",),
    "context network": ("context",),
    "both": ("face", "context"),
    "both, spectrum peak": ("face", "context", "peaks"),
    "both, spectrum peak, missing surroundings": ("face", "context", "peaks", "missing"),
    "both, spectrum peak, frame edges": ("face", "context", "peaks", "edges"),
}


def cues_of(networks: dict[str, PadNet], pool: Pool, use: NDArray[np.bool_]) -> dict[str, Doubles]:
    """Everything that a row may be made of, (N,) each."""
    logits, peaks = answers_of(networks, pool, use)
    surroundings = middle_of(pool.views["context"][use], "context")
    return {
        "face": logits[:, 0],
        "context": logits[:, 1],
        "peaks": peaks,
        "missing": missing_shares(surroundings),
        "edges": frame_edges(surroundings),
    }


def main() -> None:
    """Parse the arguments, fit, write."""
    parser = argparse.ArgumentParser(description="What each part of the check is worth.")
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--rounds", type=int, default=6)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    material = load_material(arguments.data, arguments.cache, arguments.rounds)
    assert material.training is not None
    networks = {view: load_network(arguments.cache / f"{view}.pt") for view in VIEWS}
    choose = material.training.part == PARTS.index(CHOOSE)
    held = material.real.part == PARTS.index(HELD)
    everything = np.ones(len(material.good), bool)
    fitted = cues_of(networks, material.training, choose), material.training.is_bona_fide[choose]
    tested = {
        "simulated": (cues_of(networks, material.good, everything), material.good.asked),
        "real": (cues_of(networks, material.real, held), material.real.asked[held]),
    }
    found = {}
    for name, parts in ROWS.items():
        weights = fit_logistic(stack(fitted[0], parts), fitted[1])
        found[name] = {}
        for kind, (cues, asked) in tested.items():
            suspicion = -(weights[0] + stack(cues, parts) @ weights[1:])
            live = np.sort(suspicion[asked == 0])
            species = {KINDS[number]: suspicion[asked == number] for number in sorted(set(asked.tolist()) - {0})}
            found[name] |= {one: round(area_under_curve(live, values), 4) for one, values in species.items()}
            found[name][kind] = round(area_under_curve(live, suspicion[asked > 0]), 4)
        print(name, found[name], flush=True)  # noqa: T201
    keep(ablation=found)


def stack(cues: dict[str, Doubles], parts: tuple[str, ...]) -> Doubles:
    """(N, parts)."""
    return np.stack([cues[part] for part in parts], 1)


def load_network(file: Path) -> PadNet:
    """As it was trained."""
    network = PadNet()
    network.load_state_dict(torch.load(file, weights_only=True))
    return network.eval()


if __name__ == "__main__":
    main()
