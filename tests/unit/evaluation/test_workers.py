from __future__ import annotations

import functools
import multiprocessing
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluation.conftest import (
    FakeEngine,
    crash_on_opening,
    fail_to_open,
    open_fake_engine,
    write_picture,
)
from visavis.errors import EngineError
from visavis.evaluation import workers
from visavis.evaluation.workers import FILE_MISSING, WORKER_LOST, Failure, Outcome, acquire_all, acquire_one, serve
from visavis.types import FaceChoice

LARGEST = FaceChoice.LARGEST
ACQUIRE_ONE = functools.partial(acquire_one, choice=LARGEST)


def pictures(folder: Path, *contents: object) -> list[Path]:
    paths = [folder / f"{index}.jpg" for index in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        write_picture(path, content)
    return paths


def codes(outcomes: dict[int, Outcome]) -> dict[int, str]:
    return {i: outcome.code if isinstance(outcome, Failure) else "template" for i, outcome in outcomes.items()}


def test_a_picture_becomes_a_template(tmp_path: Path, fake_engine: FakeEngine) -> None:
    (path,) = pictures(tmp_path, [3, 4])
    outcome = acquire_one(fake_engine, path, LARGEST)
    assert isinstance(outcome, np.ndarray)
    assert outcome.tolist() == pytest.approx([0.6, 0.8])


def test_errors_of_a_picture_are_outcomes_and_errors_of_the_engine_are_raised(
    tmp_path: Path, fake_engine: FakeEngine
) -> None:
    no_face, broken = pictures(tmp_path, "no face", "broken engine")
    assert acquire_one(fake_engine, no_face, LARGEST) == Failure("no_face", "no face was found")
    missing = acquire_one(fake_engine, tmp_path / "none.jpg", LARGEST)
    assert isinstance(missing, Failure)
    assert missing.code == FILE_MISSING
    with pytest.raises(EngineError, match="broken"):
        acquire_one(fake_engine, broken, LARGEST)


def test_one_worker_works_in_this_process(tmp_path: Path, fake_engine: FakeEngine) -> None:
    paths = pictures(tmp_path, [1, 0], "no face")
    outcomes = dict(acquire_all(lambda: fake_engine, paths, LARGEST, workers=1))
    assert codes(outcomes) == {0: "template", 1: "no_face"}
    assert len(fake_engine.calls) == 2


def test_several_workers_answer_for_every_picture(tmp_path: Path) -> None:
    paths = pictures(tmp_path, *([[index, 1] for index in range(20)]), "no face")
    outcomes = dict(acquire_all(open_fake_engine, paths, LARGEST, workers=2))
    assert codes(outcomes) == {**dict.fromkeys(range(20), "template"), 20: "no_face"}
    third = outcomes[3]
    assert isinstance(third, np.ndarray)
    assert third.tolist() == pytest.approx((np.array([3, 1]) / np.sqrt(10)).tolist())


def test_a_picture_that_kills_its_process_twice_is_a_failure_and_the_others_are_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_MARKER", str(tmp_path / "marker"))
    paths = pictures(tmp_path, [1, 0], "crash", [0, 1], "crash once", [1, 1])
    outcomes = dict(acquire_all(open_fake_engine, paths, LARGEST, workers=2))
    assert codes(outcomes) == {0: "template", 1: WORKER_LOST, 2: "template", 3: "template", 4: "template"}


@pytest.mark.parametrize(
    ("factory", "message"), [(fail_to_open, "no such runtime"), (crash_on_opening, "status 7 while opening")]
)
def test_an_engine_that_cannot_be_opened_ends_the_run(tmp_path: Path, factory: object, message: str) -> None:
    paths = pictures(tmp_path, [1, 0], [0, 1])
    with pytest.raises(EngineError, match=message):
        list(acquire_all(factory, paths, LARGEST, workers=2))  # type: ignore[arg-type]


def test_an_engine_that_breaks_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="is broken"):
        list(acquire_all(open_fake_engine, pictures(tmp_path, "broken engine", [0, 1]), LARGEST, workers=2))


def test_a_worker_that_died_before_its_batch_arrived_is_noticed_later(tmp_path: Path) -> None:
    pool = workers._Pool(open_fake_engine, ACQUIRE_ONE, pictures(tmp_path, [1, 0]))
    here, there = multiprocessing.Pipe()
    there.close()
    dead = workers._Worker(multiprocessing.current_process(), here, ready=True)
    pool._assign(dead)
    assert list(dead.assigned) == [0]
    here.close()


def test_a_worker_says_ready_answers_and_ends_with_the_pipe(tmp_path: Path) -> None:
    (path,) = pictures(tmp_path, [1, 0])
    here, there = multiprocessing.Pipe()
    thread = threading.Thread(target=serve, args=(there, open_fake_engine, ACQUIRE_ONE))
    thread.start()
    assert here.recv() is None
    here.send([path])
    assert here.recv().tolist() == [1, 0]
    here.close()
    thread.join(5)
    assert not thread.is_alive()


def test_a_worker_reports_why_it_could_not_open() -> None:
    here, there = multiprocessing.Pipe()
    serve(there, fail_to_open, ACQUIRE_ONE)
    assert isinstance(here.recv(), EngineError)
