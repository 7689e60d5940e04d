"""Each check is made only where it is asked for, of the subject and of the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faces import astronaut
from tests.robustness.pictures.builders import encode
from visavis.engine.examiner import LivenessOptions
from visavis.engine.image import ImageLimits
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.errors import EngineError, FileMissingError
from visavis.types import EVERY_CHECK, AcquiredFace, FaceCheck, FaceChoice, FoundFace

PICTURE = encode(astronaut(), "PNG")


@pytest.fixture(scope="module")
def engine() -> Iterator[FaceEngine]:
    with FaceEngine() as opened:
        yield opened


def found_out(found: AcquiredFace | FoundFace) -> set[FaceCheck]:
    results = {FaceCheck.MEASURES: found.measures, FaceCheck.PAD: found.pad, FaceCheck.SYNTHESIS: found.synthesis}
    return {check for check, result in results.items() if result is not None}


@pytest.mark.parametrize(
    ("checks", "stages"),
    [
        (frozenset(), set()),
        (frozenset({FaceCheck.MEASURES}), {"analyse"}),
        (frozenset({FaceCheck.PAD}), {"liveness"}),
        (frozenset({FaceCheck.SYNTHESIS}), {"synthesis"}),
        (EVERY_CHECK, {"analyse", "liveness", "synthesis"}),
    ],
    ids=["none", "measures", "pad", "synthesis", "all"],
)
def test_only_what_is_asked_for_is_found_out(
    engine: FaceEngine, checks: frozenset[FaceCheck], stages: set[str]
) -> None:
    found = engine.inspect(PICTURE, checks)
    assert found_out(found) == checks
    assert (found.points is not None) is (FaceCheck.MEASURES in checks)
    assert set(found.timings.stages) - set(engine.acquire(PICTURE).timings.stages) == stages


def test_other_faces_are_checked_too(engine: FaceEngine) -> None:
    picture = Picture(PICTURE, ImageLimits())
    (subject,) = engine.acquire_all([picture], [FaceChoice.LARGEST])
    two = replace(subject, others=(subject.subject,))
    found = engine.examine(picture, two, frozenset({FaceCheck.PAD}))
    assert [found_out(other) for other in found.others] == [{FaceCheck.PAD}]
    assert found.others[0].pad == found.pad


def test_scores_are_the_same_every_time(engine: FaceEngine) -> None:
    first, second = (engine.inspect(PICTURE, EVERY_CHECK) for _ in range(2))
    assert (first.pad, first.synthesis, first.measures) == (second.pad, second.synthesis, second.measures)


def test_plain_comparison_opens_nothing_more() -> None:
    with FaceEngine(liveness=LivenessOptions(networks=(Path("absent.toml"),))) as opened:
        opened.compare(PICTURE, PICTURE)
        with pytest.raises(FileMissingError):
            opened.inspect(PICTURE, frozenset({FaceCheck.PAD}))


def test_closed_engine_finds_out_nothing() -> None:
    opened = FaceEngine()
    opened.close()
    with pytest.raises(EngineError, match="closed"):
        opened.inspect(PICTURE, EVERY_CHECK)


def test_what_says_what_scores_mean_is_named(engine: FaceEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, scale in (("pad", engine.examiner.pad.scale), ("synthesis", engine.examiner.synthesis.scale)):
        assert engine.examiner.calibration_ids[FaceCheck(name)] == (scale and scale.calibration_id)
    monkeypatch.setattr(engine.examiner.pad, "scale", None)
    assert engine.examiner.calibration_ids[FaceCheck.PAD] is None
