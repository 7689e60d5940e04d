"""Who works when: short slices, all contestants in turn, in an order that a seed shuffles anew for each round.

A machine's clock drifts and its neighbours come and go. Slices of seconds, interleaved, let all contestants meet the
same weather, and ratios are taken within a round before their median is taken over rounds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from visavis.bench.pool import Answer, Contestant, Pool
from visavis.errors import BenchError

OWN = "visavis"
FLOOR = "floor"
_CHECK_S = 3.0
_SLOW = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure.

    Attributes:
        sizes: of photos, smallest first, so that memory after the first is not the memory of the last.
        seconds: length of a slice.
        rounds: how often each contestant gets each of its slices.
        processes: how many make "all cores".
        seed: of the order.
    """

    sizes: tuple[str, ...]
    seconds: float
    rounds: int
    processes: int
    seed: int = 0

    @property
    def layouts(self) -> tuple[int, ...]:
        """Numbers of processes to measure with."""
        return (1,) if self.processes == 1 else (1, self.processes)


@dataclass(frozen=True, slots=True)
class Slice:
    """What one contestant did in one slice.

    Attributes:
        round: from 0.
        contestant: its name.
        size: of the photos.
        processes: how many worked at once.
        pairs: completed by all of them.
        pairs_per_second: each process's pairs over its own time, added up.
        stage_s: seconds by stage, all pairs and processes together.
    """

    round: int
    contestant: str
    size: str
    processes: int
    pairs: int
    pairs_per_second: float
    stage_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Measurements:
    """What a run found.

    Attributes:
        slices: in the order in which they were measured.
        facts: versions and settings, by contestant.
        rss_mb: peak memory of a process after a size and all smaller ones, 10^6 bytes, by contestant and size.
        failures: why a contestant has no figures, by contestant.
    """

    slices: list[Slice] = field(default_factory=list)
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    rss_mb: dict[str, dict[str, float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Turn:
    contestant: str
    size: str
    processes: int


Announce = Callable[[str, float], None]
"""Told what happens next, and which share of the whole is done, 0..1."""


def measure(contestants: list[Contestant], manifest: Path, plan: Plan, announce: Announce) -> Measurements:
    """Run all contestants on the same photos in turn.

    A peer that cannot start, answers wrongly or dies is left out, with the reason in `failures`; visavis itself and its
    floor must work.

    Raises:
        BenchError: visavis or the floor failed.
    """
    found = Measurements()
    with ExitStack() as stack:
        pools = _start(contestants, manifest, plan, found, stack, announce)
        seconds_per_pair = _warm_up(pools, plan, found, announce)
        _run_rounds(pools, plan, seconds_per_pair, found, announce)
    return found


def _start(
    contestants: list[Contestant],
    manifest: Path,
    plan: Plan,
    found: Measurements,
    stack: ExitStack,
    announce: Announce,
) -> dict[str, Pool]:
    pools: dict[str, Pool] = {}
    for contestant in contestants:
        announce(f"starting {contestant.name}", 0.0)
        with _excused(contestant.name, found):
            pools[contestant.name] = stack.enter_context(Pool(contestant, manifest, plan.processes))
    return pools


def _warm_up(
    pools: dict[str, Pool], plan: Plan, found: Measurements, announce: Announce
) -> dict[tuple[str, str], float]:
    """Everyone sees every size once, smallest first; returns seconds per pair by contestant and size."""
    pace: dict[tuple[str, str], float] = {}
    for size in plan.sizes:
        for name, pool in list(pools.items()):
            announce(f"warming up {name}, {size}", 0.0)
            with _excused(name, found, pools):
                answers = pool.ask(f"check {_CHECK_S} {size}", plan.processes)
                if pool.contestant.scores:
                    _check_scores(name, answers)
                pace[name, size] = max(a.seconds / len(a.mated + a.non_mated) for a in answers)
                found.rss_mb.setdefault(name, {})[size] = max(a.rss_mb for a in answers)
                found.facts[name] = answers[0].facts
    return pace


def _check_scores(name: str, answers: list[Answer]) -> None:
    """A contestant that cannot tell two people apart has no speed worth naming."""
    worst_mated = min(score for answer in answers for score in answer.mated)
    best_non_mated = max(score for answer in answers for score in answer.non_mated)
    if not worst_mated > best_non_mated:
        raise BenchError(
            f"{name} does not tell the two people apart: a mated pair scores {worst_mated:.3f}, "
            f"a non-mated pair {best_non_mated:.3f}"
        )


def _run_rounds(
    pools: dict[str, Pool],
    plan: Plan,
    pace: Mapping[tuple[str, str], float],
    found: Measurements,
    announce: Announce,
) -> None:
    order = random.Random(plan.seed)
    rounds = [_draw_turns(list(pools), plan, pace, number, order) for number in range(plan.rounds)]
    total = sum(map(len, rounds))
    for number, turns in enumerate(rounds):
        for turn in turns:
            share = len(found.slices) / total
            if turn.contestant in pools:
                announce(f"round {number + 1} of {plan.rounds}: {turn.contestant}, {turn.size}", share)
                with _excused(turn.contestant, found, pools):
                    found.slices.append(_take_slice(pools[turn.contestant], turn, number, plan.seconds))


def _draw_turns(
    names: list[str], plan: Plan, pace: Mapping[tuple[str, str], float], number: int, order: random.Random
) -> list[_Turn]:
    """The slices of one round. Who needs more than two slices for one pair is measured in the first round only."""
    turns = [
        _Turn(name, size, processes)
        for name in names
        for size in plan.sizes
        for processes in plan.layouts
        if number == 0 or pace[name, size] <= _SLOW * plan.seconds
    ]
    order.shuffle(turns)
    return turns


def _take_slice(pool: Pool, turn: _Turn, number: int, seconds: float) -> Slice:
    answers = pool.ask(f"go {seconds} {turn.size}", turn.processes)
    stages: dict[str, float] = {}
    for answer in answers:
        for stage, spent in answer.stages.items():
            stages[stage] = stages.get(stage, 0.0) + spent
    return Slice(
        round=number,
        contestant=turn.contestant,
        size=turn.size,
        processes=turn.processes,
        pairs=sum(answer.pairs for answer in answers),
        pairs_per_second=sum(answer.pairs / answer.seconds for answer in answers),
        stage_s=stages,
    )


@contextmanager
def _excused(name: str, found: Measurements, pools: dict[str, Pool] | None = None) -> Iterator[None]:
    """A peer's failure is written down, its figures so far are dropped, and the others go on; ours is raised."""
    try:
        yield
    except BenchError as error:
        if name in (OWN, FLOOR):
            raise
        found.failures[name] = str(error)
        found.slices = [taken for taken in found.slices if taken.contestant != name]
        if pools is not None:
            pools.pop(name).close()
