"""The TC3-HMAC-SHA256 signature: pure functions over what is on the wire."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from visavis.protocols.base import WireRequest
from visavis.protocols.tencent.errors import Fault

ALGORITHM = "TC3-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

_MAX_LENGTH = 4096
_AUTHORIZATION = re.compile(
    ALGORITHM + r"\s+Credential=(?P<secret_id>[^/,\s]+)/(?P<date>[^/,\s]+)/(?P<service>[^,\s]+)/tc3_request,"
    r"\s*SignedHeaders=(?P<signed_headers>[^,\s]+),\s*Signature=(?P<signature>[^,\s]+)"
)
_KEPT_AS_THEY_ARE = frozenset({"content-type", "host"})


@dataclass(frozen=True, slots=True)
class Tc3Authorization:
    """A parsed Authorization header.

    Attributes:
        secret_id: whose key.
        date: `YYYY-MM-DD`.
        service: whatever the client takes for it: `iai`, `127`, `localhost:18080`.
        signed_headers: as on the wire, names separated by semicolons.
        signature: hexadecimal.
    """

    secret_id: str
    date: str
    service: str
    signed_headers: str
    signature: str

    @property
    def names(self) -> tuple[str, ...]:
        """Of the signed headers, lower case, in their order."""
        return tuple(self.signed_headers.lower().split(";"))


def parse_authorization(value: str) -> Tc3Authorization:
    """Read an Authorization header.

    Raises:
        Fault: it is of another scheme, too long or malformed, or Content-Type or Host are not signed.
    """
    match = _AUTHORIZATION.fullmatch(value.strip()) if len(value) <= _MAX_LENGTH and value.isascii() else None
    if match is None:
        raise Fault("AuthFailure.InvalidAuthorization")
    authorization = Tc3Authorization(**match.groupdict())
    if not _KEPT_AS_THEY_ARE.issubset(authorization.names):
        raise Fault("AuthFailure.InvalidAuthorization")
    return authorization


def hash_payload(request: WireRequest) -> str:
    """Hexadecimal SHA-256 of what was signed as the payload."""
    if request.header("x-tc-content-sha256") == UNSIGNED_PAYLOAD:
        return hashlib.sha256(UNSIGNED_PAYLOAD.encode()).hexdigest()
    return hashlib.sha256(b"" if request.method == "GET" else request.body).hexdigest()


def signed_values(request: WireRequest, authorization: Tc3Authorization) -> dict[str, bytes]:
    """Name → value of the signed headers, trimmed; all but Content-Type and Host in lower case.

    Raises:
        Fault: one of them is missing.
    """
    values = {}
    for name in authorization.names:
        value = request.header(name)
        if value is None:
            raise Fault("AuthFailure.SignatureFailure")
        raw = value.encode("latin-1").strip()
        values[name] = raw if name in _KEPT_AS_THEY_ARE else raw.lower()
    return values


def canonical_request(
    request: WireRequest, authorization: Tc3Authorization, values: Mapping[str, bytes], payload_hash: str
) -> bytes:
    """The request as it is signed; the query counts for GET only, in the order in which it came."""
    lines = [request.method.encode(), b"/", request.query if request.method == "GET" else b""]
    lines += [name.encode() + b":" + values[name] for name in authorization.names]
    return b"\n".join([*lines, b"", authorization.signed_headers.encode(), payload_hash.encode()])


def string_to_sign(timestamp: str, authorization: Tc3Authorization, canonical: bytes) -> str:
    """What the signature is over."""
    scope = f"{authorization.date}/{authorization.service}/tc3_request"
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"


def sign(secret: str, authorization: Tc3Authorization, text: str) -> str:
    """The signature that the owner of the secret makes; hexadecimal."""
    key = f"TC3{secret}".encode()
    for part in (authorization.date, authorization.service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
