"""Typed clients of a visavis server.

    with Client("http://localhost:8000", key="vv_…") as client:
        result = client.compare(Path("passport.jpg"), Path("selfie.jpg"), fmr=1e-5)
        print(result.decision, result.fmr.value)

Pictures are bytes, a `Path` that is read here, or a `PictureUrl` that the server downloads. Network failures are
`httpx.TransportError`; every answer of the server that is not a success is an `ApiError`. Nothing is tried twice.
"""

from visavis.client.asynchronous import AsyncClient
from visavis.client.blocking import Client
from visavis.client.error import ApiError, RefusedCheck
from visavis.client.results import (
    AnalysisResult,
    CalibrationResult,
    CheckResult,
    ComparedFace,
    ComparisonResult,
    DetectionResult,
    FlawAdvice,
    FlawsByLevel,
    FmrThreshold,
    ImageSize,
    LevelVerdict,
    LivenessResult,
    TimingsMs,
    VerdictsByLevel,
)
from visavis.client.subjects import FaceToken, PictureUrl

__all__ = [
    "AnalysisResult",
    "ApiError",
    "AsyncClient",
    "CalibrationResult",
    "CheckResult",
    "Client",
    "ComparedFace",
    "ComparisonResult",
    "DetectionResult",
    "FaceToken",
    "FlawAdvice",
    "FlawsByLevel",
    "FmrThreshold",
    "ImageSize",
    "LevelVerdict",
    "LivenessResult",
    "PictureUrl",
    "RefusedCheck",
    "TimingsMs",
    "VerdictsByLevel",
]
