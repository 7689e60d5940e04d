"""Leave something out, train, and see what becomes of it: transfer, not memory.

    python training/pad/protocols.py $VISAVIS_DATA CACHE

Every run trains both networks and their fusion afresh, for a shorter time than the product's. What is left out is a
species of simulated attack, with every crop that shows it, or a whole capture source.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from attacks import SPECIES
from figures import Scored, compare, join, keep
from fit import Recipe
from network import PadNet
from numpy.typing import NDArray
from photos import PRINT, SCREEN, Photo, gather_photos
from pool import KINDS, PARTS, SOURCES, Pool, read_pool
from split import part_of
from train import fused_of, load_pools, train_all
from views import SPECS, load_scene, views_of

from visavis.engine.pad.fusion import Fusion

REAL = {"nuaa": PRINT, "replay": SCREEN}
SOURCES_OUT = ("nuaa", "replay", "web")
SPECIES_OUT = (
    ("moire", "pixel_grid"),
    ("halftone", "paper"),
    ("bezel", "held_sheet", "cut_out"),
    ("gloss", "colour_cast", "tilted_focus", "double_jpeg"),
)
"""What is left out together: species and all those that are like them, which is harder than each alone."""
_SAMPLES, _MORE = 40_000, 2
"""Crops for each network, and times as many for the runs that leave a source of real attacks out."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What is trained on and what is tested on.

    Attributes:
        training: crops to train on; None where they are not asked for.
        good: crops of people outside the training list, living and simulated, captured well.
        hard: the same, captured as those to train on.
        real: unprocessed crops of every photo of NUAA and replay.
        photos: that the pools' numbers mean.
    """

    training: Pool | None
    good: Pool
    hard: Pool
    real: Pool
    photos: list[Photo]


def load_material(data: Path, cache: Path, rounds: int) -> Material:
    """Read the pools; cut the real photos where that was not done."""
    photos = gather_photos(data, cache / "photos.json")
    file = cache / "real.npz"
    if not file.is_file():
        np.savez(file, **_cut_real(data, photos))
    training = load_pools(cache, rounds) if rounds else None
    return Material(
        training, read_pool([cache / "held-good.npz"]), read_pool([cache / "held.npz"]), read_pool([file]), photos
    )


def _cut_real(data: Path, photos: list[Photo]) -> dict[str, NDArray[Any]]:
    chosen = [index for index, photo in enumerate(photos) if photo.source in REAL]
    seen = [views_of(load_scene(data, photos[index]), photos[index]) for index in chosen]
    return {view: np.stack([one[view] for one in seen]) for view in SPECS} | {
        "shows": np.stack([np.isin(KINDS, photos[index].presentation) for index in chosen]),
        "asked": np.array([KINDS.index(photos[index].presentation) for index in chosen]),
        "source": np.array([SOURCES.index(photos[index].source) for index in chosen]),
        "part": np.array([PARTS.index(part_of(photos[index])) for index in chosen]),
        "photo": np.array(chosen),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Trained networks, asked about pools."""

    networks: dict[str, PadNet]
    fusion: Fusion
    photos: list[Photo]

    def scored(self, pool: Pool, use: NDArray[np.bool_]) -> Scored:
        """Suspicions of some crops."""
        people = [f"{self.photos[i].source}/{self.photos[i].person}" for i in pool.photo[use].tolist()]
        return Scored(-fused_of(self.networks, self.fusion, pool, use), np.array(people))


def allowed(pool: Pool, left_out: str) -> NDArray[np.bool_]:
    """(N,) crops that a run may train on; `left_out` is a source, or species joined by a plus sign."""
    if left_out in SOURCES_OUT:
        return pool.source != SOURCES.index("lfw-train" if left_out == "web" else left_out)
    return ~pool.shows[:, [KINDS.index(species) for species in left_out.split("+")]].any(1)


def test_species(judge: Judge, material: Material, species: str) -> dict[str, Any]:
    """A simulated species against living people, both outside the training list, in the same captures."""
    found = {}
    for name, pool in (("good", material.good), ("hard", material.hard)):
        live = judge.scored(pool, pool.is_bona_fide)
        found[name] = compare(live, judge.scored(pool, pool.asked == KINDS.index(species)))
    return found


def test_source(judge: Judge, material: Material, source: str, part: str | None) -> dict[str, Any]:
    """Real photos of a source, unprocessed: against its own living people, and at the threshold of all others."""
    pool, web = material.real, material.good
    use = pool.source == SOURCES.index(source)
    if part is not None:
        use &= pool.part == PARTS.index(part)
    live = judge.scored(pool, use & pool.is_bona_fide)
    attacks = judge.scored(pool, use & ~pool.is_bona_fide)
    others = judge.scored(web, web.is_bona_fide)
    return {"own_bona_fide": compare(live, attacks), "all_bona_fide": compare(join([live, others]), attacks)}


def run(material: Material, left_out: str, samples: int) -> dict[str, Any]:
    """Train without it, test on it."""
    training = material.training
    assert training is not None
    networks, fusion = train_all(
        training, allowed(training, left_out), Recipe(samples * (_MORE if left_out in REAL else 1))
    )
    judge = Judge(networks, fusion, material.photos)
    if left_out in REAL:
        return test_source(judge, material, left_out, None)
    species = SPECIES if left_out == "web" else tuple(left_out.split("+"))
    return {one: test_species(judge, material, one) for one in species}


def main() -> None:
    """Parse the arguments, run what has not been run, write."""
    parser = argparse.ArgumentParser(description="Leave a species or a source out, train, test.")
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--samples", type=int, default=_SAMPLES)
    parser.add_argument("--only", nargs="*", default=[*SOURCES_OUT, *map("+".join, SPECIES_OUT)])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    material = load_material(arguments.data, arguments.cache, arguments.rounds)
    file = arguments.cache / f"protocols-{arguments.rounds}-{arguments.samples}.json"
    found = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    for left_out in arguments.only:
        if left_out not in found:
            found[left_out] = run(material, left_out, arguments.samples)
            print(left_out, json.dumps(found[left_out]), flush=True)  # noqa: T201
            file.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if arguments.samples == _SAMPLES:
        keep(protocols=found)


if __name__ == "__main__":
    main()
