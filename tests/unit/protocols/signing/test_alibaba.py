"""Both signatures of Alibaba Cloud reproduce what the genuine clients sent, byte for byte."""

from __future__ import annotations

import calendar
import json
import time
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from tests.unit.protocols.signing import vectors
from tests.unit.protocols.signing.reading import split_request
from visavis.protocols.signing import alibaba
from visavis.protocols.signing.base import Answer, AnswerError, Endpoint, Signer

ENDPOINT = Endpoint("http", "127.0.0.1:18080")
PARAMETERS = {
    "SourceImageType": "FacePic",
    "SourceImageValue": "base64:///9j/4AAQ+SkZJRg==",
    "TargetImageType": "IDPic",
    "TargetImageValue": "http://example.com/a b.jpg?x=1&y=~*中",
}


def signer(date: str, nonce: str) -> Signer:
    now = calendar.timegm(time.strptime(date, "%Y-%m-%dT%H:%M:%SZ"))
    return Signer(ENDPOINT, "LTAI4testAccessKeyId", "testAccessKeySecret123", now + 0.9, nonce)


A1 = signer("2026-11-22T00:01:14Z", "f60a0ec066dfae9d2528842a744c5a48")
A3 = signer("2026-11-22T00:01:15Z", "82f1ea2a181e639872b3b69168f42311")
A3_AGENT = "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2"


def test_v1_is_what_the_classic_python_kit_sends() -> None:
    method, target, headers, body = split_request(vectors.A1_REQUEST)
    request = alibaba.sign_v1(A1, PARAMETERS)
    assert (request.method, request.url) == (method, f"http://127.0.0.1:18080{target}")
    assert request.body == body
    assert dict(request.headers) == headers | {"Accept-Encoding": "identity"}
    assert request.canonical == vectors.A1_STRING_TO_SIGN


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        (vectors.A1_REQUEST, vectors.A1_STRING_TO_SIGN),
        (vectors.A2_REQUEST, vectors.A2_STRING_TO_SIGN),
        (vectors.A2B_REQUEST, vectors.A2B_STRING_TO_SIGN),
    ],
    ids=["A1", "A2", "A2b"],
)
def test_string_to_sign_of_every_client(text: str, signed: str) -> None:
    method, target, _, body = split_request(text)
    query = target.partition("?")[2]
    pairs = [pair for part in (query, body.decode()) for pair in parse_qsl(part, keep_blank_values=True)]
    assert alibaba.string_to_sign(method, [pair for pair in pairs if pair[0] != "Signature"]) == signed


def test_acs3_is_what_the_newer_python_kit_sends() -> None:
    method, target, headers, body = split_request(vectors.A3_REQUEST)
    request = alibaba.sign_acs3(A3, PARAMETERS, A3_AGENT)
    assert (request.method, request.url, request.body) == (method, f"http://127.0.0.1:18080{target}", body)
    assert request.headers == (*headers.items(), ("Accept-Encoding", "identity"))
    assert headers["Authorization"].endswith(vectors.A3_SIGNATURE)
    assert request.canonical == f"{vectors.A3_CANONICAL}\n\n{vectors.A3_STRING_TO_SIGN}"


def test_canonical_request_of_the_node_kit() -> None:
    _, _, headers, _ = split_request(vectors.A4_REQUEST)
    signed = {name: value for name, value in headers.items() if name not in ("Authorization", "Transfer-Encoding")}
    canonical, names = alibaba.canonical_request(signed, headers["x-acs-content-sha256"])
    assert canonical == vectors.A4_CANONICAL
    assert f"SignedHeaders={names}," in headers["Authorization"]


@pytest.mark.parametrize(
    "other",
    [
        replace(A3, secret="testAccessKeySecret124"),
        replace(A3, nonce="82f1ea2a181e639872b3b69168f42312"),
        replace(A3, now=A3.now + 1),
        replace(A3, endpoint=Endpoint("http", "127.0.0.1:18081")),
    ],
    ids=["secret", "nonce", "time", "host"],
)
def test_every_ingredient_changes_the_acs3_signature(other: Signer) -> None:
    signature = dict(alibaba.sign_acs3(other, PARAMETERS, A3_AGENT).headers)["Authorization"][-64:]
    assert signature != vectors.A3_SIGNATURE


def test_pictures_become_parameters() -> None:
    assert alibaba.compare_parameters(b"\xff\xef", b"a") == {
        "SourceImageType": "FacePic",
        "SourceImageValue": "base64:///+8=",
        "TargetImageType": "FacePic",
        "TargetImageValue": "base64://YQ==",
    }
    body = alibaba.sign_comparison(A3, b"\xff\xef", b"a").body
    assert body == alibaba.sign_comparison_v1(A1, b"\xff\xef", b"a").body
    assert b"&TargetImageValue=base64%3A%2F%2FYQ%3D%3D" in body


def test_answer() -> None:
    thresholds = json.dumps({"0.0001": "90.07", "0.001": "80.01", "0.01": "70.02"})
    data = {"ConfidenceThresholds": thresholds, "SimilarityScore": 98.7913}
    body = json.dumps({"RequestId": "4", "Code": "200", "Data": data, "Success": True}).encode()
    assert alibaba.read_answer(body) == Answer(98.7913, 90.07)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"Success":false,"Code":"400","Message":"Error.NoFaceDetected"}', "400 Error.NoFaceDetected"),
        (b'{"Code":"SignatureDoesNotMatch","Message":"no"}', "SignatureDoesNotMatch no"),
        (b'{"Success":true,"Data":{"SimilarityScore":98.1}}', "the answer has no score"),
        (
            b'{"Success":true,"Data":{"SimilarityScore":1,"ConfidenceThresholds":"{"}}',
            "the answer is not a JSON object",
        ),
        (b'{"Success":true}', "the answer has no score"),
        (b"<html>", "the answer is not a JSON object"),
    ],
)
def test_answers_without_a_score(body: bytes, message: str) -> None:
    with pytest.raises(AnswerError, match=f"^{message}$"):
        alibaba.read_answer(body)
