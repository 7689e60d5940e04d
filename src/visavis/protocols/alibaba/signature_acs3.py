"""ACS3 signatures: HMAC-SHA256 or HMAC-SM3 over headers, query and the hash of the body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from visavis.protocols.alibaba.canonical import join_pairs
from visavis.protocols.alibaba.digest import Digest, find_digest
from visavis.protocols.alibaba.errors import BAD_AUTHORIZATION, UNKNOWN_METHOD, FaultError, missing_header
from visavis.protocols.alibaba.schema import Call

MAX_AUTHORIZATION_LENGTH = 4096

_HASHES = {"ACS3-HMAC-SHA256": "sha256", "ACS3-HMAC-SM3": "sm3"}
_AUTHORIZATION = re.compile(
    r"(?P<algorithm>\S+)\s+Credential=(?P<key_id>[^,]+),\s*SignedHeaders=(?P<headers>[^,\s]+),\s*"
    r"Signature=(?P<signature>[0-9A-Fa-f]+)"
)
_REQUIRED = ("x-acs-date", "x-acs-signature-nonce")
# The list of signed headers need not have `host`: proxies rewrite it, and some clients leave it out for that.
_SIGNED = frozenset({"x-acs-action", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"})
_HASH_HEADERS = ("x-acs-content-sha256", "x-acs-content-sm3")


@dataclass(frozen=True, slots=True)
class HeaderClaim:
    """A `Claim` made by headers.

    Attributes:
        call: as it was read.
        algorithm: as named in the header.
        digest: which goes with it.
        hash_header: the header that has the hash of the body.
        signed_headers: names, joined by `;`, as they came.
    """

    call: Call
    key_id: str
    nonce: str
    timestamp: str
    signature: str
    security_token: str
    algorithm: str
    digest: Digest = field(repr=False)
    hash_header: str
    signed_headers: str

    def canonical_request(self, host: str, body_hash: str) -> str:
        """With `host` for the Host header, and the hash of the body that came in the header's letters where they agree.

        A header that states another hash is not believed.
        """
        stated = self.call.header(self.hash_header)
        names = [name.lower() for name in self.signed_headers.split(";")]
        lines = [
            self.call.request.method,
            self.call.request.path,
            join_pairs(self.call.query),
            *(f"{name}:{host if name == 'host' else self.call.header(name)}" for name in names),
            "",
            self.signed_headers,
            stated if stated.lower() == body_hash else body_hash,
        ]
        return "\n".join(lines)

    def strings_to_sign(self, public_hosts: Sequence[str]) -> Sequence[str]:
        """What the client may have signed: the host that came, or one that a proxy replaced.

        Header values are bytes that were read as Latin-1.
        """
        body_hash = self.digest.hash_bytes(self.call.request.body).hex()
        hosts = dict.fromkeys((self.call.header("host"), *public_hosts))
        texts = (self.canonical_request(host, body_hash).encode("latin-1", "replace") for host in hosts)
        return tuple(f"{self.algorithm}\n{self.digest.hash_bytes(text).hex()}" for text in texts)

    def sign(self, secret: str, signed: str) -> str:
        """The signature that it must have come to."""
        return self.digest.authenticate(secret.encode(), signed.encode()).hex()


def read_header_claim(call: Call) -> HeaderClaim:
    """What the headers say about who signed the call.

    Raises:
        FaultError: one is missing, malformed or unsupported.
    """
    authorization = call.header("authorization")
    if not authorization:
        raise missing_header("Authorization")
    if len(authorization) > MAX_AUTHORIZATION_LENGTH:
        raise FaultError(BAD_AUTHORIZATION)
    algorithm = authorization.split(None, 1)[0]
    digest = find_digest(_HASHES[algorithm]) if algorithm in _HASHES else None
    if digest is None:
        raise FaultError(UNKNOWN_METHOD)
    parts = _AUTHORIZATION.fullmatch(authorization)
    if parts is None:
        raise FaultError(BAD_AUTHORIZATION)
    hash_header = next((name for name in _HASH_HEADERS if call.header(name)), _HASH_HEADERS[0])
    for name in (*_REQUIRED, hash_header):
        if not call.header(name):
            raise missing_header(name)
    names = parts["headers"].lower().split(";")
    # A long header, named a thousand times, would make a canonical request of many megabytes.
    if len(set(names)) < len(names) or not (_SIGNED | {hash_header}) <= set(names):
        raise FaultError(BAD_AUTHORIZATION)
    return HeaderClaim(
        call,
        key_id=parts["key_id"].strip(),
        nonce=call.header("x-acs-signature-nonce"),
        timestamp=call.header("x-acs-date"),
        signature=parts["signature"].lower(),
        security_token=call.header("x-acs-security-token"),
        algorithm=algorithm,
        digest=digest,
        hash_header=hash_header,
        signed_headers=parts["headers"],
    )
