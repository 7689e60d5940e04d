"""Between the vendor's parameters and the domain."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.measured import changed, covered
from tests.protocol_fakes import FACE, LinearScores
from visavis.errors import ImageEmptyError, ImageEncodingError, ImageTooLargeError, UrlError
from visavis.protocols.scale import Scale, make_scale, read_anchors
from visavis.protocols.tencent.schema import CompareParameters, Side
from visavis.protocols.tencent.translate import (
    MAX_TEXT_LENGTH,
    QUALITY_LEVELS,
    RULES,
    make_subjects,
    result_body,
    score_text,
)
from visavis.service.accounts import Interface
from visavis.service.orders import MAX_URL_LENGTH, InlinePicture, PictureUrl, ScoredPair, ServedFace, Subject
from visavis.service.quality import Flaw
from visavis.types import FaceChoice, ImageFormat, Timings

_SCALE = make_scale(read_anchors("visavis.protocols.tencent"), LinearScores())
MASK, PLAIN = Interface.TENCENT_COMPARE_MASK_FACE, Interface.TENCENT_COMPARE_FACE
_FOUND = ServedFace(FACE, (FACE,), 100, 120, None)


def _pair(score: float) -> ScoredPair:
    return ScoredPair(score, LinearScores().fmr_estimate(score), _FOUND, _FOUND, Timings())


def test_subjects() -> None:
    one, other = make_subjects(CompareParameters(Side(None, "QUJD"), Side("http://h/b", None), 0), MASK)
    assert one == Subject(InlinePicture(b"ABC"), FaceChoice.LARGEST)
    assert other == Subject(PictureUrl("http://h/b", 5.0), FaceChoice.LARGEST)


@pytest.mark.parametrize("interface", [MASK, PLAIN])
@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_quality_control_is_for_both_sides(level: int, interface: Interface) -> None:
    side = Side(None, "QUJD")
    for subject in make_subjects(CompareParameters(side, side, level), interface):
        assert subject.quality == QUALITY_LEVELS[interface][str(level)]
        assert subject.controls == {}


def test_level_0_demands_nothing() -> None:
    side = Side(None, "QUJD")
    assert [subject.quality for subject in make_subjects(CompareParameters(side, side, 0), PLAIN)] == [None, None]


def test_a_mask_is_refused_by_the_action_that_is_not_about_masks() -> None:
    masked = changed(mask=0.99, occlusion=covered(mouth=0.9, nose=0.9).occlusion)
    side = Side(None, "QUJD")
    found = {}
    for interface in (PLAIN, MASK):
        (quality, _) = (subject.quality for subject in make_subjects(CompareParameters(side, side, 1), interface))
        assert quality is not None
        found[interface] = quality.flaws(masked)
    assert found == {PLAIN: (Flaw.NOSE, Flaw.MOUTH), MASK: ()}


@pytest.mark.parametrize(
    ("side", "error"),
    [
        (Side(None, ""), ImageEmptyError),
        (Side(None, " data:image/png;base64, "), ImageEmptyError),
        (Side(None, "not base64!"), ImageEncodingError),
        (Side(None, "\u4e2d%41"), ImageEncodingError),
        (Side(None, "A" * (MAX_TEXT_LENGTH + 1)), ImageTooLargeError),
        (Side("http://h/" + "a" * MAX_URL_LENGTH, None), UrlError),
    ],
    ids=["empty", "prefix", "text", "Chinese", "large", "long URL"],
)
def test_pictures_that_cannot_be_used(side: Side, error: type[Exception]) -> None:
    with pytest.raises(error):
        make_subjects(CompareParameters(Side(None, "QUJD"), side, 0), MASK)


def test_largest_text_is_the_largest_picture() -> None:
    assert MAX_TEXT_LENGTH == 5 * 1024 * 1024
    subject, _ = make_subjects(CompareParameters(Side(None, "A" * MAX_TEXT_LENGTH), Side(None, "QUJD"), 0), MASK)
    assert isinstance(subject.source, InlinePicture)
    assert len(subject.source.content) == RULES.max_bytes == 3_932_160


def test_rules() -> None:
    assert RULES.max_side_px == {ImageFormat.JPEG: 4000, ImageFormat.PNG: 2000, ImageFormat.BMP: 2000}
    assert RULES.min_side_px == 64
    assert RULES.formats == {ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.BMP}


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (-1.0, "0"),
        (0.2, "30"),
        (0.3, "40"),
        (0.4, "50"),
        (0.45, "55"),
        (0.5, "60"),
        (0.75, "80"),
        (1, "100"),
    ],
)
def test_score_goes_by_the_false_match_rate(score: float, text: str) -> None:
    assert score_text(_pair(score), _SCALE) == text


@pytest.mark.parametrize(
    ("public", "text"),
    [
        (0.0000001, "0"),
        (0.000001, "0.000001"),
        (0.00001234, "0.000012"),
        (12.3456789, "12.345679"),
        (99.9999999, "100"),
        (100.0, "100"),
    ],
)
def test_score_has_six_decimals_and_no_exponent(public: float, text: str) -> None:
    constant = Scale((0.0, 2.0), (public, public))
    assert score_text(_pair(0.5), constant) == text
    assert json.loads(text) == pytest.approx(public, abs=5.1e-7)


def test_score_stays_within_its_range() -> None:
    for public, text in ((-0.5, "0"), (100.5, "100")):
        assert score_text(replace(_pair(0.5), score=0.5), Scale((0.0, 2.0), (public, public))) == text


def test_result_body() -> None:
    assert result_body("99.5", "a8eb4545") == (
        b'{"Response":{"Score":99.5,"FaceModelVersion":"3.0","RequestId":"a8eb4545"}}'
    )
