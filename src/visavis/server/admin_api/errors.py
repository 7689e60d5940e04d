"""Domain errors → HTTP status, code and message."""

from __future__ import annotations

import json
import logging

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from visavis.errors import NotFoundError, ParameterError, StoreError, VisavisError

ERRORS: dict[type[VisavisError], tuple[int, str]] = {
    ParameterError: (422, "invalid_value"),
    NotFoundError: (404, "not_found"),
    StoreError: (503, "store_unavailable"),
    # An account book raises nothing else: whatever it is, it is a defect, and the server's log tells it.
    VisavisError: (500, "internal"),
}
"""Error class → HTTP status and code; a class without a row of its own has that of its nearest base class."""

_OWN_FAULTS = {
    "store_unavailable": "the store cannot be read or written; the server's log says why",
    "internal": "the server failed; its log says how",
}
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed"}
_MAX_FIELD_LENGTH = 80

_log = logging.getLogger("visavis.server")


def error_body(code: str, message: str) -> bytes:
    """The envelope; ASCII, whatever the message quotes."""
    return json.dumps({"error": {"code": code, "message": message}}).encode()


async def answer_error(request: Request, error: Exception) -> Response:
    """The framework's handler for every error."""
    status, code, message = _describe(error)
    if status >= 500 and isinstance(error, VisavisError):
        _log.error("an administrator's request failed: %s", error)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return Response(error_body(code, message), status, headers, "application/json")


def _describe(error: Exception) -> tuple[int, str, str]:
    """Status, code and message."""
    if isinstance(error, VisavisError):
        status, code = next(ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS)
        return status, code, _OWN_FAULTS.get(code, str(error))
    if isinstance(error, RequestValidationError):
        return _describe_invalid(error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        code = _HTTP_CODES.get(error.status_code, "bad_request")
        return error.status_code, code, code.replace("_", " ")
    return 500, "internal", _OWN_FAULTS["internal"]


def _describe_invalid(error: RequestValidationError) -> tuple[int, str, str]:
    first = error.errors()[0]
    place, *path = (str(part)[:_MAX_FIELD_LENGTH] for part in first["loc"])
    if place == "path":
        return 404, "not_found", f"there is no such {'.'.join(path)}"
    message = str(first["msg"]).removeprefix("Value error, ")
    return 422, "invalid_value", f"{'.'.join(path) or 'the body'}: {message}"
