"""Detectors that find what a test says, in place of the networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import pytest

from visavis.engine.examiner import FaceExaminer
from visavis.engine.picture import Picture
from visavis.presentation import PadResult, SynthesisResult
from visavis.types import DetectedFace

_Result = TypeVar("_Result", PadResult, SynthesisResult)


class _Finding(Generic[_Result]):
    scale = None

    def __init__(self, results: Sequence[_Result]) -> None:
        self._results: list[_Result] = list(results)

    def measure(self, picture: Picture, face: DetectedFace) -> _Result:
        """One result after the other, and the last one for ever."""
        return self._results.pop(0) if len(self._results) > 1 else self._results[0]


def find_always(
    monkeypatch: pytest.MonkeyPatch, pads: Sequence[PadResult], syntheses: Sequence[SynthesisResult]
) -> None:
    """Every engine finds this of one face after the other."""
    monkeypatch.setattr(FaceExaminer, "pad", _Finding(pads))
    monkeypatch.setattr(FaceExaminer, "synthesis", _Finding(syntheses))
