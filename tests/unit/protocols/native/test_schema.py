"""Requests: what is read of them, and which field is at fault."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.unit.protocols.native.calls import BOUNDARY, field, form
from visavis.errors import ImageEmptyError, ImageEncodingError, ImageTooLargeError
from visavis.protocols.native.errors import Problem, RequestError
from visavis.protocols.native.schema import (
    MAX_JSON_COMMAS,
    Base64Picture,
    CompareParameters,
    DetectParameters,
    TokenFace,
    UrlPicture,
    read_analyze,
    read_compare,
    read_detect,
)
from visavis.protocols.native.translate import to_subjects
from visavis.service.orders import FaceTokenReference, InlinePicture, PictureUrl
from visavis.types import FaceChoice

TOKEN = "0123456789abcdef0123456789abcdef"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
SIDES: dict[str, Any] = {"reference": {"base64": "YWJj"}, "probe": {"base64": "ZGVm"}}


def compare_refusal(body: bytes, content_type: str = "application/json") -> tuple[Problem, str | None]:
    with pytest.raises(RequestError) as caught:
        read_compare(content_type, body)
    return caught.value.problem, caught.value.field


def json_refusal(**changes: Any) -> tuple[Problem, str | None]:
    return compare_refusal(json.dumps({**SIDES, **changes}).encode())


def form_refusal(**texts: str) -> tuple[Problem, str | None]:
    parts = [(field("reference", "a"), b"abc"), (field("probe", "b"), b"def")]
    return compare_refusal(form(*parts, *((field(name), text.encode()) for name, text in texts.items())), MULTIPART)


def test_json_with_every_kind_of_source() -> None:
    body = {"reference": {"url": "http://a/b"}, "probe": {"face_token": TOKEN}, "fmr": 1e-6, "keep_tokens": True}
    sides, parameters = read_compare("application/json; charset=utf-8", json.dumps(body).encode())
    assert sides == {"reference": UrlPicture(url="http://a/b"), "probe": TokenFace(face_token=TOKEN)}
    assert (parameters.fmr, parameters.choice, parameters.keep_tokens) == (1e-6, "largest", True)
    sides, parameters = read_compare("application/json", json.dumps(SIDES).encode())
    assert sides["reference"] == Base64Picture(base64="YWJj")
    assert (parameters.fmr, parameters.choice, parameters.keep_tokens) == (1e-4, "largest", False)


def test_form() -> None:
    parts = [(field("reference", "a"), b"abc"), (field("probe", "b"), b"def")]
    texts = [(field("fmr"), b"1e-05"), (field("choice"), b"central"), (field("keep_tokens"), b"1")]
    sides, parameters = read_compare(MULTIPART, form(*texts, *parts))
    assert sides == {"reference": b"abc", "probe": b"def"}
    assert (parameters.fmr, parameters.choice, parameters.keep_tokens) == (1e-5, "central", True)


def test_sides_keep_their_order_whatever_the_order_of_the_form() -> None:
    sides, _ = read_compare(MULTIPART, form((field("probe"), b"p"), (field("reference"), b"r")))
    assert list(sides) == ["reference", "probe"]


def test_detection() -> None:
    sides, parameters = read_detect("application/json", b'{"picture": {"url": "http://a"}, "choice": "central"}')
    assert (sides, parameters.choice) == ({"picture": UrlPicture(url="http://a")}, "central")
    sides, parameters = read_detect(MULTIPART, form((field("picture", "a"), b"abc"), (field("keep_tokens"), b"false")))
    assert (sides, parameters.keep_tokens) == ({"picture": b"abc"}, False)


def test_analysis() -> None:
    body = {"picture": {"url": "http://a"}, "quality": "high", "landmarks": True}
    sides, parameters = read_analyze("application/json", json.dumps(body).encode())
    assert sides == {"picture": UrlPicture(url="http://a")}
    assert (parameters.quality, parameters.landmarks, parameters.keep_tokens) == ("high", True, False)
    texts = [(field("landmarks"), b"1"), (field("quality"), b"low"), (field("choice"), b"central")]
    sides, parameters = read_analyze(MULTIPART, form((field("picture", "a"), b"abc"), *texts))
    assert sides == {"picture": b"abc"}
    assert (parameters.quality, parameters.landmarks, parameters.choice) == ("low", True, "central")
    _, parameters = read_analyze(MULTIPART, form((field("picture", "a"), b"abc")))
    assert (parameters.quality, parameters.landmarks) == ("none", False)


@pytest.mark.parametrize(
    ("change", "problem", "at_fault"),
    [
        ({"picture": {"face_token": TOKEN}}, Problem.ONE_SOURCE, "picture"),
        ({"landmarks": "true"}, Problem.INVALID_VALUE, "landmarks"),
        ({"landmarks": 1}, Problem.INVALID_VALUE, "landmarks"),
        ({"quality": "best"}, Problem.INVALID_VALUE, "quality"),
        ({"fmr": 0.1}, Problem.UNKNOWN_FIELD, "fmr"),
    ],
)
def test_analysis_that_is_refused(change: dict[str, Any], problem: Problem, at_fault: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_analyze("application/json", json.dumps({"picture": {"base64": "YWJj"}, **change}).encode())
    assert (caught.value.problem, caught.value.field) == (problem, at_fault)


def test_quality_that_does_not_exist() -> None:
    for value in ("best", "HIGH", "", "0"):
        assert json_refusal(quality=value) == (Problem.INVALID_VALUE, "quality")
        assert form_refusal(quality=value) == (Problem.INVALID_VALUE, "quality")
    assert json_refusal(quality=None) == (Problem.INVALID_VALUE, "quality")


def test_detection_takes_no_face_token() -> None:
    with pytest.raises(RequestError) as caught:
        read_detect("application/json", json.dumps({"picture": {"face_token": TOKEN}}).encode())
    assert caught.value.field == "picture"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000, b'{"reference": {"base64": "\xff"}}', b"{}x"])
def test_malformed_json(body: bytes) -> None:
    assert compare_refusal(body) == (Problem.MALFORMED_JSON, None)


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1"])
def test_json_that_is_no_object(body: bytes) -> None:
    assert compare_refusal(body) == (Problem.INVALID_VALUE, "body")


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_other_media_type(content_type: str) -> None:
    assert compare_refusal(b"{}", content_type) == (Problem.MEDIA_TYPE, None)


@pytest.mark.parametrize("missing", ["reference", "probe"])
def test_missing_side(missing: str) -> None:
    rest = {name: side for name, side in SIDES.items() if name != missing}
    assert compare_refusal(json.dumps(rest).encode()) == (Problem.MISSING_FIELD, missing)
    assert compare_refusal(form(*((field(name), b"x") for name in rest)), MULTIPART) == (Problem.MISSING_FIELD, missing)


@pytest.mark.parametrize(
    "side", [{}, {"base64": "YWJj", "url": "http://a"}, {"path": "/etc/passwd"}, "YWJj", None, ["base64"], 1]
)
def test_side_needs_exactly_one_source(side: object) -> None:
    assert json_refusal(probe=side) == (Problem.ONE_SOURCE, "probe")


@pytest.mark.parametrize(
    ("side", "at_fault"),
    [
        ({"base64": 1}, "probe.base64"),
        ({"base64": None}, "probe.base64"),
        ({"url": ""}, "probe.url"),
        ({"url": "h" * 4097}, "probe.url"),
        ({"face_token": TOKEN.upper()}, "probe.face_token"),
        ({"face_token": TOKEN + "\n"}, "probe.face_token"),
        ({"face_token": TOKEN[1:]}, "probe.face_token"),
    ],
)
def test_source_of_wrong_form(side: object, at_fault: str) -> None:
    assert json_refusal(probe=side) == (Problem.INVALID_VALUE, at_fault)


@pytest.mark.parametrize("fmr", [0, 1, -0.1, 1.5, "0.1", True, None, [], float("nan"), float("inf")])
def test_fmr_out_of_range_in_json(fmr: object) -> None:
    assert json_refusal(fmr=fmr) == (Problem.INVALID_VALUE, "fmr")


@pytest.mark.parametrize(
    "fmr", ["", "0", "1", "-1e-4", "nan", "inf", "1_0e-4", "0x1", "1e-4,", "1e-99999", "\u0660.\u0665"]
)
def test_fmr_out_of_range_in_a_form(fmr: str) -> None:
    assert form_refusal(fmr=fmr) == (Problem.INVALID_VALUE, "fmr")


def test_choice_that_does_not_exist() -> None:
    assert json_refusal(choice="smallest") == (Problem.INVALID_VALUE, "choice")
    assert form_refusal(choice="LARGEST") == (Problem.INVALID_VALUE, "choice")


@pytest.mark.parametrize("value", ["yes", "", "2", "truee"])
def test_truth_value_that_is_none(value: str) -> None:
    assert form_refusal(keep_tokens=value) == (Problem.INVALID_VALUE, "keep_tokens")
    assert json_refusal(keep_tokens=value) == (Problem.INVALID_VALUE, "keep_tokens")
    assert json_refusal(keep_tokens=1) == (Problem.INVALID_VALUE, "keep_tokens")


def test_unknown_field() -> None:
    assert json_refusal(threshold=0.5) == (Problem.UNKNOWN_FIELD, "threshold")
    assert json_refusal(probe={"url": "http://a", "path": "b"}) == (Problem.UNKNOWN_FIELD, "probe.path")
    assert form_refusal(threshold="0.5") == (Problem.UNKNOWN_FIELD, "threshold")


def test_name_of_an_unknown_field_is_cut() -> None:
    problem, name = json_refusal(**{"x" * 10_000: 1})
    assert (problem, name) == (Problem.UNKNOWN_FIELD, "x" * 80)


def test_subjects() -> None:
    body = {"reference": {"base64": "data:image/jpeg;base64,YWJj"}, "probe": {"url": "http://a"}, "choice": "central"}
    one, other = to_subjects(*read_compare("application/json", json.dumps(body).encode()))
    assert (one.source, other.source) == (InlinePicture(b"abc"), PictureUrl("http://a", 5.0))
    assert one.choice is other.choice is FaceChoice.CENTRAL
    sides, parameters = read_compare("application/json", json.dumps({**SIDES, "probe": {"face_token": TOKEN}}).encode())
    assert to_subjects(sides, parameters)[1].source == FaceTokenReference(TOKEN)


def test_text_that_is_no_picture_names_its_side() -> None:
    for text, kind in (("", ImageEmptyError), ("a*b", ImageEncodingError)):
        body = json.dumps({**SIDES, "probe": {"base64": text}}).encode()
        with pytest.raises(kind) as caught:
            to_subjects(*read_compare("application/json", body))
        assert caught.value.side == "probe"


def test_text_too_long_for_a_picture_is_not_even_decoded() -> None:
    long = "A" * (15 * 1024 * 1024 + 4)
    with pytest.raises(ImageTooLargeError) as caught:
        to_subjects({"probe": Base64Picture(base64=long)}, CompareParameters())
    assert (caught.value.side, caught.value.limit) == ("probe", 10 * 1024 * 1024)


def test_picture_at_the_limit_fits_with_line_breaks() -> None:
    text = base64.encodebytes(bytes(10 * 1024 * 1024)).decode().replace("\n", "\r\n")
    (subject,) = to_subjects({"picture": Base64Picture(base64=text)}, DetectParameters())
    assert subject.source == InlinePicture(bytes(10 * 1024 * 1024))


def test_percent_encoded_base64_is_refused() -> None:
    with pytest.raises(ImageEncodingError):
        to_subjects({"picture": Base64Picture(base64="YWJj%0A")}, DetectParameters())


def test_json_of_very_many_pieces_is_refused_before_it_is_parsed() -> None:
    fields = {f"f{index}": 0 for index in range(MAX_JSON_COMMAS + 2)}
    with pytest.raises(RequestError) as caught:
        read_compare("application/json", json.dumps(fields).encode())
    assert (caught.value.problem, caught.value.limit) == (Problem.TOO_MANY_PARTS, MAX_JSON_COMMAS)
    url = "http://a/" + "," * 4000
    sides, _ = read_compare("application/json", json.dumps({"reference": {"url": url}, "probe": {"url": url}}).encode())
    assert sides["probe"] == UrlPicture(url=url)


def test_empty_file_is_an_empty_picture() -> None:
    sides, parameters = read_detect(MULTIPART, form((field("picture", "a"), b"")))
    with pytest.raises(ImageEmptyError) as caught:
        to_subjects(sides, parameters)
    assert caught.value.side is None
