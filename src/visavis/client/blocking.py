"""The client for threads."""

from __future__ import annotations

from types import TracebackType
from typing import Literal, Self, TypeVar

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
        headers = make_headers(key, language)
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout_s, transport=transport)

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
        quality: Demand = "none",
        liveness: Demand = "none",
        synthesis: Demand = "none",
        reference_condition: Condition = "live",
        probe_condition: Condition = "live",
    ) -> ComparisonResult:
        """Compare two faces.

        Args:
            reference: first side.
            probe: second side.
            fmr: the false match rate to decide at, 0 < fmr < 1.
            choice: which of several faces of a picture is meant.
            keep_tokens: keep both faces for an hour, and say under which tokens.
            quality: what is demanded of both faces; a face that does not reach it is refused.
            liveness: how surely both have to be living people's before a camera; documents pass. `high` is the
                strictest.
            synthesis: how surely both photos must not be generated or edited; `high` is the strictest.
            reference_condition: what kind of picture the first side is.
            probe_condition: the second.

        Raises:
            ApiError: the server refused.
            httpx.TransportError: there was no answer.
        """
        conditions = {"reference_condition": reference_condition, "probe_condition": probe_condition}
        reading = Reading(choice, keep_tokens, quality, liveness, synthesis, conditions)
        return self._send(comparison_call(reference, probe, fmr, reading))

    def detect(
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
        """Find every face of a picture, the chosen one first.

        Args:
            picture: with faces.
            choice: which of several faces is the chosen one.
            keep_tokens: keep it for an hour, and say under which token.
            quality: what is demanded of it; a face that does not reach it is refused.
            liveness: the same of how surely a living person was before the camera; `high` is the strictest.
            synthesis: the same of how surely the photo was not generated or edited; `high` is the strictest.
            condition: what kind of picture it is.

        Raises:
            ApiError: the server refused.
            httpx.TransportError: there was no answer.
        """
        reading = Reading(choice, keep_tokens, quality, liveness, synthesis, {"condition": condition})
        return self._send(detection_call(picture, reading))

    def analyze(
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
        """Measure the chosen face of a picture, and say what is wrong with it.

        Args:
            picture: with the face.
            choice: which of several faces is meant.
            keep_tokens: keep the face for an hour, and say under which token.
            quality: a face that does not reach this level is refused instead.
            liveness: the same of how surely a living person was before the camera; `high` is the strictest.
            synthesis: the same of how surely the photo was not generated or edited; `high` is the strictest.
            condition: what kind of picture it is.
            landmarks: whether the result has 468 points of the face.

        Raises:
            ApiError: the server refused.
            httpx.TransportError: there was no answer.
        """
        reading = Reading(choice, keep_tokens, quality, liveness, synthesis, {"condition": condition})
        return self._send(analysis_call(picture, landmarks, reading))

    def liveness(
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
        """Say how surely a living person was before the camera, and how surely the photo was left as it was taken.

        Args:
            picture: with the face.
            choice: which of several faces is meant.
            keep_tokens: keep the face for an hour, and say under which token.
            quality: a face that does not reach this level is refused instead.
            liveness: the same of how surely a living person was before the camera; `high` is the strictest.
            synthesis: the same of how surely the photo was not generated or edited; `high` is the strictest.
            condition: what kind of picture it is.

        Raises:
            ApiError: the server refused.
            httpx.TransportError: there was no answer.
        """
        reading = Reading(choice, keep_tokens, quality, liveness, synthesis, {"condition": condition})
        return self._send(liveness_call(picture, reading))

    def calibration(self) -> CalibrationResult:
        """What scores mean on the server."""
        return self._send(CALIBRATION)

    def is_live(self) -> bool:
        """Whether the server's process runs."""
        return self._send(LIVE)

    def is_ready(self) -> bool:
        """Whether the server can serve requests now."""
        return self._send(READY)

    def _send(self, call: Call[_Result]) -> _Result:
        return call.read(self._http.request(call.method, call.path, **call.body()))
