from __future__ import annotations

from pathlib import Path

import pytest

from visavis.errors import DatasetError, FileMissingError
from visavis.evaluation import pad_dataset
from visavis.evaluation.pad_dataset import Presentation, load_bona_fide, load_presentations


def lay(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"")
    return root


def table(root: Path, *lines: str, header: str = "path,kind,species,person") -> Path:
    file = root / "photos.csv"
    file.write_text("\n".join((header, *lines)) + "\n", "utf-8")
    return file


def test_folders_of_species_and_of_people(tmp_path: Path) -> None:
    root = lay(
        tmp_path / "set",
        "attack/screen/1.png",
        "attack/print/ann/1.JPG",
        "attack/print/2.jpg",
        "bona_fide/ann/day 1/1.jpg",
        "bona_fide/2.webp",
        "bona_fide/notes.txt",
        "readme.jpg",
    )
    photos = load_presentations(root)
    assert (photos.name, photos.root) == ("set", root)
    assert photos.presentations == (
        Presentation("bona_fide/2.webp", None, None),
        Presentation("bona_fide/ann/day 1/1.jpg", None, "ann"),
        Presentation("attack/print/2.jpg", "print", None),
        Presentation("attack/print/ann/1.JPG", "print", "ann"),
        Presentation("attack/screen/1.png", "screen", None),
    )
    assert photos.species == ("print", "screen")
    # Ann is one person before the camera and on paper; each of the others is somebody else.
    assert photos.persons == ("photo 0", "person ann", "photo 2", "person ann", "photo 4")


def test_a_table_of_photos(tmp_path: Path) -> None:
    lay(tmp_path, "a.jpg", "b/c.jpg", "d.jpg")
    photos = load_presentations(
        table(tmp_path, "d.jpg,attack, screen ,", "a.jpg,bona_fide,,ann", "b/c.jpg,attack,print,ann")
    )
    assert (photos.name, photos.root) == ("photos", tmp_path)
    assert photos.presentations == (
        Presentation("a.jpg", None, "ann"),
        Presentation("b/c.jpg", "print", "ann"),
        Presentation("d.jpg", "screen", None),
    )


def test_a_table_needs_no_people(tmp_path: Path) -> None:
    lay(tmp_path, "a.jpg", "b.jpg")
    file = table(tmp_path, "a.jpg,bona_fide,", "b.jpg,attack,print", header="path,kind,species")
    assert load_presentations(file).persons == ("photo 0", "photo 1")


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (("bona_fide/1.jpg",), r"attack is not a folder"),
        (("attack/print/1.jpg",), r"bona_fide is not a folder"),
        (("bona_fide/1.txt", "attack/print/1.jpg"), "no bona_fide photos"),
        (("bona_fide/1.jpg", "attack/print/1.txt"), "no attack photos"),
        (("bona_fide/1.jpg", "attack/1.jpg", "attack/print/1.jpg"), "a folder for each species"),
    ],
)
def test_folders_that_are_arranged_otherwise(tmp_path: Path, paths: tuple[str, ...], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_presentations(lay(tmp_path, *paths))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((",bona_fide,,",), "line 2: path is empty"),
        (("a.jpg,live,,",), "line 2: kind is 'live'; write bona_fide or attack"),
        (("a.jpg,bona_fide,,", "b.jpg,attack,,"), "line 3: attacks, and only they, have a species"),
        (("a.jpg,bona_fide,print,",), "line 2: attacks, and only they"),
        (("a.jpg,bona_fide,,", "c.jpg,attack,print,"), r"1 photos that are not there: c\.jpg"),
        (("a.jpg,bona_fide,,", "a.jpg,attack,print,"), r"1 photos more than once: a\.jpg"),
        (("a.jpg,bona_fide,,",), "no attack photos"),
    ],
)
def test_a_table_with_a_mistake(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    lay(tmp_path, "a.jpg", "b.jpg")
    with pytest.raises(DatasetError, match=message):
        load_presentations(table(tmp_path, *lines))


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="lacks the columns kind, species"):
        load_presentations(table(tmp_path, header="path,person"))
    (tmp_path / "latin.csv").write_bytes(b"path,kind,species\n\xe9.jpg,bona_fide,\n")
    with pytest.raises(DatasetError, match="not a CSV file in UTF-8"):
        load_presentations(tmp_path / "latin.csv")
    with pytest.raises(FileMissingError, match="no such data set"):
        load_presentations(tmp_path / "nothing")


def test_people_in_place_of_species_are_noticed(tmp_path: Path) -> None:
    root = lay(tmp_path, "bona_fide/1.jpg", *(f"attack/person {index}/1.jpg" for index in range(65)))
    with pytest.raises(DatasetError, match=r"65 species of attack in .*; at most 64"):
        load_presentations(root)


def test_too_many_photos_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pad_dataset, "MOST_PHOTOS", 2)
    root = lay(tmp_path, "bona_fide/1.jpg", "bona_fide/2.jpg", "attack/print/1.jpg")
    with pytest.raises(DatasetError, match=r"3 photos in .*; at most 2"):
        load_presentations(root)


def test_bona_fide_photos_alone(tmp_path: Path) -> None:
    flat = lay(tmp_path / "flat", "1.jpg", "ann/2.jpg")
    assert load_bona_fide(flat).presentations == (
        Presentation("1.jpg", None, None),
        Presentation("ann/2.jpg", None, "ann"),
    )
    whole = lay(tmp_path / "whole", "bona_fide/ann/1.jpg", "attack/print/1.jpg")
    assert load_bona_fide(whole).presentations == (Presentation("bona_fide/ann/1.jpg", None, "ann"),)
    lay(tmp_path, "a.jpg", "b.jpg")
    file = table(tmp_path, "a.jpg,bona_fide,,ann", "b.jpg,attack,print,")
    assert load_bona_fide(file).presentations == (Presentation("a.jpg", None, "ann"),)


def test_nothing_bona_fide(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no bona_fide photos"):
        load_bona_fide(lay(tmp_path / "empty", "notes.txt"))
    with pytest.raises(FileMissingError):
        load_bona_fide(tmp_path / "nothing")
