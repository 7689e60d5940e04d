"""Photos of bona fide presentations and of attacks: a folder or a CSV file becomes a set of presentations."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import DatasetError, FileMissingError
from visavis.evaluation.layouts import picture_files, some_of, subfolders

BONA_FIDE, ATTACK = "bona_fide", "attack"
CSV_COLUMNS = ("path", "kind", "species")
PERSON_COLUMN = "person"
MOST_PHOTOS = 500_000
MOST_SPECIES = 64


@dataclass(frozen=True, slots=True)
class Presentation:
    """One photo.

    Attributes:
        path: relative to the set's root, with forward slashes.
        species: kind of attack; None: a bona fide presentation.
        person: label of whom it shows, the same for bona fide presentations and attacks; None: nobody knows.
    """

    path: str
    species: str | None
    person: str | None


@dataclass(frozen=True, slots=True)
class PresentationSet:
    """Photos to check.

    Attributes:
        name: the folder's or the file's name.
        root: folder to which paths are relative.
        presentations: bona fide ones first, then attacks by species.
    """

    name: str
    root: Path
    presentations: tuple[Presentation, ...]

    @property
    def species(self) -> tuple[str, ...]:
        """Kinds of attack, in order of appearance."""
        return tuple(dict.fromkeys(one.species for one in self.presentations if one.species is not None))

    @property
    def persons(self) -> tuple[str, ...]:
        """The person of each photo; a photo of nobody knows whom is a person of its own."""
        return tuple(
            f"person {one.person}" if one.person is not None else f"photo {index}"
            for index, one in enumerate(self.presentations)
        )


def load_presentations(path: Path) -> PresentationSet:
    """Read photos of both kinds.

    Args:
        path: a folder with `bona_fide/[PERSON/]` and `attack/SPECIES/[PERSON/]`, or a CSV file with the columns path,
            kind (`bona_fide` or `attack`), species (of attacks) and, where known, person.

    Raises:
        FileMissingError: there is nothing.
        DatasetError: it is not arranged so, holds too many photos or species, or lacks bona fide photos or attacks.
    """
    _require(path)
    found = _read_csv(path) if path.is_file() else _read_folders(path)
    for kind, photos in ((BONA_FIDE, _bona_fide(found)), (ATTACK, [one for one in found if one.species is not None])):
        if not photos:
            raise DatasetError(f"no {kind} photos in {path}; see the documentation for how to arrange them")
    return _checked(path, found)


def load_bona_fide(path: Path) -> PresentationSet:
    """Read the bona fide photos alone.

    Args:
        path: what `load_presentations` reads, or a folder of photos, or of a folder of photos for each person.

    Raises:
        FileMissingError: there is nothing.
        DatasetError: there are no photos, or too many.
    """
    _require(path)
    if path.is_file():
        found = _bona_fide(_read_csv(path))
    else:
        folder = path / BONA_FIDE
        found = list(_by_person(path, folder if folder.is_dir() else path, None))
    if not found:
        raise DatasetError(f"no {BONA_FIDE} photos in {path}")
    return _checked(path, found)


def _require(path: Path) -> None:
    if not path.exists():
        raise FileMissingError(f"no such data set: {path}")


def _bona_fide(presentations: Sequence[Presentation]) -> list[Presentation]:
    return [one for one in presentations if one.species is None]


def _checked(path: Path, found: Sequence[Presentation]) -> PresentationSet:
    if len(found) > MOST_PHOTOS:
        raise DatasetError(f"{len(found):,} photos in {path}; at most {MOST_PHOTOS:,}")
    ordered = sorted(found, key=lambda one: (one.species is not None, one.species or ""))
    name = path.stem if path.is_file() else path.resolve().name
    made = PresentationSet(name, path.parent if path.is_file() else path, tuple(ordered))
    if len(made.species) > MOST_SPECIES:
        raise DatasetError(
            f"{len(made.species)} species of attack in {path}; at most {MOST_SPECIES}. "
            f"Folders of people belong one level deeper: {ATTACK}/SPECIES/PERSON"
        )
    return made


def _read_folders(root: Path) -> list[Presentation]:
    bona_fide, attack = root / BONA_FIDE, root / ATTACK
    for folder in (bona_fide, attack):
        if not folder.is_dir():
            raise DatasetError(f"{folder} is not a folder; {BONA_FIDE}/ and {ATTACK}/SPECIES/ are needed")
    if any(file.parent == attack for file in picture_files(attack)):
        raise DatasetError(f"photos lie in {attack} itself; they belong into a folder for each species")
    found = list(_by_person(root, bona_fide, None))
    for folder in subfolders(attack):
        found += _by_person(root, folder, folder.name)
    return found


def _by_person(root: Path, folder: Path, species: str | None) -> Iterator[Presentation]:
    """Photos in the folder itself are of nobody knows whom; those in folders within are of whom the folder names."""
    for file in picture_files(folder):
        within = file.relative_to(folder).parts
        person = within[0] if len(within) > 1 else None
        yield Presentation(file.relative_to(root).as_posix(), species, person)


def _read_csv(path: Path) -> list[Presentation]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found = list(_rows(path, csv.DictReader(stream)))
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} is not a CSV file in UTF-8: {error}") from error
    missing = sorted(one.path for one in found if not (path.parent / one.path).is_file())
    if missing:
        raise DatasetError(f"{path} names {len(missing)} photos that are not there: {some_of(missing)}")
    repeated = sorted(name for name, count in Counter(one.path for one in found).items() if count > 1)
    if repeated:
        raise DatasetError(f"{path} names {len(repeated)} photos more than once: {some_of(repeated)}")
    return found


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[Presentation]:
    missing = [name for name in CSV_COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise DatasetError(f"{path} lacks the columns {', '.join(missing)}")
    for row in reader:
        where = f"{path} line {reader.line_num}"
        file, kind, species, person = ((row.get(name) or "").strip() for name in (*CSV_COLUMNS, PERSON_COLUMN))
        if not file:
            raise DatasetError(f"{where}: path is empty")
        if kind not in (BONA_FIDE, ATTACK):
            raise DatasetError(f"{where}: kind is {kind!r}; write {BONA_FIDE} or {ATTACK}")
        if (kind == ATTACK) != bool(species):
            raise DatasetError(f"{where}: attacks, and only they, have a species")
        yield Presentation(file, species or None, person or None)
