from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluation.pad_fakes import NO_FACE, TIGHT, FakeInspector, answered, open_fake_inspector, write_photos
from visavis.evaluation.pad_dataset import Presentation, PresentationSet
from visavis.evaluation.pad_run import CheckPlan, check_photos, to_answers
from visavis.evaluation.workers import Failure
from visavis.presentation import Check, NonResponse, PadResult, SynthesisResult
from visavis.types import FaceCheck, FaceChoice


@pytest.fixture
def photos(tmp_path: Path) -> PresentationSet:
    write_photos(tmp_path, {"0.jpg": 0.25, "1.jpg": "no face", "2.jpg": "too_tight", "3.jpg": [0.5, 0.9]})
    return PresentationSet("set", tmp_path, tuple(Presentation(f"{i}.jpg", None, None) for i in range(5)))


def test_every_photo_has_an_outcome_in_its_place(photos: PresentationSet) -> None:
    inspector, seen = FakeInspector(), list[tuple[int, int]]()
    plan = CheckPlan(lambda: inspector, Check.PAD, FaceChoice.CENTRAL)
    outcomes = check_photos(photos, plan, lambda done, total: seen.append((done, total)))
    assert outcomes[:4] == (
        PadResult(None, 0.25, NonResponse.NOT_CALIBRATED),
        NO_FACE,
        PadResult(None, None, NonResponse.TOO_TIGHT),
        PadResult(0.9, 0.5),
    )
    # The file of the last is not there.
    assert isinstance(outcomes[4], Failure)
    assert outcomes[4].code == "file_missing"
    assert seen == [(done, 5) for done in range(6)]
    assert set(inspector.calls) == {(frozenset({FaceCheck.PAD}), FaceChoice.CENTRAL)}


def test_the_other_check_is_asked_for(photos: PresentationSet) -> None:
    inspector = FakeInspector()
    outcomes = check_photos(photos, CheckPlan(lambda: inspector, Check.SYNTHESIS, FaceChoice.LARGEST))
    assert outcomes[3] == SynthesisResult(0.9, 0.5)
    assert inspector.calls[0] == (frozenset({FaceCheck.SYNTHESIS}), FaceChoice.LARGEST)


def test_worker_processes_say_the_same(photos: PresentationSet) -> None:
    alone, together = (
        check_photos(photos, CheckPlan(open_fake_inspector, Check.PAD, FaceChoice.LARGEST, workers))
        for workers in (1, 2)
    )
    assert alone == together


def test_outcomes_as_arrays() -> None:
    answers = to_answers((answered(0.25), NO_FACE, TIGHT, answered(0.5, 0.9), PadResult(None, None)))
    np.testing.assert_equal(answers.native, [0.25, np.nan, np.nan, 0.5, np.nan])
    np.testing.assert_equal(answers.score, [np.nan, np.nan, np.nan, 0.9, np.nan])
    assert answers.failures.tolist() == ["", "no_face", "", "", ""]
    # A native score is an answer even where no calibration says what it means.
    assert answers.non_responses.tolist() == ["", "", "too_tight", "", "unknown"]
    assert answers.answered.tolist() == [True, False, False, True, False]
    assert answers.acquired.tolist() == [True, False, True, True, True]
