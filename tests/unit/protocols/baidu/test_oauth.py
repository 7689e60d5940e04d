"""The token endpoint."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from tests.protocol_fakes import FakeKeys, offload
from tests.unit.protocols.baidu.vectors import KEY_ID, SECRET, request
from visavis.errors import StoreError
from visavis.protocols.baidu.access_token import parse_token
from visavis.protocols.baidu.auth import Keyring
from visavis.protocols.baidu.oauth import MAX_BODY_BYTES, TokenEndpoint, refuse
from visavis.protocols.base import Refusal, WireRequest, WireResponse
from visavis.service.accounts import AccessKey, KeyKind

SERVER_KEY = b"k" * 32
PATH = "/oauth/2.0/token"
GOOD = f"grant_type=client_credentials&client_id={KEY_ID}&client_secret={SECRET}"


def ask(sent: WireRequest, is_enabled: bool = True) -> tuple[WireResponse, dict[str, Any]]:
    keys = FakeKeys()
    keys.add(KeyKind.BAIDU, KEY_ID, "newer", SECRET, is_enabled=is_enabled)
    response = asyncio.run(TokenEndpoint(Keyring(keys, offload), SERVER_KEY, lambda: 1_795_305_843.0).answer(sent))
    assert response.content_type == "application/json"
    assert ("Cache-Control", "no-store") in response.headers
    return response, json.loads(response.body)


@pytest.mark.parametrize(
    "sent",
    [
        request("GET", PATH, GOOD),
        request("POST", PATH, GOOD),
        request("POST", PATH, body=GOOD.encode()),
        request("POST", PATH, body=GOOD.encode(), headers=(("Content-Type", "application/json"),)),
        request("POST", PATH, "grant_type=client_credentials", body=GOOD.partition("&")[2].encode()),
        request("POST", PATH, "client_id=", body=GOOD.encode()),
        request("POST", PATH, GOOD, body=b"client_id=another"),
    ],
    ids=["get", "query", "form", "other-type", "both", "empty-in-query", "query-first"],
)
def test_token_is_issued(sent: WireRequest) -> None:
    response, body = ask(sent)
    assert (response.status, response.error_code) == (200, None)
    assert set(body) == {"refresh_token", "expires_in", "session_key", "access_token", "scope", "session_secret"}
    assert body["expires_in"] == 2_592_000
    assert "brain_all_scope" in body["scope"].split(" ")
    assert re.fullmatch(r"25\.[0-9a-f]{32}\.315360000\.2110665843\.0-0", body["refresh_token"])
    assert re.fullmatch(r"[0-9a-f]{32}", body["session_secret"])
    token = parse_token(body["access_token"])
    assert token is not None
    assert (token.key_id, token.expires_at) == (KEY_ID, 1_797_897_843)


def test_secret_appears_nowhere() -> None:
    assert SECRET.encode() not in ask(request("GET", PATH, GOOD))[0].body


@pytest.mark.parametrize(
    ("query", "status", "error", "description"),
    [
        (GOOD.replace(KEY_ID, "x"), 401, "invalid_client", "unknown client id"),
        (GOOD.replace(KEY_ID, "%00"), 401, "invalid_client", "unknown client id"),
        (GOOD + "x", 401, "invalid_client", "Client authentication failed"),
        (GOOD.replace(SECRET, "%ED%A0%80"), 401, "invalid_client", "Client authentication failed"),
        (
            GOOD.replace("client_cred", "refresh_cred"),
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported",
        ),
        ("", 400, "invalid_request", "the parameter grant_type is missing"),
        ("grant_type=client_credentials", 400, "invalid_request", "the parameter client_id is missing"),
        (GOOD.replace(SECRET, ""), 400, "invalid_request", "the parameter client_secret is missing"),
    ],
)
def test_errors(query: str, status: int, error: str, description: str) -> None:
    response, body = ask(request("GET", PATH, query))
    assert (response.status, response.error_code) == (status, error)
    assert body == {"error": error, "error_description": description}


def test_disabled_key_gets_no_token() -> None:
    response, body = ask(request("GET", PATH, GOOD), is_enabled=False)
    assert (response.status, body["error_description"]) == (401, "unknown client id")


def test_other_methods_and_large_bodies_are_refused() -> None:
    assert MAX_BODY_BYTES == 65_536
    assert ask(request("PUT", PATH, GOOD))[0].status == 400
    assert ask(request("POST", PATH, GOOD, body=b"&" * MAX_BODY_BYTES))[0].status == 200
    assert ask(request("POST", PATH, GOOD, body=b"&" * (MAX_BODY_BYTES + 1)))[0].status == 400


def test_store_that_fails_is_a_server_error() -> None:
    class Broken(FakeKeys):
        def find_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
            raise StoreError("no such table")

    endpoint = TokenEndpoint(Keyring(Broken(), offload), SERVER_KEY, lambda: 0.0)
    response = asyncio.run(endpoint.answer(request("GET", PATH, GOOD)))
    assert (response.status, json.loads(response.body)["error"]) == (500, "server_error")
    assert b"table" not in response.body


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_an_error(refusal: Refusal) -> None:
    body = json.loads(refuse(refusal).body)
    assert refuse(refusal).status >= 400
    assert set(body) == {"error", "error_description"}
