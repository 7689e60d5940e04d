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
    liveness_call,
    make_headers,
)
from visavis.client.results import (
    AnalysisResult,
    CalibrationResult,
    ComparisonResult,
    DetectionResult,
    LivenessResult,
)
from visavis.client.subjects import Condition, Demand, Face, Picture
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
        quality: Demand = "none",
        liveness: Demand = "none",
        synthesis: Demand = "none",
        reference_condition: Condition = "live",
        probe_condition: Condition = "live",
    ) -> ComparisonResult:
        """See `Client.compare`."""
        conditions = {"reference_condition": reference_condition, "probe_condition": probe_condition}
        reading = Reading(choice, keep_tokens, quality, liveness, synthesis, conditions)
        return await self._send(comparison_call(reference, probe, fmr, reading))

    async def detect(
        self,
        picture: Picture,
        *,
        choice: FaceChoice = FaceChoice.LARGEST,
        keep_tokens: bool = False,
        quality: Demand = "none",
        liveness: Demand = "none",
        synthesis: Demand = "none",
        condition: Condition = "live",
    ) -> DetectionResult:
        """See `Client.detect`."""
        reading = Reading(choice, keep_tokens, quality, liveness, synthesis, {"condition": condition})
        return await self._send(detection_call(picture, reading))

    async def analyze(
        self,
        picture: Picture,
        *,
        choice: FaceChoice = FaceChoice.LARGEST,
        keep_tokens: bool = False,
        quality: Demand = "none",
        liveness: Demand = "none",
        synthesis: Demand = "none",
        condition: Condition = "live",
        landmarks: bool = False,
    ) -> AnalysisResult:
        """See `Client.analyze`."""
        reading = Reading(choice, keep_tokens, quality, liveness, synthesis, {"condition": condition})
        return await self._send(analysis_call(picture, landmarks, reading))

    async def liveness(
        self,
        picture: Picture,
        *,
        choice: FaceChoice = FaceChoice.LARGEST,
        keep_tokens: bool = False,
        quality: Demand = "none",
        liveness: Demand = "none",
        synthesis: Demand = "none",
        condition: Condition = "live",
    ) -> LivenessResult:
        """See `Client.liveness`."""
        reading = Reading(choice, keep_tokens, quality, liveness, synthesis, {"condition": condition})
        return await self._send(liveness_call(picture, reading))

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
