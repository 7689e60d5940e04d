from __future__ import annotations

import dataclasses
import stat
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluation.conftest import IDENTITY
from visavis.evaluation.cache import FOLDER, QualityCache, TemplateCache, clear_cache, picture_key
from visavis.evaluation.workers import Failure
from visavis.types import EngineIdentity, FaceChoice

ONE, TWO, THREE = (picture_key(text) for text in (b"one", b"two", b"three"))
VECTOR = np.array([0.6, 0.8], np.float32)


def open_cache(
    home: Path, identity: EngineIdentity = IDENTITY, pipeline: str = "1", choice: FaceChoice = FaceChoice.LARGEST
) -> TemplateCache:
    return TemplateCache(home, identity, pipeline, choice)


def fill(home: Path) -> Path:
    with open_cache(home) as cache:
        cache.put(ONE, VECTOR)
        cache.put(TWO, Failure("no_face", "kein Gesicht – 没有人脸"))
        return cache.path


def known(home: Path) -> list[bool]:
    with open_cache(home) as cache:
        return [cache.get(key) is not None for key in (ONE, TWO, THREE)]


def test_what_was_put_is_there_the_next_time(tmp_path: Path) -> None:
    fill(tmp_path)
    with open_cache(tmp_path) as cache:
        vector = cache.get(ONE)
        assert isinstance(vector, np.ndarray)
        assert vector.tolist() == VECTOR.tolist()
        assert cache.get(TWO) == Failure("no_face", "kein Gesicht – 没有人脸")
        assert cache.get(THREE) is None
        assert len(cache) == 2


def test_templates_are_for_the_owner_only(tmp_path: Path) -> None:
    path = fill(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("lost", [1, 4, 20, 60, 80])
def test_a_record_that_was_cut_short_is_ignored_and_later_ones_are_read(tmp_path: Path, lost: int) -> None:
    path = fill(tmp_path)
    path.write_bytes(path.read_bytes()[:-lost])
    assert known(tmp_path) == [True, False, False]

    with open_cache(tmp_path) as cache:
        cache.put(THREE, VECTOR)
    assert known(tmp_path) == [True, False, True]


def test_a_damaged_record_is_ignored_and_the_next_one_is_read(tmp_path: Path) -> None:
    path = fill(tmp_path)
    content = bytearray(path.read_bytes())
    content[45] ^= 1  # in the first template
    path.write_bytes(bytes(content))
    assert known(tmp_path) == [False, True, False]


def test_a_file_of_something_else_holds_nothing(tmp_path: Path) -> None:
    path = fill(tmp_path)
    path.write_bytes(b"not templates")
    assert known(tmp_path) == [False, False, False]


@pytest.mark.parametrize(
    "other",
    [
        {"identity": dataclasses.replace(IDENTITY, precision="bf16")},
        {"identity": dataclasses.replace(IDENTITY, model_sha256="cd" * 32)},
        {"pipeline": "2"},
        {"choice": FaceChoice.CENTRAL},
    ],
)
def test_another_engine_pipeline_or_choice_has_another_file(tmp_path: Path, other: dict[str, object]) -> None:
    fill(tmp_path)
    with open_cache(tmp_path, **other) as cache:  # type: ignore[arg-type]
        assert len(cache) == 0


def test_clearing_deletes_templates_and_nothing_else(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / FOLDER / "notes.txt").touch()
    assert clear_cache(tmp_path) == 1
    assert [file.name for file in (tmp_path / FOLDER).iterdir()] == ["notes.txt"]
    assert clear_cache(tmp_path / "nowhere") == 0


def test_a_record_is_laid_out_as_it_always_was(tmp_path: Path) -> None:
    path = fill(tmp_path)
    record = b"VVT\x01" + THREE + b"T" + struct.pack("<I", 8) + struct.pack("<2f", 1.0, 0.0)
    path.write_bytes(record + struct.pack("<I", zlib.crc32(record)))
    with open_cache(tmp_path) as cache:
        found = cache.get(THREE)
        assert isinstance(found, np.ndarray)
        assert found.tolist() == [1.0, 0.0]


def test_qualities_lie_in_a_file_of_their_own(tmp_path: Path) -> None:
    path = fill(tmp_path)
    before = path.read_bytes()
    with QualityCache(tmp_path, IDENTITY, "1", FaceChoice.LARGEST) as cache:
        cache.put(ONE, 87.25)
        assert stat.S_IMODE(cache.path.stat().st_mode) == 0o600
    with QualityCache(tmp_path, IDENTITY, "1", FaceChoice.LARGEST) as cache:
        assert (cache.get(ONE), cache.get(TWO)) == (87.25, None)
    with QualityCache(tmp_path, IDENTITY, "2", FaceChoice.LARGEST) as cache:
        assert cache.get(ONE) is None
    assert path.read_bytes() == before


def test_a_file_of_templates_holds_no_quality(tmp_path: Path) -> None:
    path = fill(tmp_path)
    with QualityCache(tmp_path, IDENTITY, "1", FaceChoice.LARGEST) as cache:
        cache.path.write_bytes(path.read_bytes())
    with QualityCache(tmp_path, IDENTITY, "1", FaceChoice.LARGEST) as cache:
        assert cache.get(ONE) is None


def test_clearing_deletes_qualities_too(tmp_path: Path) -> None:
    fill(tmp_path)
    with QualityCache(tmp_path, IDENTITY, "1", FaceChoice.LARGEST) as cache:
        cache.put(ONE, 1.0)
    assert clear_cache(tmp_path) == 2
    assert list((tmp_path / FOLDER).iterdir()) == []
