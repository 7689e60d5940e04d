"""Everything that visavis raises on purpose.

    VisavisError
    ├── InputError                    the caller's input cannot be used
    │   ├── ImageError                  a picture
    │   │   ├── ImageEmptyError           no bytes
    │   │   ├── ImageFormatError          not a picture of an accepted format (or content that is disguised as one)
    │   │   ├── ImageDecodeError          right format, but truncated or corrupt
    │   │   ├── ImageAnimatedError        more than one frame
    │   │   ├── ImageTooLargeError        bytes, pixels or a side above the limit
    │   │   ├── ImageTooSmallError        a side below the limit
    │   │   ├── ImageEncodingError        text that is not base64
    │   │   └── ImageDownloadError        a URL that gave no picture
    │   │       ├── UrlError                one that is malformed, or of another scheme than http and https
    │   │       └── UrlForbiddenError       one that leads where this server must not go
    │   ├── ControlUnavailableError     a check of the picture that this server cannot make
    │   ├── ParameterError              an argument out of its range
    │   ├── SettingsError               a `VISAVIS_*` setting that is not valid
    │   ├── DatasetError                a data set that does not have the stated layout
    │   └── TemplateMismatchError       templates of different models
    ├── AcquisitionError              the picture is fine, but gives no usable face
    │   ├── NoFaceError
    │   ├── FaceTooSmallError
    │   ├── QualityRefusedError         the face does not pass the quality control that was asked for
    │   ├── LivenessRefusedError        nor the control for a living person
    │   └── SynthesisRefusedError       nor the control for generated and manipulated faces
    ├── NotFoundError
    │   ├── ModelNotFoundError          no model of that name, or it has not been pulled
    │   ├── CalibrationNotFoundError    no calibration for this model, precision and profile
    │   ├── FileMissingError            a path that the caller named does not exist or cannot be read
    │   ├── FaceTokenNotFoundError      no such face token under this account, or it has expired
    │   └── MeasuresMissingError        nothing was measured of a face that a token names
    ├── AccessError
    │   ├── LicenceNotAcceptedError     a research-only model without the user's consent
    │   ├── NotGrantedError             the account may not call this interface
    │   ├── AccountStateError           the account is not active; `state` says what it is
    │   ├── RateLimitedError            too many calls in a second
    │   ├── DailyLimitError             too many calls today
    │   └── QuotaExhaustedError         all calls that the account has are used up, or have expired
    ├── OverloadedError               the server is busy
    │   ├── QueueFullError              no place in the queue
    │   └── DeadlineExceededError       the answer would have come too late
    ├── EngineError
    │   ├── ModelIntegrityError         a file whose SHA-256 is not the expected one
    │   ├── ModelPullError              pip could not fetch a model
    │   ├── ModelFormatError            a model file or manifest that cannot be used
    │   ├── CalibrationFormatError      a file that is not a calibration, or whose curve is not monotone
    │   ├── ModelStoreError             the folder of models cannot be read or written
    │   └── RuntimeUnavailableError     the asked-for runtime or precision is not available here
    ├── StoreError                    the store cannot be read or written, or is of another version
    │   └── SecretKeyError              the server's secret key is missing or does not fit the store
    └── BenchError                    a benchmark peer could not be installed or run

Errors carry facts as attributes (sizes, limits, which side), never an HTTP status. `side` is `reference` or `probe`
once the picture's role in a comparison is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Side = Literal["reference", "probe"]


class VisavisError(Exception):
    """Root of the tree. `code`, the class name without `Error` in snake case, stays the same in all versions."""

    side: Side | None = None

    @property
    def code(self) -> str:
        """Stable machine-readable name, e.g. `no_face`."""
        name = type(self).__name__.removesuffix("Error")
        return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


@contextmanager
def naming_side(side: Side | None) -> Iterator[None]:
    """Errors that leave it say which side of a comparison they are about, unless they do already."""
    try:
        yield
    except VisavisError as error:
        error.side = error.side or side
        raise


class InputError(VisavisError):
    """The caller's input cannot be used."""


class ImageError(InputError):
    """A picture cannot be used."""


class ImageEmptyError(ImageError):
    """The picture has no bytes."""


class ImageFormatError(ImageError):
    """Not a picture of an accepted format."""


class ImageDecodeError(ImageError):
    """A picture that is truncated or corrupt."""


class ImageAnimatedError(ImageError):
    """A picture with more than one frame."""


class _LimitError(ImageError):
    """A measure of the picture is outside its limit."""

    def __init__(self, measure: str, actual: int, limit: int, relation: str) -> None:
        super().__init__(f"the picture's {measure} is {actual:,}; {relation} {limit:,}")
        self.measure = measure
        self.actual = actual
        self.limit = limit

    def __reduce__(self) -> tuple[type[_LimitError], tuple[str, int, int], dict[str, object]]:
        return type(self), (self.measure, self.actual, self.limit), vars(self)


class ImageTooLargeError(_LimitError):
    """Too many bytes, too many pixels, or a side too long. `measure` says which."""

    def __init__(self, measure: str, actual: int, limit: int) -> None:
        super().__init__(measure, actual, limit, "at most")


class ImageTooSmallError(_LimitError):
    """A side too short."""

    def __init__(self, measure: str, actual: int, limit: int) -> None:
        super().__init__(measure, actual, limit, "at least")


class ImageEncodingError(ImageError):
    """Text that is not base64."""


class ImageDownloadError(ImageError):
    """A URL that gave no picture."""


class UrlError(ImageDownloadError):
    """A URL that is malformed, or of another scheme than http and https."""


class UrlForbiddenError(ImageDownloadError):
    """A URL that leads where this server must not go."""


