"""A CSV file of pairs: what it says, and who is who."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import DatasetError

CSV_COLUMNS = ("reference", "probe", "mated")
PERSON_COLUMNS = ("reference_person", "probe_person")
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})


@dataclass(frozen=True, slots=True)
class ListedTrial:
    """One line. `people` are those of reference and probe, where the file says."""

    line: int
    reference: str
    probe: str
    mated: bool
    people: tuple[str, str] | None


def read_pairs(path: Path) -> list[ListedTrial]:
    """All lines, checked.

    Raises:
        DatasetError: it cannot be read, lacks a column, or a line is not as it should be; the message names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            _check_header(path, reader.fieldnames or ())
            return list(_rows(path, reader))
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} is not a CSV file in UTF-8: {error}") from error


def _check_header(path: Path, header: Sequence[str]) -> None:
    missing = [name for name in CSV_COLUMNS if name not in header]
    if missing:
        raise DatasetError(f"{path} lacks the columns {', '.join(missing)}")
    if len(set(PERSON_COLUMNS) & set(header)) == 1:
        raise DatasetError(f"{path} needs both of {' and '.join(PERSON_COLUMNS)}, or neither")


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[ListedTrial]:
    with_people = PERSON_COLUMNS[0] in (reader.fieldnames or ())
    for row in reader:
        line = reader.line_num
        needed = CSV_COLUMNS + (PERSON_COLUMNS if with_people else ())
        values = [(row[name] or "").strip() for name in needed]
        if "" in values:
            raise DatasetError(f"{path} line {line}: {needed[values.index('')]} is empty")
        mated = values[2].lower()
        if mated not in _TRUE | _FALSE:
            raise DatasetError(f"{path} line {line}: mated is {values[2]!r}; write 1 or 0")
        people = (values[3], values[4]) if with_people else None
        if people is not None and (people[0] == people[1]) != (mated in _TRUE):
            raise DatasetError(f"{path} line {line}: mated contradicts the people named")
        yield ListedTrial(line, values[0], values[1], mated in _TRUE, people)


def people_of(path: Path, pairs: Sequence[ListedTrial]) -> dict[str, str]:
    """The person of every picture: as stated, else pictures linked by mated pairs are one person.

    Raises:
        DatasetError: the lines contradict one another.
    """
    stated: dict[str, str] = {}
    linked: dict[str, str] = {}
    for pair in pairs:
        for name, person in zip((pair.reference, pair.probe), pair.people or (), strict=False):
            if stated.setdefault(name, person) != person:
                raise DatasetError(f"{path} line {pair.line}: {name} has two people")
        first, second = (_leader(linked, name) for name in (pair.reference, pair.probe))
        if pair.mated:
            linked[second] = first
    if stated:
        return stated
    for pair in pairs:
        if not pair.mated and _leader(linked, pair.reference) == _leader(linked, pair.probe):
            raise DatasetError(f"{path} line {pair.line}: not mated, yet other lines say it is the same person")
    return {name: _leader(linked, name) for name in linked}


def _leader(linked: dict[str, str], name: str) -> str:
    linked.setdefault(name, name)
    while linked[name] != name:
        linked[name] = linked[linked[name]]
        name = linked[name]
    return name
