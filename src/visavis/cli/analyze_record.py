"""An analysis as a JSON document, and as one flat row of a table."""

from __future__ import annotations

import dataclasses
from typing import Any

from visavis.cli.document import face_document
from visavis.engine.analysis.components import quality_components
from visavis.evaluation.workers import Failure
from visavis.measures import FaceMeasures, HeadPose, Region
from visavis.service.quality import Flaw, QualityLevel, advice, read_levels
from visavis.types import AnalyzedFace, EngineIdentity

Value = str | int | float | None
Row = dict[str, Value]
_POSE = tuple(field.name for field in dataclasses.fields(HeadPose))
_BY_REGION = ("occlusion", "hidden")
_PLAIN = tuple(field.name for field in dataclasses.fields(FaceMeasures) if field.name not in ("pose", *_BY_REGION))
TEXT_COLUMNS = ("path", "error", "flaws")
WHOLE_COLUMNS = ("image_width", "image_height", "faces")
_BOX = ("left", "top", "width", "height")
COLUMNS = (
    "path",
    "error",
    *WHOLE_COLUMNS,
    *(f"box_{side}" for side in _BOX),
    "probability",
    "flaws",
    *_POSE,
    *(f"{name}_{region}" for name in _BY_REGION for region in Region),
    *_PLAIN,
)
"""Of a row, in their order; the text is empty and numbers are missing where they are not known."""


def quality_levels() -> dict[str, QualityLevel]:
    """Those of our own API, by name, the mildest first."""
    return read_levels("visavis.protocols.native")


def analysis_document(analyzed: AnalyzedFace, identity: EngineIdentity, language: str) -> dict[str, Any]:
    """Everything but the template and the landmarks; keys are those of `/v1/analyze` as far as it has them."""
    acquired, measures = analyzed.acquired, analyzed.measures
    return {
        "image": {"width": acquired.image_width, "height": acquired.image_height, "format": acquired.format},
        "faces": [face_document(face) for face in acquired.faces],
        "measures": {
            **dataclasses.asdict(measures),
            "is_complete": measures.is_complete,
            "is_colour": measures.is_colour,
        },
        "flaws": {
            name: [{"name": str(flaw), "advice": advice(flaw, language)} for flaw in level.flaws(measures)]
            for name, level in quality_levels().items()
        },
        "components": {
            component.measure: {
                "native": component.native,
                "value": component.value,
                "follows": str(component.follows),
            }
            for component in quality_components(analyzed)
        },
        "engine": dataclasses.asdict(identity),
        "timings_s": acquired.timings.stages,
    }


def analysis_row(analyzed: AnalyzedFace, flaws: tuple[Flaw, ...]) -> Row:
    """The values of `COLUMNS` but for the path."""
    acquired, measures = analyzed.acquired, analyzed.measures
    row: Row = {
        "error": "",
        "image_width": acquired.image_width,
        "image_height": acquired.image_height,
        "faces": len(acquired.faces),
        "probability": acquired.face.probability,
        "flaws": " ".join(flaws),
    }
    row |= {f"box_{side}": getattr(acquired.face.box, side) for side in _BOX}
    row |= {name: getattr(measures.pose, name) for name in _POSE}
    row |= {f"{name}_{region}": getattr(measures, name)[region] for name in _BY_REGION for region in Region}
    row |= {name: getattr(measures, name) for name in _PLAIN}
    return row


def failure_row(failure: Failure) -> Row:
    """The same of a picture that could not be analysed."""
    return {"error": failure.code}
