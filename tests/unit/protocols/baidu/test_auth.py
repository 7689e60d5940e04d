"""Who is let in, and with what error the others are sent away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.protocol_fakes import FakeKeys, offload
from tests.unit.protocols.baidu.vectors import B1, KEY_ID, SECRET, VECTORS, Vector, request, with_header
from visavis.errors import ParameterError
from visavis.protocols.baidu.access_token import LIFETIME_S, issue_token
from visavis.protocols.baidu.auth import Authenticator, Keyring
from visavis.protocols.baidu.errors import (
    CERTIFICATION_FAILED,
    INVALID_PARAMETER,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    ApiError,
    Row,
)
from visavis.protocols.baidu.signature import canonical_request, parse_authorization, sign_request
from visavis.protocols.base import WireRequest
from visavis.service.accounts import KeyKind

SERVER_KEY = b"k" * 32
NOW = B1.signed_at


def known_keys(*secrets: str, key_id: str = KEY_ID, is_enabled: bool = True) -> FakeKeys:
    keys = FakeKeys()
    keys.add(KeyKind.BAIDU, key_id, *(secrets or (SECRET,)), is_enabled=is_enabled)
    return keys


def outcome(
    sent: WireRequest, keys: FakeKeys | None = None, now: float = NOW, public_hosts: tuple[str, ...] = ()
) -> str | Row:
    """The account's id, or the error's row."""
    authenticator = Authenticator(Keyring(keys or known_keys(), offload), SERVER_KEY, public_hosts, lambda: now)
    try:
        return asyncio.run(authenticator.identify(sent)).account_id
    except ApiError as error:
        return error.row


def by_token(suffix: str = "", prefix: str = "", **changes: Any) -> WireRequest:
    values: dict[str, Any] = {"token_key": SERVER_KEY, "key_id": KEY_ID, "secret": SECRET, "now": NOW} | changes
    return request(query=f"{prefix}access_token={issue_token(**values)}{suffix}")


def bearer(text: str) -> WireRequest:
    return request(headers=(("Authorization", text),))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_signed_requests_of_the_kits_pass(vector: Vector) -> None:
    assert outcome(vector.request, now=vector.signed_at) == "a1"
    assert outcome(vector.request, known_keys("newer", SECRET), vector.signed_at) == "a1"


def test_signature_is_refused_with_error_14() -> None:
    assert outcome(B1.request, known_keys("other")) == CERTIFICATION_FAILED
    assert outcome(B1.request, known_keys(key_id="another")) == CERTIFICATION_FAILED
    assert outcome(B1.request, known_keys(is_enabled=False)) == CERTIFICATION_FAILED
    assert outcome(B1.request, now=NOW + 1801) == CERTIFICATION_FAILED
    assert outcome(B1.request, now=NOW - 901) == CERTIFICATION_FAILED
    assert outcome(with_header(B1.request, "authorization", "Basic eA==")) == CERTIFICATION_FAILED
    assert outcome(with_header(B1.request, "authorization", "bce-auth-v1/../..")) == CERTIFICATION_FAILED


def test_token_passes_until_it_expires() -> None:
    assert outcome(by_token()) == "a1"
    assert outcome(by_token(), now=NOW + LIFETIME_S) == "a1"
    assert outcome(by_token(), now=NOW + LIFETIME_S + 1) == TOKEN_EXPIRED


def test_token_with_the_second_query_of_the_node_kit_passes() -> None:
    assert outcome(by_token("?aipSdk=node", "aipSdk=node&")) == "a1"
    assert outcome(by_token("%3FaipSdk=node", "aipSdk=node&")) == "a1"


def test_unknown_token_is_error_110() -> None:
    assert outcome(by_token(token_key=b"j" * 32)) == TOKEN_INVALID
    assert outcome(by_token(key_id="another")) == TOKEN_INVALID
    assert outcome(by_token(), known_keys("newer")) == TOKEN_INVALID
    assert outcome(by_token(), known_keys(is_enabled=False)) == TOKEN_INVALID
    assert outcome(request(query=f"access_token=24.{'a' * 32}.2592000.1.282335-1234567")) == TOKEN_INVALID
    assert outcome(request(query=f"access_token=24.{'a' * 32}.2592000.1.1-{'27' * 9}")) == TOKEN_INVALID


def test_forged_token_past_its_expiry_is_unknown_and_not_expired() -> None:
    assert outcome(by_token(token_key=b"j" * 32), now=NOW + LIFETIME_S + 1) == TOKEN_INVALID


def test_no_or_malformed_token_is_error_100() -> None:
    assert outcome(request()) == INVALID_PARAMETER
    assert outcome(request(query="access_token=")) == INVALID_PARAMETER
    assert outcome(request(query="access_token=undefined")) == INVALID_PARAMETER
    assert outcome(request(query="access_token=?aipSdk=node")) == INVALID_PARAMETER
    assert outcome(bearer("  ")) == INVALID_PARAMETER


def test_token_goes_before_the_header_and_the_first_of_two_counts() -> None:
    signed = WireRequest("POST", B1.request.path, b"access_token=undefined", B1.request.headers, b"", 0.0)
    assert outcome(signed) == INVALID_PARAMETER
    assert outcome(by_token("&access_token=undefined")) == "a1"
    assert outcome(by_token(prefix="access_token=undefined&")) == INVALID_PARAMETER


def test_bearer_key_passes() -> None:
    assert outcome(bearer(f"Bearer bce-v3/ALTAK-{KEY_ID}/{SECRET}")) == "a1"
    assert outcome(bearer("Bearer bce-v3/ALTAK-abc/a/b"), known_keys("a/b", key_id="ALTAK-abc")) == "a1"


def test_bearer_key_is_refused_with_error_14() -> None:
    good = f"Bearer bce-v3/ALTAK-{KEY_ID}/{SECRET}"
    assert outcome(bearer(good[:-1])) == CERTIFICATION_FAILED
    assert outcome(bearer(good + "x")) == CERTIFICATION_FAILED
    assert outcome(bearer(good), known_keys(is_enabled=False)) == CERTIFICATION_FAILED
    assert outcome(bearer(good), known_keys(key_id="another")) == CERTIFICATION_FAILED
    assert outcome(bearer(f"Bearer bce-v3/{KEY_ID}/{SECRET}")) == CERTIFICATION_FAILED
    assert outcome(bearer(f"Bearer bce-v3/ALTAK-{KEY_ID}/")) == CERTIFICATION_FAILED
    assert outcome(bearer(f"Bearer bce-v3/ALTAK-{KEY_ID}/é{SECRET}")) == CERTIFICATION_FAILED


@pytest.mark.parametrize("key_id", [None, "", "a b", "ключ", "x" * 129, "a\0b", "a\n"])
def test_what_cannot_be_a_key_id_is_not_looked_up(key_id: str | None) -> None:
    class Untouched(FakeKeys):
        def find_key(self, kind: KeyKind, key_id: str) -> None:
            raise AssertionError(key_id)

    assert asyncio.run(Keyring(Untouched(), offload).find_key(key_id)) is None


def test_host_that_a_proxy_replaced_is_taken_from_the_setting() -> None:
    header = B1.request.header("authorization") or ""
    authorization = parse_authorization(header)
    assert authorization is not None
    canonical = canonical_request(B1.request, authorization.signed_headers, b"faces.example.com")
    signed = header.replace(B1.signature, sign_request(B1.signing_key, canonical))
    sent = with_header(with_header(B1.request, "authorization", signed), "host", "upstream:9000")
    assert outcome(sent) == CERTIFICATION_FAILED
    assert outcome(sent, public_hosts=("faces.example.com",)) == "a1"


def test_public_hosts_are_ascii() -> None:
    with pytest.raises(ParameterError, match="ASCII"):
        outcome(B1.request, public_hosts=("人脸.example.com",))
