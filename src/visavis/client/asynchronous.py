"""The client for asynchronous code."""

from __future__ import annotations

from types import TracebackType
from typing import Literal, Self, TypeVar

import anyio.to_thread
import httpx

from visavis.client.call import (
    CALIBRATION,
    DEFAULT_TIMEOUT_S,
    LIVE,
    READY,
    Call,
    Reading,
    analysis_call,
    comparison_call,
    detection_call,
    make_headers,
)
from visavis.client.results import AnalysisResult, CalibrationResult, ComparisonResult, DetectionResult
from visavis.client.subjects import Face, Picture, Quality
from visavis.types import FaceChoice

_Result = TypeVar("_Result")


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
        headers = make_headers(key, language)
        self._http = httpx.AsyncClient(base_url=base_url, headers=headers, timeout=timeout_s, transport=transport)

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
        quality: Quality = "none",
    ) -> ComparisonResult:
        """See `Client.compare`."""
        return await self._send(comparison_call(reference, probe, fmr, Reading(choice, keep_tokens, quality)))

    async def detect(
        self,
        picture: Picture,
        *,
        choice: FaceChoice = FaceChoice.LARGEST,
        keep_tokens: bool = False,
        quality: Quality = "none",
    ) -> DetectionResult:
        """See `Client.detect`."""
        return await self._send(detection_call(picture, Reading(choice, keep_tokens, quality)))

    async def analyze(
        self,
        picture: Picture,
        *,
        choice: FaceChoice = FaceChoice.LARGEST,
        keep_tokens: bool = False,
        quality: Quality = "none",
        landmarks: bool = False,
    ) -> AnalysisResult:
        """See `Client.analyze`."""
        return await self._send(analysis_call(picture, landmarks, Reading(choice, keep_tokens, quality)))

    async def calibration(self) -> CalibrationResult:
        """See `Client.calibration`."""
        return await self._send(CALIBRATION)

    async def is_live(self) -> bool:
        """See `Client.is_live`."""
        return await self._send(LIVE)

    async def is_ready(self) -> bool:
        """See `Client.is_ready`."""
        return await self._send(READY)

    async def _send(self, call: Call[_Result]) -> _Result:
        body = await anyio.to_thread.run_sync(call.body) if call.sides else {}
        return call.read(await self._http.request(call.method, call.path, **body))
