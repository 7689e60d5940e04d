"""Training examples by the ten thousand, made once and kept on disk."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from compose import (
    CROP_PX,
    MAP_PX,
    Composite,
    Example,
    as_found,
    compose,
    degrade,
    draw_further,
    draw_makers,
    families,
    framed,
    photograph,
    seat,
    skin_of,
)
from numpy.typing import NDArray

from faces import CANVAS_PX, FaceFinder, Faces, gather_faces
from visavis.errors import NoFaceError
from visavis.types import FaceChoice, FaceImage

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
        as_found: crop where detector and mesh find the covered face, not near where the face is.
        further: with the further families.
    """

    data: Path
    people_list: str
    cache: Path
    name: str
    count: int
    seed: int
    as_found: bool = False
    further: bool = False


class Taken(NamedTuple):
    """Some examples; see `Examples`."""

    crops: NDArray[np.uint8]
    planes: NDArray[np.uint8]
    regions: NDArray[np.float32]
    worn: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Crops and what is in them, mapped from disk.

    Attributes:
        parts: crops (N, 128, 128, 3) uint8 RGB, and planes (N, 4, 64, 64) uint8, see `compose.Example`.
        regions: (N, 9) float32 covered share of each region, NaN where it is not in the picture.
        worn: (N,) float32, 1 where a mask is worn, 0 where none is, NaN where that is open to doubt.
        faces: (N,) which face each shows.
        names: what was laid over each.
    """

    parts: tuple[tuple[NDArray[np.uint8], NDArray[np.uint8]], ...]
    regions: NDArray[np.float32]
    worn: NDArray[np.float32]
    faces: NDArray[np.int64]
    names: list[str]

    def take(self, numbers: NDArray[np.int64]) -> Taken:
        """These examples, in the order in which they are kept."""
        numbers, found, start = np.sort(numbers), [], 0
        for crops, planes in self.parts:
            here = numbers[(numbers >= start) & (numbers < start + len(crops))] - start
            found.append((crops[here], planes[here]))
            start += len(crops)
        crops, planes = (np.concatenate(pieces) for pieces in zip(*found, strict=True))
        return Taken(crops, planes, self.regions[numbers], self.worn[numbers])

    def joined(self, others: Examples) -> Examples:
        """These, then others."""
        pairs = ((self.regions, others.regions), (self.worn, others.worn))
        regions, worn = (np.concatenate(both) for both in pairs)
        faces = np.concatenate([self.faces, others.faces])
        return Examples(self.parts + others.parts, regions, worn, faces, self.names + others.names)


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
        np.save(folder / "faces.npy", np.array([face for face, _, _, _ in ordered]))
        np.save(folder / "regions.npy", np.stack([regions for _, _, regions, _ in ordered]))
        np.save(folder / "worn.npy", np.array([worn for _, _, _, worn in ordered], np.float32))
        done.write_text(json.dumps([name for _, name, _, _ in ordered]), "utf-8")
    crops, planes = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("crops", "planes"))
    regions, worn, shown = (np.load(folder / f"{name}.npy") for name in ("regions", "worn", "faces"))
    return Examples(((crops, planes),), regions, worn, shown, json.loads(done.read_text("utf-8")))


def other_skins(faces: Faces) -> NDArray[np.float32]:
    """Skin colours of some faces, for hands."""
    return np.stack([skin_of(faces, index) for index in range(min(_OTHERS, len(faces)))])


def _make_part(order: Order, numbers: range) -> list[tuple[int, tuple[int, str, NDArray[np.float32], float]]]:
    cv2.setNumThreads(1)
    faces = gather_faces(order.data, order.people_list, order.cache, 1)
    chosen, others = families(order.data / "masks/templates"), other_skins(faces)
    folder = order.cache / order.name
    crops, planes = (np.load(folder / f"{name}.npy", mmap_mode="r+") for name in ("crops", "planes"))
    made, finder = [], FaceFinder() if order.as_found else None
    for number in numbers:
        rng = np.random.default_rng([order.seed, *order.name.encode(), number])
        index = int(rng.choice(len(faces)))
        name, makers = draw_further(rng, chosen) if order.further else draw_makers(rng, chosen.trained)
        sitter = seat(faces, index, others)
        composite = compose(rng, sitter, makers)
        example = see(rng, composite, sitter.points, finder)
        crops[number], planes[number] = example.crop, example.planes
        made.append((number, (index, name, example.regions, example.worn)))
    return made


def see(
    rng: np.random.Generator, composite: Composite, points: NDArray[np.float32], finder: FaceFinder | None
) -> Example:
    """As the product finds it; cropped near where the face is, where it does not find it or there is no `finder`."""
    if finder is not None:
        framed_composite = framed(rng, composite)
        pixels = degrade(rng, framed_composite.picture)
        try:
            _, _, mesh = finder.find(FaceImage(pixels, CANVAS_PX, CANVAS_PX), FaceChoice.CENTRAL)
            return as_found(framed_composite, pixels, points, mesh)
        except NoFaceError:
            pass
    return photograph(rng, composite, points)
