"""Who is trained on, who is held out: always whole people."""

from __future__ import annotations

import zlib

from photos import Photo

HELD_NUAA = frozenset({"0003", "0006", "0009"})
HELD_REPLAY = frozenset({"02", "05", "08", "09", "10", "15", "16", "20", "21", "22"})
"""Numbers of people as `photos.cluster_people` gives them: about a third of the photos of either kind."""
CHOOSE_NUAA = frozenset({"0008"})
CHOOSE_REPLAY = frozenset({"07", "14", "18", "23"})
_CHOOSE_OF_TEN = 1

TRAIN, CHOOSE, HELD = "train", "choose", "held"


def part_of(photo: Photo) -> str:
    """`train`; `choose`: for the fusion of the networks; `held`: neither, reported figures and calibration."""
    if photo.source == "lfw-train":
        return CHOOSE if zlib.crc32(photo.person.encode()) % 10 < _CHOOSE_OF_TEN else TRAIN
    if photo.source == "nuaa":
        return _of(photo.person, HELD_NUAA, CHOOSE_NUAA)
    if photo.source == "replay":
        return _of(photo.person, HELD_REPLAY, CHOOSE_REPLAY)
    return HELD


def _of(person: str, held: frozenset[str], choose: frozenset[str]) -> str:
    return HELD if person in held else CHOOSE if person in choose else TRAIN
