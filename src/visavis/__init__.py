"""Self-hosted face comparison: two photos in, a calibrated verdict out."""

from typing import TYPE_CHECKING

from visavis.api import analyze, compare, liveness, open_engine
from visavis.engine.pipeline import FaceEngine
from visavis.errors import VisavisError
from visavis.measures import FaceMeasures, HeadPose, Region
from visavis.presentation import NonResponse, PadResult, SynthesisResult
from visavis.types import AnalyzedFace, CheckedFace, Comparison, FaceChoice, FaceImage

if TYPE_CHECKING:
    from visavis.client import AsyncClient, Client

__version__ = "0.1.0"

__all__ = [
    "AnalyzedFace",
    "AsyncClient",
    "CheckedFace",
    "Client",
    "Comparison",
    "FaceChoice",
    "FaceEngine",
    "FaceImage",
    "FaceMeasures",
    "HeadPose",
    "NonResponse",
    "PadResult",
    "Region",
    "SynthesisResult",
    "VisavisError",
    "__version__",
    "analyze",
    "compare",
    "liveness",
    "open_engine",
]


def __getattr__(name: str) -> object:
    # The client needs an HTTP library, which those who compare on their own machine need not wait for.
    if name in ("AsyncClient", "Client"):
        from visavis import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
