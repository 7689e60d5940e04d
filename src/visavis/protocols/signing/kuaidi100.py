"""Kuaidi100's cloud market: one form, and a sign that never changes and is therefore as secret as the secret."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode

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

PATH = "/api"
SECRET_CODE = "a01ec22b11c94a4e9f755a3af8c10a0d"
THRESHOLD = 80.0


def make_sign(key: str, secret: str) -> str:
    """Upper-case hexadecimal MD5 of both."""
    return hashlib.md5((key + secret).encode(), usedforsecurity=False).hexdigest().upper()


def sign_comparison(signer: Signer, reference: bytes, probe: bytes) -> SignedRequest:
    """All eleven fields, in the order of the vendor's document."""
    fields = {
        "secret_key": signer.key,
        "secret_code": SECRET_CODE,
        "secret_sign": make_sign(signer.key, signer.secret),
    }
    for prefix, content in (("source", reference), ("compare", probe)):
        fields |= {
            f"{prefix}Image": encode_picture(content),
            f"{prefix}ImageType": "BASE64",
            f"{prefix}FaceType": "LIVE",
            f"{prefix}LiveControl": "NONE",
        }
    headers = (("Host", signer.endpoint.host), ("Content-Type", "application/x-www-form-urlencoded"))
    canonical = f"{signer.key}<secret>"
    return SignedRequest("POST", signer.endpoint.url(PATH), headers, urlencode(fields).encode(), canonical)


def read_answer(body: bytes) -> Answer:
    """The score and the recommended threshold.

    Raises:
        AnswerError: the server refused.
    """
    document = read_object(body)
    if document.get("code") != 200:
        raise AnswerError(f"{document.get('code')} {document.get('message')}")
    return Answer(number(member(document, "data", "score")), THRESHOLD)
