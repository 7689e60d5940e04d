"""What the analysis of a face adds to finding it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

from visavis.types import AnalyzedFace

Analyze = Callable[[bytes], AnalyzedFace]


def measure_analysis(analyze: Analyze, photos: Sequence[Path], repeats: int) -> float:
    """Median milliseconds of a face's analysis, without finding the face and making its template.

    Args:
        analyze: finds and measures the subject of an encoded picture.
        photos: files, each with a face.
        repeats: how often each counts; once more before that does not.
    """
    contents = [photo.read_bytes() for photo in photos]
    for content in contents:
        analyze(content)
    taken = [analyze(content).acquired.timings.stages["analyse"] for _ in range(repeats) for content in contents]
    return 1000 * statistics.median(taken)
