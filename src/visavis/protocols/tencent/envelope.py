"""What is common to all actions: size limits, and the common parameters wherever they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from visavis.protocols.base import WireRequest
from visavis.protocols.tencent.errors import Fault, named_fault
from visavis.protocols.wire.form import decode_form

BODY_LIMIT_BYTES = 10 * 1024 * 1024 + 64 * 1024
"""Two pictures of 5 MB each and the JSON around them."""

FORM_LIMIT_BYTES = 1024 * 1024
QUERY_LIMIT_BYTES = 32 * 1024

_FORM_TOO_LARGE = (
    "The provided credentials could not be validated because of exceeding request size limit, please use new signature "
    "method `TC3-HMAC-SHA256`."
)
_FORM_TOO_LARGE_CHINESE = "请求签名验证失败，请求包超过限制大小，请使用新的签名方法 `TC3-HMAC-SHA256`。"

COMMON_NAMES = frozenset(
    {
        "Action",
        "Version",
        "Region",
        "Timestamp",
        "Nonce",
        "SecretId",
        "SignatureMethod",
        "Signature",
        "Token",
        "Language",
        "RequestClient",
    }
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outer part of a request.

    Attributes:
        common: the common parameters by name, whether they came in `X-TC-` headers or in a form.
        authorization: the header; None with the older signature.
        form: every parameter of a request with the older signature, the common ones too.
    """

    common: Mapping[str, str]
    authorization: str | None
    form: Mapping[str, str]

    @property
    def is_chinese(self) -> bool:
        """Whether the gateway's errors are to be in Chinese."""
        return speaks_chinese(self.common.get("Language"))

    def require(self, name: str) -> str:
        """A common parameter.

        Raises:
            Fault: it is missing.
        """
        value = self.common.get(name)
        if not value:
            raise named_fault("MissingParameter", name)
        return value


def speaks_chinese(language: str | None) -> bool:
    """Whether a language is Chinese; English is the default."""
    return (language or "").strip().lower() == "zh-cn"


def check_size(request: WireRequest) -> None:
    """Refuse other methods than GET and POST, and what is too large.

    Raises:
        Fault: it is one of these.
    """
    if request.method not in ("GET", "POST"):
        raise Fault("UnsupportedProtocol")
    if len(request.query) > QUERY_LIMIT_BYTES or len(request.body) > BODY_LIMIT_BYTES:
        raise Fault("RequestSizeLimitExceeded")


def open_envelope(request: WireRequest) -> Envelope:
    """Find the common parameters.

    Raises:
        Fault: a form that is too large for the older signature.
    """
    authorization = request.header("authorization")
    if authorization is not None or request.header("x-tc-action") is not None:
        return Envelope(_header_parameters(request), authorization, {})
    if request.method == "POST" and len(request.body) > FORM_LIMIT_BYTES:
        raise Fault("AuthFailure.SignatureFailure", chinese=_FORM_TOO_LARGE_CHINESE, english=_FORM_TOO_LARGE)
    form = dict(decode_form(request.query if request.method == "GET" else request.body))
    common = {name: value for name, value in form.items() if name in COMMON_NAMES}
    return Envelope(common, None, form)


def _header_parameters(request: WireRequest) -> dict[str, str]:
    values = {name: request.header(f"x-tc-{name.lower()}") for name in COMMON_NAMES}
    return {name: value.strip() for name, value in values.items() if value is not None}
