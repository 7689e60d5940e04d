"""Sizes, methods and where the common parameters are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.protocols.tencent.vectors import T1, T5, with_header
from visavis.protocols.base import WireRequest
from visavis.protocols.tencent.envelope import (
    BODY_LIMIT_BYTES,
    FORM_LIMIT_BYTES,
    QUERY_LIMIT_BYTES,
    check_size,
    open_envelope,
    speaks_chinese,
)
from visavis.protocols.tencent.errors import Fault


def _refused(request: WireRequest) -> str | None:
    try:
        check_size(request)
    except Fault as fault:
        return fault.code
    return None


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (replace(T1, body=b"x" * BODY_LIMIT_BYTES), None),
        (replace(T1, body=b"x" * (BODY_LIMIT_BYTES + 1)), "RequestSizeLimitExceeded"),
        (replace(T1, method="GET", query=b"x" * QUERY_LIMIT_BYTES), None),
        (replace(T1, method="GET", query=b"x" * (QUERY_LIMIT_BYTES + 1)), "RequestSizeLimitExceeded"),
        (replace(T1, method="PUT"), "UnsupportedProtocol"),
        (replace(T1, method="HEAD"), "UnsupportedProtocol"),
    ],
    ids=["body", "large body", "query", "large query", "PUT", "HEAD"],
)
def test_size_and_method(request_: WireRequest, expected: str | None) -> None:
    assert _refused(request_) == expected


def test_body_limit_leaves_room_for_two_pictures() -> None:
    assert BODY_LIMIT_BYTES == 10_485_760 + 65_536
    assert FORM_LIMIT_BYTES == 1_048_576


def test_common_parameters_from_headers() -> None:
    envelope = open_envelope(with_header(T1, "x-tc-region", " ap-guangzhou "))
    assert envelope.common == {
        "Action": "CompareMaskFace",
        "Version": "2020-03-03",
        "Timestamp": "1795305729",
        "Region": "ap-guangzhou",
        "Language": "zh-CN",
    }
    assert (envelope.is_chinese, envelope.form) == (True, {})
    assert (envelope.authorization or "").startswith("TC3-HMAC-SHA256 ")


def test_common_parameters_from_a_form() -> None:
    envelope = open_envelope(T5)
    assert envelope.authorization is None
    assert set(envelope.form) - set(envelope.common) == {"ImageA", "UrlB", "FaceModelVersion", "QualityControl"}
    assert envelope.common["RequestClient"] == "SDK_PYTHON_3.1.191"
    assert envelope.is_chinese


def test_form_of_a_get_is_its_query() -> None:
    envelope = open_envelope(replace(T5, method="GET", query=b"Action=A", body=b"Version=V"))
    assert envelope.form == {"Action": "A"}


def test_missing_and_empty_common_parameters() -> None:
    envelope = open_envelope(with_header(with_header(T1, "x-tc-action", ""), "x-tc-version", None))
    for name in ("Action", "Version"):
        with pytest.raises(Fault) as caught:
            envelope.require(name)
        assert (caught.value.code, caught.value.facts) == ("MissingParameter", {"name": name})


def test_larger_forms_need_the_newer_signature() -> None:
    open_envelope(replace(T5, body=b"x" * FORM_LIMIT_BYTES))
    with pytest.raises(Fault) as caught:
        open_envelope(replace(T5, body=b"x" * (FORM_LIMIT_BYTES + 1)))
    assert caught.value.code == "AuthFailure.SignatureFailure"
    assert caught.value.message(False) == (
        "The provided credentials could not be validated because of exceeding request size limit, please use new "
        "signature method `TC3-HMAC-SHA256`."
    )
    assert "TC3-HMAC-SHA256" in caught.value.message(True)
    open_envelope(replace(T1, body=b"x" * (FORM_LIMIT_BYTES + 1)))


@pytest.mark.parametrize(
    ("language", "expected"), [("zh-CN", True), (" ZH-cn ", True), ("en-US", False), ("fr", False), (None, False)]
)
def test_english_is_the_default(language: str | None, expected: bool) -> None:
    assert speaks_chinese(language) is expected
