from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from visavis.bench.pool import Contestant, Pool
from visavis.errors import BenchError

from .conftest import MakeContestant


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(process_id: int) -> bool:
    for _ in range(500):
        if not is_running(process_id):
            return True
        time.sleep(0.01)
    return False


def test_go_counts_pairs_and_hands_stages_over(make_contestant: MakeContestant, manifest: Path) -> None:
    with Pool(make_contestant("fast"), manifest, 2) as pool:
        answers = pool.ask("go 0.01 250px", 2)
    assert len(answers) == 2
    for answer in answers:
        assert answer.pairs >= 1
        assert answer.seconds >= 0.01
        assert answer.stages == {"decode": 0.25 * answer.pairs}
        assert answer.facts["option"] == "set"
        assert 1 < answer.rss_mb < 500


def test_go_finishes_at_least_one_pair_however_short_the_slice(make_contestant: MakeContestant, manifest: Path) -> None:
    with Pool(make_contestant("slow", compare="time.sleep(0.05)\nreturn 0.5"), manifest, 1) as pool:
        (answer,) = pool.ask("go 0 250px", 1)
    assert answer.pairs == 1


def test_check_sorts_scores_by_kind(make_contestant: MakeContestant, manifest: Path) -> None:
    with Pool(make_contestant("honest"), manifest, 1) as pool:
        (answer,) = pool.ask("check 5 250px", 1)
    assert (answer.mated, answer.non_mated) == ([0.9], [0.1])


def test_what_a_library_prints_is_not_an_answer(make_contestant: MakeContestant, manifest: Path) -> None:
    chatty = make_contestant("chatty", compare="print('loading', flush=True)\nos.system('echo native')\nreturn 0.5")
    with Pool(chatty, manifest, 1) as pool:
        (answer,) = pool.ask("go 0 250px", 1)
    assert answer.pairs == 1


def test_a_dead_process_is_reported_with_its_last_words(make_contestant: MakeContestant, manifest: Path) -> None:
    broken = make_contestant("broken", compare="raise ValueError('no such network')")
    with Pool(broken, manifest, 1) as pool, pytest.raises(BenchError, match=r"broken ended.*no such network"):
        pool.ask("go 0 250px", 1)


def test_a_contestant_that_cannot_open_is_reported(make_contestant: MakeContestant, manifest: Path) -> None:
    contestant = make_contestant("absent", opening="import no_such_package_at_all")
    with pytest.raises(BenchError, match="no_such_package_at_all"):
        Pool(contestant, manifest, 2).__enter__()


def test_a_missing_interpreter_is_reported(make_contestant: MakeContestant, manifest: Path) -> None:
    script = make_contestant("any").script
    with pytest.raises(BenchError, match="no-python"):
        Pool(Contestant("gone", manifest.parent / "no-python", script), manifest, 1).__enter__()


def test_an_answer_that_never_comes_is_an_error(
    make_contestant: MakeContestant, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pool, "ANSWER_TIMEOUT_S", 0.2)
    stuck = make_contestant("stuck", compare="time.sleep(60)\nreturn 0.5")
    with Pool(stuck, manifest, 1) as pool, pytest.raises(BenchError, match="stuck gave no answer"):
        pool.ask("go 0 250px", 1)


def test_no_process_outlives_the_pool_even_on_interrupt(make_contestant: MakeContestant, manifest: Path) -> None:
    opening = """
    import subprocess
    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
    self.facts['own'], self.facts['child'] = str(os.getpid()), str(child.pid)
    """
    seen: list[int] = []
    with pytest.raises(KeyboardInterrupt), Pool(make_contestant("parent", opening=opening), manifest, 1) as pool:
        (answer,) = pool.ask("go 0 250px", 1)
        seen = [int(answer.facts["own"]), int(answer.facts["child"])]
        assert all(map(is_running, seen))
        raise KeyboardInterrupt
    assert all(map(wait_until_gone, seen))


def test_a_worker_ends_by_itself_when_its_input_ends(make_contestant: MakeContestant, manifest: Path) -> None:
    import subprocess

    contestant = make_contestant("alone")
    worker = Path(sys.modules["visavis.bench.pool"].__file__ or "").with_name("worker.py")
    command = [sys.executable, "-P", str(worker), str(contestant.script), str(manifest), "{}"]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.count("\n") == 1


def test_a_foreign_interpreter_does_not_see_our_python_path(
    make_contestant: MakeContestant, manifest: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    reveal = "self.facts['path'] = os.environ.get('PYTHONPATH', 'unset')"
    own = make_contestant("own", opening=reveal)
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    for contestant, expected in ((own, "somewhere"), (Contestant("other", link, own.script), "unset")):
        with Pool(contestant, manifest, 1) as pool:
            assert pool.ask("go 0 250px", 1)[0].facts["path"] == expected
