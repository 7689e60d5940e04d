"""Typed clients of a visavis server.

    with Client("http://localhost:8000", key="vv_…") as client:
        result = client.compare(Path("passport.jpg"), Path("selfie.jpg"), fmr=1e-5)
        print(result.decision, result.fmr.value)

Pictures are bytes, a `Path` that is read here, or a `PictureUrl` that the server downloads. Network failures are
`httpx.TransportError`; every answer of the server that is not a success is an `ApiError`. Nothing is tried twice.
"""

from __future__ import annotations

import base64
import functools
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import anyio.to_thread
import httpx
from pydantic import TypeAdapter, ValidationError

from visavis.types import (
    BoundingBox,
    ComparisonDecision,
    DetectedFace,
    EngineIdentity,
    FaceChoice,
    FmrEstimate,
    Landmarks,
)

__all__ = [
    "ApiError",
    "AsyncClient",
    "CalibrationResult",
    "Client",
    "ComparedFace",
    "ComparisonResult",
    "DetectionResult",
    "FaceToken",
    "FmrThreshold",
    "ImageSize",
    "PictureUrl",
    "TimingsMs",
]

DEFAULT_TIMEOUT_S = 40.0
_Result = TypeVar("_Result")


class ApiError(Exception):
    """The server's answer is not a success.

    Attributes:
        status: HTTP status.
        code: stable name, e.g. `no_face`; `unexpected_answer` where the answer is none of visavis's.
        message: for people, in the client's language.
        side: `reference` or `probe`, where it is about one of them.
        field: dotted path of the request's field that it is about.
        limit: the limit that was not kept.
        request_id: to be told to who runs the server.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        side: str | None = None,
        field: str | None = None,
        limit: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.side = side
        self.field = field
        self.limit = limit
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class PictureUrl:
    """A picture that the server downloads."""

    url: str


@dataclass(frozen=True, slots=True)
class FaceToken:
    """A face of an earlier answer, at most an hour old."""

    token: str


Picture = bytes | Path | PictureUrl
Face = Picture | FaceToken


@dataclass(frozen=True, slots=True)
class ImageSize:
    """Of a picture as a person sees it, pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ComparedFace:
    """One side of a comparison; what is of a picture is None where the side was a face token.

    Attributes:
        box: of the chosen face, full-resolution pixels.
        landmarks: likewise.
        probability: the detector's confidence that it is a face, 0..1.
        image: size of the picture.
        face_count: how many faces the picture has.
        face_token: names the face for an hour; None where no token was asked for.
    """

    box: BoundingBox | None
    landmarks: Landmarks | None
    probability: float | None
    image: ImageSize | None
    face_count: int | None
    face_token: str | None


@dataclass(frozen=True, slots=True)
class TimingsMs:
    """Milliseconds on the server: by stage, and from the arrival of the request to its answer."""

    stages: dict[str, float]
    total: float


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """The outcome of a comparison.

    Attributes:
        request_id: names the request in the server's log.
        score: native similarity (cosine), -1..1, higher = more alike.
        fmr: how often two strangers score at least as high.
        decision: MATCH when score >= threshold.
        threshold: native score at which the false match rate is `decision_fmr`.
        decision_fmr: the requested false match rate.
        reference: the first side.
        probe: the second side.
        engine: what produced the score.
        calibration_id: which calibration says what the score means.
        timings_ms: how long it took.
    """

    request_id: str
    score: float
    fmr: FmrEstimate
    decision: ComparisonDecision
    threshold: float
    decision_fmr: float
    reference: ComparedFace
    probe: ComparedFace
    engine: EngineIdentity
    calibration_id: str
    timings_ms: TimingsMs

    @property
    def is_match(self) -> bool:
        """True when the decision is MATCH."""
        return self.decision is ComparisonDecision.MATCH


@dataclass(frozen=True, slots=True)
class DetectionResult:
    """The faces of a picture.

    Attributes:
        request_id: names the request in the server's log.
        faces: every face found, the chosen one first.
        image: size of the picture.
        face_token: names the chosen face for an hour; None where no token was asked for.
        engine: what found them.
        timings_ms: how long it took.
    """

    request_id: str
    faces: tuple[DetectedFace, ...]
    image: ImageSize
    face_token: str | None
    engine: EngineIdentity
    timings_ms: TimingsMs


@dataclass(frozen=True, slots=True)
class FmrThreshold:
    """The native score at a false match rate; None where the calibration does not reach so far."""

    fmr: float
    threshold: float | None


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """What scores mean on the server."""

    request_id: str
    calibration_id: str
    engine: EngineIdentity
    thresholds: tuple[FmrThreshold, ...]


@dataclass(frozen=True, slots=True)
class _ErrorDetail:
    code: str
    message: str
    side: str | None = None
    field: str | None = None
    limit: int | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class _ErrorAnswer:
    error: _ErrorDetail


@dataclass(frozen=True, slots=True)
class _Order:
    """A request that is ready to be sent."""

    path: str
    arguments: dict[str, Any] = field(repr=False)


_COMPARISON = TypeAdapter(ComparisonResult)
_DETECTION = TypeAdapter(DetectionResult)
_CALIBRATION = TypeAdapter(CalibrationResult)
_ERROR = TypeAdapter(_ErrorAnswer)


