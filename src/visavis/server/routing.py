"""Which API a request speaks: one port serves them all."""

from __future__ import annotations

from visavis.protocols.base import WireRequest
from visavis.protocols.wire.form import decode_form

NATIVE_PATHS = ("/v1/", "/docs", "/openapi.json")

_TENCENT_VERSIONS = frozenset({"2020-03-03", "2018-03-01"})
_ALIBABA_VERSIONS = frozenset(
    {"2017-09-12", "2017-10-10", "2018-09-16", "2019-03-07", "2020-06-18", "2020-11-12", "2022-11-25"}
)
_ROUTED_BODY_BYTES = 64 * 1024
"""Of a body, how much is searched at each end for the parameters that name an API: pictures lie in between."""
_ROUTED_PAIR_BYTES = 1024
"""No parameter that names an API is longer."""


def is_native_path(path: str) -> bool:
    """Whether our own REST API answers at this path."""
    return path.startswith(NATIVE_PATHS)


def vendor_of_path(path: str) -> str | None:
    """The vendor that a path alone names; None for `/`, which two vendors share, and for unknown paths."""
    if path == "/oauth/2.0/token" or path.startswith("/rest/2.0/"):
        return "baidu"
    if path == "/api" or path.startswith("/api/"):
        return "kuaidi100"
    return None


def vendor_of_root(request: WireRequest) -> str | None:
    """The vendor of a request to `/`; None where nothing tells."""
    authorization = request.header("authorization") or ""
    if request.header("x-tc-action") or authorization.startswith("TC3-HMAC-SHA256") or authorization == "SKIP":
        return "tencent"
    names = _parameters(request)
    if "SecretId" in names:
        return "tencent"
    if request.header("x-acs-action") or authorization.startswith("ACS3-") or "AccessKeyId" in names:
        return "alibaba"
    version = names.get("Version") or request.header("x-tc-version") or request.header("x-acs-version")
    if version in _TENCENT_VERSIONS:
        return "tencent"
    return "alibaba" if version in _ALIBABA_VERSIONS else None


def _parameters(request: WireRequest) -> dict[str, str]:
    """Names and values in the query and at both ends of a form body."""
    pairs = decode_form(request.query)
    body = request.body
    if body and body.lstrip()[:1] not in (b"{", b"["):
        for end in (body[:_ROUTED_BODY_BYTES], body[-_ROUTED_BODY_BYTES:]):
            pairs += decode_form(end, _ROUTED_PAIR_BYTES)
    return dict(reversed(pairs))
