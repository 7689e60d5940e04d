"""From a data set to templates, and qualities if wanted: cached ones first, the rest by worker processes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import AcquisitionError, InputError
from visavis.evaluation.cache import QualityCache, TemplateCache, picture_key
from visavis.evaluation.scores import Templates
from visavis.evaluation.trials import Dataset
from visavis.evaluation.workers import (
    FILE_MISSING,
    WORKER_LOST,
    AcquirerFactory,
    Failure,
    Outcome,
    acquire_all,
    work_on_all,
)
from visavis.service.ports import FaceAnalyst
from visavis.types import FaceChoice

Progress = Callable[[int, int], None]
"""Called with (pictures done, pictures in all)."""
_UNREADABLE = b""
# What depends on this run, not on the picture, is tried again next time.
_TRANSIENT = frozenset({FILE_MISSING, WORKER_LOST})


@dataclass(frozen=True, slots=True)
class MeasuringPlan:
    """How to measure qualities.

    Attributes:
        factory: opens an engine that measures faces; picklable when there is more than one worker.
        cache: where qualities are kept; None: nowhere.
    """

    factory: Callable[[], FaceAnalyst]
    cache: QualityCache | None = None


@dataclass(frozen=True, slots=True)
class AcquisitionPlan:
    """How to make templates.

    Attributes:
        factory: opens an engine; picklable when `workers` > 1.
        choice: which face is the subject.
        workers: processes.
        cache: where templates are kept; None: nowhere.
        measuring: also measure each picture's quality; None: do not.
    """

    factory: AcquirerFactory
    choice: FaceChoice
    workers: int = 1
    cache: TemplateCache | None = None
    measuring: MeasuringPlan | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Acquisition:
    """The outcome for every picture of a data set.

    Attributes:
        templates: vectors, and which pictures have one.
        failures: picture index → why it has no template, by rising index.
        keys: SHA-256 of each picture file, 32 bytes; empty for a file that cannot be read.
        from_cache: how many outcomes were known already.
        qualities: (pictures,) unified quality, 0..100, NaN where there is no template; None where it was not measured.
    """

    templates: Templates
    failures: dict[int, Failure]
    keys: tuple[bytes, ...]
    from_cache: int
    qualities: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    template: NDArray[np.float32]
    quality: float


def acquire_dataset(dataset: Dataset, plan: AcquisitionPlan, progress: Progress | None = None) -> Acquisition:
    """Templates of all pictures. Pictures that are equal byte by byte are worked on once.

    Raises:
        EngineError: the engine failed for a reason other than a picture.
    """
    paths = [dataset.root / picture.path for picture in dataset.pictures]
    keys = [_key(path) for path in paths]
    known = _Known(keys, plan)
    from_cache = sum(known.has(key) for key in keys if key)
    first = {key: index for index, key in reversed(list(enumerate(keys))) if not known.has(key)}
    todo = sorted(first.values())
    report = progress or (lambda done, total: None)
    report(len(paths) - len(todo), len(paths))
    work = _work(plan, [paths[index] for index in todo]) if todo else ()
    for done, (index, outcome) in enumerate(work, start=1):
        known.add(keys[todo[index]], outcome)
        report(len(paths) - len(todo) + done, len(paths))
    outcomes = [known.outcomes[key] for key in keys]
    failures = {index: outcome for index, outcome in enumerate(outcomes) if isinstance(outcome, Failure)}
    qualities = None if plan.measuring is None else np.array([known.qualities.get(key, np.nan) for key in keys])
    return Acquisition(_templates(outcomes, dataset.persons), failures, tuple(keys), from_cache, qualities)


def _work(plan: AcquisitionPlan, paths: Sequence[Path]) -> Iterator[tuple[int, Outcome | _Measured]]:
    if plan.measuring is None:
        return acquire_all(plan.factory, paths, plan.choice, plan.workers)
    task = functools.partial(_measure_one, choice=plan.choice)
    return work_on_all(plan.measuring.factory, task, paths, plan.workers)


def _measure_one(analyst: FaceAnalyst, path: Path, choice: FaceChoice) -> _Measured | Failure:
    """Like `acquire_one`, with the quality."""
    try:
        face = analyst.analyze(path.read_bytes(), choice)
    except OSError as error:
        return Failure(FILE_MISSING, f"cannot be read: {error.strerror}")
    except (InputError, AcquisitionError) as error:
        return Failure(error.code, str(error))
    return _Measured(face.acquired.template.vector, face.measures.quality)


class _Known:
    """What is known of each picture by its key, and kept for the next time."""

    def __init__(self, keys: Sequence[bytes], plan: AcquisitionPlan) -> None:
        self.outcomes: dict[bytes, Outcome] = {_UNREADABLE: Failure(FILE_MISSING, "cannot be read")}
        self.qualities: dict[bytes, float] = {}
        self._templates = plan.cache
        self._measures = plan.measuring is not None
        self._measured = None if plan.measuring is None else plan.measuring.cache
        for key in set(keys):
            if self._templates is not None and (outcome := self._templates.get(key)) is not None:
                self.outcomes[key] = outcome
            if self._measured is not None and (quality := self._measured.get(key)) is not None:
                self.qualities[key] = quality

    def has(self, key: bytes) -> bool:
        """Whether nothing is left to do for a picture."""
        outcome = self.outcomes.get(key)
        return outcome is not None and (not self._measures or isinstance(outcome, Failure) or key in self.qualities)

    def add(self, key: bytes, result: Outcome | _Measured) -> None:
        """Remember; what depends on this run, not on the picture, until its end only."""
        outcome = result.template if isinstance(result, _Measured) else result
        is_new = key not in self.outcomes
        self.outcomes[key] = outcome
        if isinstance(result, _Measured):
            self.qualities[key] = result.quality
            if self._measured is not None:
                self._measured.put(key, result.quality)
        if is_new and self._templates is not None and not _is_transient(outcome):
            self._templates.put(key, outcome)


def _key(path: Path) -> bytes:
    try:
        return picture_key(path.read_bytes())
    except OSError:
        return _UNREADABLE


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
