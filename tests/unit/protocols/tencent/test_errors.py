"""Every error has its code, and every code its texts."""

from __future__ import annotations

import json
import re

import pytest

from visavis import errors
from visavis.errors import (
    AccountStateError,
    ImageTooLargeError,
    QualityRefusedError,
    RateLimitedError,
    UrlForbiddenError,
    VisavisError,
)
from visavis.protocols.tencent.catalogue import CATALOGUE
from visavis.protocols.tencent.errors import CODES, STATE_CODES, Fault, error_body, fault_of, named_fault
from visavis.service.accounts import AccountState


def _leaves(kind: type[VisavisError]) -> list[type[VisavisError]]:
    children = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [leaf for child in children for leaf in _leaves(child)] or [kind]


LEAVES = _leaves(VisavisError)


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.__name__)
def test_every_leaf_has_a_row(leaf: type[VisavisError]) -> None:
    assert any(kind in CODES for kind in leaf.__mro__)


def test_rows_name_codes_that_are_sent() -> None:
    assert VisavisError not in CODES
    assert all(CATALOGUE[code].is_sent for code in {*CODES.values(), *STATE_CODES.values()})


def test_every_state_has_a_code_of_its_own() -> None:
    assert set(STATE_CODES) == set(AccountState) - {AccountState.ACTIVE}
    assert len(set(STATE_CODES.values())) == len(STATE_CODES)
    assert fault_of(AccountStateError(AccountState.FROZEN)).code == "ResourceUnavailable.Freeze"
    assert fault_of(AccountStateError("something else")).code == "ResourceUnavailable.UnknownStatus"


@pytest.mark.parametrize(
    ("measure", "code"),
    [
        ("byte count", "FailedOperation.ImageSizeExceed"),
        ("size in bytes", "FailedOperation.ImageSizeExceed"),
        ("width", "FailedOperation.ImageResolutionExceed"),
        ("pixel count", "FailedOperation.ImageResolutionExceed"),
    ],
)
def test_what_is_too_large(measure: str, code: str) -> None:
    assert fault_of(ImageTooLargeError(measure, 2, 1)).code == code


def test_rate_is_in_the_message() -> None:
    fault = fault_of(RateLimitedError(7, 5))
    assert fault.message(False) == (
        "Your current request times equals to `7` in a second, which exceeds the frequency limit `5` for a second. "
        "Please reduce the frequency of calls."
    )
    assert fault.message(True) == "您当前每秒请求 `7` 次，超过了每秒频率上限 `5`，请稍后重试。"


def test_forbidden_url_looks_like_one_that_does_not_answer() -> None:
    assert fault_of(UrlForbiddenError("10.0.0.1 is private")).message(True) == "图片下载错误。"


def test_face_of_poor_quality() -> None:
    fault = fault_of(QualityRefusedError(("nose", "blurred")))
    assert (fault.code, fault.message(False)) == ("FailedOperation.FaceQualityNotQualified", "人脸图片质量不符要求。")


def test_error_that_is_of_no_known_class() -> None:
    assert fault_of(VisavisError("new")).code == "InternalError"


def test_catalogue_is_whole() -> None:
    assert len(CATALOGUE) == 72 + 40
    assert all(re.fullmatch(r"[A-Za-z]+(\.[A-Za-z]+)?", code) and code == row.code for code, row in CATALOGUE.items())
    facts = {"name": "n", "count": 2, "limit": 1}
    for code in CATALOGUE:
        for is_chinese in (True, False):
            assert "{" not in Fault(code, facts).message(is_chinese) != ""


def test_business_errors_are_chinese_in_every_language() -> None:
    assert Fault("InvalidParameterValue.NoFaceInPhoto").message(False) == "图片中没有人脸。"
    assert Fault("FailedOperation.ImageSizeExceed").message(False) == "base64编码后的图片数据大小不超过5M。"


def test_body() -> None:
    body = error_body(Fault("FailedOperation.FaceQualityNotQualified"), False, "788270e8")
    assert body.decode() == (
        '{"Response":{"Error":{"Code":"FailedOperation.FaceQualityNotQualified","Message":"人脸图片质量不符要求。"},'
        '"RequestId":"788270e8"}}'
    )


@pytest.mark.parametrize(
    ("name", "shown"), [("{x}", "{x}"), ("a\r\n\ud800b", "a???b"), ("n" * 65, "n" * 64), ('"', '"')]
)
def test_names_in_messages_are_short_and_printable(name: str, shown: str) -> None:
    fault = named_fault("UnknownParameter", name)
    assert fault.message(False) == f"The parameter `{shown}` is not recognized."
    assert json.loads(error_body(fault, False, "r"))["Response"]["Error"]["Message"] == fault.message(False)
