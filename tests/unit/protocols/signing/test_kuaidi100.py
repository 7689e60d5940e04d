"""Kuaidi100's form."""

from __future__ import annotations

import pytest

from visavis.protocols.signing import kuaidi100
from visavis.protocols.signing.base import Answer, AnswerError, Endpoint, Signer

KEY, SECRET = "uRiXXzuw3333", "abcdef0123456789abcdef0123456789"
SIGN = "8CFDD7A2457C8A0ECC38AC74B2463186"


def test_vector_k1() -> None:
    assert kuaidi100.make_sign(KEY, SECRET) == SIGN
    assert kuaidi100.make_sign(KEY, SECRET[:-1] + "8") != SIGN


def test_form() -> None:
    request = kuaidi100.sign_comparison(Signer(Endpoint("http", "h:1"), KEY, SECRET, 0.0, ""), b"\xff\xef", b"a")
    assert (request.method, request.url) == ("POST", "http://h:1/api")
    assert request.headers == (("Host", "h:1"), ("Content-Type", "application/x-www-form-urlencoded"))
    assert request.body.decode() == (
        f"secret_key={KEY}&secret_code=a01ec22b11c94a4e9f755a3af8c10a0d&secret_sign={SIGN}"
        "&sourceImage=%2F%2B8%3D&sourceImageType=BASE64&sourceFaceType=LIVE&sourceLiveControl=NONE"
        "&compareImage=YQ%3D%3D&compareImageType=BASE64&compareFaceType=LIVE&compareLiveControl=NONE"
    )
    assert request.canonical == "uRiXXzuw3333<secret>"


def test_answer() -> None:
    assert kuaidi100.read_answer(b'{"code":200,"message":"","data":{"score":"80.00"}}') == Answer(80.0, 80.0)
    assert Answer(80.0, 80.0).is_match
    assert not Answer(79.99, 80.0).is_match


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"code":400,"message":"sourceImage: no face"}', "400 sourceImage: no face"),
        (b'{"code":200,"message":"","data":{"score":"high"}}', "the answer has no score"),
        (b'{"code":200,"message":"","data":{"score":"nan"}}', "the answer has no score"),
        (b'{"code":200,"message":"","data":{"score":true}}', "the answer has no score"),
        (b'{"code":200,"data":{"score":1' + b"0" * 400 + b"}}", "the answer has no score"),
    ],
)
def test_answers_without_a_score(body: bytes, message: str) -> None:
    with pytest.raises(AnswerError, match=f"^{message}$"):
        kuaidi100.read_answer(body)
