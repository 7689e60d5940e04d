"""Sealed values open for the same key, purpose and row only."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from visavis.errors import SecretKeyError, StoreError
from visavis.storage.encryption import Sealer, derive_key

KEY = bytes(range(32))


def test_opens_what_it_sealed() -> None:
    sealed = Sealer(KEY, "template").seal(b"value", "a", "b")
    assert Sealer(KEY, "template").open(sealed, "a", "b") == b"value"
    assert b"value" not in sealed


def test_same_value_is_sealed_differently_each_time() -> None:
    sealer = Sealer(KEY, "template")
    assert len({sealer.seal(b"value", "a") for _ in range(100)}) == 100


def test_empty_value_is_a_value() -> None:
    sealer = Sealer(KEY, "template")
    assert sealer.open(sealer.seal(b"")) == b""


@pytest.mark.parametrize("row", [("a",), ("a", "c"), ("ab",), ("", "ab"), ("b", "a"), ("a", "b", "")])
def test_does_not_open_in_another_row(row: tuple[str, ...]) -> None:
    sealer = Sealer(KEY, "template")
    with pytest.raises(StoreError, match="damaged"):
        sealer.open(sealer.seal(b"value", "a", "b"), *row)


def test_does_not_open_for_another_purpose_or_key() -> None:
    sealed = Sealer(KEY, "template").seal(b"value", "a")
    for sealer in (Sealer(KEY, "measures"), Sealer(bytes(32), "template")):
        with pytest.raises(StoreError, match="damaged"):
            sealer.open(sealed, "a")


def test_no_changed_or_missing_byte_goes_unseen() -> None:
    sealer = Sealer(KEY, "template")
    sealed = sealer.seal(b"value", "a")
    for at in range(len(sealed)):
        flipped = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        for damaged in (flipped, sealed[:at]):
            with pytest.raises(StoreError):
                sealer.open(damaged, "a")


def test_derived_key_is_hkdf_sha256() -> None:
    """RFC 5869 by hand: no salt, one block."""
    extracted = hmac.digest(bytes(32), KEY, hashlib.sha256)
    assert derive_key(KEY, "face tokens") == hmac.digest(extracted, b"visavis face tokens\x01", hashlib.sha256)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_secret_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(SecretKeyError, match=f"{length} bytes"):
        derive_key(bytes(length), "template")