class ControlUnavailableError(InputError):
    """A check of the picture was asked for that this server cannot make; `control` names it."""

    def __init__(self, control: str) -> None:
        super().__init__(f"{control} is not available on this server")
        self.control = control

    def __reduce__(self) -> tuple[type[ControlUnavailableError], tuple[str], dict[str, object]]:
        return type(self), (self.control,), vars(self)


class ParameterError(InputError):
    """An argument is out of its range; the message names it."""


class SettingsError(InputError):
    """A `VISAVIS_*` setting is not valid; the message names it."""


class DatasetError(InputError):
    """A data set does not have the stated layout."""


class TemplateMismatchError(InputError):
    """Templates of different models cannot be compared."""


class AcquisitionError(VisavisError):
    """The picture gives no usable face."""


class NoFaceError(AcquisitionError):
    """No face was found."""


class FaceTooSmallError(AcquisitionError):
    """The chosen face has too few pixels to be compared: `side_px`, where at least `limit_px` are needed."""

    def __init__(self, side_px: float, limit_px: int) -> None:
        super().__init__(f"the face is {side_px:.0f} pixels wide; at least {limit_px} are needed")
        self.side_px = side_px
        self.limit_px = limit_px

    def __reduce__(self) -> tuple[type[FaceTooSmallError], tuple[float, int], dict[str, object]]:
        return type(self), (self.side_px, self.limit_px), vars(self)


class QualityRefusedError(AcquisitionError):
    """The face does not pass the quality control that was asked for; `flaws` are values of `service.quality.Flaw`."""

    def __init__(self, flaws: tuple[str, ...]) -> None:
        super().__init__(f"the face does not pass quality control: {', '.join(flaws)}")
        self.flaws = flaws

    def __reduce__(self) -> tuple[type[QualityRefusedError], tuple[tuple[str, ...]], dict[str, object]]:
        return type(self), (self.flaws,), vars(self)


class _CheckRefusedError(AcquisitionError):
    """A score on the wrong side of its threshold, or no score where one was demanded."""

    def __init__(self, score: float | None, threshold: float, reason: str | None = None) -> None:
        found = f"it scores {score:.4f}, the threshold is {threshold}" if reason is None else f"cannot tell: {reason}"
        super().__init__(f"the face does not pass the {self._control}: {found}")
        self.score = score
        self.threshold = threshold
        self.reason = reason

    _control = "control"

    def __reduce__(
        self,
    ) -> tuple[type[_CheckRefusedError], tuple[float | None, float, str | None], dict[str, object]]:
        return type(self), (self.score, self.threshold, self.reason), vars(self)


class LivenessRefusedError(_CheckRefusedError):
    """Not surely a living person: `score` is below `threshold`, or None for `reason`, a `presentation.NonResponse`."""

    _control = "liveness control"


class SynthesisRefusedError(_CheckRefusedError):
    """Perhaps generated or manipulated: `score` is above `threshold`, or None for `reason`, as above."""

    _control = "synthesis control"


class NotFoundError(VisavisError):
    """Something that was named does not exist."""


class ModelNotFoundError(NotFoundError):
    """No model of that name, or it has not been pulled."""


class CalibrationNotFoundError(NotFoundError):
    """No calibration for this model, precision and profile."""


class FileMissingError(NotFoundError):
    """A path that the caller named does not exist or cannot be read."""


class FaceTokenNotFoundError(NotFoundError):
    """No such face token under this account, or it has expired."""


class MeasuresMissingError(NotFoundError):
    """Nothing was measured of a face that a token names, so that no control can be made of it."""


class AccessError(VisavisError):
    """Not allowed."""


class NotGrantedError(AccessError):
    """The account may not call this interface."""


class AccountStateError(AccessError):
    """The account is not active; `state` is the value of its `AccountState`."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the account is {state.replace('_', ' ')}")
        self.state = state

    def __reduce__(self) -> tuple[type[AccountStateError], tuple[str], dict[str, object]]:
        return type(self), (self.state,), vars(self)


class RateLimitedError(AccessError):
    """More calls in a second than the account may make: `limit`; this one was the `count`-th."""

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"{count} calls in a second; at most {limit}")
        self.count = count
        self.limit = limit

    def __reduce__(self) -> tuple[type[RateLimitedError], tuple[int, int], dict[str, object]]:
        return type(self), (self.count, self.limit), vars(self)


class DailyLimitError(AccessError):
    """More calls today than the account may make."""


class QuotaExhaustedError(AccessError):
    """All calls that the account has are used up, or have expired."""


class LicenceNotAcceptedError(AccessError):
    """A research-only model without the user's consent."""


class OverloadedError(VisavisError):
    """The server is busy."""


class QueueFullError(OverloadedError):
    """No place in the queue."""


class DeadlineExceededError(OverloadedError):
    """The answer would have come too late for the caller."""


class StoreError(VisavisError):
    """The store cannot be read or written, or is of another version."""


class SecretKeyError(StoreError):
    """The server's secret key is missing, or is not the one that the store was written with."""


class EngineError(VisavisError):
    """The engine cannot do its work."""


class ModelIntegrityError(EngineError):
    """A file's SHA-256 is not the expected one."""


class ModelPullError(EngineError):
    """pip could not fetch a model."""


class ModelFormatError(EngineError):
    """A model file or manifest cannot be used."""


class ModelStoreError(EngineError):
    """The folder of models cannot be read or written."""


class CalibrationFormatError(EngineError):
    """A file is not a calibration, or its curve is not monotone."""


class RuntimeUnavailableError(EngineError):
    """The asked-for runtime or precision is not available on this machine."""


class BenchError(VisavisError):
    """A benchmark peer could not be installed or run."""
