from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluation.conftest import IDENTITY, FakeEngine, open_fake_engine, write_picture
from visavis.errors import EngineError
from visavis.evaluation.cache import QualityCache, TemplateCache
from visavis.evaluation.layouts import load_dataset
from visavis.evaluation.run import Acquisition, AcquisitionPlan, MeasuringPlan, acquire_dataset
from visavis.evaluation.workers import FILE_MISSING
from visavis.types import FaceChoice

LARGEST = FaceChoice.LARGEST


def write_set(root: Path) -> Path:
    write_picture(root / "a/1.jpg", [3, 4])
    write_picture(root / "a/2.jpg", "no face")
    write_picture(root / "b/1.jpg", [3, 4])
    write_picture(root / "b/2.jpg", [0, 1])
    return root


def acquire(root: Path, engine: FakeEngine, home: Path | None = None) -> Acquisition:
    dataset = load_dataset(root)
    if home is None:
        return acquire_dataset(dataset, AcquisitionPlan(lambda: engine, LARGEST))
    with TemplateCache(home, IDENTITY, "1", LARGEST) as cache:
        return acquire_dataset(dataset, AcquisitionPlan(lambda: engine, LARGEST, cache=cache))


def test_every_picture_has_a_template_or_a_failure(tmp_path: Path, fake_engine: FakeEngine) -> None:
    result = acquire(write_set(tmp_path), fake_engine)

    assert result.templates.acquired.tolist() == [True, False, True, True]
    np.testing.assert_allclose(result.templates.vectors, np.array([[0.6, 0.8], [0, 0], [0.6, 0.8], [0, 1]]), atol=1e-6)
    assert result.templates.persons.tolist() == [0, 0, 1, 1]
    assert {index: failure.code for index, failure in result.failures.items()} == {1: "no_face"}
    assert len(fake_engine.calls) == 3  # Two files are equal.


def test_progress_counts_pictures_and_reaches_the_total(tmp_path: Path, fake_engine: FakeEngine) -> None:
    seen: list[tuple[int, int]] = []
    plan = AcquisitionPlan(lambda: fake_engine, LARGEST)
    acquire_dataset(load_dataset(write_set(tmp_path)), plan, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_second_run_asks_the_engine_nothing(tmp_path: Path, fake_engine: FakeEngine) -> None:
    root = write_set(tmp_path / "set")
    first = acquire(root, fake_engine, tmp_path / "home")
    calls = len(fake_engine.calls)
    second = acquire(root, fake_engine, tmp_path / "home")

    assert len(fake_engine.calls) == calls
    assert (first.from_cache, second.from_cache) == (0, 4)
    np.testing.assert_array_equal(first.templates.vectors, second.templates.vectors)
    assert first.failures == second.failures


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path, fake_engine: FakeEngine) -> None:
    root = write_set(tmp_path / "set")
    write_picture(root / "b/2.jpg", "broken engine")
    with pytest.raises(EngineError):
        acquire(root, fake_engine, tmp_path / "home")
    write_picture(root / "b/2.jpg", [0, 1])
    fake_engine.calls.clear()

    result = acquire(root, fake_engine, tmp_path / "home")

    assert fake_engine.calls == [b"[0, 1]"]
    assert result.from_cache == 3


def test_a_file_that_vanished_is_a_failure_and_is_not_remembered(tmp_path: Path, fake_engine: FakeEngine) -> None:
    root = write_set(tmp_path / "set")
    dataset = load_dataset(root)
    (root / "a/1.jpg").unlink()
    with TemplateCache(tmp_path / "home", IDENTITY, "1", LARGEST) as cache:
        result = acquire_dataset(dataset, AcquisitionPlan(lambda: fake_engine, LARGEST, cache=cache))
        assert len(cache) == 3
    assert result.failures[0].code == FILE_MISSING
    assert result.keys[0] == b""
    assert result.from_cache == 0


