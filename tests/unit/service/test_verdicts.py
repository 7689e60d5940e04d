"""What each level makes of a face, and what scores mean."""

from __future__ import annotations

import pytest

from visavis.errors import MeasuresMissingError
from visavis.findings import Findings
from visavis.presentation import Check, NonResponse, PadResult, SynthesisResult
from visavis.service.controls import ControlPolicy
from visavis.service.orders import Control, ControlLevel, InlinePicture, Subject
from visavis.service.remedy import remedy
from visavis.service.verdicts import LEVELS, Judgement, Verdict, judge, share_refused_at

LIVE = Subject(InlinePicture(b"a"))
LEVEL_NAMES = ("low", "normal", "high")


def passes(judgement: Judgement) -> list[bool | None]:
    return [judgement.levels[name].passes for name in LEVEL_NAMES]


def test_high_is_the_strictest_of_either_control() -> None:
    policy = ControlPolicy()
    liveness = [policy.liveness[level] for level in LEVELS[Control.LIVENESS].values()]
    synthesis = [policy.synthesis[level] for level in LEVELS[Control.SYNTHESIS].values()]
    assert all(tuple(levels) == LEVEL_NAMES for levels in LEVELS.values())
    assert (liveness, synthesis) == ([0.05, 0.3, 0.9], [0.7, 0.5, 0.3])


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0.04, [False, False, False]),
        (0.05, [True, False, False]),
        (0.3, [True, True, False]),
        (0.9, [True, True, True]),
    ],
)
def test_levels_of_liveness(score: float, expected: list[bool]) -> None:
    found = judge(ControlPolicy(), Control.LIVENESS, LIVE, Findings(pad=PadResult(score, 0.5)))
    assert passes(found) == expected
    assert (found.score, found.native, found.non_response) == (score, 0.5, None)
    assert found.is_doubted is not all(expected)
    assert found.levels["normal"] == Verdict(0.3, expected[1])


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0.3, [True, True, True]),
        (0.4, [True, True, False]),
        (0.6, [True, False, False]),
        (0.8, [False, False, False]),
    ],
)
def test_levels_of_synthesis(score: float, expected: list[bool]) -> None:
    found = judge(ControlPolicy(), Control.SYNTHESIS, LIVE, Findings(synthesis=SynthesisResult(score, 0.5)))
    assert passes(found) == expected
    assert found.levels["high"].threshold == 0.3


def test_levels_that_must_tell_refuse_what_cannot_be_told() -> None:
    blurred = Findings(pad=PadResult(None, None, NonResponse.TOO_BLURRED))
    found = judge(ControlPolicy(), Control.LIVENESS, LIVE, blurred)
    assert passes(found) == [True, False, False]
    assert (found.score, found.bpcer, found.non_response) == (None, None, NonResponse.TOO_BLURRED)
    strict = ControlPolicy(liveness_must_tell=frozenset(ControlLevel))
    assert passes(judge(strict, Control.LIVENESS, LIVE, blurred)) == [False, False, False]
    mild = judge(ControlPolicy(liveness_must_tell=frozenset()), Control.LIVENESS, LIVE, blurred)
    assert (passes(mild), mild.is_doubted) == ([True, True, True], False)
    assert mild.non_response is NonResponse.TOO_BLURRED


def test_infrared_has_no_score_whatever_the_networks_say() -> None:
    subject = Subject(InlinePicture(b"a"), condition="infrared")
    found = judge(ControlPolicy(), Control.LIVENESS, subject, Findings(pad=PadResult(0.95, 0.9)))
    assert passes(found) == [True, False, False]
    assert (found.score, found.native, found.non_response) == (None, 0.9, NonResponse.NOT_CALIBRATED)


def test_documents_pass_with_or_without_a_result() -> None:
    subject = Subject(InlinePicture(b"a"), condition="idcard")
    found = judge(ControlPolicy(), Control.LIVENESS, subject, Findings(pad=PadResult(0.0, 0.0)))
    assert (passes(found), found.score) == ([True, True, True], 0.0)
    found = judge(ControlPolicy(), Control.LIVENESS, subject, Findings())
    assert (passes(found), found.score, found.native) == ([True, True, True], None, None)


def test_answers_that_nobody_knows_the_meaning_of_decide_nothing() -> None:
    uncalibrated = Findings(pad=PadResult(None, 0.5, NonResponse.NOT_CALIBRATED))
    found = judge(ControlPolicy(), Control.LIVENESS, LIVE, uncalibrated)
    assert (passes(found), found.is_doubted, found.native) == ([None, None, None], False, 0.5)


def test_check_that_was_not_made_cannot_be_judged() -> None:
    with pytest.raises(MeasuresMissingError):
        judge(ControlPolicy(), Control.SYNTHESIS, LIVE, Findings(pad=PadResult(1.0, 1.0)))


@pytest.mark.parametrize(
    ("check", "score", "share"),
    [
        (Check.PAD, 1.0, 1.0),
        # Half of the way from 1 to 1e-2 in the logarithm.
        (Check.PAD, 0.95, 0.1),
        (Check.PAD, 0.9, 1e-2),
        (Check.PAD, 0.6, 10**-2.5),
        (Check.PAD, 0.3, 1e-3),
        (Check.PAD, 0.05, 1e-4),
        (Check.PAD, 0.01, 1e-4),
        (Check.PAD, 0.0, 1e-4),
        (Check.SYNTHESIS, 0.0, 1.0),
        (Check.SYNTHESIS, 0.15, 0.05**0.5),
        (Check.SYNTHESIS, 0.3, 5e-2),
        (Check.SYNTHESIS, 0.5, 1e-2),
        (Check.SYNTHESIS, 0.6, 10**-2.5),
        (Check.SYNTHESIS, 0.7, 1e-3),
        (Check.SYNTHESIS, 1.0, 1e-3),
    ],
)
def test_scores_are_rates_of_good_photos_that_are_refused(check: Check, score: float, share: float) -> None:
    assert share_refused_at(score, check) == pytest.approx(share, rel=1e-9)


@pytest.mark.parametrize("control", Control)
@pytest.mark.parametrize("reason", [None, *NonResponse])
def test_there_is_something_to_do_about_everything(control: Control, reason: NonResponse | None) -> None:
    english, chinese = (remedy(control, reason, language) for language in ("en", "zh"))
    assert english.isascii() and len(english) > 20
    assert not chinese.isascii() and chinese.startswith("请")


def test_remedies_differ() -> None:
    told = {remedy(control, None, "en") for control in Control} | {
        remedy(Control.LIVENESS, reason, "en") for reason in NonResponse
    }
    assert len(told) == len(Control) + len(NonResponse)
