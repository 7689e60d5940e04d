"""Every field, its default, its limits and its error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from visavis.protocols.baidu.errors import ApiError
from visavis.protocols.baidu.schema import (
    Detection,
    ImageType,
    Picture,
    Verification,
    parse_detect,
    parse_faceverify,
    parse_match,
)
from visavis.service.orders import Control, ControlLevel

ONE: dict[str, Any] = {"image": "AAAA", "image_type": "BASE64"}
PLAIN = Picture("AAAA", ImageType.BASE64, "LIVE", "NONE", {}, 0)


def match_of(*elements: object) -> tuple[Picture, Picture]:
    return parse_match(json.dumps(elements).encode())


def match_code(body: bytes) -> int:
    with pytest.raises(ApiError) as caught:
        parse_match(body)
    return caught.value.row.code


def code_of(changes: dict[str, Any]) -> int:
    return match_code(json.dumps([ONE, ONE | changes]).encode())


def detect_code(changes: dict[str, Any]) -> int:
    with pytest.raises(ApiError) as caught:
        parse_detect(json.dumps(ONE | changes).encode())
    return caught.value.row.code


def test_defaults() -> None:
    assert match_of(ONE, ONE) == (PLAIN, PLAIN)


def test_every_field_is_read() -> None:
    full = ONE | {
        "image_type": "URL",
        "face_type": "HYBRID",
        "quality_control": "LOW",
        "liveness_control": "NORMAL",
        "spoofing_control": "HIGH",
        "face_sort_type": 1,
        "unknown": [1],
    }
    levels = {Control.LIVENESS: ControlLevel.NORMAL, Control.SYNTHESIS: ControlLevel.HIGH}
    assert match_of(ONE, full) == (PLAIN, Picture("AAAA", ImageType.URL, "HYBRID", "LOW", levels, 1))


@pytest.mark.parametrize("name", ["face_type", "quality_control", "spoofing_control", "face_sort_type"])
@pytest.mark.parametrize("value", [None, ""])
def test_empty_optional_field_counts_as_absent(name: str, value: object) -> None:
    assert match_of(ONE | {name: value}, ONE) == (PLAIN, PLAIN)


def test_level_none_asks_for_nothing() -> None:
    assert match_of(ONE | {"quality_control": "NONE", "liveness_control": "NONE"}, ONE) == (PLAIN, PLAIN)


@pytest.mark.parametrize(("value", "read"), [(0, 0), (1, 1), ("0", 0), ("1", 1), ("01", 1)])
def test_number_may_come_as_text(value: object, read: int) -> None:
    assert match_of(ONE | {"face_sort_type": value}, ONE)[0].face_sort_type == read


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([ONE, ONE]).encode(),
        json.dumps(json.dumps([ONE, ONE])).encode(),
        b"\xef\xbb\xbf" + json.dumps([ONE, ONE]).encode(),
        b" \n" + json.dumps([ONE, ONE], indent=1).encode(),
    ],
    ids=["plain", "twice", "bom", "indented"],
)
def test_encodings_of_the_body(body: bytes) -> None:
    assert parse_match(body) == (PLAIN, PLAIN)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"image=AAAA",
        b"[",
        b"\xff\xfe\xfd",
        b"null",
        b"1",
        b'"text"',
        json.dumps(json.dumps(json.dumps([ONE, ONE]))).encode(),
        json.dumps(ONE).encode(),
        b"[1, 2]",
        json.dumps([ONE, [ONE]]).encode(),
        json.dumps([{}, None]).encode(),
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"[" + b"1" * 5000 + b"]",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_not_json_of_the_right_shape(body: bytes) -> None:
    assert match_code(body) == 222200


@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_exactly_two_elements(count: int) -> None:
    assert match_code(json.dumps([{}] * count).encode()) == 222208


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"image": None}, 222001),
        ({"image": ""}, 222001),
        ({"image": 7}, 222013),
        ({"image": ["AAAA"]}, 222013),
        ({"image_type": None}, 222001),
        ({"image_type": "base64"}, 222015),
        ({"image_type": "BASE64 "}, 222015),
        ({"image_type": 1}, 222015),
        ({"face_type": "live"}, 222024),
        ({"face_type": 0}, 222024),
        ({"quality_control": "STRICT"}, 222019),
        ({"quality_control": False}, 222019),
        ({"liveness_control": "low"}, 222020),
        ({"liveness_control": ["LOW"]}, 222020),
        ({"spoofing_control": "2"}, 223130),
        ({"spoofing_control": {}}, 223130),
        ({"face_sort_type": 2}, 222039),
        ({"face_sort_type": -1}, 222039),
        ({"face_sort_type": "2"}, 222039),
        ({"face_sort_type": True}, 222039),
        ({"face_sort_type": 1.0}, 222039),
        ({"face_sort_type": "1" * 5000}, 222039),
        ({"face_sort_type": "²"}, 222039),
    ],
)
def test_errors_of_fields(changes: dict[str, Any], code: int) -> None:
    assert code_of(changes) == code


def test_first_picture_is_checked_before_the_second_and_fields_in_their_order() -> None:
    wrong_order = ONE | {"face_sort_type": 9}
    wrong_image = ONE | {"image": 7, "face_type": "?"}
    assert match_code(json.dumps([wrong_order, wrong_image]).encode()) == 222039
    assert match_code(json.dumps([wrong_image, wrong_order]).encode()) == 222013


def test_detection() -> None:
    assert parse_detect(json.dumps(ONE).encode()) == Detection(PLAIN, 1, frozenset())
    asked = {
        "max_face_num": "120",
        "liveness_control": "LOW",
        "face_sort_type": "1",
        "face_field": "age, quality,landmark150",
        "display_corp_image": "1",
        "quality_control": "unknown here",
    }
    picture = Picture("AAAA", ImageType.BASE64, "LIVE", "NONE", {Control.LIVENESS: ControlLevel.LOW}, 1)
    fields = frozenset({"age", "quality", "landmark150"})
    assert parse_detect(json.dumps(json.dumps(ONE | asked)).encode()) == Detection(picture, 120, fields)


@pytest.mark.parametrize("body", [b"", b"[]", json.dumps([ONE]).encode(), b"null", b"image=AAAA"])
def test_detection_needs_an_object(body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        parse_detect(body)
    assert caught.value.row.code == 222200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"image": None}, 222001),
        ({"image_type": "X"}, 222015),
        ({"max_face_num": 0}, 222016),
        ({"max_face_num": 121}, 222016),
        ({"max_face_num": "many"}, 222016),
        ({"face_field": "age,shoe_size"}, 222017),
        ({"face_field": "age,,quality"}, 222017),
        ({"face_field": ["age"]}, 222017),
        ({"face_field": "age," * 250 + "age"}, 222017),
        ({"liveness_control": "?"}, 222020),
        ({"face_type": "?"}, 222024),
        ({"face_sort_type": 3}, 222039),
        ({"display_corp_image": 2}, 222043),
    ],
)
def test_errors_of_a_detections_fields(changes: dict[str, Any], code: int) -> None:
    assert detect_code(changes) == code


def verify_code(elements: object) -> int:
    with pytest.raises(ApiError) as caught:
        parse_faceverify(json.dumps(elements).encode())
    return caught.value.row.code


def test_verification() -> None:
    plain = Verification(PLAIN, frozenset())
    assert parse_faceverify(json.dumps([ONE]).encode()) == [plain]
    full = ONE | {
        "face_field": "spoofing, age",
        "option": "GATE",
        "face_type": "CERT",
        "quality_control": "HIGH",
        "liveness_control": "LOW",
        "spoofing_control": "NORMAL",
        "max_face_num": "of no concern",
    }
    levels = {Control.LIVENESS: ControlLevel.LOW, Control.SYNTHESIS: ControlLevel.NORMAL}
    read = Verification(Picture("AAAA", ImageType.BASE64, "CERT", "HIGH", levels, 0), frozenset({"spoofing", "age"}))
    assert parse_faceverify(json.dumps(json.dumps([ONE, full])).encode()) == [plain, read]


@pytest.mark.parametrize(("count", "code"), [(0, 222208), (9, 222208), (100, 222208)])
def test_one_to_eight_pictures(count: int, code: int) -> None:
    assert verify_code([ONE] * count) == code
    assert len(parse_faceverify(json.dumps([ONE] * 8).encode())) == 8


@pytest.mark.parametrize("scene", [None, "", "COMMON", "GATE"])
def test_scenes(scene: object) -> None:
    assert len(parse_faceverify(json.dumps([ONE | {"option": scene}]).encode())) == 1


@pytest.mark.parametrize(
    ("element", "code"),
    [
        (ONE | {"option": "common"}, 222200),
        (ONE | {"option": 0}, 222200),
        (ONE | {"option": {}}, 222200),
        (ONE | {"face_field": "beauty;age"}, 222017),
        (ONE | {"face_type": "?"}, 222024),
        (ONE | {"spoofing_control": "?"}, 223130),
        (ONE | {"liveness_control": 1}, 222020),
        (ONE | {"quality_control": "?"}, 222019),
        ({"image_type": "BASE64"}, 222001),
        ([], 222200),
        ("AAAA", 222200),
    ],
)
def test_errors_of_a_verifications_fields(element: object, code: int) -> None:
    assert verify_code([ONE, element]) == code


def test_verification_needs_an_array() -> None:
    assert verify_code(ONE) == 222200
    assert verify_code(None) == 222200
