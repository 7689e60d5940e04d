"""Make what the network learns from: untouched canvases, and forgeries of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from autoencoder import fit_autoencoder
from canvases import CANVAS_PX, Sight, cut_out
from fineness import LOOK_PX, fineness_of
from forge import FORGES, Canvas, Forge
from generated import match_photo
from numpy.typing import NDArray
from upsampling import upsampling_forge
from view import plain_view
from warp import Pixels

from faces import Subject, gather

MASK_PX = 48
GENERATED = "generated"
UPSAMPLED = "upsampled"
_EACH = {
    "self_blend": 1,
    "morph": 0.5,
    "splice_morph": 0.5,
    "swap": 0.5,
    "local_edit": 0.6,
    "mesh_overlay": 0.2,
    UPSAMPLED: 0.4,
}
"""Forgeries of each photo."""
_VARIANTS = 24
_CANDIDATES = 12
_AUTOENCODER_STEPS = 400


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Attributes:
    untouched: (N, 208, 208, 3) RGB.
    boxes: (N, 4) left, top, width, height.
    eyes: (N, 2) unit vectors from the right eye to the left one.
    people: (N,) who.
    forged: (M, 208, 208, 3) RGB.
    masks: (M, 48, 48) uint8, how much of each part was put in.
    kinds: (M,) names.
    origins: (M,) the number of the untouched canvas that a forgery was made of; of a generated face -1 - its number
        in the next two.
    generated_boxes: (G, 4).
    generated_eyes: (G, 2).
    """

    untouched: Pixels
    boxes: NDArray[np.float64]
    eyes: NDArray[np.float64]
    people: NDArray[np.str_]
    forged: Pixels
    masks: Pixels
    kinds: NDArray[np.str_]
    origins: NDArray[np.int64]
    generated_boxes: NDArray[np.float64]
    generated_eyes: NDArray[np.float64]

    def place(self, forgery: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Box and eyes of a forgery."""
        origin = int(self.origins[forgery])
        if origin < 0:
            return self.generated_boxes[-1 - origin], self.generated_eyes[-1 - origin]
        return self.boxes[origin], self.eyes[origin]


def load_examples(data: Path, cache: Path, seed: int) -> Examples:
    """From `cache`, or made and kept there."""
    folder = cache / "examples"
    if not (folder / "meta.npz").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _make(data, cache, folder, seed)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("untouched", "forged", "masks")}
    with np.load(folder / "meta.npz") as meta:
        return Examples(**arrays, **dict(meta.items()))


def _make(data: Path, cache: Path, folder: Path, seed: int) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    chance = np.random.default_rng(seed)
    photos, webcam = gather(data, "lfw-train", cache), gather(data, "webcam", cache)
    subjects = photos + webcam
    sights = [cut_out(subject) for subject in subjects]
    untouched = np.stack([sight.pixels for sight in sights])
    np.save(folder / "untouched.npy", untouched)
    network = fit_autoencoder(untouched[: len(photos)], _AUTOENCODER_STEPS, seed)
    people = np.array([subject.person for subject in subjects])
    forges = FORGES | {UPSAMPLED: upsampling_forge(network)}
    plan = _plan(len(subjects), chance)
    made = _generated(gather(data, "developed", cache), sights[: len(photos)], chance)
    count = len(plan) + len(made)
    shape = (count, CANVAS_PX, CANVAS_PX, 3)
    forged = np.lib.format.open_memmap(folder / "forged.npy", "w+", np.uint8, shape)
    masks = np.lib.format.open_memmap(folder / "masks.npy", "w+", np.uint8, (count, MASK_PX, MASK_PX))
    for place, (number, kind) in enumerate(plan):
        other = _partner(number, sights, people, chance)
        forged[place], masks[place] = _forge(forges[kind], sights[number], sights[other], chance)
    for place, sight in enumerate(made, len(plan)):
        forged[place], masks[place] = sight.pixels, 255
    forged.flush(), masks.flush()
    np.savez(
        folder / "meta.npz",
        boxes=np.stack([sight.box for sight in sights]),
        eyes=np.stack([sight.eyes for sight in sights]),
        people=people,
        kinds=np.array([kind for _, kind in plan] + [GENERATED] * len(made)),
        origins=np.array([number for number, _ in plan] + [-1 - number for number in range(len(made))]),
        generated_boxes=np.stack([sight.box for sight in made]),
        generated_eyes=np.stack([sight.eyes for sight in made]),
    )


def _plan(count: int, chance: np.random.Generator) -> list[tuple[int, str]]:
    """Which kinds are made of which photo; a share of 0.4 is made of two photos in five."""
    return [
        (number, kind)
        for number in range(count)
        for kind, times in _EACH.items()
        for _ in range(int(times) + (chance.random() < times % 1))
    ]


def _partner(number: int, sights: list[Sight], people: NDArray[np.str_], chance: np.random.Generator) -> int:
    """Somebody else whose head is held about as this one's."""
    candidates = [int(one) for one in chance.integers(0, len(sights), _CANDIDATES) if people[one] != people[number]]
    own = _shape(sights[number])
    return min(candidates, key=lambda one: float(np.square(_shape(sights[one]) - own).sum()))


def _shape(sight: Sight) -> NDArray[np.float64]:
    centred = sight.points - sight.points.mean(0)
    return np.asarray(centred / np.sqrt(np.square(centred).sum()))


def _forge(forge: Forge, face: Sight, other: Sight, chance: np.random.Generator) -> tuple[Pixels, Pixels]:
    forged, mask = forge(Canvas(face.pixels, face.points), Canvas(other.pixels, other.points), chance)
    small = cv2.resize(mask, (MASK_PX, MASK_PX), interpolation=cv2.INTER_AREA)
    return forged, np.rint(np.clip(small, 0, 1) * 255).astype(np.uint8)


def _generated(subjects: list[Subject], photos: list[Sight], chance: np.random.Generator) -> list[Sight]:
    """Each in several sizes and sharpnesses, drawn from those of the photos."""
    found = []
    for subject in subjects:
        for model in chance.choice(len(photos), _VARIANTS):
            like = photos[model]
            fineness = fineness_of(plain_view(like.box, like.eyes, LOOK_PX).crop(like.pixels))
            found.append(match_photo(subject, float(max(like.box[2:])), fineness, chance))
    return found
