"""Pictures, people, and which comparisons to make."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.types import FaceChoice


class Layout(enum.StrEnum):
    """How a data set is arranged on disk."""

    LFW = "lfw"
    CFP = "cfp"
    FOLDERS = "folders"
    CSV = "csv"


class Pose(enum.StrEnum):
    """The group of a picture within its person, where the layout tells groups apart."""

    ANY = "any"
    FRONTAL = "frontal"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture file.

    Attributes:
        path: relative to the data set's root, with forward slashes.
        person: index into `Dataset.people`.
        pose: its group.
    """

    path: str
    person: int
    pose: Pose = Pose.ANY


@dataclass(frozen=True, slots=True, eq=False)
class PairTrials:
    """Listed comparisons.

    Attributes:
        reference: (N,) int32 indices into `Dataset.pictures`.
        probe: (N,) int32, likewise.
        mated: (N,) bool, True where both show one person.
        fold: (N,) int32 fold of each comparison, 0-based; None where the protocol has no folds.
    """

    reference: NDArray[np.int32]
    probe: NDArray[np.int32]
    mated: NDArray[np.bool_]
    fold: NDArray[np.int32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CrossTrials:
    """All comparisons of a set of pictures; a pair is mated when both pictures have the same person.

    Attributes:
        rows: (N,) int32 indices into `Dataset.pictures`.
        columns: (M,) int32: every row against every column; None: every unordered pair of rows.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32] | None = None


Trials = PairTrials | CrossTrials


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Pictures and what to compare.

    Attributes:
        name: the folder's or the file's name.
        root: folder to which picture paths are relative.
        layout: how it was read.
        people: labels; `Picture.person` indexes it.
        pictures: every picture that a protocol uses.
        protocols: name → trials, in the order of the report.
        face: which face of a picture is its subject, by this data set's own rule.
    """

    name: str
    root: Path
    layout: Layout
    people: tuple[str, ...]
    pictures: tuple[Picture, ...]
    protocols: Mapping[str, Trials]
    face: FaceChoice

    @property
    def persons(self) -> NDArray[np.int32]:
        """(pictures,) int32: the person of each picture."""
        return np.array([picture.person for picture in self.pictures], np.int32)


def stranger_trials(dataset: Dataset, excluded: Iterable[int] = ()) -> Trials:
    """Every comparison of different people that a data set can give; `excluded` holds picture indices.

    These are all pairs of its pictures, whatever its protocols. A CSV file gives the pairs it lists: pictures that it
    does not call mated may still show one person.
    """
    left_out = np.fromiter(excluded, np.int64)
    if dataset.layout is not Layout.CSV:
        return CrossTrials(np.setdiff1d(np.arange(len(dataset.pictures)), left_out).astype(np.int32))
    listed = dataset.protocols["pairs"]
    assert isinstance(listed, PairTrials)
    kept = ~listed.mated & ~np.isin(listed.reference, left_out) & ~np.isin(listed.probe, left_out)
    return PairTrials(listed.reference[kept], listed.probe[kept], listed.mated[kept])
