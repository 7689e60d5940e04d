"""From photos to what a check says of each, by worker processes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.errors import AcquisitionError, InputError
from visavis.evaluation.pad_dataset import PresentationSet
from visavis.evaluation.run import Progress
from visavis.evaluation.workers import FILE_MISSING, Failure, work_on_all
from visavis.presentation import Check, PadResult, SynthesisResult
from visavis.types import AcquiredFace, FaceCheck, FaceChoice

CheckResult = PadResult | SynthesisResult
Outcome = CheckResult | Failure
"""What the check says of a photo, or why it was not asked."""
_FACE_CHECKS = {Check.PAD: FaceCheck.PAD, Check.SYNTHESIS: FaceCheck.SYNTHESIS}


class FaceInspector(Protocol):
    """What finds the subject of a picture and checks it."""

    def inspect(self, picture: bytes, checks: frozenset[FaceCheck], choice: FaceChoice) -> AcquiredFace:
        """Raises: ImageError, AcquisitionError: the picture has no usable face."""


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """How to check photos.

    Attributes:
        factory: opens an engine; picklable when `workers` > 1.
        check: what to look for.
        choice: which face is the subject.
        workers: processes.
    """

    factory: Callable[[], FaceInspector]
    check: Check
    choice: FaceChoice
    workers: int = 1


def check_one(inspector: FaceInspector, path: Path, check: Check, choice: FaceChoice) -> Outcome:
    """What the check says of a picture file. Errors of the picture are outcomes; errors of the engine are raised."""
    try:
        found = inspector.inspect(path.read_bytes(), frozenset({_FACE_CHECKS[check]}), choice)
    except OSError as error:
        return Failure(FILE_MISSING, f"cannot be read: {error.strerror}")
    except (InputError, AcquisitionError) as error:
        return Failure(error.code, str(error))
    result = found.pad if check is Check.PAD else found.synthesis
    assert result is not None  # It was asked for.
    return result


def check_photos(photos: PresentationSet, plan: CheckPlan, progress: Progress | None = None) -> tuple[Outcome, ...]:
    """What the check says of every photo, in their order.

    Raises:
        VisavisError: an engine could not be opened, or failed for a reason other than a picture.
    """
    paths = [photos.root / one.path for one in photos.presentations]
    report = progress or (lambda done, total: None)
    report(0, len(paths))
    outcomes: dict[int, Outcome] = {}
    task = functools.partial(check_one, check=plan.check, choice=plan.choice)
    for index, outcome in work_on_all(plan.factory, task, paths, plan.workers):
        outcomes[index] = outcome
        report(len(outcomes), len(paths))
    return tuple(outcomes[index] for index in range(len(paths)))


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Outcomes as arrays.

    Attributes:
        native: (N,) NaN where the check gave none.
        score: (N,) public scores, likewise.
        failures: (N,) error codes of photos without a usable face; empty texts for the others.
        non_responses: (N,) why the check could not tell; empty texts for the others.
    """

    native: NDArray[np.float64]
    score: NDArray[np.float64]
    failures: NDArray[np.str_]
    non_responses: NDArray[np.str_]

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(N,) bool: there is a native score."""
        return ~np.isnan(self.native)

    @property
    def acquired(self) -> NDArray[np.bool_]:
        """(N,) bool: there was a usable face."""
        return np.array([not failure for failure in self.failures], bool)


def to_answers(outcomes: tuple[Outcome, ...]) -> Answers:
    """Outcomes as arrays. A native score without a public one, for want of a calibration, is an answer all the same."""
    return Answers(
        np.array([_number(outcome, "native") for outcome in outcomes]),
        np.array([_number(outcome, "score") for outcome in outcomes]),
        np.array([outcome.code if isinstance(outcome, Failure) else "" for outcome in outcomes], np.str_),
        np.array([_reason(outcome) for outcome in outcomes], np.str_),
    )


def _number(outcome: Outcome, name: str) -> float:
    value = None if isinstance(outcome, Failure) else getattr(outcome, name)
    return np.nan if value is None else float(value)


def _reason(outcome: Outcome) -> str:
    if isinstance(outcome, Failure) or outcome.native is not None:
        return ""
    return "unknown" if outcome.non_response is None else outcome.non_response.value
