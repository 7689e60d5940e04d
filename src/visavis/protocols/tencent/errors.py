"""From errors to the vendor's codes and bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping

from visavis.errors import (
    AccountStateError,
    BenchError,
    CalibrationNotFoundError,
    ControlUnavailableError,
    DailyLimitError,
    DatasetError,
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
    OverloadedError,
    ParameterError,
    QualityRefusedError,
    QuotaExhaustedError,
    RateLimitedError,
    SettingsError,
    StoreError,
    SynthesisRefusedError,
    TemplateMismatchError,
    UrlError,
    UrlForbiddenError,
    VisavisError,
)
from visavis.protocols.tencent.catalogue import CATALOGUE
from visavis.service.accounts import AccountState

_MAX_NAME_LENGTH = 64


class Fault(Exception):
    """A request that is answered with an error.

    Attributes:
        code: a key of `CATALOGUE`.
        facts: fill in the `{…}` of its texts.
        chinese: a text instead of the catalogue's.
        english: likewise.
    """

    def __init__(
        self, code: str, facts: Mapping[str, object] | None = None, *, chinese: str | None = None, english: str = ""
    ) -> None:
        super().__init__(code)
        self.code = code
        self.facts = dict(facts or {})
        self.chinese = chinese
        self.english = english

    def message(self, is_chinese: bool) -> str:
        """The text in one of the two languages; business errors have but one."""
        if self.chinese is not None:
            return self.chinese if is_chinese else self.english
        row = CATALOGUE[self.code]
        template = row.chinese if is_chinese or row.english is None else row.english
        return template.format(**self.facts)


def named_fault(code: str, name: str) -> Fault:
    """A fault about something that the caller named, perhaps at great length or in odd characters."""
    shown = "".join(character if character.isprintable() else "?" for character in name[:_MAX_NAME_LENGTH])
    return Fault(code, {"name": shown})


CODES: Mapping[type[VisavisError], str] = {
    ImageEmptyError: "InvalidParameterValue.ImageEmpty",
    ImageFormatError: "FailedOperation.ImageDecodeFailed",
    ImageDecodeError: "FailedOperation.ImageDecodeFailed",
    ImageAnimatedError: "FailedOperation.ImageDecodeFailed",
    ImageEncodingError: "FailedOperation.ImageDecodeFailed",
    ImageTooLargeError: "FailedOperation.ImageResolutionExceed",
    ImageTooSmallError: "FailedOperation.ImageResolutionTooSmall",
    ImageDownloadError: "FailedOperation.ImageDownloadError",
    UrlError: "InvalidParameterValue.UrlIllegal",
    UrlForbiddenError: "FailedOperation.ImageDownloadError",
    ControlUnavailableError: "ServiceUnavailable",
    ParameterError: "InternalError",
    SettingsError: "InternalError",
    DatasetError: "InternalError",
    TemplateMismatchError: "InternalError",
    NoFaceError: "InvalidParameterValue.NoFaceInPhoto",
    FaceTooSmallError: "FailedOperation.FaceSizeTooSmall",
    QualityRefusedError: "FailedOperation.FaceQualityNotQualified",
    LivenessRefusedError: "InternalError",
    SynthesisRefusedError: "InternalError",
    ModelNotFoundError: "InternalError",
    CalibrationNotFoundError: "InternalError",
    FileMissingError: "InternalError",
    FaceTokenNotFoundError: "InternalError",
    MeasuresMissingError: "InternalError",
    LicenceNotAcceptedError: "InternalError",
    NotGrantedError: "AuthFailure.UnauthorizedOperation",
    AccountStateError: "ResourceUnavailable.UnknownStatus",
    RateLimitedError: "RequestLimitExceeded",
    DailyLimitError: "RequestLimitExceeded.UinLimitExceeded",
    QuotaExhaustedError: "ResourceUnavailable.InArrears",
    OverloadedError: "FailedOperation.RequestTimeout",
    EngineError: "FailedOperation.ServerError",
    StoreError: "InternalError",
    BenchError: "InternalError",
}
"""Error class → code; a class without a row has that of its nearest base class."""

STATE_CODES: Mapping[str, str] = {
    AccountState.IN_ARREARS: "ResourceUnavailable.InArrears",
    AccountState.FROZEN: "ResourceUnavailable.Freeze",
    AccountState.STOPPED: "ResourceUnavailable.StopUsing",
    AccountState.RECLAIMED: "ResourceUnavailable.Recover",
    AccountState.NOT_ACTIVATED: "ResourceUnavailable.NotExist",
    AccountState.DELIVERING: "ResourceUnavailable.Delivering",
    AccountState.UNKNOWN: "ResourceUnavailable.UnknownStatus",
    AccountState.BILLING_ABNORMAL: "ResourcesSoldOut.ChargeStatusException",
}
"""Which of the codes for `AccountStateError`."""


def fault_of(error: VisavisError) -> Fault:
    """How the vendor says it."""
    if isinstance(error, AccountStateError) and error.state in STATE_CODES:
        return Fault(STATE_CODES[error.state])
    if isinstance(error, ImageTooLargeError) and "byte" in error.measure:
        return Fault("FailedOperation.ImageSizeExceed")
    if isinstance(error, RateLimitedError):
        return Fault(CODES[RateLimitedError], {"count": error.count, "limit": error.limit})
    return Fault(next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), "InternalError"))


def error_body(fault: Fault, is_chinese: bool, request_id: str) -> bytes:
    """The body of an error; without a RequestId the vendor's kits would not read it."""
    error = {"Code": fault.code, "Message": fault.message(is_chinese)}
    document = {"Response": {"Error": error, "RequestId": request_id}}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
