"""Signs requests the way a client does, sharing nothing with the server's own signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

SECRET_ID = "AKIDconformance"
SECRET = "conformance-secret"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def sign_headers(method: str, query: str, headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """The Authorization header of TC3-HMAC-SHA256."""
    timestamp = headers["X-TC-Timestamp"]
    date = time.strftime("%Y-%m-%d", time.gmtime(int(timestamp)))
    stated = headers.get("X-TC-Content-SHA256")
    payload = stated.encode() if stated == "UNSIGNED-PAYLOAD" else b"" if method == "GET" else body
    canonical = (
        f"{method}\n/\n{query if method == 'GET' else ''}\n"
        f"content-type:{headers['Content-Type']}\nhost:{headers['Host']}\n\n"
        f"content-type;host\n{hashlib.sha256(payload).hexdigest()}"
    )
    scope = f"{date}/iai/tc3_request"
    text = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = _hmac(_hmac(_hmac(b"TC3" + secret.encode(), date), "iai"), "tc3_request")
    signature = _hmac(key, text).hex()
    return f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{scope}, SignedHeaders=content-type;host, Signature={signature}"


def sign_form(method: str, host: str, form: Mapping[str, str], secret: str) -> str:
    """The Signature parameter of the older signature."""
    text = f"{method}{host}/?" + "&".join(f"{name}={form[name]}" for name in sorted(form))
    digest = hashlib.sha256 if form.get("SignatureMethod") == "HmacSHA256" else hashlib.sha1
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), digest).digest()).decode()
