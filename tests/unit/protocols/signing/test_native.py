"""Our own API's request."""

from __future__ import annotations

import json

import pytest

from visavis.protocols.native.schema import read_compare
from visavis.protocols.signing import native
from visavis.protocols.signing.base import Answer, AnswerError, Endpoint, Signer


def test_request() -> None:
    request = native.sign_comparison(Signer(Endpoint("http", "h:1"), "", "k" * 43, 0.0, ""), b"\xff\xef", b"a")
    assert (request.method, request.url, request.canonical) == ("POST", "http://h:1/v1/compare", "")
    assert dict(request.headers) == {
        "Host": "h:1",
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {'k' * 43}",
    }
    assert json.loads(request.body) == {"reference": {"base64": "/+8="}, "probe": {"base64": "YQ=="}}


def test_server_reads_it() -> None:
    request = native.sign_comparison(Signer(Endpoint("http", "h:1"), "", "k" * 43, 0.0, ""), b"\xff\xef", b"a")
    sides, parameters = read_compare("application/json", request.body)
    assert [getattr(side, "base64", None) for side in sides.values()] == ["/+8=", "YQ=="]
    assert parameters.fmr == 1e-4


def test_secret_does_not_show_in_a_repr() -> None:
    signer = Signer(Endpoint("http", "h:1"), "", "verysecret", 0.0, "")
    assert "verysecret" not in repr(signer)
    assert "verysecret" not in repr(native.sign_comparison(signer, b"a", b"b"))


def test_answer() -> None:
    assert native.read_answer(b'{"score":0.61,"threshold":0.4,"decision":"match"}') == Answer(0.61, 0.4)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"code":"invalid_key","message":"the key is wrong"}}', "invalid_key the key is wrong"),
        (b'{"score":0.6}', "the answer has no score"),
    ],
)
def test_answers_without_a_score(body: bytes, message: str) -> None:
    with pytest.raises(AnswerError, match=f"^{message}$"):
        native.read_answer(body)
