"""Sketches of pairs, a photo and a forgery that went through the same: made once, since most of the time goes there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from network import MAP_PX, SKETCH_PLANES, SKETCH_PX, Sketch
from numpy.typing import NDArray
from prepare import GENERATED, Examples
from view import draw_view
from warp import Pixels

_GENERATED_SHARE = 0.12
_TOGETHER = 32


@dataclass(frozen=True, slots=True, eq=False)
class Sketches:
    """Attributes:
    planes: (2 N, 36, 24, 24) float16; photo, forgery, photo, forgery and so on.
    shares: (N, 2, 12, 12) float16 of the forgeries: what was put in, and the seam.
    kinds: (N,) of the forgeries.
    """

    planes: NDArray[np.float16]
    shares: NDArray[np.float16]
    kinds: NDArray[np.str_]


def training_people(examples: Examples) -> NDArray[np.bool_]:
    """(N,) photos to train on: all but those of one person in sixteen."""
    numbers = {person: number for number, person in enumerate(sorted(set(examples.people.tolist())))}
    return np.array([numbers[person] % 16 != 0 for person in examples.people.tolist()])


def load_sketches(examples: Examples, cache: Path, count: int, seed: int, *, held: bool = False) -> Sketches:
    """From `cache`, or made and kept there.

    Args:
        examples: of which.
        cache: folder.
        count: pairs.
        seed: of what they go through, and of which they are.
        held: of the people who are not trained on, without generated faces.
    """
    stem = _stem(count, seed, held)
    if not (cache / f"{stem}-kinds.npy").is_file():
        _make(examples, cache, stem, count, seed, held)
    return kept_sketches(cache, count, seed, held=held)


def kept_sketches(cache: Path, count: int, seed: int, *, held: bool = False) -> Sketches:
    """Those that `load_sketches` has made."""
    stem = _stem(count, seed, held)
    planes, shares = (np.load(cache / f"{stem}-{name}.npy", mmap_mode="r") for name in ("planes", "shares"))
    return Sketches(planes, shares, np.load(cache / f"{stem}-kinds.npy"))


def _stem(count: int, seed: int, held: bool) -> str:
    return f"sketches-{'held' if held else 'used'}-{count}-{seed}"


@torch.no_grad()
def sketch_of(crops: Pixels) -> NDArray[np.float16]:
    """(N, 36, 24, 24) of (N, 96, 96, 3) crops."""
    sketched = Sketch()(torch.from_numpy(crops).permute(0, 3, 1, 2).float())
    return np.asarray(sketched.numpy(), np.float16)


def shares_of(mask: Pixels) -> NDArray[np.float32]:
    """(2, 12, 12) what was put in, and the seam, of a (96, 96) mask."""
    share = mask.astype(np.float32) / 255
    seam = cv2.GaussianBlur(4 * share * (1 - share), (0, 0), 2.0)
    small = [cv2.resize(plane, (MAP_PX, MAP_PX), interpolation=cv2.INTER_AREA) for plane in (share, seam)]
    return np.clip(np.stack(small), 0, 1).astype(np.float32)


class _Pairs:
    """Draws pairs."""

    def __init__(self, examples: Examples, seed: int, held: bool) -> None:
        self._examples, self._held = examples, held
        self._chance = np.random.default_rng(seed)
        used = training_people(examples)
        self._photos = np.flatnonzero(used)
        self._generated = np.flatnonzero(examples.kinds == GENERATED)
        made = np.flatnonzero(examples.kinds != GENERATED)
        self._made = made[used[examples.origins[made]] != held]

    def draw(self) -> tuple[Pixels, Pixels, NDArray[np.float32], str]:
        """Crops of a photo and of a forgery, its shares, its kind."""
        examples, chance = self._examples, self._chance
        is_generated = chance.random() < _GENERATED_SHARE and not self._held
        forgery = int(chance.choice(self._generated if is_generated else self._made))
        origin = int(examples.origins[forgery])
        photo = origin if origin >= 0 else int(chance.choice(self._photos))
        seed = int(chance.integers(2**31))
        view = draw_view(*examples.place(forgery), np.random.default_rng(seed))
        own = draw_view(examples.boxes[photo], examples.eyes[photo], np.random.default_rng(seed))
        shares = shares_of(view.mask(examples.masks[forgery], examples.forged.shape[1]))
        kind = str(examples.kinds[forgery])
        return own.crop(examples.untouched[photo]), view.crop(examples.forged[forgery]), shares, kind


def _make(examples: Examples, cache: Path, stem: str, count: int, seed: int, held: bool) -> None:
    pairs, kinds = _Pairs(examples, seed, held), []
    shape = (2 * count, SKETCH_PLANES, SKETCH_PX, SKETCH_PX)
    planes = np.lib.format.open_memmap(cache / f"{stem}-planes.npy", "w+", np.float16, shape)
    shares = np.zeros((count, 2, MAP_PX, MAP_PX), np.float16)
    for start in range(0, count, _TOGETHER):
        drawn = [pairs.draw() for _ in range(min(_TOGETHER, count - start))]
        crops = np.stack([crop for photo, forgery, _, _ in drawn for crop in (photo, forgery)])
        planes[2 * start : 2 * start + len(crops)] = sketch_of(crops)
        shares[start : start + len(drawn)] = [one[2] for one in drawn]
        kinds += [one[3] for one in drawn]
    planes.flush()
    np.save(cache / f"{stem}-shares.npy", shares)
    np.save(cache / f"{stem}-kinds.npy", np.array(kinds))
