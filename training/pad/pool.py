"""Make the crops that the networks learn from: living people and attacks on the same footing.

    python training/pad/pool.py $VISAVIS_DATA CACHE

Both kinds are brought to the same range of sizes and go through the same captures, see `scene.vary_capture`, so that
neither resolution, framing, nor compression tells them apart.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from attacks import SPECIES, attack_with
from numpy.typing import NDArray
from photos import BONA_FIDE, PRINT, SCREEN, Photo, gather_photos
from scene import Scene, jpeg, soften, vary_capture
from split import CHOOSE, HELD, TRAIN, part_of
from views import SPECS, load_scene, views_of

Capture = Callable[[Scene, np.random.Generator], Scene]

KINDS = (BONA_FIDE, PRINT, SCREEN, *SPECIES)
PARTS = (TRAIN, CHOOSE, HELD)
SOURCES = ("lfw-train", "lfw-calibrate", "nuaa", "replay")
_LIVE = {"lfw-train": 1, "lfw-calibrate": 0, "nuaa": 5, "replay": 5}
_SIMULATED = {"lfw-train": 1, "lfw-calibrate": 0, "nuaa": 3, "replay": 3}
_REAL = 5
_HELD_BONA_FIDE, _HELD_OF_EACH = 1200, 150
_FACE_PX, _MOST_PX = (45.0, 125.0), 190.0
_ROOM = 1.15
_SOFT_LIVE, _SOFT_ATTACKS = 0.5, 0.2
"""Shares of those to train on that are softened. Recapture softens by itself: softness is to say nothing."""
_UNTOUCHED_EACH, _HELD_SEED = 3, 99
"""Photos, attacks included, go through no further capture in the first round and each third one after it."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Crops and what they are.

    Attributes:
        views: by name, (N, H, W, 3) uint8 RGB.
        shows: (N, kinds) bool, in the order of `KINDS`: what a crop shows; one that shows nothing but `bona_fide` is.
        asked: (N,) index in `KINDS` of the species that was asked for.
        source: (N,) index in `SOURCES`.
        part: (N,) index in `PARTS`.
        photo: (N,) index of the photo that it was made from.
    """

    views: dict[str, NDArray[np.uint8]]
    shows: NDArray[np.bool_]
    asked: NDArray[np.int64]
    source: NDArray[np.int64]
    part: NDArray[np.int64]
    photo: NDArray[np.int64]

    @property
    def is_bona_fide(self) -> NDArray[np.bool_]:
        """(N,)."""
        return self.asked == KINDS.index(BONA_FIDE)

    def __len__(self) -> int:
        return len(self.asked)


@dataclass(frozen=True, slots=True)
class _Order:
    photo: int
    kind: str


def read_pool(files: list[Path]) -> Pool:
    """Several parts, one after the other."""
    parts = [np.load(file) for file in files]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0].files}
    views = {view: joined.pop(view) for view in SPECS}
    return Pool(views, **joined)


def make_pool(
    data: Path,
    photos: list[Photo],
    orders: list[_Order],
    seed: int,
    capture: Capture = vary_capture,
    *,
    softened: bool = False,
) -> dict[str, NDArray[np.generic]]:
    """The arrays of a `Pool`; both kinds go through the same capture; before it some are `softened`."""
    chance = np.random.default_rng(seed)
    behind = [photo for photo in photos if photo.source == "lfw-train"]
    rows: dict[str, list[NDArray[np.generic] | int]] = {}
    for order in orders:
        photo = photos[order.photo]
        scene = load_scene(data, photo).around_face((_ROOM,) * 4)
        scene = scene.scaled(_size(scene.face_px, capture is vary_capture, chance) / scene.face_px)
        backdrop = load_scene(data, behind[int(chance.integers(len(behind)))])
        kinds = {photo.presentation}
        if order.kind in SPECIES:
            scene, kinds = attack_with(order.kind, scene, backdrop, chance)
        if softened and chance.random() < (_SOFT_LIVE if order.kind == BONA_FIDE else _SOFT_ATTACKS):
            scene = soften(scene, chance)
        scene = capture(scene, chance)
        row = dict(views_of(scene, photo)) | {
            "shows": np.isin(KINDS, list(kinds)),
            "asked": KINDS.index(order.kind),
            "source": SOURCES.index(photo.source),
            "part": PARTS.index(part_of(photo)),
            "photo": order.photo,
        }
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
    return {name: np.stack(values) for name, values in rows.items()}


def leave(scene: Scene, chance: np.random.Generator) -> Scene:
    """A capture that does nothing."""
    return scene


def compress(scene: Scene, chance: np.random.Generator) -> Scene:
    """A capture that is good: JPEG of 75 to 95."""
    return jpeg(scene, int(chance.integers(75, 96)))


def _size(face_px: float, varied: bool, chance: np.random.Generator) -> float:
    """Longer side of the box that a scene is brought to, pixels."""
    if not varied:
        return min(_MOST_PX, face_px)
    most = min(_FACE_PX[1], 1.6 * face_px)
    return math.exp(chance.uniform(math.log(min(_FACE_PX[0], most)), math.log(most)))


def orders_of(photos: list[Photo], chance: np.random.Generator) -> list[_Order]:
    """One round: living people, real attacks, simulated ones, of people to be trained on and chosen on."""
    return list(_orders(photos, chance))


def _orders(photos: list[Photo], chance: np.random.Generator) -> Iterator[_Order]:
    for index, photo in enumerate(photos):
        if photo.source not in SOURCES or part_of(photo) == HELD:
            continue
        if photo.presentation != BONA_FIDE:
            yield from [_Order(index, photo.presentation)] * _REAL
            continue
        yield from [_Order(index, BONA_FIDE)] * _LIVE[photo.source]
        yield from (_Order(index, str(chance.choice(SPECIES))) for _ in range(_SIMULATED[photo.source]))


def held_orders(photos: list[Photo], chance: np.random.Generator) -> list[_Order]:
    """For the report: living people outside the training list, and each species made from others of them."""
    own = [index for index, photo in enumerate(photos) if photo.source == "lfw-calibrate"]
    drawn = chance.permutation(own).tolist()
    orders = [_Order(index, BONA_FIDE) for index in drawn[:_HELD_BONA_FIDE]]
    rest = drawn[_HELD_BONA_FIDE:]
    return orders + [_Order(rest[i % len(rest)], kind) for i, kind in enumerate(SPECIES * _HELD_OF_EACH)]


def main() -> None:
    """Parse the arguments, render, write."""
    parser = argparse.ArgumentParser(description="Make the crops that the networks learn from.")
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--rounds", type=int, default=6)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    photos = gather_photos(arguments.data, arguments.cache / "photos.json")
    for number in range(arguments.rounds):
        orders = orders_of(photos, np.random.default_rng(number))
        _keep(arguments, f"round-{number}", photos, orders, leave if number % _UNTOUCHED_EACH == 0 else vary_capture)
    orders = held_orders(photos, np.random.default_rng(_HELD_SEED))
    _keep(arguments, "held", photos, orders, vary_capture)
    _keep(arguments, "held-good", photos, orders, compress)


def _keep(
    arguments: argparse.Namespace, name: str, photos: list[Photo], orders: list[_Order], capture: Capture
) -> None:
    file = arguments.cache / f"{name}.npz"
    if not file.is_file():
        softened = name.startswith("round-")
        seed = int(name[6:]) if softened else _HELD_SEED
        np.savez(file, **make_pool(arguments.data, photos, orders, seed, capture, softened=softened))
        print(name, len(orders), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
