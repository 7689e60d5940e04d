"""Data set layouts: a folder or a CSV file becomes pictures, people and trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import DatasetError, FileMissingError
from visavis.evaluation.pair_file import people_of, read_pairs
from visavis.evaluation.trials import CrossTrials, Dataset, Layout, PairTrials, Picture, Pose, Trials
from visavis.types import FaceChoice

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".webp"})
_NAMED_AT_MOST = 5


def read_people(path: Path) -> tuple[str, ...]:
    """Labels of people, one a line; blank lines and lines that start with `#` are skipped.

    Raises:
        FileMissingError: it cannot be read.
        DatasetError: it is not text, or names nobody.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise FileMissingError(f"cannot read the list of people {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"the list of people {path} is not UTF-8 text") from error
    people = tuple(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))
    if not people:
        raise DatasetError(f"the list of people {path} names nobody")
    return people


def load_dataset(path: Path, *, layout: Layout | None = None, people: Sequence[str] | None = None) -> Dataset:
    """Read a data set.

    Args:
        path: a folder, or a CSV file of pairs.
        layout: force a layout; None: decide by what is there.
        people: keep these people only.

    Raises:
        FileMissingError: `path` does not exist.
        DatasetError: it does not have the layout, lacks a picture that it names, or `people` names a stranger.
    """
    if not path.exists():
        raise FileMissingError(f"no such data set: {path}")
    layout = layout or detect_layout(path)
    keep = None if people is None else frozenset(people)
    reader = {Layout.LFW: _read_lfw, Layout.CFP: _read_cfp, Layout.FOLDERS: _read_folders, Layout.CSV: _read_csv}
    return reader[layout](path, keep)


def detect_layout(path: Path) -> Layout:
    """The layout of what lies at `path`: a file is CSV; a folder with pairs.txt is LFW; people with frontal are CFP."""
    if path.is_file() or (path / "pairs.csv").is_file():
        return Layout.CSV
    if (path / "pairs.txt").is_file():
        return Layout.LFW
    if any((folder / pose).is_dir() for folder in subfolders(path) for pose in (Pose.FRONTAL, Pose.PROFILE)):
        return Layout.CFP
    return Layout.FOLDERS


def subfolders(path: Path) -> list[Path]:
    """Its folders by name, hidden ones left out."""
    return sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def picture_files(folder: Path) -> list[Path]:
    """Its pictures by name, those of folders within included."""
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES and file.is_file())


