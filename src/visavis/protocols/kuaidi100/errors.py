"""The table of errors: which `code` and words each becomes. The HTTP status is 200 for all."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

from visavis.errors import (
    AccountStateError,
    BenchError,
    CalibrationNotFoundError,
    ControlUnavailableError,
    DailyLimitError,
    DatasetError,
    DeadlineExceededError,
    EngineError,
    FaceTokenNotFoundError,
    FaceTooSmallError,
    FileMissingError,
    ImageAnimatedError,
    ImageDecodeError,
    ImageDownloadError,
    ImageEmptyError,
    ImageEncodingError,
    ImageFormatError,
    ImageTooLargeError,
    ImageTooSmallError,
    LicenceNotAcceptedError,
    LivenessRefusedError,
    MeasuresMissingError,
    ModelNotFoundError,
    NoFaceError,
    NotGrantedError,
    ParameterError,
    QualityRefusedError,
    QueueFullError,
    QuotaExhaustedError,
    RateLimitedError,
    SettingsError,
    Side,
    StoreError,
    SynthesisRefusedError,
    TemplateMismatchError,
    UrlError,
    UrlForbiddenError,
    VisavisError,
)
from visavis.presentation import NonResponse
from visavis.protocols.base import Refusal
from visavis.service.accounts import AccountState
from visavis.service.orders import Control
from visavis.service.quality import Flaw, advice
from visavis.service.remedy import remedy


class Code(enum.IntEnum):
    """Values of `code`."""

    SUCCESS = 200
    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    EXHAUSTED = 402
    NOT_FOUND = 404
    THROTTLED = 429
    INTERNAL = 500


class ApiError(Exception):
    """An answer other than success, in this API's own words."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code.value} {message}")
        self.code = code
        self.message = message


class Row(NamedTuple):
    """What an error becomes.

    Attributes:
        code: for programs.
        message: for people; `{error}` stands for the error's own words, `{advice}` for what the person can do.
        field: ending of the name of the form field that it is about, after `source` or `compare`.
    """

    code: Code
    message: str
    field: str = "Image"


_INTERNAL = Row(Code.INTERNAL, "internal error")
_BUSY = Row(Code.THROTTLED, "the server is busy")

TABLE: Mapping[type[VisavisError], Row] = {
    ImageEmptyError: Row(Code.BAD_REQUEST, "the picture is empty"),
    ImageFormatError: Row(Code.BAD_REQUEST, "not a PNG, JPEG or BMP picture"),
    ImageDecodeError: Row(Code.BAD_REQUEST, "the picture is damaged"),
    ImageAnimatedError: Row(Code.BAD_REQUEST, "the picture has more than one frame"),
    ImageTooLargeError: Row(Code.BAD_REQUEST, "{error}"),
    ImageTooSmallError: Row(Code.BAD_REQUEST, "{error}"),
    ImageEncodingError: Row(Code.BAD_REQUEST, "not valid base64"),
    ImageDownloadError: Row(Code.BAD_REQUEST, "the picture cannot be downloaded"),
    UrlError: Row(Code.BAD_REQUEST, "not an http or https URL"),
    UrlForbiddenError: Row(Code.BAD_REQUEST, "this URL is not allowed"),
    ControlUnavailableError: Row(Code.INTERNAL, "{error}", "LiveControl"),
    ParameterError: Row(Code.BAD_REQUEST, "a parameter is out of its range"),
    SettingsError: _INTERNAL,
    DatasetError: _INTERNAL,
    TemplateMismatchError: Row(Code.BAD_REQUEST, "the face token is out of date; send the picture again"),
    NoFaceError: Row(Code.BAD_REQUEST, "no face"),
    FaceTooSmallError: Row(Code.BAD_REQUEST, "{error}"),
    QualityRefusedError: Row(Code.BAD_REQUEST, "{advice}"),
    LivenessRefusedError: Row(Code.BAD_REQUEST, "does not pass the live control: {advice}"),
    SynthesisRefusedError: Row(Code.BAD_REQUEST, "the face may be generated or manipulated"),
    ModelNotFoundError: _INTERNAL,
    CalibrationNotFoundError: _INTERNAL,
    FileMissingError: _INTERNAL,
    FaceTokenNotFoundError: Row(Code.BAD_REQUEST, "the face token is unknown or has expired"),
    MeasuresMissingError: Row(Code.BAD_REQUEST, "the face token bears no measures; send the picture again"),
    LicenceNotAcceptedError: _INTERNAL,
    NotGrantedError: Row(Code.NOT_FOUND, "secret_code: not granted to this account"),
    AccountStateError: Row(Code.UNAUTHORIZED, "{error}"),
    RateLimitedError: Row(Code.THROTTLED, "too many calls in a second"),
    DailyLimitError: Row(Code.THROTTLED, "too many calls today"),
    QuotaExhaustedError: Row(Code.EXHAUSTED, "no calls are left"),
    QueueFullError: _BUSY,
    DeadlineExceededError: _BUSY,
    EngineError: _INTERNAL,
    StoreError: _INTERNAL,
    BenchError: _INTERNAL,
}

REFUSALS: Mapping[Refusal, Row] = {
    Refusal.BODY_TOO_LARGE: Row(Code.BAD_REQUEST, "the request is larger than 10 MB"),
    Refusal.BAD_REQUEST: Row(Code.BAD_REQUEST, "the request cannot be read"),
    Refusal.NOT_FOUND: Row(Code.NOT_FOUND, "no such path"),
    Refusal.STOPPING: Row(Code.INTERNAL, "the server is stopping"),
    Refusal.INTERNAL: _INTERNAL,
}

_PREFIXES: Mapping[Side, str] = {"reference": "source", "probe": "compare"}


def translate_error(error: VisavisError) -> ApiError:
    """The error in this API's words; where it is about one picture, the message begins with the form field's name."""
    row = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), _INTERNAL)
    code = row.code
    if isinstance(error, AccountStateError) and error.state == AccountState.IN_ARREARS:
        code = Code.EXHAUSTED
    message = row.message.format(error=error, advice=_advice(error))
    if error.side is not None and row is not _INTERNAL:
        message = f"{_PREFIXES[error.side]}{row.field}: {message}"
    return ApiError(code, message)


def _advice(error: VisavisError) -> str:
    """Scores are not told: whoever tries pictures out would learn from them."""
    if isinstance(error, LivenessRefusedError):
        return remedy(Control.LIVENESS, NonResponse(error.reason) if error.reason else None, "en")
    flaws = error.flaws if isinstance(error, QualityRefusedError) else ()
    return "; ".join(advice(Flaw(flaw), "en") for flaw in flaws)
