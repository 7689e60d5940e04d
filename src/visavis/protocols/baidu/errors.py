"""Baidu's error codes, and the one table from this package's errors to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from visavis import errors
from visavis.errors import (
    ImageTooLargeError,
    LivenessRefusedError,
    QualityRefusedError,
    Side,
    SynthesisRefusedError,
    VisavisError,
)
from visavis.protocols.base import Refusal, WireResponse
from visavis.service.quality import Flaw

CONTENT_TYPE = "application/json"


class Row(NamedTuple):
    """A code and its text, as on the wire."""

    code: int
    message: str

    @property
    def is_gateway(self) -> bool:
        """True for errors of the platform, False for those of the interface."""
        return self.code < 1000


UNKNOWN = Row(1, "Unknown error")
UNAVAILABLE = Row(2, "Service temporarily unavailable")
UNSUPPORTED_METHOD = Row(3, "Unsupported openapi method")
REQUEST_LIMIT = Row(4, "Open api request limit reached")
NO_PERMISSION = Row(6, "no permission to access data")
CERTIFICATION_FAILED = Row(14, "IAM Certification failed")
DAILY_LIMIT = Row(17, "Open api daily request limit reached")
QPS_LIMIT = Row(18, "Open api qps request limit reached")
TOTAL_LIMIT = Row(19, "Open api total request limit reached")
INVALID_PARAMETER = Row(100, "Invalid parameter")
TOKEN_INVALID = Row(110, "Access token invalid or no longer valid")
TOKEN_EXPIRED = Row(111, "Access token expired")

NOT_JSON = Row(222200, "request body should be json format")
NO_FACE = Row(222202, "pic not has face")
IMAGE_CHECK_FAIL = Row(222203, "image check fail")
IMAGE_DOWNLOAD_FAIL = Row(222204, "image download fail")
IMAGE_COUNT = Row(222208, "the number of image is incorrect")
FACE_TOKEN_UNKNOWN = Row(222209, "face token not exist")
GET_FACE_FAIL = Row(222301, "get face fail")
IMAGE_TOO_LARGE = Row(222304, "image size is too large")
SYSTEM_BUSY = Row(222915, "system busy")

FACE_COVERED = Row(223113, "face is covered")
NOT_FORWARD = Row(223129, "face not forward")
_OCCLUDED = {
    Flaw.LEFT_EYE: Row(223121, "left eye is occlusion"),
    Flaw.RIGHT_EYE: Row(223122, "right eye is occlusion"),
    Flaw.LEFT_CHEEK: Row(223123, "left cheek is occlusion"),
    Flaw.RIGHT_CHEEK: Row(223124, "right cheek is occlusion"),
    Flaw.CHIN_CONTOUR: Row(223125, "chin contour is occlusion"),
    Flaw.NOSE: Row(223126, "nose is occlusion"),
    Flaw.MOUTH: Row(223127, "mouth is occlusion"),
}
_OTHER_FLAWS = {
    Flaw.BLURRED: Row(223114, "face is fuzzy"),
    Flaw.TOO_DARK: Row(223115, "face light is not good"),
    Flaw.TOO_BRIGHT: Row(223115, "face light is not good"),
    Flaw.INCOMPLETE: Row(223116, "incomplete face"),
    Flaw.TURNED: NOT_FORWARD,
}

# The vendor names the first and the second picture; for those after them its words have no ordinal.
LIVENESS_FAIL: Mapping[Side | None, Row] = {
    "reference": Row(223120, "the first image liveness check fail"),
    "probe": Row(223120, "the second image liveness check fail"),
    None: Row(223120, "liveness check fail"),
}
SPOOFING_FAIL: Mapping[Side | None, Row] = {
    "reference": Row(223131, "the first image spoofing check fail"),
    "probe": Row(223131, "the second image spoofing check fail"),
    None: Row(223131, "spoofing check fail"),
}

_FORMAT_CODES = {
    "image": 222013,
    "image_type": 222015,
    "max_face_num": 222016,
    "face_field": 222017,
    "quality_control": 222019,
    "liveness_control": 222020,
    "face_type": 222024,
    "face_sort_type": 222039,
    "display_corp_image": 222043,
    "spoofing_control": 223130,
}

# A leaf without a row of its own takes that of its nearest base class; there is none for the root.
ROWS: dict[type[VisavisError], Row] = {
    errors.InputError: UNKNOWN,
    errors.ImageError: IMAGE_CHECK_FAIL,
    errors.ImageTooLargeError: IMAGE_TOO_LARGE,
    errors.ImageDownloadError: IMAGE_DOWNLOAD_FAIL,
    errors.ControlUnavailableError: UNAVAILABLE,
    errors.TemplateMismatchError: GET_FACE_FAIL,
    errors.AcquisitionError: NO_FACE,
    errors.QualityRefusedError: FACE_COVERED,
    errors.LivenessRefusedError: LIVENESS_FAIL[None],
    errors.SynthesisRefusedError: SPOOFING_FAIL[None],
    errors.NotFoundError: UNKNOWN,
    errors.FaceTokenNotFoundError: FACE_TOKEN_UNKNOWN,
    errors.MeasuresMissingError: GET_FACE_FAIL,
    errors.LicenceNotAcceptedError: UNKNOWN,
    errors.NotGrantedError: NO_PERMISSION,
    errors.AccountStateError: NO_PERMISSION,
    errors.RateLimitedError: QPS_LIMIT,
    errors.DailyLimitError: DAILY_LIMIT,
    errors.QuotaExhaustedError: TOTAL_LIMIT,
    errors.QueueFullError: REQUEST_LIMIT,
    errors.DeadlineExceededError: UNAVAILABLE,
    errors.EngineError: UNKNOWN,
    errors.StoreError: SYSTEM_BUSY,
    errors.BenchError: UNKNOWN,
}

REFUSALS: dict[Refusal, Row] = {
    Refusal.BODY_TOO_LARGE: IMAGE_TOO_LARGE,
    Refusal.BAD_REQUEST: INVALID_PARAMETER,
    Refusal.NOT_FOUND: UNSUPPORTED_METHOD,
    Refusal.STOPPING: UNAVAILABLE,
    Refusal.INTERNAL: UNKNOWN,
}

_DIMENSIONS = frozenset({"width", "height", "pixel count"})


class ApiError(Exception):
    """A request that is answered with `row`."""

    def __init__(self, row: Row) -> None:
        super().__init__(row.message)
        self.row = row


def format_error(field: str) -> ApiError:
    """A field has a value that it must not have."""
    return ApiError(Row(_FORMAT_CODES[field], f"param[{field}] format error"))


def missing_error(field: str) -> ApiError:
    """A required field is absent."""
    return ApiError(Row(222001, f"param[{field}] is null"))


def row_of(error: VisavisError) -> Row:
    """How Baidu calls an error. Only pictures with too many pixels are "too large": too many bytes fail the check."""
    if isinstance(error, QualityRefusedError):
        return _row_of_flaws([Flaw(flaw) for flaw in error.flaws])
    if isinstance(error, LivenessRefusedError):
        return LIVENESS_FAIL[error.side]
    if isinstance(error, SynthesisRefusedError):
        return SPOOFING_FAIL[error.side]
    if isinstance(error, ImageTooLargeError) and error.measure not in _DIMENSIONS:
        return IMAGE_CHECK_FAIL
    return next((ROWS[kind] for kind in type(error).__mro__ if kind in ROWS), UNKNOWN)


def _row_of_flaws(flaws: Sequence[Flaw]) -> Row:
    """There is one error for a part that is covered, one for several, and one for each other flaw: the first counts."""
    covered = [flaw for flaw in flaws if flaw in _OCCLUDED]
    if len(covered) > 1:
        return FACE_COVERED
    return _OCCLUDED[covered[0]] if covered else _OTHER_FLAWS[flaws[0]]


def error_response(row: Row, log_id: int, timestamp: int) -> WireResponse:
    """The body of an error: errors of the platform have no envelope."""
    body: dict[str, object] = {"error_code": row.code, "error_msg": row.message, "log_id": log_id}
    if not row.is_gateway:
        body |= {"timestamp": timestamp, "cached": 0, "result": None}
    return WireResponse(200, json.dumps(body).encode(), CONTENT_TYPE, error_code=str(row.code), request_id=str(log_id))
