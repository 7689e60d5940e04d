"""Endpoints: what is taken and what is refused."""

from __future__ import annotations

import pytest

from visavis.errors import ParameterError
from visavis.protocols.signing.base import Endpoint, member


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://faces.example/", "faces.example"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_endpoint(text: str, host: str) -> None:
    endpoint = Endpoint.parse(text)
    assert (endpoint.scheme, endpoint.host) == ("http", host)
    assert endpoint.url("/api?a=1") == f"http://{host}/api?a=1"


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:8000",
        "ftp://127.0.0.1",
        "http://",
        "http://:8000",
        "http://h:0",
        "http://h:70000",
        "http://h:x",
        "http://user:password@h",
        "http://h/path",
        "http://h?query",
        "http://h#fragment",
        "http://h\r\nX: y",
        "http://h h",
        "http://中",
        "http://[::1",
        "http://" + "h" * 2048,
        "",
    ],
)
def test_not_an_endpoint(text: str) -> None:
    with pytest.raises(ParameterError, match="is not an endpoint; write it like http://127"):
        Endpoint.parse(text)


def test_password_in_an_endpoint_is_not_repeated() -> None:
    with pytest.raises(ParameterError, match=r"^'h' is not an endpoint"):
        Endpoint.parse("http://user:p@ssword@h")


def test_member() -> None:
    assert member({"a": {"b": 1}}, "a", "b") == 1
    assert member({"a": 7}, "a", "b") is None
    assert member([], "a") is None
