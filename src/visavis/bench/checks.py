"""What each check of a face adds to finding it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

from visavis.types import EVERY_CHECK, AcquiredFace, FaceCheck

Inspect = Callable[[bytes, frozenset[FaceCheck]], AcquiredFace]

STAGES = {"analysis_ms": "analyse", "liveness_ms": "liveness", "synthesis_ms": "synthesis"}
"""Figure → stage of the timings."""


def measure_checks(inspect: Inspect, photos: Sequence[Path], repeats: int) -> dict[str, float]:
    """Median milliseconds of each check of a face, without finding the face and making its template.

    Args:
        inspect: finds the subject of an encoded picture and makes the checks.
        photos: files, each with a face.
        repeats: how often each counts; once more before that does not.
    """
    contents = [photo.read_bytes() for photo in photos]
    for content in contents:
        inspect(content, EVERY_CHECK)
    taken = [inspect(content, EVERY_CHECK).timings.stages for _ in range(repeats) for content in contents]
    return {figure: 1000 * statistics.median(stages[stage] for stages in taken) for figure, stage in STAGES.items()}
