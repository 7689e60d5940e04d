"""Alibaba Cloud CompareFaces: signature v1 as the classic Python kit makes it, ACS3 as the newer one does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode

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

ACTION, VERSION, REGION = "CompareFaces", "2019-03-07", "cn-hangzhou"
THRESHOLD_FAR = "0.0001"
USER_AGENT = "AlibabaCloud (visavis) TeaDSL/2"
_FORM = "application/x-www-form-urlencoded"
_ALGORITHM = "ACS3-HMAC-SHA256"


def compare_parameters(reference: bytes, probe: bytes) -> dict[str, str]:
    """The business parameters of two pictures."""
    return {
        "SourceImageType": "FacePic",
        "SourceImageValue": f"base64://{encode_picture(reference)}",
        "TargetImageType": "FacePic",
        "TargetImageValue": f"base64://{encode_picture(probe)}",
    }


def string_to_sign(method: str, parameters: Iterable[tuple[str, str]]) -> str:
    """What signature v1 signs: all parameters but `Signature`, sorted by name, encoded twice."""
    ordered = sorted(parameters, key=lambda pair: pair[0].encode())
    canonical = "&".join(f"{_encode(name)}={_encode(value)}" for name, value in ordered)
    return f"{method}&%2F&{_encode(canonical)}"


def sign_v1(signer: Signer, parameters: Mapping[str, str]) -> SignedRequest:
    """Common parameters and signature in the query, business parameters in the body."""
    common = {
        "Version": VERSION,
        "Action": ACTION,
        "Format": "JSON",
        "RegionId": REGION,
        "Timestamp": _timestamp(signer.now),
        "SignatureMethod": "HMAC-SHA1",
        "SignatureType": "",
        "SignatureVersion": "1.0",
        "SignatureNonce": signer.nonce,
        "AccessKeyId": signer.key,
    }
    text = string_to_sign("POST", [*common.items(), *parameters.items()])
    digest = hmac.new(f"{signer.secret}&".encode(), text.encode(), hashlib.sha1).digest()
    query = urlencode(common | {"Signature": base64.b64encode(digest).decode("ascii")})
    headers = (
        ("Host", signer.endpoint.host),
        ("Accept-Encoding", "identity"),
        ("x-acs-action", ACTION),
        ("x-acs-version", VERSION),
        ("Content-Type", _FORM),
    )
    return SignedRequest("POST", signer.endpoint.url(f"/?{query}"), headers, urlencode(parameters).encode(), text)


def sign_acs3(signer: Signer, parameters: Mapping[str, str], user_agent: str = USER_AGENT) -> SignedRequest:
    """Everything common in headers, all of which are signed."""
    body = urlencode(parameters).encode()
    return sign_body_acs3(signer, body, hashlib.sha256(body).hexdigest(), user_agent)


def sign_body_acs3(signer: Signer, body: bytes, digest: str, user_agent: str = USER_AGENT) -> SignedRequest:
    """The same for a body that is encoded already, with its SHA-256 in hexadecimal."""
    headers = {
        "host": signer.endpoint.host,
        "x-acs-version": VERSION,
        "x-acs-action": ACTION,
        "user-agent": user_agent,
        "x-acs-date": _timestamp(signer.now),
        "x-acs-signature-nonce": signer.nonce,
        "accept": "application/json",
        "content-type": _FORM,
        "x-acs-content-sha256": digest,
        "x-acs-credentials-provider": "static_ak",
    }
    canonical, signed = canonical_request(headers, digest)
    text = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(signer.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = f"{_ALGORITHM} Credential={signer.key},SignedHeaders={signed},Signature={signature}"
    headers["Accept-Encoding"] = "identity"
    return SignedRequest("POST", signer.endpoint.url("/"), tuple(headers.items()), body, f"{canonical}\n\n{text}")


def canonical_request(headers: Mapping[str, str], digest: str) -> tuple[str, str]:
    """What ACS3 digests for a POST to `/` without a query, and the list of signed headers."""
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    signed = ";".join(names)
    return f"POST\n/\n\n{lines}\n{signed}\n{digest}", signed


def sign_comparison_v1(signer: Signer, reference: bytes, probe: bytes) -> SignedRequest:
    """Two pictures, signature v1."""
    return sign_v1(signer, compare_parameters(reference, probe))


def sign_comparison(signer: Signer, reference: bytes, probe: bytes) -> SignedRequest:
    """Two pictures, ACS3."""
    return sign_acs3(signer, compare_parameters(reference, probe))


def read_answer(body: bytes) -> Answer:
    """The score, and the threshold at a false accept rate of 1 in 10,000.

    Raises:
        AnswerError: the server refused.
    """
    document = read_object(body)
    if document.get("Success") is not True:
        raise AnswerError(f"{document.get('Code')} {document.get('Message')}")
    thresholds = member(document, "Data", "ConfidenceThresholds")
    rates = read_object(thresholds.encode()) if isinstance(thresholds, str) else {}
    return Answer(number(member(document, "Data", "SimilarityScore")), number(rates.get(THRESHOLD_FAR)))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _timestamp(now: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
