from __future__ import annotations

from pathlib import Path

import pytest

from visavis.bench.runner import FLOOR, OWN, Plan, measure
from visavis.errors import BenchError

from .conftest import MakeContestant

PLAN = Plan(sizes=("250px", "12mp"), seconds=0.02, rounds=2, processes=2)


def silent(what: str, share: float) -> None:
    assert what
    assert 0 <= share <= 1


def test_everyone_gets_every_slice_in_every_round(make_contestant: MakeContestant, manifest: Path) -> None:
    contestants = [make_contestant(OWN), make_contestant(FLOOR, compare="return 0.0", scores=False)]
    found = measure(contestants, manifest, PLAN, silent)
    met = sorted((s.round, s.contestant, s.size, s.processes) for s in found.slices)
    expected = [
        (r, name, size, n) for r in (0, 1) for name in (FLOOR, OWN) for size in ("12mp", "250px") for n in (1, 2)
    ]
    assert met == sorted(expected)
    assert found.failures == {}
    assert all(s.pairs >= s.processes and s.pairs_per_second > 0 for s in found.slices)
    assert found.facts[OWN]["precision"] == "fp32"
    assert set(found.rss_mb[OWN]) == {"250px", "12mp"}


def test_the_order_is_shuffled_and_repeats_with_its_seed(make_contestant: MakeContestant, manifest: Path) -> None:
    contestants = [make_contestant(OWN), make_contestant("peer")]
    orders = [
        [(s.contestant, s.size, s.processes) for s in measure(contestants, manifest, plan, silent).slices]
        for plan in (PLAN, PLAN, Plan(PLAN.sizes, PLAN.seconds, PLAN.rounds, PLAN.processes, seed=1))
    ]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert orders[0][:8] != orders[0][8:]


def test_only_one_contestant_works_at_a_time(make_contestant: MakeContestant, manifest: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    compare = f"""
    with open({str(log)!r}, 'a') as file:
        file.write(type(self).name + ' starts\\n')
        file.flush()
        time.sleep(0.002)
        file.write(type(self).name + ' ends\\n')
    return 0.9 if reference[0] == probe[0] else 0.1
    """
    plan = Plan(sizes=("250px",), seconds=0.01, rounds=2, processes=1)
    contestants = [make_contestant(name, compare, opening=f"Fake.name = {name!r}") for name in (OWN, "peer")]
    measure(contestants, manifest, plan, silent)
    lines = log.read_text().splitlines()
    for start, end in zip(lines[::2], lines[1::2], strict=True):
        assert (start, end) in ((f"{OWN} starts", f"{OWN} ends"), ("peer starts", "peer ends"))


@pytest.mark.parametrize(
    ("compare", "reason"),
    [
        ("return 0.5", "does not tell the two people apart"),
        ("return float('nan')", "does not tell the two people apart"),
        ("return 0.1 if reference[0] == probe[0] else 0.9", "does not tell the two people apart"),
        ("raise RuntimeError('out of order')", "out of order"),
        ("sys.exit(3)", "status 3"),
    ],
)
def test_a_broken_peer_has_no_figures_and_does_not_stop_the_others(
    make_contestant: MakeContestant, manifest: Path, compare: str, reason: str
) -> None:
    found = measure([make_contestant(OWN), make_contestant("peer", compare)], manifest, PLAN, silent)
    assert reason in found.failures["peer"]
    assert {s.contestant for s in found.slices} == {OWN}


def test_a_peer_that_dies_midway_loses_the_figures_it_had(make_contestant: MakeContestant, manifest: Path) -> None:
    compare = """
    self.total = getattr(self, 'total', 0) + 1
    time.sleep(0.01)
    if self.total > 12:
        raise RuntimeError('tired')
    return 0.9 if reference[0] == probe[0] else 0.1
    """
    plan = Plan(sizes=("250px",), seconds=0.02, rounds=20, processes=1)
    found = measure([make_contestant(OWN), make_contestant("peer", compare)], manifest, plan, silent)
    assert "tired" in found.failures["peer"]
    assert [s.contestant for s in found.slices] == [OWN] * 20


@pytest.mark.parametrize("name", [OWN, FLOOR])
def test_our_own_failure_is_raised(make_contestant: MakeContestant, manifest: Path, name: str) -> None:
    with pytest.raises(BenchError, match="broken"):
        measure([make_contestant(name, "raise RuntimeError('broken')")], manifest, PLAN, silent)


def test_who_needs_seconds_for_a_pair_is_measured_in_one_round(make_contestant: MakeContestant, manifest: Path) -> None:
    slow = make_contestant("slow", "time.sleep(0.02)\nreturn 0.9 if reference[0] == probe[0] else 0.1")
    plan = Plan(sizes=("250px",), seconds=0.001, rounds=3, processes=1)
    found = measure([make_contestant(OWN), slow], manifest, plan, silent)
    assert [s.round for s in found.slices if s.contestant == "slow"] == [0]
