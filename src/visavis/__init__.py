"""Self-hosted face comparison: two photos in, a calibrated verdict out."""

from visavis.api import compare, open_engine
from visavis.engine.pipeline import FaceEngine
from visavis.errors import VisavisError
from visavis.types import Comparison, FaceChoice, FaceImage

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "FaceChoice",
    "FaceEngine",
    "FaceImage",
    "VisavisError",
    "__version__",
    "compare",
    "open_engine",
]
