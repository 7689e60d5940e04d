"""Forms: what is taken apart, and what is refused."""

from __future__ import annotations

import os

import pytest

from tests.unit.protocols.native.calls import BOUNDARY, field, form
from visavis.protocols.native.body import (
    MAX_PART_HEADER_BYTES,
    MAX_PARTS,
    MAX_TEXT_BYTES,
    media_type,
    parse_multipart,
)
from visavis.protocols.native.errors import Problem, RequestError


def parse(body: bytes, boundary: str = BOUNDARY) -> dict[str, bytes]:
    return parse_multipart(body, boundary, ("fmr",))


def refusal(body: bytes, boundary: str = BOUNDARY) -> RequestError:
    with pytest.raises(RequestError) as caught:
        parse(body, boundary)
    return caught.value


def test_fields_keep_their_bytes() -> None:
    picture = bytes(range(256)) + b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n" + os.urandom(100_000) + b"\r"
    body = form((field("reference", "a.jpg") + "\r\nContent-Type: image/jpeg", picture), (field("fmr"), b"1e-5"))
    assert parse(body) == {"reference": picture, "fmr": b"1e-5"}


def test_part_without_file_name_is_a_picture_too() -> None:
    assert parse(form((field("probe"), b"abc"))) == {"probe": b"abc"}


def test_empty_part_is_kept() -> None:
    assert parse(form((field("probe", "a"), b""))) == {"probe": b""}


def test_name_in_utf8_and_headers_in_any_case() -> None:
    assert parse(form(('CONTENT-DISPOSITION: Form-Data; name="图"', b"1"))) == {"图": b"1"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        f"--{BOUNDARY}\r\n".encode(),
        form((field("probe"), b"abc"))[:-8],
        form((field("probe"), b"abc")).replace(b"--\r\n", b""),
        form((field("probe"), b"abc"), boundary="another"),
        form(("Content-Disposition form-data", b"abc")),
        form(("Content-Type: image/jpeg", b"abc")),
        form(("Content-Disposition: form-data", b"abc")),
        form(('Content-Disposition: form-data; name=""', b"abc")),
        form(('Content-Disposition: attachment; name="probe"', b"abc")),
        form((field("n" * 65), b"abc")),
        form(("A: 1\r\n" * 9 + field("probe"), b"abc")),
    ],
)
def test_malformed_form_is_refused(body: bytes) -> None:
    assert refusal(body).problem is Problem.MALFORMED_MULTIPART


@pytest.mark.parametrize("boundary", ["", "b" * 257])
def test_bad_boundary_is_refused(boundary: str) -> None:
    assert refusal(form((field("probe"), b"abc"), boundary=boundary), boundary).problem is Problem.MALFORMED_MULTIPART


def test_number_of_parts_is_limited() -> None:
    parts = [(field(f"f{index}"), b"") for index in range(MAX_PARTS + 1)]
    assert len(parse(form(*parts[:-1]))) == MAX_PARTS
    error = refusal(form(*parts))
    assert (error.problem, error.limit) == (Problem.TOO_MANY_PARTS, MAX_PARTS)


@pytest.mark.parametrize("headers", ["A: " + "x" * 4100, f"A: {'x' * 2100}\r\nB: {'x' * 2100}"])
def test_size_of_a_parts_headers_is_limited(headers: str) -> None:
    error = refusal(form((headers + "\r\n" + field("probe"), b"abc")))
    assert (error.problem, error.limit) == (Problem.PART_HEADER_TOO_LARGE, MAX_PART_HEADER_BYTES)


def test_text_is_limited_but_a_picture_is_not() -> None:
    text = b"1" * MAX_TEXT_BYTES
    assert parse(form((field("fmr"), text), (field("probe"), text + b"1")))["fmr"] == text
    error = refusal(form((field("fmr"), text + b"1")))
    assert (error.problem, error.field, error.limit) == (Problem.VALUE_TOO_LONG, "fmr", MAX_TEXT_BYTES)


def test_repeated_field_is_refused() -> None:
    error = refusal(form((field("probe"), b"1"), (field("probe"), b"2")))
    assert (error.problem, error.field) == (Problem.DUPLICATE_FIELD, "probe")


def test_transfer_coding_is_refused() -> None:
    body = form((field("probe") + "\r\nContent-Transfer-Encoding: base64", b"YWJj"))
    assert (refusal(body).problem, refusal(body).field) == (Problem.ENCODING, "probe")
    assert parse(form((field("probe") + "\r\nContent-Transfer-Encoding: Binary", b"YWJj"))) == {"probe": b"YWJj"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ("", "")),
        ("application/json", ("application/json", "")),
        ("Application/JSON; charset=utf-8", ("application/json", "")),
        ('multipart/form-data; boundary="a b"', ("multipart/form-data", "a b")),
        ("multipart/form-data", ("multipart/form-data", "")),
        ("multipart/form-data; boundary=" + "x" * 2000, ("multipart/form-data", "x" * (1000 - 30))),
    ],
)
def test_media_type(header: str, expected: tuple[str, str]) -> None:
    assert media_type(header) == expected
