"""Results as JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

from visavis.errors import VisavisError
from visavis.types import AcquiredFace, Comparison, DetectedFace


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Everything but the templates and the pictures; boxes and points in full-resolution pixels, times in seconds."""
    return {
        "decision": str(comparison.decision),
        "score": comparison.score,
        "threshold": comparison.threshold,
        "decision_fmr": comparison.decision_fmr,
        "fmr": dataclasses.asdict(comparison.fmr),
        "reference": _acquired_document(comparison.reference),
        "probe": _acquired_document(comparison.probe),
        "engine": dataclasses.asdict(comparison.engine),
        "calibration": comparison.calibration_id,
        "timings_s": comparison.timings.stages,
    }


def face_document(face: DetectedFace) -> dict[str, Any]:
    """Box, points and probability of one face."""
    return dataclasses.asdict(face)


def error_document(error: VisavisError) -> dict[str, Any]:
    """The stable code, the sentence and the side."""
    return {"error": {"code": error.code, "message": str(error), "side": error.side}}


def _acquired_document(acquired: AcquiredFace) -> dict[str, Any]:
    return {
        "image": {"width": acquired.image_width, "height": acquired.image_height, "format": acquired.format},
        "faces": [face_document(face) for face in acquired.faces],
    }
