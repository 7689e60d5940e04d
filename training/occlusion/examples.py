"""Training examples by the ten thousand, made once and kept on disk."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from compose import CROP_PX, MAP_PX, compose, draw_makers, families, photograph, seat, skin_of
from numpy.typing import NDArray

from faces import Faces, gather_faces

_OTHERS = 400


@dataclass(frozen=True, slots=True)
class Order:
    """What to make.

    Attributes:
        data: the folder with the photos.
        people_list: whose faces.
        cache: where faces and examples are kept.
        name: of these examples.
        count: how many.
        seed: each example is made from this, the name and its number alone.
    """

    data: Path
    people_list: str
    cache: Path
    name: str
    count: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Crops and what is in them, mapped from disk.

    Attributes:
        parts: crops (N, 128, 128, 3) uint8 RGB, and planes (N, 4, 64, 64) uint8, see `compose.Example`.
        regions: (N, 9) float32 covered share of each region, NaN where it is not in the picture.
        faces: (N,) which face each shows.
        names: what was laid over each.
    """

    parts: tuple[tuple[NDArray[np.uint8], NDArray[np.uint8]], ...]
    regions: NDArray[np.float32]
    faces: NDArray[np.int64]
    names: list[str]

    def take(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
        """Crops, planes and regions of these examples, in the order in which they are kept."""
        numbers, found, start = np.sort(numbers), [], 0
        for crops, planes in self.parts:
            here = numbers[(numbers >= start) & (numbers < start + len(crops))] - start
            found.append((crops[here], planes[here]))
            start += len(crops)
        crops, planes = (np.concatenate(pieces) for pieces in zip(*found, strict=True))
        return crops, planes, self.regions[numbers]

    def joined(self, others: Examples) -> Examples:
        """These, then others."""
        faces, regions = (np.concatenate(both) for both in ((self.faces, others.faces), (self.regions, others.regions)))
        return Examples(self.parts + others.parts, regions, faces, self.names + others.names)


def make_examples(order: Order, processes: int) -> Examples:
    """Made if they are not there yet."""
    folder = order.cache / order.name
    done = folder / "names.json"
    if not done.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        for name, shape in (("crops", (CROP_PX, CROP_PX, 3)), ("planes", (4, MAP_PX, MAP_PX))):
            np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, (order.count, *shape)).flush()
        gather_faces(order.data, order.people_list, order.cache, processes)
        parts = [range(start, order.count, processes) for start in range(processes)]
        with ProcessPoolExecutor(processes) as pool:
            made = dict(pair for part in pool.map(_make_part, [order] * processes, parts) for pair in part)
        ordered = [made[number] for number in range(order.count)]
        np.save(folder / "faces.npy", np.array([face for face, _, _ in ordered]))
        np.save(folder / "regions.npy", np.stack([regions for _, _, regions in ordered]))
        done.write_text(json.dumps([name for _, name, _ in ordered]), "utf-8")
    crops, planes = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("crops", "planes"))
    regions, shown = np.load(folder / "regions.npy"), np.load(folder / "faces.npy")
    return Examples(((crops, planes),), regions, shown, json.loads(done.read_text("utf-8")))


def other_skins(faces: Faces) -> NDArray[np.float32]:
    """Skin colours of some faces, for hands."""
    return np.stack([skin_of(faces, index) for index in range(min(_OTHERS, len(faces)))])


def _make_part(order: Order, numbers: range) -> list[tuple[int, tuple[int, str, NDArray[np.float32]]]]:
    cv2.setNumThreads(1)
    faces = gather_faces(order.data, order.people_list, order.cache, 1)
    trained, others = families(order.data / "masks/templates").trained, other_skins(faces)
    folder = order.cache / order.name
    crops, planes = (np.load(folder / f"{name}.npy", mmap_mode="r+") for name in ("crops", "planes"))
    made = []
    for number in numbers:
        rng = np.random.default_rng([order.seed, *order.name.encode(), number])
        index = int(rng.choice(len(faces)))
        name, makers = draw_makers(rng, trained)
        sitter = seat(faces, index, others)
        example = photograph(rng, compose(rng, sitter, makers), sitter.points)
        crops[number], planes[number] = example.crop, example.planes
        made.append((number, (index, name, example.regions)))
    return made
