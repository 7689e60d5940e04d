"""The order of rows, and pictures whose process died, without an engine."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from visavis.cli import analyze_folder
from visavis.cli.analyze_folder import FolderRun, find_pictures
from visavis.cli.analyze_record import Row, quality_levels
from visavis.errors import ParameterError
from visavis.evaluation.workers import WORKER_LOST, Failure
from visavis.types import FaceChoice


@contextmanager
def no_engine(*_: Any) -> Iterator[SimpleNamespace]:
    yield SimpleNamespace(examiner=SimpleNamespace(analyser=None))


def touch(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return [folder / name for name in names]


def test_pictures_are_found_below_and_sorted_by_their_whole_path(tmp_path: Path) -> None:
    wanted = touch(tmp_path, "A.PNG", "b.jpg", "b/a.webp", "b/z.bmp", "c/c/c.jpeg")
    touch(tmp_path, ".cache/a.jpg", "b/.a.jpg", "readme.txt")
    (tmp_path / "folder.jpg").mkdir()
    assert find_pictures(tmp_path) == wanted


def test_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no pictures in"):
        find_pictures(tmp_path)


def test_rows_wait_for_those_before_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "in", "a.jpg", "b.jpg", "c.jpg")

    def out_of_order(*_: object) -> Iterator[tuple[int, Row | Failure]]:
        yield 2, {"error": "", "quality": 50.123456789}
        yield 0, {"error": "", "quality": 10.0, "flaws": "blurred too_dark"}
        yield 1, Failure(WORKER_LOST, "its process ended 2 times")

    monkeypatch.setattr(analyze_folder, "work_on_all", out_of_order)
    monkeypatch.setattr(analyze_folder, "_open_worker", no_engine)
    target = tmp_path / "out.csv"
    run = FolderRun(tmp_path / "in", target, None, quality_levels()["low"], FaceChoice.LARGEST, workers=2)
    analyze_folder.analyze_folder(run)
    with target.open(newline="", encoding="utf-8") as file:
        rows = [(row["path"], row["error"], row["quality"], row["flaws"]) for row in csv.DictReader(file)]
    assert rows == [
        ("a.jpg", "", "10", "blurred too_dark"),
        ("b.jpg", "worker_lost", "", ""),
        ("c.jpg", "", "50.1235", ""),
    ]


def test_names_that_are_not_utf8_can_be_written() -> None:
    assert analyze_folder._written(Path("b/caf\udce9.jpg")) == "b/caf\\udce9.jpg"