def test_what_depends_on_the_run_is_tried_again(
    tmp_path: Path, fake_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_set(tmp_path / "set")
    dataset = load_dataset(root)
    # The files vanish between hashing and reading.
    plan = AcquisitionPlan(lambda: _unlink_all(root, fake_engine), LARGEST)
    with TemplateCache(tmp_path / "home", IDENTITY, "1", LARGEST) as cache:
        result = acquire_dataset(dataset, AcquisitionPlan(plan.factory, LARGEST, cache=cache))
        assert len(cache) == 0
    assert {failure.code for failure in result.failures.values()} == {FILE_MISSING}
    assert not result.templates.acquired.any()


def _unlink_all(root: Path, engine: FakeEngine) -> FakeEngine:
    for path in root.rglob("*.jpg"):
        path.unlink()
    return engine


def measure(root: Path, engine: FakeEngine, home: Path, analysis: str = "1") -> Acquisition:
    cache = TemplateCache(home, IDENTITY, "1", LARGEST)
    with cache, QualityCache(home, IDENTITY, analysis, LARGEST) as kept:
        plan = AcquisitionPlan(lambda: engine, LARGEST, cache=cache, measuring=MeasuringPlan(lambda: engine, kept))
        return acquire_dataset(load_dataset(root), plan)


def test_qualities_are_measured_when_asked_for(tmp_path: Path, fake_engine: FakeEngine) -> None:
    root = write_set(tmp_path / "set")
    assert acquire(root, fake_engine).qualities is None

    first = measure(root, fake_engine, tmp_path / "home")
    assert first.qualities is not None
    np.testing.assert_allclose(first.qualities, [60, np.nan, 60, 0], atol=1e-4)
    assert first.templates.acquired.tolist() == [True, False, True, True]

    calls = len(fake_engine.calls)
    second = measure(root, fake_engine, tmp_path / "home")
    assert len(fake_engine.calls) == calls
    assert second.from_cache == 4
    np.testing.assert_array_equal(second.qualities, first.qualities)


def test_templates_that_are_kept_without_qualities_stay_valid(tmp_path: Path, fake_engine: FakeEngine) -> None:
    root, home = write_set(tmp_path / "set"), tmp_path / "home"
    acquire(root, fake_engine, home)
    (templates,) = home.rglob("*.templates")
    before = templates.read_bytes()
    fake_engine.calls.clear()

    measured = measure(root, fake_engine, home)

    assert measured.from_cache == 1  # That there is no face was known.
    assert len(fake_engine.calls) == 2
    assert templates.read_bytes() == before
    assert acquire(root, fake_engine, home).from_cache == 4


def test_another_analysis_measures_anew_and_keeps_the_templates(tmp_path: Path, fake_engine: FakeEngine) -> None:
    root, home = write_set(tmp_path / "set"), tmp_path / "home"
    measure(root, fake_engine, home)
    fake_engine.calls.clear()
    assert measure(root, fake_engine, home, analysis="2").from_cache == 1
    assert len(fake_engine.calls) == 2
    assert len(list(home.rglob("*.qualities"))) == 2


def test_several_processes_measure_like_one(tmp_path: Path) -> None:
    dataset = load_dataset(write_set(tmp_path))
    plan = AcquisitionPlan(open_fake_engine, LARGEST, workers=2, measuring=MeasuringPlan(open_fake_engine))
    qualities = acquire_dataset(dataset, plan).qualities
    assert qualities is not None
    np.testing.assert_allclose(qualities, [60, np.nan, 60, 0], atol=1e-4)


def test_a_file_that_vanished_while_measuring_is_a_failure(tmp_path: Path, fake_engine: FakeEngine) -> None:
    root = write_set(tmp_path)
    dataset = load_dataset(root)
    plan = AcquisitionPlan(
        lambda: fake_engine, LARGEST, measuring=MeasuringPlan(lambda: _unlink_all(root, fake_engine))
    )
    result = acquire_dataset(dataset, plan)
    assert {failure.code for failure in result.failures.values()} == {FILE_MISSING}
    assert result.qualities is not None
    assert np.isnan(result.qualities).all()
