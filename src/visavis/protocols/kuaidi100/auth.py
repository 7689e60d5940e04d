"""Who calls: the sign is a digest of the key pair alone, and covers nothing of the request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from visavis.protocols.base import look_up
from visavis.protocols.kuaidi100.errors import ApiError, Code
from visavis.service.accounts import AccessKey, Account, KeyKind
from visavis.service.admission import Offload
from visavis.service.ports import KeyFinder

_MAX_KEY_CHARACTERS = 128


def make_sign(secret_key: str, secret_secret: str) -> str:
    """Upper-case hexadecimal MD5 of both."""
    # MD5 is the vendor's choice; the flag lets it run where it is banned for new designs.
    return hashlib.md5((secret_key + secret_secret).encode(), usedforsecurity=False).hexdigest().upper()


def is_sign_of(sign: str, key: AccessKey) -> bool:
    """Whether one of the key's live secrets made the sign, in either case of its letters."""
    given = sign.strip().upper().encode()
    # All are compared, so that the time says nothing about which one it was.
    matches = [hmac.compare_digest(given, make_sign(key.key_id, secret).encode()) for secret in key.secrets]
    return True in matches


async def authenticate(fields: Mapping[str, str], keys: KeyFinder, offload: Offload) -> Account:
    """The account whose key pair the form carries.

    Raises:
        ApiError: 401, naming the field that is missing or wrong.
    """
    key_id, sign = fields.get("secret_key", "").strip(), fields.get("secret_sign", "")
    for name, value in (("secret_key", key_id), ("secret_sign", sign)):
        if not value:
            raise ApiError(Code.UNAUTHORIZED, f"{name}: missing")
    if len(key_id) > _MAX_KEY_CHARACTERS or not key_id.isprintable():
        raise ApiError(Code.UNAUTHORIZED, "secret_key: unknown")
    key = await look_up(keys, offload, KeyKind.KUAIDI100, key_id)
    if key is None:
        raise ApiError(Code.UNAUTHORIZED, "secret_key: unknown")
    if not is_sign_of(sign, key):
        raise ApiError(Code.UNAUTHORIZED, "secret_sign: does not match")
    if not key.is_enabled:
        raise ApiError(Code.UNAUTHORIZED, "secret_key: disabled")
    return key.account
