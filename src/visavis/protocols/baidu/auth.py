"""Who calls: by access token, by signature, or by bearer key."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence

from visavis.protocols.baidu.access_token import parse_token
from visavis.protocols.baidu.errors import (
    CERTIFICATION_FAILED,
    INVALID_PARAMETER,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    ApiError,
)
from visavis.protocols.baidu.signature import is_signed_by, parse_authorization
from visavis.protocols.base import WireRequest, check_hosts, look_up
from visavis.protocols.wire.form import decode_form
from visavis.service.accounts import AccessKey, Account, KeyKind
from visavis.service.admission import Offload
from visavis.service.ports import KeyFinder

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_BEARER = re.compile(r"Bearer +bce-v3/ALTAK-([^/\s]{1,120})/(\S{1,256})", re.IGNORECASE)


class Keyring:
    """Finds Baidu keys without blocking the event loop."""

    def __init__(self, keys: KeyFinder, offload: Offload) -> None:
        self._keys = keys
        self._offload = offload

    async def find_key(self, key_id: str | None) -> AccessKey | None:
        """An enabled key; None where there is none, or where the text cannot be a key's id."""
        if key_id is None or not _KEY_ID.fullmatch(key_id):
            return None
        key = await look_up(self._keys, self._offload, KeyKind.BAIDU, key_id)
        return key if key is not None and key.is_enabled else None


class Authenticator:
    """Proves who calls an interface.

    Args:
        keyring: finds keys.
        token_key: the server's secret that proves access tokens.
        public_hosts: names, with their port where it is not the usual one, under which clients know this server.
        clock: Unix seconds.

    Raises:
        ParameterError: a public host is no ASCII text.
    """

    def __init__(
        self, keyring: Keyring, token_key: bytes, public_hosts: Sequence[str], clock: Callable[[], float]
    ) -> None:
        self._keyring = keyring
        self._token_key = token_key
        self._public_hosts = check_hosts(public_hosts)
        self._clock = clock

    async def identify(self, request: WireRequest) -> Account:
        """Whose key proves the request. An access token, where there is one, goes before an `Authorization` header.

        Raises:
            ApiError: nobody's.
        """
        token = dict(reversed(decode_form(request.query))).get("access_token")
        if token:
            # The Node kit appends a second query to the token.
            return await self._by_token(token.partition("?")[0])
        header = (request.header("authorization") or "").strip()
        if not header:
            raise ApiError(INVALID_PARAMETER)
        bearer = _BEARER.fullmatch(header)
        return await (self._by_bearer(bearer[1], bearer[2]) if bearer else self._by_signature(request, header))

    async def _by_token(self, text: str) -> Account:
        token = parse_token(text)
        if token is None:
            raise ApiError(INVALID_PARAMETER)
        key = await self._keyring.find_key(token.key_id)
        if key is None or not token.is_genuine(self._token_key, key):
            raise ApiError(TOKEN_INVALID)
        if token.expires_at < self._clock():
            raise ApiError(TOKEN_EXPIRED)
        return key.account

    async def _by_signature(self, request: WireRequest, header: str) -> Account:
        authorization = parse_authorization(header)
        if authorization is not None and authorization.is_timely(self._clock()):
            key = await self._keyring.find_key(authorization.key_id)
            hosts = self._public_hosts
            if key and any(is_signed_by(request, authorization, secret, hosts) for secret in key.secrets):
                return key.account
        raise ApiError(CERTIFICATION_FAILED)

    async def _by_bearer(self, key_id: str, secret: str) -> Account:
        """Keys that were taken over from the platform may have their prefix in their id or not."""
        for candidate in (f"ALTAK-{key_id}", key_id):
            key = await self._keyring.find_key(candidate)
            if key and live_secret(key, secret) is not None:
                return key.account
        raise ApiError(CERTIFICATION_FAILED)


def live_secret(key: AccessKey, secret: str) -> str | None:
    """`secret` itself where it is one of the key's live ones, compared in constant time."""
    matches = [hmac.compare_digest(live.encode(), secret.encode()) for live in key.secrets]
    return secret if any(matches) else None
