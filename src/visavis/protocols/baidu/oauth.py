"""The token endpoint: an API key and its secret against an access token."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

from visavis.errors import VisavisError
from visavis.protocols.baidu.access_token import LIFETIME_S, issue_token
from visavis.protocols.baidu.auth import Keyring, live_secret
from visavis.protocols.baidu.errors import CONTENT_TYPE
from visavis.protocols.base import Refusal, WireRequest, WireResponse
from visavis.protocols.wire.form import decode_form

MAX_BODY_BYTES = 64 * 1024
# Without `brain_all_scope` the kits refuse to use the token.
_SCOPE = "public brain_all_scope vis-faceverify_faceverify_v3 wise_adapt"
_REFRESH_LIFETIME_S = 315_360_000
_NO_STORE = (("Cache-Control", "no-store"),)

_REFUSALS = {
    Refusal.BODY_TOO_LARGE: (400, "invalid_request", "the request is too large"),
    Refusal.BAD_REQUEST: (400, "invalid_request", "the request cannot be read"),
    Refusal.NOT_FOUND: (400, "invalid_request", "there is nothing here"),
    Refusal.STOPPING: (503, "temporarily_unavailable", "the server is stopping"),
    Refusal.INTERNAL: (500, "server_error", "internal error"),
}


class TokenEndpoint:
    """Issues access tokens.

    Args:
        keyring: finds keys.
        token_key: the server's secret that proves access tokens.
        clock: Unix seconds.
    """

    def __init__(self, keyring: Keyring, token_key: bytes, clock: Callable[[], float]) -> None:
        self._keyring = keyring
        self._token_key = token_key
        self._clock = clock

    async def answer(self, request: WireRequest) -> WireResponse:
        """A token, or why not. Parameters may stand in the query and in the body, whatever its Content-Type."""
        if len(request.body) > MAX_BODY_BYTES:
            return refuse(Refusal.BODY_TOO_LARGE)
        if request.method not in ("GET", "POST"):
            return _fail(400, "invalid_request", "the method is neither GET nor POST")
        pairs = decode_form(request.query) + decode_form(request.body)
        parameters = dict(reversed([(name, value) for name, value in pairs if value]))
        for name in ("grant_type", "client_id", "client_secret"):
            if name not in parameters:
                return _fail(400, "invalid_request", f"the parameter {name} is missing")
        if parameters["grant_type"] != "client_credentials":
            return _fail(400, "unsupported_grant_type", "The authorization grant type is not supported")
        try:
            return await self._issue(parameters["client_id"], parameters["client_secret"])
        except VisavisError:
            return refuse(Refusal.INTERNAL)

    async def _issue(self, client_id: str, client_secret: str) -> WireResponse:
        key = await self._keyring.find_key(client_id)
        if key is None:
            return _fail(401, "invalid_client", "unknown client id")
        secret = live_secret(key, client_secret)
        if secret is None:
            return _fail(401, "invalid_client", "Client authentication failed")
        now = self._clock()
        # Nothing can be had for a refresh token or a session; the document has the members.
        refresh_ends_at = int(now) + _REFRESH_LIFETIME_S
        body = {
            "refresh_token": f"25.{secrets.token_hex(16)}.{_REFRESH_LIFETIME_S}.{refresh_ends_at}.0-0",
            "expires_in": LIFETIME_S,
            "session_key": secrets.token_hex(16),
            "access_token": issue_token(self._token_key, key.key_id, secret, now),
            "scope": _SCOPE,
            "session_secret": secrets.token_hex(16),
        }
        return WireResponse(200, json.dumps(body).encode(), CONTENT_TYPE, _NO_STORE)


def refuse(refusal: Refusal) -> WireResponse:
    """What the endpoint says where it was not asked, or could not answer."""
    return _fail(*_REFUSALS[refusal])


def _fail(status: int, error: str, description: str) -> WireResponse:
    body = json.dumps({"error": error, "error_description": description}).encode()
    return WireResponse(status, body, CONTENT_TYPE, _NO_STORE, error_code=error)
