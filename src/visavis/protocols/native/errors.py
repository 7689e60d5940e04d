"""What can go wrong, as the API says it: one table, one envelope."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from visavis import errors
from visavis.errors import Side, VisavisError
from visavis.presentation import NonResponse
from visavis.protocols.native.answers import RefusedCheck
from visavis.protocols.native.messages import (
    ENGLISH,
    MESSAGES,
    Language,
    control_name,
    expectation,
    join_advice,
    measure_name,
    state_name,
)
from visavis.service.orders import Control
from visavis.service.remedy import remedy

INTERNAL_CODE = "internal"


class Problem(enum.StrEnum):
    """What is wrong with a request before the use cases see it; the value is the code in the envelope."""

    MISSING_KEY = "missing_key"
    INVALID_KEY = "invalid_key"
    KEY_DISABLED = "key_disabled"
    BODY_INCOMPLETE = "body_incomplete"
    BODY_TOO_LARGE = "body_too_large"
    MEDIA_TYPE = "unsupported_media_type"
    ENCODING = "unsupported_encoding"
    MALFORMED_JSON = "malformed_json"
    MALFORMED_MULTIPART = "malformed_multipart"
    TOO_MANY_PARTS = "too_many_parts"
    PART_HEADER_TOO_LARGE = "part_header_too_large"
    VALUE_TOO_LONG = "value_too_long"
    DUPLICATE_FIELD = "duplicate_field"
    MISSING_FIELD = "missing_field"
    UNKNOWN_FIELD = "unknown_field"
    INVALID_VALUE = "invalid_value"
    ONE_SOURCE = "one_source_needed"
    NOT_FOUND = "not_found"
    METHOD = "method_not_allowed"
    BAD_REQUEST = "bad_request"
    NOT_READY = "not_ready"
    STOPPING = "stopping"
    INTERNAL = INTERNAL_CODE


class RequestError(Exception):
    """A request that is refused by the API itself.

    Attributes:
        problem: what is wrong.
        field: dotted path of the field it is about.
        limit: what was exceeded.
    """

    def __init__(self, problem: Problem, field: str | None = None, limit: int | None = None) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.field = field
        self.limit = limit


PROBLEM_STATUS: dict[Problem, int] = {
    Problem.MISSING_KEY: 401,
    Problem.INVALID_KEY: 401,
    Problem.KEY_DISABLED: 401,
    Problem.BODY_INCOMPLETE: 400,
    Problem.BODY_TOO_LARGE: 413,
    Problem.MEDIA_TYPE: 415,
    Problem.ENCODING: 415,
    Problem.MALFORMED_JSON: 400,
    Problem.MALFORMED_MULTIPART: 400,
    Problem.TOO_MANY_PARTS: 413,
    Problem.PART_HEADER_TOO_LARGE: 413,
    Problem.VALUE_TOO_LONG: 413,
    Problem.DUPLICATE_FIELD: 422,
    Problem.MISSING_FIELD: 422,
    Problem.UNKNOWN_FIELD: 422,
    Problem.INVALID_VALUE: 422,
    Problem.ONE_SOURCE: 422,
    Problem.NOT_FOUND: 404,
    Problem.METHOD: 405,
    Problem.BAD_REQUEST: 400,
    Problem.NOT_READY: 503,
    Problem.STOPPING: 503,
    Problem.INTERNAL: 500,
}

STATUS: dict[type[VisavisError], int] = {
    errors.ImageEmptyError: 400,
    errors.ImageFormatError: 415,
    errors.ImageDecodeError: 422,
    errors.ImageAnimatedError: 422,
    errors.ImageTooLargeError: 413,
    errors.ImageTooSmallError: 422,
    errors.ImageEncodingError: 400,
    errors.ImageDownloadError: 422,
    errors.UrlError: 400,
    errors.UrlForbiddenError: 403,
    errors.ControlUnavailableError: 422,
    errors.ParameterError: 422,
    errors.TemplateMismatchError: 422,
    errors.NoFaceError: 422,
    errors.FaceTooSmallError: 422,
    errors.QualityRefusedError: 422,
    errors.LivenessRefusedError: 422,
    errors.SynthesisRefusedError: 422,
    errors.FaceTokenNotFoundError: 404,
    # The token exists; it is the demand that it cannot meet.
    errors.MeasuresMissingError: 422,
    errors.NotGrantedError: 403,
    errors.AccountStateError: 403,
    errors.RateLimitedError: 429,
    errors.DailyLimitError: 429,
    errors.QuotaExhaustedError: 403,
    errors.QueueFullError: 503,
    errors.DeadlineExceededError: 503,
    # The rest is no business of callers: the server is not set up well, and its log says how.
    errors.SettingsError: 500,
    errors.DatasetError: 500,
    errors.ModelNotFoundError: 500,
    errors.CalibrationNotFoundError: 500,
    errors.FileMissingError: 500,
    errors.LicenceNotAcceptedError: 500,
    errors.EngineError: 500,
    errors.StoreError: 500,
    errors.BenchError: 500,
}
"""Error class → HTTP status; a class without a row of its own has that of its nearest base class."""

UNSENT: dict[str, str] = {
    "parameter": "parameters are checked before the use cases see them: invalid_value",
}
"""Codes that could be answered with, but never are, and why not."""

_SIDES: dict[str, Side] = {"reference": "reference", "probe": "probe"}
_COLON: dict[Language, str] = {"en": ": ", "zh": "："}
_RETRY_AFTER_S = {429: "1", 503: "1"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An error as it is sent.

    Attributes:
        status: HTTP status.
        code: stable, for programs.
        message: for people, in the caller's language.
        side: `reference` or `probe`, where it is about one of them.
        field: dotted path of the field it is about.
        limit: what was exceeded, or not reached.
        headers: that go with it.
        flaws: what is wrong with the face, where its quality was refused.
        check: what refused it, where liveness or synthesis control did.
    """

    status: int
    code: str
    message: str
    side: Side | None
    field: str | None
    limit: int | None
    headers: dict[str, str]
    flaws: tuple[str, ...] | None = None
    check: RefusedCheck | None = None


