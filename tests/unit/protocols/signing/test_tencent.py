"""TC3 reproduces what the genuine Python client sent, byte for byte."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from tests.unit.protocols.signing import vectors
from tests.unit.protocols.signing.reading import split_request
from visavis.protocols.signing import tencent
from visavis.protocols.signing.base import Answer, AnswerError, Endpoint, Signer

PARAMETERS: dict[str, str | int] = {
    "ImageA": "/9j/4AAQ+SkZJRg==",
    "UrlB": "http://example.com/a b.jpg?x=1&y=~*中",
    "FaceModelVersion": "3.0",
    "QualityControl": 0,
}
T1 = Signer(
    Endpoint("http", "127.0.0.1:18080"),
    "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
    "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
    1795305729.9,
    "0" * 32,
)


def test_tc3_is_what_the_python_kit_sends() -> None:
    method, target, headers, body = split_request(vectors.T1_REQUEST)
    request = tencent.sign_tc3(T1, PARAMETERS)
    assert (request.method, request.url, request.body) == (method, f"http://127.0.0.1:18080{target}", body)
    assert dict(request.headers) == headers | {"X-TC-TraceId": "0" * 32}
    assert headers["Authorization"].endswith(vectors.T1_SIGNATURE)
    assert request.canonical == f"{vectors.T1_CANONICAL}\n\n{vectors.T1_STRING_TO_SIGN}"


def test_canonical_request_of_the_node_kit() -> None:
    _, _, _, body = split_request(vectors.T2_REQUEST)
    canonical = tencent.canonical_request("127.0.0.1", body)
    assert canonical == vectors.T2_CANONICAL
    assert vectors.T2_STRING_TO_SIGN.endswith(hashlib.sha256(canonical.encode()).hexdigest())


@pytest.mark.parametrize(
    "other",
    [
        replace(T1, secret="Gu5t9xGARNpq86cd98joQYCN3EXAMPLF"),
        replace(T1, now=T1.now + 1),
        replace(T1, endpoint=Endpoint("http", "127.0.0.1")),
    ],
    ids=["secret", "time", "host"],
)
def test_every_ingredient_changes_the_signature(other: Signer) -> None:
    assert dict(tencent.sign_tc3(other, PARAMETERS).headers)["Authorization"][-64:] != vectors.T1_SIGNATURE


def test_pictures_become_parameters() -> None:
    expected = b'{"ImageA": "/+8=", "ImageB": "YQ==", "FaceModelVersion": "3.0", "QualityControl": 0}'
    assert tencent.sign_comparison(T1, b"\xff\xef", b"a").body == expected


def test_answer() -> None:
    body = b'{"Response":{"Score":99.5,"FaceModelVersion":"3.0","RequestId":"a"}}'
    assert tencent.read_answer(body) == Answer(99.5, 50.0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"Response":{"Error":{"Code":"AuthFailure.SecretIdNotFound","Message":"m"},"RequestId":"a"}}',
         "AuthFailure.SecretIdNotFound m"),
        (b'{"Response":{"Score":null}}', "the answer has no score"),
        (b'{"Response":7}', "the answer has no score"),
    ],
)  # fmt: skip
def test_answers_without_a_score(body: bytes, message: str) -> None:
    with pytest.raises(AnswerError, match=f"^{message}$"):
        tencent.read_answer(body)
