"""Who signed a call, and whether that is true."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from visavis.protocols.alibaba.errors import (
    BAD_TIME,
    DISABLED_KEY,
    OLD_TIME,
    UNKNOWN_KEY,
    UNKNOWN_TOKEN,
    USED_NONCE,
    FaultError,
    invalid,
    signature_mismatch,
)
from visavis.protocols.alibaba.schema import Call
from visavis.protocols.alibaba.signature_acs3 import read_header_claim
from visavis.protocols.alibaba.signature_v1 import read_parameter_claim
from visavis.protocols.base import check_hosts
from visavis.service.accounts import AccessKey, Account, KeyKind
from visavis.service.ports import KeyFinder, NonceLog

CLOCK_TOLERANCE_S = 900.0
# A call from a clock that is fast by the whole tolerance stays fresh for twice as long; the rest is margin.
NONCE_LIFETIME_S = 2 * CLOCK_TOLERANCE_S + 60.0
MAX_KEY_ID_LENGTH = 128
MAX_NONCE_LENGTH = 128
# 8 MB of well escaped form come to 13 MB at most. What is longer is bytes that no client sends unescaped, and would let
# a request draw an answer fifteen times its size.
MAX_ECHO_LENGTH = 16 * 1_048_576

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Claim(Protocol):
    """What a call says about who signed it; nothing is verified yet."""

    @property
    def key_id(self) -> str:
        """Whose key."""
        ...

    @property
    def nonce(self) -> str:
        """Used once only."""
        ...

    @property
    def timestamp(self) -> str:
        """When it was signed."""
        ...

    @property
    def signature(self) -> str:
        """The proof."""
        ...

    @property
    def security_token(self) -> str:
        """Of temporary credentials; empty without."""
        ...

    def strings_to_sign(self, public_hosts: Sequence[str], /) -> Sequence[str]:
        """What the client may have signed, the most probable first."""
        ...

    def sign(self, secret: str, signed: str, /) -> str:
        """The signature that it must have come to."""
        ...


def parse_time(text: str) -> float:
    """Unix seconds of `YYYY-MM-DDTHH:MM:SSZ`.

    Raises:
        FaultError: it is something else.
    """
    if not _TIME.fullmatch(text):
        raise FaultError(BAD_TIME)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise FaultError(BAD_TIME) from error


class Verifier:
    """Checks signatures of both generations.

    Args:
        keys: looks up key pairs.
        nonces: remembers which nonces were used.
        public_hosts: names, with their port where it is not the usual one, under which clients know this server.
        clock: Unix seconds.

    Raises:
        ParameterError: a public host is no ASCII text.
    """

    def __init__(
        self, keys: KeyFinder, nonces: NonceLog, public_hosts: Sequence[str], clock: Callable[[], float]
    ) -> None:
        self._keys = keys
        self._nonces = nonces
        self._public_hosts = check_hosts(public_hosts)
        self._clock = clock

    def verify(self, call: Call) -> Account:
        """Whose call it is. Blocking: it looks up the key and the nonce, and hashes the body.

        Raises:
            FaultError: the call is not, or wrongly, signed, too old, or was seen before.
        """
        claim: Claim = read_header_claim(call) if call.is_acs3 else read_parameter_claim(call)
        if not _is_name(claim.nonce, MAX_NONCE_LENGTH):
            raise invalid("SignatureNonce")
        now = self._clock()
        if abs(now - parse_time(claim.timestamp)) > CLOCK_TOLERANCE_S:
            raise FaultError(OLD_TIME)
        key = self._find_key(claim)
        self._check_signature(claim, key)
        # Not before: whoever cannot sign must not be able to use up somebody else's nonces.
        if not self._nonces.remember_nonce(KeyKind.ALIBABA, key.key_id, claim.nonce, now, NONCE_LIFETIME_S):
            raise FaultError(USED_NONCE)
        return key.account

    def _find_key(self, claim: Claim) -> AccessKey:
        if claim.security_token:
            raise FaultError(UNKNOWN_TOKEN)
        is_possible = _is_name(claim.key_id, MAX_KEY_ID_LENGTH)
        key = self._keys.find_key(KeyKind.ALIBABA, claim.key_id) if is_possible else None
        if key is None:
            raise FaultError(UNKNOWN_KEY)
        if not key.is_enabled:
            raise FaultError(DISABLED_KEY)
        return key

    def _check_signature(self, claim: Claim, key: AccessKey) -> None:
        texts, given = claim.strings_to_sign(self._public_hosts), claim.signature.encode()
        signatures = [claim.sign(secret, signed).encode() for secret in key.secrets for signed in texts]
        matches = [hmac.compare_digest(signature, given) for signature in signatures]
        if not any(matches):
            raise signature_mismatch(texts[0] if len(texts[0]) <= MAX_ECHO_LENGTH else "more than 16 MB")


def _is_name(text: str, max_length: int) -> bool:
    return len(text) <= max_length and text.isprintable()
