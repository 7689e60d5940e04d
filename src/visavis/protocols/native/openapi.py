"""The OpenAPI 3.1 document: what FastAPI cannot know, because bodies are read by hand."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from visavis.errors import (
    FaceTokenNotFoundError,
    LivenessRefusedError,
    NoFaceError,
    NotGrantedError,
    QualityRefusedError,
    QueueFullError,
    RateLimitedError,
    SynthesisRefusedError,
)
from visavis.presentation import NonResponse
from visavis.protocols.native import examples
from visavis.protocols.native.answers import ErrorAnswer
from visavis.protocols.native.body import BODY_LIMIT_BYTES
from visavis.protocols.native.errors import Problem, RequestError
from visavis.protocols.native.messages import MESSAGES
from visavis.protocols.native.schema import AnalyzeRequest, CompareRequest, DetectRequest, LivenessRequest
from visavis.service.quality import Flaw

Document = dict[str, Any]

API_VERSION = "1.0"
TITLE = "visavis"
DESCRIPTION = (
    "Face comparison with calibrated scores: two pictures in, a decision and its false match rate out. "
    "Errors have one envelope; its message is Chinese or English by `Accept-Language`."
)
_SHARED = ("choice", "quality", "liveness", "synthesis", "keep_tokens")
_REF = "#/components/schemas/{model}"
_STATUS_TEXT = {
    400: "The request is malformed.",
    401: "No valid key.",
    403: "Not allowed for this account.",
    404: "No such face token.",
    413: "Too large.",
    415: "Another media type is needed.",
    422: "A parameter or a picture cannot be used.",
    429: "Too many calls.",
    500: "The server's own fault.",
    503: "The server is busy, or not ready yet.",
}
COMPARE_FAILURES: tuple[examples.Failure, ...] = (
    RequestError(Problem.MALFORMED_JSON),
    RequestError(Problem.INVALID_KEY),
    NotGrantedError(),
    FaceTokenNotFoundError(),
    RequestError(Problem.BODY_TOO_LARGE, limit=BODY_LIMIT_BYTES),
    RequestError(Problem.MEDIA_TYPE),
    NoFaceError(),
    QualityRefusedError((Flaw.MOUTH.value, Flaw.TOO_DARK.value)),
    SynthesisRefusedError(0.62, 0.5),
    LivenessRefusedError(None, 0.3, NonResponse.FACE_TOO_SMALL.value),
    RateLimitedError(11, 10),
    RequestError(Problem.INTERNAL),
    QueueFullError(),
)
"""A failure for each status that a comparison can have; several of the status that has the most."""

DETECT_FAILURES = tuple(failure for failure in COMPARE_FAILURES if not isinstance(failure, FaceTokenNotFoundError))


def compare_extra() -> Document:
    """Body and security of a comparison."""
    parameters = ("fmr", "reference_condition", "probe_condition")
    return _operation("CompareRequest", ("reference", "probe"), examples.COMPARE_REQUESTS, parameters)


def detect_extra() -> Document:
    """Body and security of a detection."""
    return _operation("DetectRequest", ("picture",), examples.DETECT_REQUESTS, ("condition",))


def analyze_extra() -> Document:
    """Body and security of an analysis."""
    return _operation("AnalyzeRequest", ("picture",), examples.ANALYZE_REQUESTS, ("landmarks", "condition"))


def liveness_extra() -> Document:
    """Body and security of a check for attacks."""
    return _operation("LivenessRequest", ("picture",), examples.LIVENESS_REQUESTS, ("condition",))


def responses(example: Document, *failures: examples.Failure) -> dict[int | str, Document]:
    """The good answer with an example, and errors with theirs."""
    documents: dict[int | str, Document] = {200: {"content": {"application/json": {"example": example}}}}
    for failure in failures:
        status = examples.describe(failure).status
        document = documents.setdefault(status, _failure(status))
        document["content"]["application/json"]["examples"] |= examples.failure_examples(failure)
    return documents


def _failure(status: int) -> Document:
    content: Document = {"application/json": {"examples": {}}}
    return {"model": ErrorAnswer, "description": _STATUS_TEXT[status], "content": content}


def build_openapi(app: FastAPI) -> Document:
    """The whole document."""
    document: Document = get_openapi(
        title=TITLE,
        version=API_VERSION,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=app.routes,
    )
    _restore_nulls(document, app)
    components = document.setdefault("components", {})
    _, definitions = models_json_schema(
        [(kind, "validation") for kind in (CompareRequest, DetectRequest, AnalyzeRequest, LivenessRequest)],
        ref_template=_REF,
    )
    components.setdefault("schemas", {}).update(definitions["$defs"])
    components["schemas"]["ErrorDetail"]["properties"]["code"]["examples"] = sorted(MESSAGES)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    return document


def _restore_nulls(document: Document, app: FastAPI) -> None:
    """FastAPI leaves every null out of its document, those of examples too."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                answers = document["paths"][route.path][method.lower()]["responses"]
                for status, answer in route.responses.items():
                    answers[str(status)]["content"]["application/json"] |= answer["content"]["application/json"]


def _operation(
    model: str, files: tuple[str, ...], requests: dict[str, Document], parameters: tuple[str, ...]
) -> Document:
    reference = {"$ref": _REF.format(model=model)}
    content = {
        "multipart/form-data": {"schema": _form(model, files, (*parameters, *_SHARED))},
        "application/json": {"schema": reference, "examples": requests},
    }
    return {"security": [{"bearer": []}], "requestBody": {"required": True, "content": content}}


def _form(model: str, files: tuple[str, ...], parameters: tuple[str, ...]) -> Document:
    picture = {"type": "string", "contentMediaType": "application/octet-stream", "description": "An encoded picture."}
    properties: Document = dict.fromkeys(files, picture)
    for name in parameters:
        properties[name] = {"$ref": f"{_REF.format(model=model)}/properties/{name}"}
    form = {"type": "object", "required": list(files), "properties": properties, "additionalProperties": False}
    return {**form, "examples": [{**dict.fromkeys(files, "(the file's bytes)"), "choice": "largest"}]}
