"""Sends changed requests to every adapter: `python -m tests.robustness.signed_run --count 10000 --seed 1`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.robustness.signed_bench import Bench
from tests.robustness.signed_corpus import FAMILIES, Family
from tests.robustness.signed_mutations import mutate_request


@dataclass
class Summary:
    """What became of the mutants of one family.

    Attributes:
        outcomes: how many of each; see `Bench.judge`.
        failures: index → what is wrong with its answer.
        seconds: how long it took.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0


async def run_family(family: Family, seed: int, first: int, count: int) -> Summary:
    """Judge `count` mutants; what any of them brings to light is noted, and the run goes on."""
    bench, summary, started = Bench(family), Summary(), time.perf_counter()
    await bench.check_originals()
    for index in range(first, first + count):
        mutant = mutate_request(family, bench.originals, seed, index)
        try:
            summary.outcomes[await bench.judge(mutant)] += 1
        # Whatever escapes from an adapter is what is looked for here.
        except Exception as error:
            summary.outcomes["failed"] += 1
            summary.failures[index] = f"{'; '.join(mutant.steps)}: {type(error).__name__}: {error}"
    summary.seconds = time.perf_counter() - started
    return summary


def main() -> int:
    """Run it; the exit status is 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="mutants of each family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="index of the first mutant")
    parser.add_argument("--family", choices=[family.name for family in FAMILIES], help="one only")
    wanted = parser.parse_args()
    has_failed = False
    for family in FAMILIES:
        if wanted.family in (None, family.name):
            summary = asyncio.run(run_family(family, wanted.seed, wanted.first, wanted.count))
            sys.stdout.write(f"{family.name}: {json.dumps(summary.outcomes)} in {summary.seconds:.1f} s\n")
            for index, what in list(summary.failures.items())[:20]:
                sys.stdout.write(f"  {index}: {what[:3000]}\n")
            has_failed |= bool(summary.failures)
    return int(has_failed)


if __name__ == "__main__":
    sys.exit(main())
