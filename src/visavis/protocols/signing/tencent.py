"""Tencent Cloud CompareMaskFace, signed with TC3 as the Python kit does."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping

from visavis.protocols.signing.base import (
    Answer,
    AnswerError,
    SignedRequest,
    Signer,
    encode_picture,
    member,
    number,
    read_object,
)

ACTION, VERSION, REGION, SERVICE = "CompareMaskFace", "2020-03-03", "ap-guangzhou", "iai"
THRESHOLD = 50.0
_ALGORITHM = "TC3-HMAC-SHA256"
_JSON = "application/json"
_SIGNED = "content-type;host"


def compare_parameters(reference: bytes, probe: bytes) -> dict[str, str | int]:
    """The business parameters of two pictures."""
    return {
        "ImageA": encode_picture(reference),
        "ImageB": encode_picture(probe),
        "FaceModelVersion": "3.0",
        "QualityControl": 0,
    }


def sign_tc3(signer: Signer, parameters: Mapping[str, str | int]) -> SignedRequest:
    """Parameters as JSON in the body; everything else in headers."""
    body = json.dumps(parameters).encode()
    timestamp = int(signer.now)
    date = time.strftime("%Y-%m-%d", time.gmtime(timestamp))
    canonical = canonical_request(signer.endpoint.host, body)
    scope = f"{date}/{SERVICE}/tc3_request"
    text = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = _hmac(derive_key(signer.secret, date), text).hex()
    headers = (
        ("Content-Type", _JSON),
        ("Host", signer.endpoint.host),
        ("X-TC-Action", ACTION),
        ("X-TC-Timestamp", str(timestamp)),
        ("X-TC-Version", VERSION),
        ("X-TC-Region", REGION),
        ("X-TC-Language", "zh-CN"),
        ("X-TC-TraceId", signer.nonce),
        (
            "Authorization",
            f"{_ALGORITHM} Credential={signer.key}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}",
        ),
    )
    return SignedRequest("POST", signer.endpoint.url("/"), headers, body, f"{canonical}\n\n{text}")


def canonical_request(host: str, body: bytes) -> str:
    """What TC3 digests for a POST of JSON to `/`."""
    headers = f"content-type:{_JSON}\nhost:{host}\n"
    return f"POST\n/\n\n{headers}\n{_SIGNED}\n{hashlib.sha256(body).hexdigest()}"


def derive_key(secret: str, date: str) -> bytes:
    """The key of one day and one product."""
    return _hmac(_hmac(_hmac(f"TC3{secret}".encode(), date), SERVICE), "tc3_request")


def sign_comparison(signer: Signer, reference: bytes, probe: bytes) -> SignedRequest:
    """Two pictures."""
    return sign_tc3(signer, compare_parameters(reference, probe))


def read_answer(body: bytes) -> Answer:
    """The score, and the threshold of model 3.0 at a false accept rate of 1 in 10,000.

    Raises:
        AnswerError: the server refused.
    """
    response = member(read_object(body), "Response")
    error = member(response, "Error")
    if error is not None:
        raise AnswerError(f"{member(error, 'Code')} {member(error, 'Message')}")
    return Answer(number(member(response, "Score")), THRESHOLD)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
