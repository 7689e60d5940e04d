"""Crops to test on, of photos and of forgeries, as the product cuts them; made once, judged by every network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from blend import compress
from canvases import Sight, cut_out
from fineness import LOOK_PX, fineness_of
from forge import FORGES, Canvas
from generated import match_photo
from numpy.typing import NDArray
from trials import TRIALS
from view import plain_view

from faces import Subject, gather, open_picture
from visavis.engine.synthesis.crop import cut_crop, place_crop

Pixels = NDArray[np.uint8]

SETS = {"lfw-calibrate": 250, "cfp-tune": 100, "cfp-test": 150}
"""How many people forgeries are made of; one frontal photo each."""
UNTOUCHED = "untouched"
_QUALITIES = (60, 95)
"""Of the JPEG that photos and forgeries are saved as, drawn anew for each pair."""
_GENERATED_VARIANTS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """Attributes:
    crops: (N, 96, 96, 3) RGB.
    people: (N,) who.
    kinds: (N,) names; `UNTOUCHED` for photos.
    """

    crops: Pixels
    people: NDArray[np.str_]
    kinds: NDArray[np.str_]


def load_examined(data: Path, name: str, cache: Path, seed: int) -> Examined:
    """Photos and forgeries of a set of `SETS`; from `cache`, or made and kept there."""
    file = cache / f"examined-{name}.npz"
    if not file.is_file():
        crops, people, kinds = zip(*_examined(data, name, cache, seed), strict=True)
        np.savez(file, crops=np.stack(crops), people=np.array(people), kinds=np.array(kinds))
    with np.load(file) as content:
        return Examined(content["crops"], content["people"], content["kinds"])


def frontal_of(data: Path, name: str, cache: Path, most: int) -> list[Subject]:
    """One frontal photo of each of the first people of a set."""
    found: dict[str, Subject] = {}
    for subject in gather(data, name, cache):
        if subject.path.parent.name != "profile":
            found.setdefault(subject.person, subject)
    return list(found.values())[:most]


def _examined(data: Path, name: str, cache: Path, seed: int) -> Iterator[tuple[Pixels, str, str]]:
    chance = np.random.default_rng(seed)
    subjects = frontal_of(data, name, cache, SETS[name])
    sights = [cut_out(subject) for subject in subjects]
    for number, subject in enumerate(subjects):
        other = _partner(number, sights, chance)
        quality = int(chance.integers(*_QUALITIES))
        transform = place_crop(subject.face)
        looks = {UNTOUCHED: subject.pixels()}
        looks |= {kind: trial(subject, subjects[other], chance) for kind, trial in TRIALS.items()}
        for kind, pixels in looks.items():
            yield cut_crop(open_picture(compress(pixels, quality)), transform), subject.person, kind
        for kind, forge in FORGES.items():
            face, second = (Canvas(sight.pixels, sight.points) for sight in (sights[number], sights[other]))
            forged, _ = forge(face, second, chance)
            view = plain_view(sights[number].box, sights[number].eyes)
            yield view.crop(compress(forged, quality)), subject.person, f"training's {kind}"
    yield from _generated(gather(data, "held-out", cache), sights, chance)


def _generated(
    subjects: list[Subject], photos: list[Sight], chance: np.random.Generator
) -> Iterator[tuple[Pixels, str, str]]:
    """Framed as the photos, of their size, sharpness and JPEG."""
    for subject in subjects:
        for model in chance.choice(len(photos), _GENERATED_VARIANTS):
            like = photos[model]
            view = plain_view(like.box, like.eyes, LOOK_PX)
            fineness = fineness_of(view.crop(like.pixels))
            sight = match_photo(subject, float(max(like.box[2:])), fineness, chance)
            pixels = compress(sight.pixels, int(chance.integers(*_QUALITIES)))
            yield plain_view(sight.box, sight.eyes).crop(pixels), subject.person, "generated"


def _partner(number: int, sights: list[Sight], chance: np.random.Generator) -> int:
    """Of a few others, the one whose head is held most alike."""
    candidates = [int(one) for one in chance.integers(0, len(sights), 12) if one != number]
    shapes = {one: _shape(sights[one]) for one in (number, *candidates)}
    return min(candidates, key=lambda one: float(np.square(shapes[one] - shapes[number]).sum()))


def _shape(sight: Sight) -> NDArray[np.float64]:
    centred = sight.points - sight.points.mean(0)
    return np.asarray(centred / np.sqrt(np.square(centred).sum()))