class _Catalogue:
    """Collects pictures and people in order of appearance."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.people: dict[str, int] = {}
        self.pictures: list[Picture] = []
        self.index: dict[str, int] = {}

    def add(self, file: Path, person: str, pose: Pose = Pose.ANY) -> int:
        path = file.relative_to(self.root).as_posix() if file.is_relative_to(self.root) else file.as_posix()
        if path not in self.index:
            self.index[path] = len(self.pictures)
            self.pictures.append(Picture(path, self.people.setdefault(person, len(self.people)), pose))
        return self.index[path]

    def select(self, *poses: Pose) -> NDArray[np.int32]:
        return np.array([i for i, picture in enumerate(self.pictures) if picture.pose in poses], np.int32)

    def dataset(self, name: str, layout: Layout, protocols: Mapping[str, Trials], face: FaceChoice) -> Dataset:
        if not self.pictures:
            raise DatasetError(f"no pictures in {self.root} ({layout} layout)")
        return Dataset(name, self.root, layout, tuple(self.people), tuple(self.pictures), protocols, face)


def _kept_folders(root: Path, parent: Path, keep: frozenset[str] | None, layout: Layout) -> list[Path]:
    if not parent.is_dir():
        raise DatasetError(f"{parent} is not a folder; the {layout} layout needs one")
    folders = subfolders(parent)
    if keep is None:
        return folders
    _refuse_strangers(keep, {folder.name for folder in folders}, root)
    return [folder for folder in folders if folder.name in keep]


def _refuse_strangers(keep: frozenset[str], known: set[str], where: Path) -> None:
    unknown = sorted(keep - known)
    if unknown:
        raise DatasetError(f"{len(unknown)} listed people are not in {where}: {some_of(unknown)}")


def some_of(names: Sequence[str]) -> str:
    """The first few of them, for a message."""
    return ", ".join(names[:_NAMED_AT_MOST]) + (", …" if len(names) > _NAMED_AT_MOST else "")


def _read_folders(root: Path, keep: frozenset[str] | None) -> Dataset:
    catalogue = _Catalogue(root)
    for folder in _kept_folders(root, root, keep, Layout.FOLDERS):
        for file in picture_files(folder):
            catalogue.add(file, folder.name)
    trials = CrossTrials(catalogue.select(Pose.ANY))
    return catalogue.dataset(_name(root), Layout.FOLDERS, {"pairs": trials}, FaceChoice.LARGEST)


def _read_cfp(root: Path, keep: frozenset[str] | None) -> Dataset:
    catalogue = _Catalogue(root)
    for folder in _kept_folders(root, root, keep, Layout.CFP):
        for pose in (Pose.FRONTAL, Pose.PROFILE):
            for file in picture_files(folder / pose) if (folder / pose).is_dir() else []:
                catalogue.add(file, folder.name, pose)
    frontal, profile = catalogue.select(Pose.FRONTAL), catalogue.select(Pose.PROFILE)
    protocols: dict[str, Trials] = {"cfp-ff": CrossTrials(frontal), "cfp-fp": CrossTrials(frontal, profile)}
    return catalogue.dataset(_name(root), Layout.CFP, protocols, FaceChoice.LARGEST)


def _read_lfw(root: Path, keep: frozenset[str] | None) -> Dataset:
    parent = root / "images" if (root / "images").is_dir() else root
    catalogue = _Catalogue(root)
    for folder in _kept_folders(root, parent, keep, Layout.LFW):
        for file in picture_files(folder):
            catalogue.add(file, folder.name)
    view2 = _lfw_view2(root / "pairs.txt", catalogue, keep)
    protocols: dict[str, Trials] = {"lfw-view2": view2, "lfw-all-pairs": CrossTrials(catalogue.select(Pose.ANY))}
    return catalogue.dataset(_name(root), Layout.LFW, protocols, FaceChoice.CENTRAL)


def _lfw_view2(path: Path, catalogue: _Catalogue, keep: frozenset[str] | None) -> PairTrials:
    """pairs.txt: `folds<TAB>pairs of a kind in a fold`, then a fold's mated pairs, then its non-mated ones."""
    by_name = {Path(picture.path).stem: i for i, picture in enumerate(catalogue.pictures)}
    lines = _read_lines(path)
    try:
        folds, size = (int(field) for field in lines[0].split())
    except (ValueError, IndexError) as error:
        raise DatasetError(f"{path} line 1: expected the number of folds and of pairs") from error
    if len(lines) - 1 != folds * size * 2:
        raise DatasetError(f"{path}: {folds} folds of 2 x {size} pairs announced, {len(lines) - 1} lines found")
    rows: list[tuple[int, int, bool, int]] = []
    missing: list[str] = []
    for number, line in enumerate(lines[1:], start=2):
        pair = _lfw_pair(path, number, line)
        if keep is not None and not {person for person, _ in pair} <= keep:
            continue
        stems = [f"{person}_{index:04d}" for person, index in pair]
        missing += [stem for stem in stems if stem not in by_name]
        if not missing:
            rows.append((by_name[stems[0]], by_name[stems[1]], pair[0][0] == pair[1][0], (number - 2) // (2 * size)))
    if missing:
        raise DatasetError(f"{path} names {len(missing)} pictures that are not there: {some_of(missing)}")
    return _pair_trials(rows, folds=True)


def _lfw_pair(path: Path, number: int, line: str) -> tuple[tuple[str, int], tuple[str, int]]:
    fields = line.split()
    if len(fields) == 3:
        fields = [fields[0], fields[1], fields[0], fields[2]]
    try:
        first, first_index, second, second_index = fields
        return (first, int(first_index)), (second, int(second_index))
    except ValueError as error:
        raise DatasetError(f"{path} line {number}: expected `NAME I J` or `NAME I NAME J`") from error


def _pair_trials(rows: Sequence[tuple[int, int, bool, int]], *, folds: bool) -> PairTrials:
    table = np.array(rows, np.int32).reshape(-1, 4)
    return PairTrials(table[:, 0], table[:, 1], table[:, 2].astype(bool), table[:, 3] if folds else None)


def _read_lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing; the lfw layout needs it") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text") from error


def _name(path: Path) -> str:
    return path.resolve().name


def _read_csv(path: Path, keep: frozenset[str] | None) -> Dataset:
    file = path / "pairs.csv" if path.is_dir() else path
    pairs = read_pairs(file)
    people = people_of(file, pairs)
    if keep is not None:
        _refuse_strangers(keep, set(people.values()), file)
        pairs = [pair for pair in pairs if {people[pair.reference], people[pair.probe]} <= keep]
    root = file.parent
    missing = sorted({name for pair in pairs for name in (pair.reference, pair.probe) if not (root / name).is_file()})
    if missing:
        raise DatasetError(f"{file} names {len(missing)} pictures that are not there: {some_of(missing)}")
    catalogue = _Catalogue(root)
    rows = []
    for pair in pairs:
        reference, probe = (catalogue.add(root / name, people[name]) for name in (pair.reference, pair.probe))
        rows.append((reference, probe, pair.mated, 0))
    return catalogue.dataset(file.stem, Layout.CSV, {"pairs": _pair_trials(rows, folds=False)}, FaceChoice.LARGEST)