def status_of(kind: type[VisavisError]) -> int:
    """The table's row for a class of the tree; 500 for one that nobody has given a row."""
    return next((STATUS[base] for base in kind.__mro__ if base in STATUS), 500)


def describe_error(error: VisavisError, language: Language = ENGLISH) -> Answer:
    """An error of the domain; those that are the server's own fault show nothing of themselves."""
    status = status_of(type(error))
    if status == 500:
        return describe_problem(RequestError(Problem.INTERNAL), language)
    flaws = error.flaws if isinstance(error, errors.QualityRefusedError) else None
    check = _check_of(error)
    facts: dict[str, str] = {
        "measure": measure_name(str(getattr(error, "measure", "")), language),
        "actual": _number(getattr(error, "actual", 0)),
        "limit": _number(_limit(error) or 0),
        "side_px": _number(getattr(error, "side_px", 0)),
        "state": state_name(str(getattr(error, "state", "")), language),
        "control": control_name(str(getattr(error, "control", "")), language),
        "advice": _advice(error, language),
    }
    message = MESSAGES[error.code][language].format_map(facts)
    headers = {"Retry-After": _RETRY_AFTER_S[status]} if _is_worth_retrying(error) else {}
    return Answer(status, error.code, message, error.side, error.side, _limit(error), headers, flaws, check)


def describe_problem(error: RequestError, language: Language = ENGLISH) -> Answer:
    """An error of the API itself."""
    problem, status = error.problem, PROBLEM_STATUS[error.problem]
    message = MESSAGES[problem.value][language].format(field=error.field or "", limit=_number(error.limit or 0))
    expected = expectation(error.field or "", language) if problem is Problem.INVALID_VALUE else None
    message = f"{message}{_COLON[language]}{expected}" if expected else message
    headers = {"WWW-Authenticate": 'Bearer realm="visavis"'} if status == 401 else {}
    if status in _RETRY_AFTER_S:
        headers["Retry-After"] = _RETRY_AFTER_S[status]
    return Answer(status, problem.value, message, side_of(error.field), error.field, error.limit, headers)


def _check_of(error: VisavisError) -> RefusedCheck | None:
    if not isinstance(error, errors.LivenessRefusedError | errors.SynthesisRefusedError):
        return None
    reason = NonResponse(error.reason) if error.reason else None
    return RefusedCheck(score=error.score, threshold=error.threshold, non_response=reason)


def _advice(error: VisavisError, language: Language) -> str:
    if isinstance(error, errors.QualityRefusedError):
        return join_advice(error.flaws, language)
    check = _check_of(error)
    if check is None:
        return ""
    control = Control.LIVENESS if isinstance(error, errors.LivenessRefusedError) else Control.SYNTHESIS
    return remedy(control, check.non_response, language)


def _is_worth_retrying(error: VisavisError) -> bool:
    return isinstance(error, errors.RateLimitedError | errors.OverloadedError)


def _limit(error: VisavisError) -> int | None:
    limit = getattr(error, "limit", getattr(error, "limit_px", None))
    return int(limit) if limit is not None else None


def side_of(field: str | None) -> Side | None:
    """The side that a dotted path begins with."""
    return _SIDES.get((field or "").partition(".")[0])


def _number(value: float) -> str:
    return f"{value:,.0f}"
