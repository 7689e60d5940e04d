"""When a face is measured, which faces are refused for it, and what a token knows of its face."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.measured import FLAWLESS, changed
from tests.protocol_fakes import FACE, account
from tests.unit.service.bench import (
    RULES,
    Bench,
    controlled,
    picture,
    sharp,
    sharp_token,
    token,
    url,
)
from visavis.errors import (
    ImageDownloadError,
    LivenessRefusedError,
    MeasuresMissingError,
    NoFaceError,
    QualityRefusedError,
    QuotaExhaustedError,
    VisavisError,
)
from visavis.findings import Findings
from visavis.service.accounts import Interface
from visavis.service.orders import (
    Caller,
    InlinePicture,
    Subject,
)
from visavis.service.quality import QualityLevel, QualityRule
from visavis.types import FaceCheck

MEASURES = frozenset({FaceCheck.MEASURES})


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("reference", "probe", "error", "side"),
    [
        (sharp(b"~"), picture(b"-"), NoFaceError, "probe"),
        (sharp(b"~"), url("http://gone/"), ImageDownloadError, "probe"),
        (sharp(b"~"), sharp(b"~"), QualityRefusedError, "reference"),
        (
            controlled(b"p", liveness="HIGH"),
            sharp(b"~"),
            QualityRefusedError,
            "probe",
        ),
        (controlled(b"p", liveness="HIGH"), sharp(b"a"), LivenessRefusedError, "reference"),
    ],
    ids=["face", "download", "quality, first", "quality of both", "other controls"],
)
def test_quality_comes_after_the_faces_of_both_and_before_other_controls(
    bench: Bench, reference: Subject, probe: Subject, error: type[VisavisError], side: str
) -> None:
    with pytest.raises(error) as caught:
        bench.compare(reference, probe, keep_tokens=True)
    assert caught.value.side == side
    assert (bench.books.reserved, bench.books.given_back, bench.books.faces) == (1, 1, {})


def test_quota_comes_before_quality(bench: Bench) -> None:
    bench.books.is_exhausted = True
    with pytest.raises(QuotaExhaustedError):
        bench.compare(sharp(b"~"), sharp(b"~"))


def test_refusal_names_every_flaw(bench: Bench) -> None:
    strict = QualityLevel("strict", (QualityRule({}, max_blur=0.2, illumination=(140, 255)),))
    with pytest.raises(QualityRefusedError) as caught:
        bench.compare(Subject(InlinePicture(b"~"), quality=strict), picture(b"a"))
    assert caught.value.flaws == ("blurred", "too_dark")


def test_good_faces_pass_and_are_charged(bench: Bench) -> None:
    assert bench.compare(sharp(b"a"), sharp(b"a")).score == 1.0
    assert (bench.books.reserved, bench.books.given_back) == (1, 0)


def test_faces_are_measured_only_where_their_quality_matters_or_the_caller_asks(bench: Bench) -> None:
    def measured() -> list[bool]:
        asked = [FaceCheck.MEASURES in job.checks for job in bench.workshop.jobs]
        bench.workshop.jobs.clear()
        return asked

    plain = bench.compare(picture(b"a"), picture(b"b"), keep_tokens=True)
    assert measured() == [False, False]
    assert plain.reference.subject is not None
    assert (plain.reference.subject.measures, plain.reference.subject.points) == (None, None)
    assert {face.findings for face in bench.books.faces.values()} == {"{}"}
    bench.compare(picture(b"a"), sharp(b"b"))
    assert measured() == [False, True]
    asked = bench.compare(picture(b"a"), picture(b"b"), checks=MEASURES)
    assert measured() == [True, True]
    assert asked.probe.subject is not None
    assert asked.probe.subject.measures == FLAWLESS


@pytest.mark.parametrize(
    ("asked", "is_measured"),
    [
        ({}, False),
        ({"other_tokens": 1}, False),
        ({"keep_token": True}, True),
        ({"checks": MEASURES}, True),
    ],
)
def test_detection_measures_what_it_keeps(bench: Bench, asked: dict[str, Any], is_measured: bool) -> None:
    caller = Caller(account(), Interface.BAIDU_DETECT, 1e12)
    served, _ = asyncio.run(bench.service.detect(caller, picture(b"a"), RULES, **asked))
    assert (FaceCheck.MEASURES in bench.workshop.jobs[-1].checks) is is_measured
    assert served.subject is not None
    assert (served.subject.measures == FLAWLESS) is is_measured
    assert (served.subject.points is not None) is is_measured


def test_detection_refuses_a_face_of_poor_quality_and_charges_nothing(bench: Bench) -> None:
    with pytest.raises(QualityRefusedError) as caught:
        bench.detect(sharp(b"~"), keep_token=True)
    assert (caught.value.flaws, caught.value.side) == (("blurred",), None)
    assert (bench.books.reserved, bench.books.given_back, bench.books.faces) == (1, 1, {})
    assert bench.detect(sharp(b"a")).face == FACE


def test_measures_are_kept_with_every_face_of_a_detection(bench: Bench) -> None:
    bench.detect(picture(b"~"), keep_token=True, other_tokens=1)
    kept = [Findings.from_json(face.findings).measures for face in bench.books.faces.values()]
    assert kept == [changed(blur=0.5)] * 2


def test_quality_of_a_token_is_that_of_its_picture(bench: Bench) -> None:
    blurred = bench.detect(picture(b"~1"), keep_token=True).token or ""
    good = bench.compare(sharp(b"a"), picture(b"b"), keep_tokens=True).reference.token or ""
    with pytest.raises(QualityRefusedError) as caught:
        bench.compare(sharp_token(good), sharp_token(blurred))
    assert (caught.value.side, caught.value.flaws) == ("probe", ("blurred",))
    assert bench.compare(sharp_token(good), token(blurred)).reference.token == good
    assert bench.books.given_back == 1


def test_token_without_measures_passes_no_quality_control(bench: Bench) -> None:
    plain = bench.compare(picture(b"a"), picture(b"b"), keep_tokens=True).reference.token or ""
    with pytest.raises(MeasuresMissingError) as caught:
        bench.compare(picture(b"a"), sharp_token(plain))
    assert caught.value.side == "probe"
    assert bench.books.given_back == 1
    assert bench.compare(sharp(b"a"), token(plain)).score == 1.0


def test_measures_of_another_version_count_as_none(bench: Bench) -> None:
    kept = bench.compare(sharp(b"a"), picture(b"b"), keep_tokens=True).reference.token or ""
    bench.books.faces["a1", kept] = replace(
        bench.books.faces["a1", kept], findings='{"measures":{"version":0,"blur":0}}'
    )
    with pytest.raises(MeasuresMissingError):
        bench.compare(sharp_token(kept), picture(b"a"))
