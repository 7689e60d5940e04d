"""What a request claims to have signed, read from the vendors' documents and sharing nothing with the server's code.

Each function gives every reading of a request that its vendor allows (hosts with and without port, say), as text that
has all that the signature covers, the key and the signature. What is not in the text is not covered.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from urllib.parse import quote, unquote_to_bytes

from visavis.protocols.base import WireRequest

Claims = tuple[str, ...]

_PORT = re.compile(r":[0-9]{1,5}$")
_ACS3 = re.compile(r"(\S+)\s+Credential=([^,]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9A-Fa-f]+)")
_TC3 = re.compile(
    r"TC3-HMAC-SHA256\s+Credential=([^/,\s]+)/([^/,\s]+)/([^,\s]+)/tc3_request,"
    r"\s*SignedHeaders=([^,\s]+),\s*Signature=([^,\s]+)"
)
_NO_FORMS = ("json", "xml", "octet-stream", "multipart/")
_BCE_HEADERS = {"host", "content-md5", "content-length", "content-type"}


def read_pairs(content: bytes) -> list[tuple[str, str]]:
    """Form-encoded pairs in their order."""
    halves = [part.partition(b"=")[::2] for part in content.split(b"&") if part]
    return [(_decode(name), _decode(value)) for name, value in halves]


def first_of(pairs: Sequence[tuple[str, str]], name: str) -> str:
    """The first value of that name that is not blank."""
    return next((value for found, value in pairs if found == name and value.strip()), "")


def claim_alibaba_v1(request: WireRequest) -> Claims:
    """Method and parameters. Neither path nor headers, but for Content-Type: it says whether the body is a form."""
    kind = (request.header("content-type") or "").lower()
    body = b"" if any(mark in kind for mark in _NO_FORMS) else request.body
    pairs = read_pairs(request.query) + read_pairs(body)
    signature = next((value for name, value in pairs if name == "Signature"), "")
    signed = sorted((pair for pair in pairs if pair[0] != "Signature"), key=lambda pair: pair[0])
    return (_join(request.method, signature, *(part for pair in signed for part in pair)),)


def claim_acs3(request: WireRequest) -> Claims:
    """Method, path, query, body, and the headers that are named."""
    parts = _ACS3.fullmatch((request.header("authorization") or "").strip())
    if not parts:
        return ()
    algorithm, key_id, names, signature = parts.groups()
    headers = [(request.header(name.lower()) or "").strip() for name in names.split(";")]
    query = sorted(read_pairs(request.query), key=lambda pair: pair[0])
    flat = [part for pair in query for part in pair]
    body = hashlib.sha256(request.body).hexdigest()
    rest = (algorithm, key_id.strip(), names, signature.lower(), body)
    return (_join(request.method, request.path, *rest, *headers, "?", *flat),)


def claim_tc3(request: WireRequest) -> Claims:
    """Method, time, body or, of a GET, the raw query, and the headers that are named; not the action."""
    parts = _TC3.fullmatch((request.header("authorization") or "").strip())
    if not parts:
        return ()
    names = [name.lower() for name in parts[4].split(";")]
    values = {name: (request.header(name) or "").strip() for name in names}
    is_get = request.method == "GET"
    payload = b"" if is_get else request.body
    if request.header("x-tc-content-sha256") == "UNSIGNED-PAYLOAD":
        payload = b"UNSIGNED-PAYLOAD"
    query = request.query.decode("latin-1") if is_get else ""
    timestamp = (request.header("x-tc-timestamp") or "").strip()
    claims = []
    for host in _tencent_hosts(request, (request.header("x-tc-region") or "").strip()):
        for kind in (values.get("content-type", ""), values.get("content-type", "").lower()):
            chosen = {name: value.lower() for name, value in values.items()} | {"host": host, "content-type": kind}
            lines = [chosen[name] for name in names]
            digest = hashlib.sha256(payload).hexdigest()
            claims.append(_join(request.method, query, timestamp, *parts.groups(), digest, *lines))
    return tuple(claims)


def claim_form(request: WireRequest) -> Claims:
    """Method, host and parameters; of parameters of one name the last. The text joins them without escapes."""
    pairs = dict(read_pairs(request.query if request.method == "GET" else request.body))
    # The plus signs of a signature that was not escaped arrive as spaces.
    signature = pairs.pop("Signature", "").replace(" ", "+")
    text = "&".join(f"{name}={value}" for name, value in sorted(pairs.items()))
    hosts = _tencent_hosts(request, pairs.get("Region", ""))
    return tuple(_join(request.method, host, signature, text) for host in hosts)


def claim_bce(request: WireRequest) -> Claims:
    """Method, path, query and the headers that are named; not the body."""
    parts = (request.header("authorization") or "").strip().split("/")
    if len(parts) != 6:
        return ()
    names = {name.strip().lower() for name in parts[4].split(";") if name.strip()}
    wire = (request.header("host") or "").strip()
    return tuple(
        _join("/".join(parts[:4]), parts[5], bce_text(request, names, host))
        for host in (wire, _PORT.sub("", wire), "aip.baidubce.com")
    )


def bce_text(request: WireRequest, names: set[str], host: str) -> str:
    """What bce-auth-v1 signs. Headers with empty values are skipped, also where others of their name follow."""
    present: dict[str, str] = {}
    for raw, content in request.headers:
        name = raw.decode("latin-1")
        value = host if name == "host" else content.decode("latin-1").strip()
        if value:
            present.setdefault(name, value)
    if not names:
        names = {name for name in present if name in _BCE_HEADERS or name.startswith("x-bce-")}
    headers = sorted(f"{_escape(name)}:{_escape(present[name])}" for name in names if name in present)
    pairs = [pair for pair in read_pairs(request.query) if pair[0].lower() != "authorization"]
    query = sorted(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    path = quote(unquote_to_bytes(request.path.encode("latin-1")), safe="/")
    return "\n".join((request.method, path, "&".join(query), "\n".join(headers)))


def claim_token(request: WireRequest) -> Claims:
    """The access token alone, up to a question mark."""
    pairs = dict(reversed(read_pairs(request.query)))
    return (pairs.get("access_token", "").partition("?")[0],)


def claim_client(request: WireRequest) -> Claims:
    """Key and secret of a request for an access token."""
    pairs = [pair for pair in read_pairs(request.query) + read_pairs(request.body) if pair[1]]
    found = dict(reversed(pairs))
    return (_join(found.get("client_id", ""), found.get("client_secret", "")),)


def claim_kuaidi100(request: WireRequest) -> Claims:
    """Key and sign, in any letters; nothing else."""
    pairs = read_pairs(request.body)
    return (_join(first_of(pairs, "secret_key").strip(), first_of(pairs, "secret_sign").strip().upper()),)


def claim_bearer(request: WireRequest) -> Claims:
    """The one Authorization header."""
    headers = [value for name, value in request.headers if name == b"authorization"]
    scheme, _, secret = (headers[0] if len(headers) == 1 else b"").decode("latin-1").strip().partition(" ")
    return (secret.strip(),) if scheme.lower() == "bearer" else ()


def _tencent_hosts(request: WireRequest, region: str) -> list[str]:
    wire = (request.header("host") or "").strip()
    return [wire, _PORT.sub("", wire), "iai.tencentcloudapi.com", f"iai.{region}.tencentcloudapi.com"]


def _join(*parts: str) -> str:
    return "\0".join(part.replace("\0", "\0\0") for part in parts)


def _escape(text: str) -> str:
    return quote(text.encode("latin-1"), safe="")


def _decode(text: bytes) -> str:
    return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8", "replace")
