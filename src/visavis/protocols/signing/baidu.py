"""Baidu face/v3/match as the Python kit calls it: an access token first, then the comparison."""

from __future__ import annotations

import json
import re
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

TOKEN_PATH, MATCH_PATH = "/oauth/2.0/token", "/rest/2.0/face/v3/match"
THRESHOLD = 80.0
_TOKEN = re.compile(r"[A-Za-z0-9.-]{1,512}")
_SECRETS = ("access_token", "refresh_token", "session_key", "session_secret")
_SDK = {"aipVersion": "4.16.13", "aipSdk": "python"}


def request_token(signer: Signer) -> SignedRequest:
    """Asks for an access token. Its URL bears the secret."""
    query = urlencode({"grant_type": "client_credentials", "client_id": signer.key, "client_secret": signer.secret})
    headers = (("Host", signer.endpoint.host),)
    return SignedRequest("GET", signer.endpoint.url(f"{TOKEN_PATH}?{query}"), headers, b"", "")


def read_token(body: bytes) -> str:
    """The access token of an answer.

    Raises:
        AnswerError: there is none.
    """
    document = read_object(body)
    token = document.get("access_token")
    if token is not None and not (isinstance(token, str) and _TOKEN.fullmatch(token)):
        raise AnswerError("the access token has characters that no access token has")
    if token is None:
        raise AnswerError(f"{document.get('error')} {document.get('error_description')}")
    return str(token)


def hide_tokens(body: bytes) -> str:
    """The answer to a request for a token, fit to be shown."""
    try:
        document = read_object(body)
    except AnswerError:
        return body.decode("utf-8", "replace")
    shown = {name: "<hidden>" if name in _SECRETS else value for name, value in document.items()}
    return json.dumps(shown, ensure_ascii=False)


def request_match(signer: Signer, access_token: str, reference: bytes, probe: bytes) -> SignedRequest:
    """The comparison. Nothing is signed: the token in the URL is the proof, and is pasted there as it is."""
    query = f"access_token={access_token}&{urlencode(_SDK)}"
    pictures = [{"image": encode_picture(content), "image_type": "BASE64"} for content in (reference, probe)]
    headers = (("Host", signer.endpoint.host), ("Content-Type", "application/json"))
    body = json.dumps(pictures, ensure_ascii=False).encode()
    return SignedRequest("POST", signer.endpoint.url(f"{MATCH_PATH}?{query}"), headers, body, "")


def read_answer(body: bytes) -> Answer:
    """The score and the recommended threshold.

    Raises:
        AnswerError: the server refused.
    """
    document = read_object(body)
    if document.get("error_code") != 0:
        raise AnswerError(f"{document.get('error_code')} {document.get('error_msg')}")
    return Answer(number(member(document, "result", "score")), THRESHOLD)
