"""Signature version 1.0: HMAC-SHA1 over all parameters."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from visavis.protocols.alibaba.canonical import join_pairs, percent_encode
from visavis.protocols.alibaba.errors import UNKNOWN_METHOD, FaultError, invalid, missing
from visavis.protocols.alibaba.schema import Call

_REQUIRED = ("AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp")


def string_to_sign(method: str, parameters: Iterable[tuple[str, str]]) -> str:
    """What is signed: the method and every parameter but the signature itself."""
    canonical = join_pairs(pair for pair in parameters if pair[0] != "Signature")
    return f"{method}&%2F&{percent_encode(canonical)}"


def sign(secret: str, signed: str) -> str:
    """The signature of a string to sign."""
    return base64.b64encode(hmac.digest(f"{secret}&".encode(), signed.encode(), "sha1")).decode()


@dataclass(frozen=True, slots=True)
class ParameterClaim:
    """A `Claim` made by parameters."""

    call: Call
    key_id: str
    nonce: str
    timestamp: str
    signature: str
    security_token: str

    def strings_to_sign(self, public_hosts: Sequence[str]) -> Sequence[str]:
        """What the client must have signed; hosts are no part of it."""
        return (string_to_sign(self.call.request.method, self.call.parameters),)

    def sign(self, secret: str, signed: str) -> str:
        """The signature that it must have come to."""
        return sign(secret, signed)


def read_parameter_claim(call: Call) -> ParameterClaim:
    """What the parameters say about who signed the call.

    Raises:
        FaultError: one is missing or unsupported.
    """
    for name in _REQUIRED:
        if not call.value(name):
            raise missing(name)
    if call.value("SignatureMethod") != "HMAC-SHA1":
        raise FaultError(UNKNOWN_METHOD)
    if call.value("SignatureVersion") != "1.0":
        raise invalid("SignatureVersion")
    if call.value("SignatureType"):
        raise invalid("SignatureType")
    return ParameterClaim(
        call,
        key_id=call.value("AccessKeyId"),
        nonce=call.value("SignatureNonce"),
        timestamp=call.value("Timestamp"),
        signature=call.value("Signature"),
        security_token=call.value("SecurityToken"),
    )
