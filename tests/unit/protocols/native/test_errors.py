"""The table of errors: whole, in both languages, and silent about the server."""

from __future__ import annotations

import re

import pytest

from visavis import errors
from visavis.errors import FaceTooSmallError, ImageTooLargeError, ImageTooSmallError, VisavisError
from visavis.protocols.native.errors import (
    PROBLEM_STATUS,
    STATUS,
    Problem,
    RequestError,
    describe_error,
    describe_problem,
    status_of,
)
from visavis.protocols.native.messages import MESSAGES, Language, choose_language, expectation, measure_name, state_name
from visavis.service.accounts import AccountState

STATUSES = {400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 503}
# Rows for these are meant for all classes below them.
WHOLE_BRANCHES = {errors.EngineError, errors.StoreError, errors.BenchError}
LANGUAGES: tuple[Language, ...] = ("en", "zh")
CHINESE_TEXT = re.compile(r"[\u4e00-\u9fff]")


def walk(kind: type[VisavisError]) -> list[type[VisavisError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in walk(child))]


LEAVES = [kind for kind in walk(VisavisError) if not kind.__subclasses__() and kind.__module__ == "visavis.errors"]
SERVED = [kind for kind in STATUS if STATUS[kind] != 500]


def make(kind: type[VisavisError]) -> VisavisError:
    if issubclass(kind, ImageTooLargeError | ImageTooSmallError):
        return kind("width", 17_000, 16_000)
    if kind is FaceTooSmallError:
        return FaceTooSmallError(12.5, 16)
    if kind is errors.RateLimitedError:
        return errors.RateLimitedError(11, 10)
    if kind is errors.AccountStateError:
        return errors.AccountStateError("in_arrears")
    if kind is errors.ControlUnavailableError:
        return errors.ControlUnavailableError("quality control")
    if kind is errors.QualityRefusedError:
        return errors.QualityRefusedError(("mouth", "turned"))
    if issubclass(kind, errors.LivenessRefusedError | errors.SynthesisRefusedError):
        return kind(None, 0.3, "too_tight")
    return kind("/secret/path of model-x")


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_every_leaf_has_a_row(kind: type[VisavisError]) -> None:
    assert kind in STATUS or any(base in WHOLE_BRANCHES for base in kind.__mro__)
    assert status_of(kind) in STATUSES


def test_class_that_nobody_thought_of_is_the_servers_fault() -> None:
    assert status_of(VisavisError) == 500
    assert status_of(errors.ImageError) == 500


@pytest.mark.parametrize("kind", SERVED, ids=lambda kind: kind.__name__)
def test_error_of_the_caller_keeps_its_code_and_has_a_sentence_in_each_language(kind: type[VisavisError]) -> None:
    error = make(kind)
    error.side = "probe"
    english, chinese = (describe_error(error, language) for language in LANGUAGES)
    assert (english.status, english.code, english.side, english.field) == (STATUS[kind], error.code, "probe", "probe")
    assert CHINESE_TEXT.search(chinese.message) and not CHINESE_TEXT.search(english.message)
    assert "{" not in english.message + chinese.message
    assert "secret" not in english.message + chinese.message


@pytest.mark.parametrize("kind", [kind for kind in LEAVES if status_of(kind) == 500], ids=lambda kind: kind.__name__)
def test_error_of_the_server_says_nothing_of_it(kind: type[VisavisError]) -> None:
    answer = describe_error(make(kind))
    assert (answer.status, answer.code, answer.message) == (500, "internal", "internal error")


def test_facts_are_told() -> None:
    answer = describe_error(ImageTooLargeError("width", 17_000, 16_000))
    assert (answer.message, answer.limit) == ("the picture's width is 17,000; at most 16,000", 16_000)
    answer = describe_error(ImageTooLargeError("size in bytes", 11_000_000, 10_485_760), "zh")
    assert answer.message == "图片的字节数为 11,000,000，最多为 10,485,760"
    answer = describe_error(FaceTooSmallError(12.0, 16))
    assert (answer.message, answer.limit) == ("the face is 12 pixels wide; at least 16 are needed", 16)
    answer = describe_error(errors.QualityRefusedError(("mouth", "turned")))
    assert answer.message == "the picture is not good enough; do not cover your mouth; look straight into the camera"
    assert answer.flaws == ("mouth", "turned")
    answer = describe_error(errors.QualityRefusedError(("mouth", "turned")), "zh")
    assert answer.message == "图片质量不合格。请不要遮挡嘴巴。请正对镜头"
    assert describe_error(errors.MeasuresMissingError("none")).flaws is None
    answer = describe_error(errors.ControlUnavailableError("synthesis control"), "zh")
    assert answer.message == "本服务器不提供该项检查（合成图检测）"
    answer = describe_error(errors.RateLimitedError(11, 10), "zh")
    assert (answer.message, answer.limit) == ("调用过于频繁，每秒最多 10 次", 10)


