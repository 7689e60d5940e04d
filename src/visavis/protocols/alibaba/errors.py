"""What can go wrong, in Alibaba Cloud's words: gateway errors with an HTTP status, business errors inside a 200."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.errors import (
    AccountStateError,
    AcquisitionError,
    BenchError,
    ControlUnavailableError,
    DailyLimitError,
    DatasetError,
    EngineError,
    ImageDownloadError,
    ImageError,
    ImageTooLargeError,
    LicenceNotAcceptedError,
    LivenessRefusedError,
    NotFoundError,
    NotGrantedError,
    OverloadedError,
    ParameterError,
    QuotaExhaustedError,
    RateLimitedError,
    SettingsError,
    StoreError,
    SynthesisRefusedError,
    TemplateMismatchError,
    VisavisError,
)
from visavis.protocols.base import Refusal


@dataclass(frozen=True, slots=True)
class Fault:
    """How a call fails.

    Attributes:
        status: HTTP status; 200 for a business error.
        code: `Code` of the body.
        message: `Message` of the body; of a business error, its name.
    """

    status: int
    code: str
    message: str

    @property
    def is_business(self) -> bool:
        """The gateway let the call through; it failed behind it."""
        return self.status == 200

    @property
    def name(self) -> str:
        """What tells it from others; the `Code` of business errors does not."""
        return self.message if self.is_business else self.code

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """A kit takes any error with this header for throttling, so nothing else may have it."""
        return (("x-acs-retry-after", "1"),) if self.code.startswith("Throttling") else ()


class FaultError(Exception):
    """A call that this adapter itself refuses."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


def missing(name: str) -> FaultError:
    """A common parameter is absent."""
    return FaultError(Fault(400, f"Missing{name}", f"{name} is mandatory for this action."))


def missing_header(name: str) -> FaultError:
    """A header is absent."""
    message = f'The input parameter "{name}" that is mandatory for processing this request is not supplied.'
    return FaultError(Fault(400, "MissingParameter", message))


def invalid(name: str) -> FaultError:
    """A common parameter has a value that it cannot have."""
    return FaultError(Fault(400, f"Invalid{name}", f"Specified parameter {name} is not valid."))


def signature_mismatch(string_to_sign: str) -> FaultError:
    """The classic Python kit reads what stands behind the colon, and compares it with what it signed itself."""
    message = "Specified signature is not matched with our calculation. server string to sign is:" + string_to_sign
    return FaultError(Fault(400, "SignatureDoesNotMatch", message))


BODY_TOO_LARGE = Fault(413, "RequestBodyTooLarge", "The request body exceeds the limit of 8 MB.")
UNKNOWN_ACTION = Fault(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
WRONG_METHOD = Fault(400, "UnsupportedHTTPMethod", "This http method is not supported.")
UNKNOWN_KEY = Fault(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
DISABLED_KEY = Fault(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
UNKNOWN_TOKEN = Fault(400, "InvalidSecurityToken.NotFound", "Specified SecurityToken is not found.")
BAD_TIME = Fault(400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
OLD_TIME = Fault(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
USED_NONCE = Fault(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
UNKNOWN_METHOD = Fault(400, "InvalidSignatureMethod", "Specified signature method is not valid.")
BAD_AUTHORIZATION = Fault(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
BAD_FORMAT = Fault(400, "InvalidParameter.Format", "Specified parameter format is not valid.")
NOT_GRANTED = Fault(
    403, "Forbidden.RAM", "User not authorized to operate on the specified resource, or this API doesn't support RAM."
)
BAD_ACCOUNT = Fault(403, "Forbidden.AccountState", "The state of your account does not allow this call.")
NO_CALLS_LEFT = Fault(403, "Forbidden.PackageExhausted", "Your resource package is used up or has expired.")
THROTTLED = Fault(400, "Throttling.User", "Request was denied due to user flow control.")
FAILED = Fault(500, "InternalError", "The request processing has failed due to some unknown error.")
BUSY = Fault(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")

INVALID_PARAMETER = Fault(200, "400", "Error.InvalidParameter")
MISSING_IMAGE = Fault(200, "400", "Error.MissingImage")
INVALID_IMAGE = Fault(200, "400", "Error.InvalidImage")
IMAGE_TOO_LARGE = Fault(200, "400", "Error.ImageTooLarge")
DOWNLOAD_FAILED = Fault(200, "400", "Error.ImageDownloadFailed")
NO_FACE = Fault(200, "400", "Error.NoFaceDetected")
INTERNAL_ERROR = Fault(200, "500", "Error.InternalError")

FAULTS: dict[type[VisavisError], Fault] = {
    ImageError: INVALID_IMAGE,
    ImageTooLargeError: IMAGE_TOO_LARGE,
    ImageDownloadError: DOWNLOAD_FAILED,
    ControlUnavailableError: BUSY,
    ParameterError: INVALID_PARAMETER,
    SettingsError: INTERNAL_ERROR,
    DatasetError: INTERNAL_ERROR,
    TemplateMismatchError: INTERNAL_ERROR,
    AcquisitionError: NO_FACE,
    LivenessRefusedError: INTERNAL_ERROR,
    SynthesisRefusedError: INTERNAL_ERROR,
    NotFoundError: INTERNAL_ERROR,
    NotGrantedError: NOT_GRANTED,
    AccountStateError: BAD_ACCOUNT,
    RateLimitedError: THROTTLED,
    DailyLimitError: THROTTLED,
    QuotaExhaustedError: NO_CALLS_LEFT,
    LicenceNotAcceptedError: INTERNAL_ERROR,
    OverloadedError: BUSY,
    EngineError: INTERNAL_ERROR,
    StoreError: FAILED,
    BenchError: INTERNAL_ERROR,
}

REFUSALS: dict[Refusal, Fault] = {
    Refusal.BODY_TOO_LARGE: BODY_TOO_LARGE,
    Refusal.BAD_REQUEST: BAD_FORMAT,
    Refusal.NOT_FOUND: UNKNOWN_ACTION,
    Refusal.STOPPING: BUSY,
    Refusal.INTERNAL: FAILED,
}


def find_fault(error: VisavisError) -> Fault:
    """The row of the error's class, or of the nearest class above it that has one."""
    return next(FAULTS[kind] for kind in type(error).__mro__ if kind in FAULTS)
