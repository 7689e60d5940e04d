"""Train the product's networks and write them into the package, fusion included.

    pip install -r training/occlusion/requirements.txt
    python training/pad/train.py $VISAVIS_DATA CACHE

The crops are made first where CACHE does not hold them yet, see `pool`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from cues import spectrum_peaks
from export import write_package
from fit import Recipe, logits_of, middle_of, train_network
from fuse import fit_fusion, fused
from network import PadNet
from numpy.typing import NDArray
from pool import PARTS, Pool, read_pool
from split import CHOOSE, TRAIN
from views import SPECS

from visavis.engine.pad.fusion import Fusion

VIEWS = tuple(SPECS)
NAMES = tuple(spec.model_id for spec in SPECS.values())


def train_all(pool: Pool, use: NDArray[np.bool_], recipe: Recipe) -> tuple[dict[str, PadNet], Fusion]:
    """Both networks of some crops, and their fusion.

    Args:
        pool: every crop.
        use: (N,) which may be used at all; those of the people to choose on go into the fusion alone.
        recipe: for both.
    """
    train, choose = (use & (pool.part == PARTS.index(part)) for part in (TRAIN, CHOOSE))
    networks = {view: train_network(pool, view, train, recipe) for view in VIEWS}
    logits, peaks = answers_of(networks, pool, choose)
    return networks, fit_fusion(NAMES, logits, peaks, pool.is_bona_fide[choose])


def answers_of(
    networks: dict[str, PadNet], pool: Pool, use: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N, networks) logits of some crops, and (N,) the peaks of their spectra."""
    logits = np.stack([logits_of(networks[view], pool.views[view][use], view) for view in VIEWS], 1)
    return logits, spectrum_peaks(middle_of(pool.views["face"][use], "face"))


def fused_of(networks: dict[str, PadNet], fusion: Fusion, pool: Pool, use: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(N,) fused logits of some crops."""
    return fused(fusion, *answers_of(networks, pool, use))


def load_pools(cache: Path, rounds: int) -> Pool:
    """The training crops in a cache."""
    return read_pool([cache / f"round-{number}.npz" for number in range(rounds)])


def main() -> None:
    """Parse the arguments, train, write."""
    parser = argparse.ArgumentParser(description="Train the networks that look for presentation attacks.")
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--samples", type=int, default=208_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    script = Path(__file__).with_name("pool.py")
    command = [sys.executable, script, arguments.data, arguments.cache, "--rounds", str(arguments.rounds)]
    subprocess.run(command, check=True)
    pool = load_pools(arguments.cache, arguments.rounds)
    networks, fusion = train_all(pool, np.ones(len(pool), bool), Recipe(arguments.samples, arguments.seed))
    for view, network in networks.items():
        torch.save(network.state_dict(), arguments.cache / f"{view}.pt")
    write_package(networks, fusion)
    print(fusion)  # noqa: T201


if __name__ == "__main__":
    main()
