"""Baidu's two requests, as the Python kit makes them."""

from __future__ import annotations

import json

import pytest

from visavis.protocols.signing import baidu
from visavis.protocols.signing.base import Answer, AnswerError, Endpoint, Signer

SIGNER = Signer(Endpoint("https", "faces.example"), "testApiKey", "a+b/c", 0.0, "0")
TOKEN = "24.0123456789abcdef0123456789abcdef.2592000.1797897729.282335-1234567"


def test_token_request() -> None:
    request = baidu.request_token(SIGNER)
    assert (request.method, request.url) == (
        "GET",
        "https://faces.example/oauth/2.0/token"
        "?grant_type=client_credentials&client_id=testApiKey&client_secret=a%2Bb%2Fc",
    )
    assert (request.headers, request.body, request.canonical) == ((("Host", "faces.example"),), b"", "")


def test_match_request() -> None:
    request = baidu.request_match(SIGNER, TOKEN, b"\xff\xef", b"a")
    assert request.method == "POST"
    assert request.url == (
        f"https://faces.example/rest/2.0/face/v3/match?access_token={TOKEN}&aipVersion=4.16.13&aipSdk=python"
    )
    assert request.headers == (("Host", "faces.example"), ("Content-Type", "application/json"))
    assert request.body == b'[{"image": "/+8=", "image_type": "BASE64"}, {"image": "YQ==", "image_type": "BASE64"}]'


def test_token() -> None:
    assert baidu.read_token(json.dumps({"access_token": TOKEN, "expires_in": 2592000}).encode()) == TOKEN


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"error": "invalid_client", "error_description": "unknown client id"}, "invalid_client unknown client id"),
        ({"access_token": "24.a\r\nHost: elsewhere"}, "the access token has characters that no access token has"),
        ({"access_token": "a" * 513}, "the access token has characters that no access token has"),
        ({"access_token": 7}, "the access token has characters that no access token has"),
        ({"access_token": ""}, "the access token has characters that no access token has"),
    ],
)
def test_no_token(document: dict[str, object], message: str) -> None:
    with pytest.raises(AnswerError, match=f"^{message}$"):
        baidu.read_token(json.dumps(document).encode())


def test_tokens_are_not_shown() -> None:
    document = {"access_token": TOKEN, "refresh_token": "25.x", "session_key": "k", "session_secret": "s", "scope": "p"}
    assert json.loads(baidu.hide_tokens(json.dumps(document).encode())) == {
        "access_token": "<hidden>",
        "refresh_token": "<hidden>",
        "session_key": "<hidden>",
        "session_secret": "<hidden>",
        "scope": "p",
    }
    assert baidu.hide_tokens(b"<html>\xff") == "<html>\N{REPLACEMENT CHARACTER}"


def test_answer() -> None:
    body = b'{"error_code":0,"error_msg":"SUCCESS","result":{"score":44.3,"face_list":[]}}'
    assert baidu.read_answer(body) == Answer(44.3, 80.0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error_code":222202,"error_msg":"pic not has face","result":null}', "222202 pic not has face"),
        (b'{"error_code":0,"result":null}', "the answer has no score"),
        (b"[]", "the answer is not a JSON object"),
    ],
)
def test_answers_without_a_score(body: bytes, message: str) -> None:
    with pytest.raises(AnswerError, match=f"^{message}$"):
        baidu.read_answer(body)
