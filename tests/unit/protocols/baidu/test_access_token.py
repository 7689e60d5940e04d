"""Access tokens prove themselves, and die with what they are bound to."""

from __future__ import annotations

import re

import pytest

from tests.protocol_fakes import account
from tests.unit.protocols.baidu.vectors import KEY_ID, SECRET
from visavis.protocols.baidu.access_token import LIFETIME_S, AccessToken, issue_token, parse_token
from visavis.service.accounts import AccessKey, KeyKind

SERVER_KEY = b"k" * 32
NOW = 1_795_305_843.7


def key(*secrets: str, key_id: str = KEY_ID) -> AccessKey:
    return AccessKey(key_id, KeyKind.BAIDU, secrets, True, account())


def parsed(text: str) -> AccessToken:
    token = parse_token(text)
    assert token is not None
    return token


def issued(secret: str = SECRET) -> str:
    return issue_token(SERVER_KEY, KEY_ID, secret, NOW)


def test_token_looks_like_the_vendors() -> None:
    kind, proof, lifetime, expiry, owner = issued().split(".")
    assert (kind, lifetime, expiry) == ("24", "2592000", str(1_795_305_843 + LIFETIME_S))
    assert re.fullmatch(r"[0-9a-f]{32}", proof)
    assert re.fullmatch(r"[0-9]{1,9}-[0-9a-f]{48}", owner)
    assert not re.search(r"[^A-Za-z0-9.-]", issued())


@pytest.mark.parametrize("key_id", ["a_-9", "A" * 128])
def test_any_key_id_comes_back(key_id: str) -> None:
    token = parsed(issue_token(SERVER_KEY, key_id, SECRET, NOW))
    assert token.key_id == key_id
    assert token.expires_at == 1_795_305_843 + LIFETIME_S
    assert token.is_genuine(SERVER_KEY, key(SECRET, key_id=key_id))


def test_tokens_of_one_second_differ() -> None:
    assert len({issued() for _ in range(20)}) == 20


def test_token_lives_while_its_secret_is_live() -> None:
    token = parsed(issued())
    assert token.is_genuine(SERVER_KEY, key(SECRET))
    assert token.is_genuine(SERVER_KEY, key("newer", SECRET))
    assert not token.is_genuine(SERVER_KEY, key("newer"))
    assert not token.is_genuine(SERVER_KEY, key())


def test_token_dies_with_the_servers_key() -> None:
    assert not parsed(issued()).is_genuine(b"j" * 32, key(SECRET))


def test_no_character_can_be_changed() -> None:
    text = issued()
    for at, character in enumerate(text):
        forged = parse_token(text[:at] + ("1" if character != "1" else "2") + text[at + 1 :])
        assert forged is None or not forged.is_genuine(SERVER_KEY, key(SECRET))


def test_access_token_is_not_a_refresh_token() -> None:
    assert not parsed("25" + issued().removeprefix("24")).is_genuine(SERVER_KEY, key(SECRET))


def test_token_of_another_issuer_is_well_formed_and_nobodys() -> None:
    token = parsed(f"24.{'a' * 32}.2592000.1797897843.282335-1234567")
    assert token.key_id is None
    assert parsed(f"24.{'a' * 32}.2592000.1797897843.1-ff").key_id is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "undefined",
        "24.abc.2592000.1797897843.282335-1234567",
        f"24.{'A' * 32}.2592000.1797897843.282335-1234567",
        f"24.{'a' * 32}.2592000.1797897843.2823351234567",
        f"26.{'a' * 32}.2592000.1797897843.282335-1234567",
        f"24.{'a' * 32}.2592000.{'9' * 13}.282335-1234567",
        f"24.{'a' * 32}.2592000.1797897843.282335-{'6' * 257}",
        f"24.{'a' * 32}.2592000.1797897843.282335-1234567\n",
        f"24.{'a' * 32}.2592000.179789784٣.282335-1234567",
    ],
)
def test_what_is_no_token_is_none(text: str) -> None:
    assert parse_token(text) is None
