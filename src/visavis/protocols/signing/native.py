"""Our own REST API: a bearer key and JSON."""

from __future__ import annotations

import json

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

PATH = "/v1/compare"


def sign_comparison(signer: Signer, reference: bytes, probe: bytes) -> SignedRequest:
    """Nothing is signed: the secret itself is the bearer key."""
    headers = (
        ("Host", signer.endpoint.host),
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("Authorization", f"Bearer {signer.secret}"),
    )
    pictures = {"reference": {"base64": encode_picture(reference)}, "probe": {"base64": encode_picture(probe)}}
    return SignedRequest("POST", signer.endpoint.url(PATH), headers, json.dumps(pictures).encode(), "")


def read_answer(body: bytes) -> Answer:
    """The native score, and the threshold at the false match rate that the server decided at.

    Raises:
        AnswerError: the server refused.
    """
    document = read_object(body)
    error = document.get("error")
    if error is not None:
        raise AnswerError(f"{member(error, 'code')} {member(error, 'message')}")
    return Answer(number(document.get("score")), number(document.get("threshold")))