@pytest.mark.parametrize(
    ("error", "language", "message"),
    [
        (
            errors.LivenessRefusedError(0.125, 0.3),
            "en",
            "the liveness control is not passed; stand before the camera yourself, in even light; a photo of a screen "
            "or of a print is not accepted",
        ),
        (
            errors.LivenessRefusedError(None, 0.3, "too_tight"),
            "zh",
            "未通过活体检测。请把镜头拿远一些：人脸周围画面太少，无法判断",
        ),
        (
            errors.SynthesisRefusedError(0.625, 0.5),
            "zh",
            "未通过合成图检测。请用相机重新拍摄，不要使用滤镜、美颜或修图",
        ),
        (
            errors.SynthesisRefusedError(None, 0.5, "too_blurred"),
            "en",
            "the synthesis control is not passed; hold still and wipe the lens: the face is too blurred to tell",
        ),
    ],
)
def test_refused_check_is_told_with_what_the_person_can_do(
    error: errors.LivenessRefusedError | errors.SynthesisRefusedError, language: Language, message: str
) -> None:
    answer = describe_error(error, language)
    assert (answer.message, answer.flaws, answer.limit) == (message, None, None)
    assert answer.check is not None
    told = (answer.check.score, answer.check.threshold, answer.check.non_response)
    assert told == (error.score, error.threshold, error.reason)


@pytest.mark.parametrize("problem", Problem)
def test_own_error_has_a_status_and_a_sentence_in_each_language(problem: Problem) -> None:
    english, chinese = (describe_problem(RequestError(problem, "probe.url", 7), language) for language in LANGUAGES)
    assert english.status == PROBLEM_STATUS[problem] in STATUSES
    assert (english.code, english.side, english.field, english.limit) == (problem.value, "probe", "probe.url", 7)
    assert CHINESE_TEXT.search(chinese.message) and not CHINESE_TEXT.search(english.message)


def test_no_sentence_is_left_over() -> None:
    assert set(MESSAGES) == {make(kind).code for kind in SERVED} | {problem.value for problem in Problem}
    assert all(set(sentences) == set(LANGUAGES) for sentences in MESSAGES.values())


def test_own_codes_are_none_of_the_domains() -> None:
    assert not {make(kind).code for kind in SERVED} & {problem.value for problem in Problem}


@pytest.mark.parametrize(
    "field",
    [
        *("fmr", "choice", "keep_tokens", "quality", "liveness", "synthesis", "landmarks"),
        *("condition", "reference_condition", "probe_condition"),
        *("probe.base64", "probe.url", "probe.face_token"),
    ],
)
def test_refused_value_comes_with_what_is_accepted(field: str) -> None:
    for language in LANGUAGES:
        expected = expectation(field, language)
        message = describe_problem(RequestError(Problem.INVALID_VALUE, field), language).message
        assert expected and message.endswith(expected)


def test_caller_is_told_when_to_come_again() -> None:
    assert describe_error(errors.RateLimitedError(11, 10)).headers == {"Retry-After": "1"}
    assert describe_error(errors.QueueFullError()).headers == {"Retry-After": "1"}
    assert describe_error(errors.DailyLimitError()).headers == {}
    assert describe_problem(RequestError(Problem.NOT_READY)).headers == {"Retry-After": "1"}
    assert describe_problem(RequestError(Problem.INVALID_KEY)).headers == {"WWW-Authenticate": 'Bearer realm="visavis"'}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hans", "zh"),
        ("en-US,en;q=0.9,zh;q=0.5", "en"),
        ("en;q=0.1, zh;q=0.2", "zh"),
        ("fr, de", "en"),
        ("fr, zh;q=0.1", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=x", "en"),
        ("zh;q=nan", "en"),
        ("*", "en"),
        (";;,=,q=1", "en"),
    ],
)
def test_language_is_the_preferred_one(header: str | None, language: str) -> None:
    assert choose_language(header) == language


def test_every_state_of_an_account_has_a_name_in_each_language() -> None:
    for state in AccountState:
        if state is not AccountState.ACTIVE:
            assert CHINESE_TEXT.search(state_name(state.value, "zh"))
            assert state_name(state.value, "en") == state.value.replace("_", " ")


def test_unknown_measure_is_named_loosely() -> None:
    assert measure_name("girth", "zh") == "大小"
    assert measure_name("girth", "en") == "girth"
