"""Bearer keys: the key id is the beginning of the secret."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence

from visavis.protocols.base import look_up
from visavis.protocols.native.errors import Problem, RequestError
from visavis.service.accounts import Account, KeyKind
from visavis.service.admission import Offload
from visavis.service.ports import KeyFinder

KEY_ID_LENGTH = 12
_SECRET = re.compile(r"[A-Za-z0-9._~+/=-]{24,256}")
_NOBODY = ("0" * 43,)


def read_bearer(headers: Sequence[str]) -> str:
    """The secret from the values of all `Authorization` headers.

    Raises:
        RequestError: there is none, more than one, or it is of another scheme or form.
    """
    if not headers:
        raise RequestError(Problem.MISSING_KEY)
    scheme, _, secret = headers[0].strip().partition(" ")
    secret = secret.strip()
    if len(headers) > 1 or scheme.lower() != "bearer" or not _SECRET.fullmatch(secret):
        raise RequestError(Problem.INVALID_KEY)
    return secret


class BearerVerifier:
    """Finds out whose key a request carries.

    Args:
        keys: looks up key pairs.
        offload: runs the store's blocking calls.
    """

    def __init__(self, keys: KeyFinder, offload: Offload) -> None:
        self._keys = keys
        self._offload = offload

    async def authenticate(self, headers: Sequence[str]) -> Account:
        """The account behind the `Authorization` headers.

        Raises:
            RequestError: no key, a wrong one, or one that is disabled. Only who knows the secret learns the last.
        """
        secret = read_bearer(headers)
        key = await look_up(self._keys, self._offload, KeyKind.NATIVE, secret[:KEY_ID_LENGTH])
        if not _is_one_of(secret, key.secrets if key else _NOBODY) or key is None:
            raise RequestError(Problem.INVALID_KEY)
        if not key.is_enabled:
            raise RequestError(Problem.KEY_DISABLED)
        account: Account = key.account
        return account


def _is_one_of(secret: str, known: Sequence[str]) -> bool:
    """Compares with all of them, each in constant time."""
    found = False
    for other in known:
        found |= hmac.compare_digest(secret.encode(), other.encode())
    return found
