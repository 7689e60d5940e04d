from __future__ import annotations

import builtins
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image

from visavis.bench.workload import SIZES, Workload, make_workload
from visavis.errors import BenchError

# The letter box of each sample's face is 114 and 212 px high; these are the shares of the cut height that it fills.
_FACE_SHARE = {"astronaut": 114 / 512, "admiral": 212 / 600}


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    return make_workload(tmp_path_factory.mktemp("photos"))


def test_pairs_come_in_turn_mated_first(workload: Workload) -> None:
    assert tuple(workload.pairs) == SIZES
    for pairs in workload.pairs.values():
        assert [pair.mated for pair in pairs] == [True, False] * 4
        for pair in pairs:
            people = [path.stem.split("-")[1] for path in (pair.reference, pair.probe)]
            assert (people[0] == people[1]) is pair.mated
            assert pair.reference != pair.probe


def measure_sides(path: Path) -> tuple[int, int]:
    with Image.open(path) as photo:
        return photo.size


def photos(workload: Workload, size: str) -> list[Path]:
    return sorted({path for pair in workload.pairs[size] for path in (pair.reference, pair.probe)})


@pytest.mark.parametrize(
    ("size", "sides", "least_bytes", "most_bytes"),
    [
        ("250px", {(250, 250)}, 10_000, 40_000),
        ("1mp", {(866, 1155), (1155, 866)}, 100_000, 500_000),
        ("12mp", {(3000, 4000), (4000, 3000)}, 3_000_000, 5_000_000),
    ],
)
def test_photos_have_the_sizes_that_people_send(
    workload: Workload, size: str, sides: set[tuple[int, int]], least_bytes: int, most_bytes: int
) -> None:
    paths = photos(workload, size)
    assert len(paths) == 6
    assert set(map(measure_sides, paths)) == sides
    assert all(least_bytes <= path.stat().st_size <= most_bytes for path in paths)


def test_photos_are_baseline_jpeg_with_halved_colour(workload: Workload) -> None:
    for size in SIZES:
        with Image.open(photos(workload, size)[0]) as photo:
            assert photo.format == "JPEG"
            assert "progressive" not in photo.info
            # (id, horizontal, vertical, table): 4:2:0 samples brightness twice as densely both ways.
            assert [layer[1:3] for layer in photo.layer] == [(2, 2), (1, 1), (1, 1)]  # type: ignore[attr-defined]


def test_the_face_in_a_large_photo_is_at_least_600_px_high() -> None:
    # An upright 3000x4000 photo shows the sample's whole height, whatever zoom (at most 1) makes larger still.
    assert all(share * 4000 >= 600 for share in _FACE_SHARE.values())


def test_the_same_seed_gives_the_same_bytes(workload: Workload, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "other").mkdir()
    again = make_workload(tmp_path / "again", ("250px",), seed=0)
    other = make_workload(tmp_path / "other", ("250px",), seed=1)
    first = photos(workload, "250px")[0].read_bytes()
    assert photos(again, "250px")[0].read_bytes() == first
    assert photos(other, "250px")[0].read_bytes() != first


def test_the_manifest_lists_the_pairs(workload: Workload) -> None:
    rows = json.loads(workload.write_manifest().read_text())
    pair = workload.pairs["12mp"][1]
    assert rows["12mp"][1] == [str(pair.reference), str(pair.probe), False]


def test_without_the_samples_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_skimage(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> object:
        if name.startswith("skimage"):
            raise ImportError(name)
        return real_import(name, globals, locals, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", without_skimage)
    with pytest.raises(BenchError, match=r"visavis\[demo\]"):
        make_workload(tmp_path, ("250px",))
