"""The sign: the vendor's vector, damage to it, rotation, and who is refused with which words."""

from __future__ import annotations

import asyncio

import pytest

from tests.protocol_fakes import FakeKeys, account, offload
from visavis.protocols.kuaidi100.auth import authenticate, is_sign_of, make_sign
from visavis.protocols.kuaidi100.errors import ApiError
from visavis.service.accounts import AccessKey, Account, KeyKind

KEY, SECRET = "uRiXXzuw3333", "abcdef0123456789abcdef0123456789"
SIGN = "8CFDD7A2457C8A0ECC38AC74B2463186"


def key(*secrets: str) -> AccessKey:
    return AccessKey(KEY, KeyKind.KUAIDI100, secrets, True, account())


def ask(fields: dict[str, str], *, is_enabled: bool = True) -> Account:
    keys = FakeKeys()
    keys.add(KeyKind.KUAIDI100, KEY, SECRET, is_enabled=is_enabled)
    return asyncio.run(authenticate(fields, keys, offload))


def test_vector_k1() -> None:
    assert make_sign(KEY, SECRET) == SIGN


def test_letters_of_both_cases_and_blanks_around_are_taken() -> None:
    assert is_sign_of(SIGN, key(SECRET))
    assert is_sign_of(f" {SIGN.lower()}\n", key(SECRET))


@pytest.mark.parametrize("at", range(len(SIGN)))
def test_flipped_letter_is_refused(at: int) -> None:
    flipped = SIGN[:at] + ("0" if SIGN[at] != "0" else "1") + SIGN[at + 1 :]
    assert not is_sign_of(flipped, key(SECRET))


def test_flipped_secret_or_key_is_refused() -> None:
    assert not is_sign_of(SIGN, key("b" + SECRET[1:]))
    assert make_sign("vRiXXzuw3333", SECRET) != SIGN


def test_both_secrets_of_a_rotation_are_live() -> None:
    assert is_sign_of(SIGN, key("f" * 32, SECRET))
    assert is_sign_of(make_sign(KEY, "f" * 32), key("f" * 32, SECRET))
    assert not is_sign_of(SIGN, key())


def test_not_ascii_is_refused_without_a_crash() -> None:
    assert not is_sign_of("签名" * 16, key(SECRET))


def test_right_sign_names_the_account() -> None:
    assert ask({"secret_key": f" {KEY} ", "secret_sign": SIGN}) == account()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "secret_key: missing"),
        ({"secret_key": KEY}, "secret_sign: missing"),
        ({"secret_key": "somebody", "secret_sign": SIGN}, "secret_key: unknown"),
        ({"secret_key": KEY.lower(), "secret_sign": SIGN}, "secret_key: unknown"),
        ({"secret_key": "k" * 129, "secret_sign": SIGN}, "secret_key: unknown"),
        ({"secret_key": "a\x00b", "secret_sign": SIGN}, "secret_key: unknown"),
        ({"secret_key": KEY, "secret_sign": SIGN[::-1]}, "secret_sign: does not match"),
        ({"secret_key": KEY, "secret_sign": SECRET}, "secret_sign: does not match"),
    ],
)
def test_refusals(fields: dict[str, str], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        ask(fields)
    assert (caught.value.code, caught.value.message) == (401, message)


def test_odd_keys_are_not_looked_up() -> None:
    """A store may choke on what no key can be."""

    class NoKeys(FakeKeys):
        def find_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
            raise AssertionError(key_id)

    for odd in ("k" * 129, "a\x00b", "a\nb"):
        with pytest.raises(ApiError, match="secret_key: unknown"):
            asyncio.run(authenticate({"secret_key": odd, "secret_sign": SIGN}, NoKeys(), offload))


def test_disabled_key_is_told_so_only_to_its_owner() -> None:
    with pytest.raises(ApiError, match="401 secret_key: disabled"):
        ask({"secret_key": KEY, "secret_sign": SIGN}, is_enabled=False)
    with pytest.raises(ApiError, match="401 secret_sign: does not match"):
        ask({"secret_key": KEY, "secret_sign": "0" * 32}, is_enabled=False)
