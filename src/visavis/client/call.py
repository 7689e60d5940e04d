"""What both clients send and how they read the answer; how it gets to the server and back is theirs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from visavis.client.error import ApiError, RefusedCheck
from visavis.client.results import (
    AnalysisResult,
    CalibrationResult,
    ComparisonResult,
    DetectionResult,
    LivenessResult,
)
from visavis.client.subjects import Condition, Demand, Face, FaceToken, Picture, PictureUrl
from visavis.types import FaceChoice

DEFAULT_TIMEOUT_S = 40.0
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Call(Generic[_Result]):
    """One request and what its answer means.

    Attributes:
        method: of HTTP.
        path: below the server's address.
        read: the answer's meaning; raises ApiError.
        sides: pictures and tokens to be sent, by their names.
        parameters: what is sent besides.
    """

    method: str
    path: str
    read: Callable[[httpx.Response], _Result]
    sides: dict[str, Face] = field(default_factory=dict, repr=False)
    parameters: dict[str, float | str | bool] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Arguments of httpx for the body. Reads files, so it may block.

        A form with files where every side is at hand, as that is the smallest; otherwise JSON.
        """
        if not self.sides:
            return {}
        contents = {name: _content(side) for name, side in self.sides.items()}
        files = {name: (name, content) for name, content in contents.items() if isinstance(content, bytes)}
        if len(files) == len(self.sides):
            return {"files": files, "data": {name: str(value).lower() for name, value in self.parameters.items()}}
        return {"json": {name: _document(content) for name, content in contents.items()} | self.parameters}


@dataclass(frozen=True, slots=True)
class Reading:
    """How pictures are read.

    Attributes:
        choice: which of several faces is meant.
        keep_tokens: whether faces are kept for an hour.
        quality: what is demanded of them.
        liveness: how surely they have to be living people's.
        synthesis: how surely the photos must not be generated or edited.
        conditions: what kind of picture each is, by the name of its field.
    """

    choice: FaceChoice
    keep_tokens: bool
    quality: Demand
    liveness: Demand
    synthesis: Demand
    conditions: Mapping[str, Condition]

    def parameters(self) -> dict[str, float | str | bool]:
        """As they are sent; what is not asked for is not, as servers did not always know it."""
        demands = {"quality": self.quality, "liveness": self.liveness, "synthesis": self.synthesis}
        asked = {name: level for name, level in demands.items() if level != "none"}
        told = {name: condition for name, condition in self.conditions.items() if condition != "live"}
        return {"choice": self.choice.value, "keep_tokens": self.keep_tokens, **asked, **told}


def comparison_call(reference: Face, probe: Face, fmr: float, reading: Reading) -> Call[ComparisonResult]:
    """Compare reference and probe."""
    parameters = {"fmr": fmr, **reading.parameters()}
    return Call("POST", "v1/compare", _read_comparison, {"reference": reference, "probe": probe}, parameters)


def detection_call(picture: Picture, reading: Reading) -> Call[DetectionResult]:
    """Find every face of a picture."""
    return Call("POST", "v1/detect", _read_detection, {"picture": picture}, reading.parameters())


def analysis_call(picture: Picture, landmarks: bool, reading: Reading) -> Call[AnalysisResult]:
    """Measure the chosen face of a picture."""
    parameters = {"landmarks": landmarks, **reading.parameters()}
    return Call("POST", "v1/analyze", _read_analysis, {"picture": picture}, parameters)


def liveness_call(picture: Picture, reading: Reading) -> Call[LivenessResult]:
    """Check the chosen face of a picture for attacks."""
    return Call("POST", "v1/liveness", _read_liveness, {"picture": picture}, reading.parameters())


def make_headers(key: str | None, language: str) -> dict[str, str]:
    """Of every request."""
    headers = {"Accept": "application/json", "Accept-Language": language}
    return headers | ({"Authorization": f"Bearer {key}"} if key else {})


def _content(side: Face) -> bytes | PictureUrl | FaceToken:
    return side.read_bytes() if isinstance(side, Path) else side


def _document(content: bytes | PictureUrl | FaceToken) -> dict[str, str]:
    if isinstance(content, PictureUrl):
        return {"url": content.url}
    if isinstance(content, FaceToken):
        return {"face_token": content.token}
    return {"base64": base64.b64encode(content).decode("ascii")}


@dataclass(frozen=True, slots=True)
class _ErrorDetail:
    code: str
    message: str
    side: str | None = None
    field: str | None = None
    limit: int | None = None
    flaws: tuple[str, ...] | None = None
    check: RefusedCheck | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class _ErrorAnswer:
    error: _ErrorDetail


_ERROR = TypeAdapter(_ErrorAnswer)


def _reader(shape: TypeAdapter[_Result]) -> Callable[[httpx.Response], _Result]:
    def read(response: httpx.Response) -> _Result:
        if response.status_code != 200:
            raise _error_of(response)
        try:
            return shape.validate_json(response.content)
        except ValidationError as error:
            raise _unexpected(response) from error

    return read


def _is_well(response: httpx.Response) -> bool:
    if response.status_code not in (200, 503):
        raise _error_of(response)
    return response.status_code == 200


def _error_of(response: httpx.Response) -> ApiError:
    try:
        it = _ERROR.validate_json(response.content).error
    except ValidationError:
        return _unexpected(response)
    return ApiError(
        response.status_code,
        it.code,
        it.message,
        side=it.side,
        field=it.field,
        limit=it.limit,
        flaws=it.flaws or (),
        check=it.check,
        request_id=it.request_id,
    )


def _unexpected(response: httpx.Response) -> ApiError:
    return ApiError(
        response.status_code,
        "unexpected_answer",
        f"the answer with HTTP status {response.status_code} is not one of a visavis server",
        request_id=response.headers.get("x-request-id"),
    )


_read_comparison = _reader(TypeAdapter(ComparisonResult))
_read_detection = _reader(TypeAdapter(DetectionResult))
_read_analysis = _reader(TypeAdapter(AnalysisResult))
_read_liveness = _reader(TypeAdapter(LivenessResult))

CALIBRATION = Call("GET", "v1/calibration", _reader(TypeAdapter(CalibrationResult)))
LIVE = Call("GET", "v1/health/live", _is_well)
READY = Call("GET", "v1/health/ready", _is_well)
