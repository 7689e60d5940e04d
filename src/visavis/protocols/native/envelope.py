"""Errors as they are sent: the envelope, and what is said before the application is asked."""

from __future__ import annotations

import uuid

from visavis.protocols.base import Refusal, WireRequest, WireResponse
from visavis.protocols.native.answers import ErrorAnswer, ErrorDetail
from visavis.protocols.native.body import BODY_LIMIT_BYTES
from visavis.protocols.native.errors import Answer, Problem, RequestError, describe_problem
from visavis.protocols.native.messages import Language, choose_language

CONTENT_TYPE = "application/json"

_REFUSALS = {
    Refusal.BODY_TOO_LARGE: Problem.BODY_TOO_LARGE,
    Refusal.BAD_REQUEST: Problem.BAD_REQUEST,
    Refusal.NOT_FOUND: Problem.NOT_FOUND,
    Refusal.STOPPING: Problem.STOPPING,
    Refusal.INTERNAL: Problem.INTERNAL,
}


def write_error(answer: Answer, request_id: str, language: Language) -> tuple[bytes, dict[str, str]]:
    """Body and headers of an error; without those of its length and its type."""
    detail = ErrorDetail(
        code=answer.code,
        message=answer.message,
        side=answer.side,
        field=answer.field,
        limit=answer.limit,
        flaws=answer.flaws,
        check=answer.check,
        request_id=request_id,
    )
    headers = {"X-Request-Id": request_id, "Cache-Control": "no-store", **answer.headers}
    return ErrorAnswer(error=detail).model_dump_json().encode(), headers | {
        "Content-Language": language,
        "Vary": "Accept-Language",
    }


def refuse(request: WireRequest, refusal: Refusal) -> WireResponse:
    """What `Adapter.refuse` is for the vendors."""
    problem = _REFUSALS[refusal]
    language = choose_language(request.header("accept-language"))
    limit = BODY_LIMIT_BYTES if problem is Problem.BODY_TOO_LARGE else None
    answer, request_id = describe_problem(RequestError(problem, limit=limit), language), uuid.uuid4().hex
    body, headers = write_error(answer, request_id, language)
    return WireResponse(answer.status, body, CONTENT_TYPE, tuple(headers.items()), answer.code, request_id)