class Client:
    """Talks to one server; safe to share between threads. Close it, or use it as a context manager.

    Args:
        base_url: of the server, e.g. `http://localhost:8000`.
        key: the bearer key; None: only `calibration`, `is_live` and `is_ready` can be called.
        language: of error messages.
        timeout_s: for each step of a call: to connect, to send, to wait for the answer.
        transport: replaces the network, for tests and special proxies.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        language: Literal["en", "zh"] = "en",
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url, headers=_headers(key, language), timeout=timeout_s, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def compare(
        self,
        reference: Face,
        probe: Face,
        *,
        fmr: float = 1e-4,
        choice: FaceChoice = FaceChoice.LARGEST,
        keep_tokens: bool = False,
    ) -> ComparisonResult:
        """Compare two faces.

        Args:
            reference: first side.
            probe: second side.
            fmr: the false match rate to decide at, 0 < fmr < 1.
            choice: which of several faces of a picture is meant.
            keep_tokens: keep both faces for an hour, and say under which tokens.

        Raises:
            ApiError: the server refused.
            httpx.TransportError: there was no answer.
        """
        order = _compare_order(reference, probe, fmr, choice, keep_tokens)
        return _read(self._http.post(order.path, **order.arguments), _COMPARISON)

    def detect(
        self, picture: Picture, *, choice: FaceChoice = FaceChoice.LARGEST, keep_tokens: bool = False
    ) -> DetectionResult:
        """Find every face of a picture, the chosen one first.

        Raises:
            ApiError: the server refused.
            httpx.TransportError: there was no answer.
        """
        order = _detect_order(picture, choice, keep_tokens)
        return _read(self._http.post(order.path, **order.arguments), _DETECTION)

    def calibration(self) -> CalibrationResult:
        """What scores mean on the server."""
        return _read(self._http.get("v1/calibration"), _CALIBRATION)

    def is_live(self) -> bool:
        """Whether the server's process runs."""
        return _is_well(self._http.get("v1/health/live"))

    def is_ready(self) -> bool:
        """Whether the server can serve requests now."""
        return _is_well(self._http.get("v1/health/ready"))


class AsyncClient:
    """`Client` for asynchronous code: the same arguments, results and errors."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        language: Literal["en", "zh"] = "en",
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=_headers(key, language), timeout=timeout_s, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def compare(
        self,
        reference: Face,
        probe: Face,
        *,
        fmr: float = 1e-4,
        choice: FaceChoice = FaceChoice.LARGEST,
        keep_tokens: bool = False,
    ) -> ComparisonResult:
        """See `Client.compare`."""
        make = functools.partial(_compare_order, reference, probe, fmr, choice, keep_tokens)
        order = await anyio.to_thread.run_sync(make)
        return _read(await self._http.post(order.path, **order.arguments), _COMPARISON)

    async def detect(
        self, picture: Picture, *, choice: FaceChoice = FaceChoice.LARGEST, keep_tokens: bool = False
    ) -> DetectionResult:
        """See `Client.detect`."""
        order = await anyio.to_thread.run_sync(functools.partial(_detect_order, picture, choice, keep_tokens))
        return _read(await self._http.post(order.path, **order.arguments), _DETECTION)

    async def calibration(self) -> CalibrationResult:
        """See `Client.calibration`."""
        return _read(await self._http.get("v1/calibration"), _CALIBRATION)

    async def is_live(self) -> bool:
        """See `Client.is_live`."""
        return _is_well(await self._http.get("v1/health/live"))

    async def is_ready(self) -> bool:
        """See `Client.is_ready`."""
        return _is_well(await self._http.get("v1/health/ready"))


def _headers(key: str | None, language: str) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Language": language}
    return headers | ({"Authorization": f"Bearer {key}"} if key else {})


def _compare_order(reference: Face, probe: Face, fmr: float, choice: FaceChoice, keep_tokens: bool) -> _Order:
    return _order(
        "v1/compare",
        {"reference": reference, "probe": probe},
        {"fmr": fmr, "choice": choice.value, "keep_tokens": keep_tokens},
    )


def _detect_order(picture: Picture, choice: FaceChoice, keep_tokens: bool) -> _Order:
    return _order("v1/detect", {"picture": picture}, {"choice": choice.value, "keep_tokens": keep_tokens})


def _order(path: str, sides: dict[str, Face], parameters: dict[str, float | str | bool]) -> _Order:
    """A form with files where every side is at hand, as that is the smallest; otherwise JSON."""
    contents = {name: _content(side) for name, side in sides.items()}
    files = {name: (name, content) for name, content in contents.items() if isinstance(content, bytes)}
    if len(files) == len(sides):
        texts = {name: str(value).lower() for name, value in parameters.items()}
        return _Order(path, {"files": files, "data": texts})
    return _Order(path, {"json": {name: _document(content) for name, content in contents.items()} | parameters})


def _content(side: Face) -> bytes | PictureUrl | FaceToken:
    return side.read_bytes() if isinstance(side, Path) else side


def _document(content: bytes | PictureUrl | FaceToken) -> dict[str, str]:
    if isinstance(content, PictureUrl):
        return {"url": content.url}
    if isinstance(content, FaceToken):
        return {"face_token": content.token}
    return {"base64": base64.b64encode(content).decode("ascii")}


def _is_well(response: httpx.Response) -> bool:
    if response.status_code not in (200, 503):
        raise _error_of(response)
    return response.status_code == 200


def _read(response: httpx.Response, shape: TypeAdapter[_Result]) -> _Result:
    if response.status_code != 200:
        raise _error_of(response)
    try:
        return shape.validate_json(response.content)
    except ValidationError as error:
        raise _unexpected(response) from error


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
        request_id=it.request_id,
    )


def _unexpected(response: httpx.Response) -> ApiError:
    return ApiError(
        response.status_code,
        "unexpected_answer",
        f"the answer with HTTP status {response.status_code} is not one of a visavis server",
        request_id=response.headers.get("x-request-id"),
    )
