"""What it takes to pass the controls, when faces are checked for them, and what a token knows of its face."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from tests.protocol_fakes import LIVING, UNTOUCHED, account
from tests.unit.service.bench import PADS, RULES, Bench, controlled, controlled_token, picture, sharp, token
from visavis.errors import (
    ControlUnavailableError,
    FaceTokenNotFoundError,
    LivenessRefusedError,
    MeasuresMissingError,
    NoFaceError,
    QualityRefusedError,
    SynthesisRefusedError,
    VisavisError,
)
from visavis.findings import Findings
from visavis.presentation import NonResponse, PadResult, SynthesisResult
from visavis.service.accounts import Interface
from visavis.service.controls import ControlPolicy
from visavis.service.orders import Caller, Control, ControlLevel
from visavis.types import EVERY_CHECK, FaceCheck

CALLER = Caller(account(), Interface.BAIDU_DETECT, 1e12)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("level", "score", "passes"),
    [
        ("LOW", 0.05, True),
        ("LOW", 0.0499, False),
        ("NORMAL", 0.3, True),
        ("NORMAL", 0.2999, False),
        ("HIGH", 0.9, True),
        ("HIGH", 0.8999, False),
    ],
)
def test_liveness_is_refused_below_the_threshold(level: str, score: float, passes: bool) -> None:
    subject, findings = controlled(b"a", liveness=level), Findings(pad=PadResult(score, 0.5))
    if passes:
        ControlPolicy().require(Control.LIVENESS, subject, findings)
        return
    with pytest.raises(LivenessRefusedError) as caught:
        ControlPolicy().require(Control.LIVENESS, subject, findings)
    assert (caught.value.score, caught.value.reason) == (score, None)


@pytest.mark.parametrize(
    ("level", "score", "passes"),
    [
        ("LOW", 0.3, True),
        ("LOW", 0.3001, False),
        ("NORMAL", 0.5, True),
        ("NORMAL", 0.5001, False),
        ("HIGH", 0.7, True),
        ("HIGH", 0.7001, False),
    ],
)
def test_synthesis_is_refused_above_the_threshold_and_low_is_the_strictest(
    level: str, score: float, passes: bool
) -> None:
    subject, findings = controlled(b"a", synthesis=level), Findings(synthesis=SynthesisResult(score, 0.5))
    if passes:
        ControlPolicy().require(Control.SYNTHESIS, subject, findings)
        return
    with pytest.raises(SynthesisRefusedError) as caught:
        ControlPolicy().require(Control.SYNTHESIS, subject, findings)
    assert (caught.value.score, caught.value.reason) == (score, None)


@pytest.mark.parametrize(
    ("control", "level", "error"),
    [
        ("liveness", "LOW", None),
        ("liveness", "NORMAL", LivenessRefusedError),
        ("liveness", "HIGH", LivenessRefusedError),
        ("synthesis", "LOW", SynthesisRefusedError),
        ("synthesis", "NORMAL", SynthesisRefusedError),
        ("synthesis", "HIGH", None),
    ],
)
def test_strict_levels_refuse_what_cannot_be_told(
    bench: Bench, control: str, level: str, error: type[VisavisError] | None
) -> None:
    subject = controlled(b"?", **{control: level})
    if error is None:
        assert bench.compare(subject, picture(b"?")).score == 1.0
        return
    with pytest.raises(error, match="cannot tell") as caught:
        bench.compare(picture(b"?"), subject)
    assert caught.value.side == "probe"


def test_policy_may_take_what_cannot_be_told(bench: Bench) -> None:
    bench.policy = ControlPolicy(liveness_must_tell=frozenset())
    assert bench.compare(controlled(b"?", liveness="HIGH"), picture(b"?")).score == 1.0


@pytest.mark.parametrize("condition", ["idcard", "watermark", "cert"])
def test_documents_are_no_capture_of_a_living_person(bench: Bench, condition: str) -> None:
    subject = controlled(b"p", condition, liveness="HIGH")
    bench.compare(subject, picture(b"a"))
    assert [job.checks for job in bench.workshop.jobs] == [frozenset(), frozenset()]
    bench.policy = ControlPolicy(tests_documents=True)
    with pytest.raises(LivenessRefusedError):
        bench.compare(subject, picture(b"a"))


@pytest.mark.parametrize("condition", ["idcard", "watermark", "cert"])
def test_documents_may_be_generated_all_the_same(bench: Bench, condition: str) -> None:
    with pytest.raises(SynthesisRefusedError):
        bench.compare(controlled(b"g", condition, synthesis="NORMAL"), picture(b"a"))


def test_infrared_cannot_be_told(bench: Bench) -> None:
    with pytest.raises(LivenessRefusedError) as caught:
        bench.compare(controlled(b"a", "infrared", liveness="NORMAL"), picture(b"a"))
    assert (caught.value.score, caught.value.reason) == (None, "not_calibrated")
    assert bench.compare(controlled(b"p", "infrared", liveness="LOW"), picture(b"p")).score == 1.0


def test_hybrid_counts_as_live(bench: Bench) -> None:
    with pytest.raises(LivenessRefusedError):
        bench.compare(controlled(b"p", "hybrid", liveness="NORMAL"), picture(b"a"))


@pytest.mark.parametrize("level", ["LOW", "NORMAL", "HIGH"])
@pytest.mark.parametrize("reason", [None, NonResponse.NOT_CALIBRATED])
def test_answer_that_nobody_knows_the_meaning_of_decides_nothing(level: str, reason: NonResponse | None) -> None:
    findings = Findings(pad=PadResult(None, 0.5, reason))
    with pytest.raises(ControlUnavailableError, match="liveness control"):
        ControlPolicy().require(Control.LIVENESS, controlled(b"a", liveness=level), findings)


@pytest.mark.parametrize(
    ("reference", "probe", "error", "side"),
    [
        (controlled(b"p", liveness="HIGH"), picture(b"-"), NoFaceError, "probe"),
        (controlled(b"g", synthesis="NORMAL"), sharp(b"~"), QualityRefusedError, "probe"),
        (controlled(b"p", liveness="HIGH"), controlled(b"g", synthesis="LOW"), SynthesisRefusedError, "probe"),
        (controlled(b"p", liveness="HIGH"), controlled(b"p", liveness="HIGH"), LivenessRefusedError, "reference"),
        (controlled(b"a", liveness="HIGH"), controlled(b"p", liveness="HIGH"), LivenessRefusedError, "probe"),
        (controlled(b"g", synthesis="LOW"), controlled(b"g", synthesis="LOW"), SynthesisRefusedError, "reference"),
    ],
    ids=["face", "quality", "synthesis before liveness", "first", "second", "first synthesis"],
)
def test_order_of_checks(bench: Bench, reference: object, probe: object, error: type[VisavisError], side: str) -> None:
    with pytest.raises(error) as caught:
        bench.compare(reference, probe, keep_tokens=True)  # type: ignore[arg-type]
    assert caught.value.side == side
    assert (bench.books.reserved, bench.books.given_back, bench.books.faces) == (1, 1, {})


def test_only_what_a_control_needs_is_found_out(bench: Bench) -> None:
    bench.compare(controlled(b"a", liveness="LOW"), controlled(b"a", synthesis="LOW"), keep_tokens=True)
    assert [job.checks for job in bench.workshop.jobs] == [{FaceCheck.PAD}, {FaceCheck.SYNTHESIS}]


def test_detection_makes_every_check_of_what_it_keeps(bench: Bench) -> None:
    kept = bench.detect(picture(b"p"), keep_token=True, other_tokens=1).token
    assert bench.workshop.jobs[-1].checks == EVERY_CHECK
    findings = Findings.from_json(bench.books.faces["a1", kept or ""].findings)
    assert (findings.pad, findings.synthesis) == (PADS[b"p"], UNTOUCHED)
    bench.detect(controlled(b"a", liveness="HIGH"))
    assert bench.workshop.jobs[-1].checks == {FaceCheck.PAD}


def test_detection_refuses_and_charges_nothing(bench: Bench) -> None:
    with pytest.raises(LivenessRefusedError) as caught:
        bench.detect(controlled(b"p", liveness="HIGH"), keep_token=True)
    assert caught.value.side is None
    assert (bench.books.reserved, bench.books.given_back, bench.books.faces) == (1, 1, {})


def test_scores_travel_with_a_token(bench: Bench) -> None:
    replayed = bench.detect(picture(b"p"), keep_token=True).token or ""
    with pytest.raises(LivenessRefusedError) as caught:
        bench.compare(picture(b"a"), controlled_token(replayed, liveness="HIGH"))
    assert (caught.value.side, caught.value.score) == ("probe", 0.1)
    assert bench.compare(token(replayed), controlled_token(replayed, liveness="LOW", synthesis="LOW")).score == 1.0


def test_token_that_bears_no_score_passes_no_control(bench: Bench) -> None:
    plain = bench.compare(picture(b"a"), picture(b"b"), keep_tokens=True).reference.token or ""
    with pytest.raises(MeasuresMissingError) as caught:
        bench.compare(controlled_token(plain, liveness="LOW"), picture(b"a"))
    assert caught.value.side == "reference"
    assert bench.compare(controlled_token(plain, "idcard", liveness="HIGH"), picture(b"a")).score == 1.0


def test_token_gathers_what_is_found_out(bench: Bench) -> None:
    first = bench.compare(controlled(b"a", liveness="LOW"), picture(b"b"), keep_tokens=True).reference.token
    bench.compare(controlled(b"a", synthesis="LOW"), picture(b"b"), keep_tokens=True)
    assert set(json.loads(bench.books.faces["a1", first or ""].findings)) == {"pad", "synthesis"}


def test_inspection_of_several_pictures_is_charged_once(bench: Bench) -> None:
    subjects = [picture(b"a"), picture(b"p"), picture(b"?")]
    served, timings = asyncio.run(bench.service.inspect(CALLER, subjects, RULES, frozenset({FaceCheck.PAD})))
    assert [one.subject.pad for one in served if one.subject] == [LIVING, PADS[b"p"], PADS[b"?"]]
    assert [one.token for one in served] == [None] * 3
    assert [job.side for job in bench.workshop.jobs] == ["reference", "probe", None]
    assert timings.total_s == pytest.approx(0.3)
    assert (bench.books.reserved, bench.books.given_back, bench.books.faces) == (1, 0, {})


def test_inspection_keeps_faces_with_all_that_can_be_found_out(bench: Bench) -> None:
    subjects = [picture(b"a"), controlled(b"c", liveness="HIGH")]
    served, _ = asyncio.run(bench.service.inspect(CALLER, subjects, RULES, frozenset(), keep_tokens=True))
    assert [job.checks for job in bench.workshop.jobs] == [EVERY_CHECK] * 2
    kept = [bench.books.faces["a1", one.token or ""] for one in served]
    assert all(set(json.loads(face.findings)) == {"measures", "pad", "synthesis"} for face in kept)


def test_inspection_refuses_like_a_comparison(bench: Bench) -> None:
    subjects = [picture(b"a"), controlled(b"p", liveness="HIGH")]
    with pytest.raises(LivenessRefusedError) as caught:
        asyncio.run(bench.service.inspect(CALLER, subjects, RULES, frozenset(), keep_tokens=True))
    assert caught.value.side == "probe"
    assert (bench.books.reserved, bench.books.given_back, bench.books.faces) == (1, 1, {})


def test_token_cannot_be_inspected(bench: Bench) -> None:
    kept = bench.detect(picture(b"a"), keep_token=True).token or ""
    with pytest.raises(FaceTokenNotFoundError):
        asyncio.run(bench.service.inspect(CALLER, [token(kept)], RULES, EVERY_CHECK))


def test_thresholds_of_ones_own_count() -> None:
    policy = replace(ControlPolicy(), synthesis=dict(zip(ControlLevel, (0.1, 0.2, 0.25), strict=True)))
    with pytest.raises(SynthesisRefusedError):
        policy.require(
            Control.SYNTHESIS, controlled(b"a", synthesis="HIGH"), Findings(synthesis=SynthesisResult(0.26, 0.5))
        )
