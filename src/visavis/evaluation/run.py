"""From a data set to templates: cached ones first, the rest by worker processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.cache import TemplateCache, picture_key
from visavis.evaluation.scores import Templates
from visavis.evaluation.trials import Dataset
from visavis.evaluation.workers import FILE_MISSING, WORKER_LOST, AcquirerFactory, Failure, Outcome, acquire_all
from visavis.types import FaceChoice

Progress = Callable[[int, int], None]
"""Called with (pictures done, pictures in all)."""
_UNREADABLE = b""
# What depends on this run, not on the picture, is tried again next time.
_TRANSIENT = frozenset({FILE_MISSING, WORKER_LOST})


@dataclass(frozen=True, slots=True)
class AcquisitionPlan:
    """How to make templates.

    Attributes:
        factory: opens an engine; picklable when `workers` > 1.
        choice: which face is the subject.
        workers: processes.
        cache: where templates are kept; None: nowhere.
    """

    factory: AcquirerFactory
    choice: FaceChoice
    workers: int = 1
    cache: TemplateCache | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Acquisition:
    """The outcome for every picture of a data set.

    Attributes:
        templates: vectors, and which pictures have one.
        failures: picture index → why it has no template, by rising index.
        keys: SHA-256 of each picture file, 32 bytes; empty for a file that cannot be read.
        from_cache: how many outcomes were known already.
    """

    templates: Templates
    failures: dict[int, Failure]
    keys: tuple[bytes, ...]
    from_cache: int


def acquire_dataset(dataset: Dataset, plan: AcquisitionPlan, progress: Progress | None = None) -> Acquisition:
    """Templates of all pictures. Pictures that are equal byte by byte are worked on once.

    Raises:
        EngineError: the engine failed for a reason other than a picture.
    """
    paths = [dataset.root / picture.path for picture in dataset.pictures]
    keys = [_key(path) for path in paths]
    known = _known_outcomes(keys, plan.cache)
    from_cache = sum(key in known for key in keys if key)
    first = {key: index for index, key in reversed(list(enumerate(keys))) if key not in known}
    todo = sorted(first.values())
    report = progress or (lambda done, total: None)
    report(len(paths) - len(todo), len(paths))
    work = acquire_all(plan.factory, [paths[index] for index in todo], plan.choice, plan.workers) if todo else ()
    for done, (index, outcome) in enumerate(work, start=1):
        key = keys[todo[index]]
        known[key] = outcome
        if plan.cache is not None and not _is_transient(outcome):
            plan.cache.put(key, outcome)
        report(len(paths) - len(todo) + done, len(paths))
    outcomes = [known[key] for key in keys]
    failures = {index: outcome for index, outcome in enumerate(outcomes) if isinstance(outcome, Failure)}
    return Acquisition(_templates(outcomes, dataset.persons), failures, tuple(keys), from_cache)


def _key(path: Path) -> bytes:
    try:
        return picture_key(path.read_bytes())
    except OSError:
        return _UNREADABLE


def _known_outcomes(keys: Sequence[bytes], cache: TemplateCache | None) -> dict[bytes, Outcome]:
    known: dict[bytes, Outcome] = {_UNREADABLE: Failure(FILE_MISSING, "cannot be read")}
    if cache is not None:
        known |= {key: outcome for key in keys if (outcome := cache.get(key)) is not None}
    return known


def _is_transient(outcome: Outcome) -> bool:
    return isinstance(outcome, Failure) and outcome.code in _TRANSIENT


def _templates(outcomes: Sequence[Outcome], persons: NDArray[np.int32]) -> Templates:
    acquired = np.array([not isinstance(outcome, Failure) for outcome in outcomes], bool)
    width = max((len(outcome) for outcome in outcomes if not isinstance(outcome, Failure)), default=1)
    vectors = np.zeros((len(outcomes), width), np.float32)
    for index, outcome in enumerate(outcomes):
        if not isinstance(outcome, Failure):
            vectors[index] = outcome
    return Templates(vectors, acquired, persons)
