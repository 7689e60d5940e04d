"""Bearer keys."""

from __future__ import annotations

import asyncio
import hmac

import pytest

from tests.protocol_fakes import FakeKeys, offload
from tests.unit.protocols.native.calls import SECRET, make_keys
from visavis.protocols.native.auth import KEY_ID_LENGTH, BearerVerifier, read_bearer
from visavis.protocols.native.errors import Problem, RequestError
from visavis.service.accounts import KeyKind


def authenticate(keys: FakeKeys, *headers: str) -> str:
    return asyncio.run(BearerVerifier(keys, offload).authenticate(headers)).account_id


def refusal(keys: FakeKeys, *headers: str) -> Problem:
    with pytest.raises(RequestError) as caught:
        authenticate(keys, *headers)
    return caught.value.problem


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_right_key_is_let_in(scheme: str) -> None:
    assert authenticate(make_keys(), f"{scheme} {SECRET}") == "a1"


def test_key_id_is_the_first_twelve_characters() -> None:
    assert KEY_ID_LENGTH == 12
    keys = FakeKeys()
    keys.add(KeyKind.NATIVE, "vv_012345678", SECRET)
    assert authenticate(keys, f"Bearer {SECRET}") == "a1"


def test_both_secrets_work_while_one_is_rotated_out() -> None:
    old = SECRET[:12] + "an-older-end-of-the-secret"
    keys = FakeKeys()
    keys.add(KeyKind.NATIVE, SECRET[:12], SECRET, old)
    assert [authenticate(keys, f"Bearer {secret}") for secret in (SECRET, old)] == ["a1", "a1"]


def test_no_key() -> None:
    assert refusal(make_keys()) is Problem.MISSING_KEY


@pytest.mark.parametrize("at", [0, 12, len(SECRET) - 1])
def test_flipped_character_is_refused(at: int) -> None:
    wrong = SECRET[:at] + ("A" if SECRET[at] != "A" else "B") + SECRET[at + 1 :]
    assert refusal(make_keys(), f"Bearer {wrong}") is Problem.INVALID_KEY


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        f"Basic {SECRET}",
        SECRET,
        f"Bearer {SECRET[:12]}",
        f"Bearer {SECRET}x",
        f"Bearer {SECRET} x",
        "Bearer " + "é" * 30,
        "Bearer " + "a" * 257,
    ],
)
def test_other_form_is_refused(header: str) -> None:
    assert refusal(make_keys(), header) is Problem.INVALID_KEY


def test_two_headers_are_refused() -> None:
    assert refusal(make_keys(), f"Bearer {SECRET}", f"Bearer {SECRET}") is Problem.INVALID_KEY


def test_key_of_another_kind_is_refused() -> None:
    keys = FakeKeys()
    keys.add(KeyKind.TENCENT, SECRET[:12], SECRET)
    assert refusal(keys, f"Bearer {SECRET}") is Problem.INVALID_KEY


def test_only_who_knows_the_secret_learns_that_the_key_is_disabled() -> None:
    keys = FakeKeys()
    keys.add(KeyKind.NATIVE, SECRET[:12], SECRET, is_enabled=False)
    assert refusal(keys, f"Bearer {SECRET}") is Problem.KEY_DISABLED
    assert refusal(keys, f"Bearer {SECRET[:-1]}X") is Problem.INVALID_KEY


def test_comparison_takes_constant_time_even_for_unknown_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    original = hmac.compare_digest

    def count(one: bytes, other: bytes) -> bool:
        compared.append(len(other))
        return original(one, other)

    monkeypatch.setattr(hmac, "compare_digest", count)
    assert refusal(FakeKeys(), f"Bearer {SECRET}") is Problem.INVALID_KEY
    assert len(compared) == 1
    keys = FakeKeys()
    keys.add(KeyKind.NATIVE, SECRET[:12], SECRET, SECRET[:12] + "-another-one-that-is-older")
    authenticate(keys, f"Bearer {SECRET}")
    assert len(compared) == 3


def test_empty_secret_list_lets_nobody_in() -> None:
    keys = FakeKeys()
    keys.add(KeyKind.NATIVE, SECRET[:12])
    assert refusal(keys, f"Bearer {SECRET}") is Problem.INVALID_KEY


def test_secret_is_read_without_its_scheme() -> None:
    assert read_bearer([f"Bearer   {SECRET} "]) == SECRET
