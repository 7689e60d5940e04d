"""bce-auth-v1: signatures over the request line and some headers, as pure functions.

The body is not covered, and there is no nonce.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

from visavis.protocols.base import WireRequest
from visavis.protocols.wire.form import decode_form

CLOCK_SKEW_S = 15 * 60
VENDOR_HOST = b"aip.baidubce.com"

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_SECONDS = re.compile(r"[0-9]{1,9}")
_UNNAMED_HEADERS = frozenset({b"host", b"content-md5", b"content-length", b"content-type"})
_MAX_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class Authorization:
    """The header, taken apart.

    Attributes:
        key_id: whose signature.
        timestamp: Unix seconds.
        lifetime_s: how long the signature is valid after `timestamp`.
        signed_headers: lower-case names; empty: those that are signed by default.
        prefix: what the signing key is made from.
        signature: 64 hexadecimal digits.
    """

    key_id: str
    timestamp: float
    lifetime_s: int
    signed_headers: frozenset[bytes]
    prefix: str
    signature: str

    def is_timely(self, now: float) -> bool:
        """Neither from the future, clocks that disagree allowed for, nor past its lifetime."""
        return self.timestamp - CLOCK_SKEW_S <= now <= self.timestamp + self.lifetime_s


def parse_authorization(header: str) -> Authorization | None:
    """The parts of an `Authorization` header; None where it is not a well-formed one of this scheme."""
    parts = header.strip().split("/") if len(header) <= _MAX_LENGTH else []
    if len(parts) != 6 or parts[0] != "bce-auth-v1" or not _SECONDS.fullmatch(parts[3]):
        return None
    timestamp = _parse_timestamp(parts[2])
    if timestamp is None or not parts[5].isascii():
        return None
    names = frozenset(name.strip().lower().encode("latin-1") for name in parts[4].split(";") if name.strip())
    return Authorization(parts[1], timestamp, int(parts[3]), names, "/".join(parts[:4]), parts[5])


def is_signed_by(
    request: WireRequest, authorization: Authorization, secret: str, public_hosts: Sequence[str] = ()
) -> bool:
    """Whether the signature is that of `secret`. Kits sign another host than they send, so several are tried.

    Args:
        request: as it came.
        authorization: what its header says.
        secret: of the key that it names.
        public_hosts: names under which clients know this server, where a proxy hides them.
    """
    signing_key = make_signing_key(authorization.prefix, secret)
    expected = [
        sign_request(signing_key, canonical_request(request, authorization.signed_headers, host))
        for host in _hosts(request, public_hosts)
    ]
    return any(hmac.compare_digest(authorization.signature, signature) for signature in expected)


def make_signing_key(prefix: str, secret: str) -> str:
    """The key that signs requests: hexadecimal text, used as text."""
    return hmac.new(secret.encode(), prefix.encode(), hashlib.sha256).hexdigest()


def sign_request(signing_key: str, canonical: str) -> str:
    """The signature, 64 lower-case hexadecimal digits."""
    return hmac.new(signing_key.encode(), canonical.encode(), hashlib.sha256).hexdigest()


def canonical_request(request: WireRequest, signed_headers: frozenset[bytes], host: bytes) -> str:
    """What is signed, with `host` in place of the Host header's value."""
    path = quote(unquote_to_bytes(request.path), safe="/")
    pairs = decode_form(request.query)
    query = sorted(f"{_escape(name)}={_escape(value)}" for name, value in pairs if name.lower() != "authorization")
    headers = sorted(_canonical_headers(request.headers, signed_headers, host))
    return "\n".join((request.method, path, "&".join(query), "\n".join(headers)))


def _canonical_headers(headers: Iterable[tuple[bytes, bytes]], signed: frozenset[bytes], host: bytes) -> Iterator[str]:
    seen = set()
    for name, value in headers:
        is_signed = name in signed if signed else name in _UNNAMED_HEADERS or name.startswith(b"x-bce-")
        text = host if name == b"host" else value.strip()
        if is_signed and text and name not in seen:
            seen.add(name)
            yield f"{quote(name, safe='')}:{quote(text, safe='')}"


def _hosts(request: WireRequest, public_hosts: Sequence[str]) -> list[bytes]:
    sent = (request.header("host") or "").strip().encode("latin-1")
    bare = re.sub(rb":[0-9]{1,5}\Z", b"", sent)
    return list(dict.fromkeys((sent, bare, *(host.encode("latin-1") for host in public_hosts), VENDOR_HOST)))


def _escape(text: str) -> str:
    return quote(text, safe="")


def _parse_timestamp(text: str) -> float | None:
    if not _TIMESTAMP.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
