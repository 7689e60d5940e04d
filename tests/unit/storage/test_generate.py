"""New key pairs look like those that each kind's clients know."""

from __future__ import annotations

import re

import pytest

from visavis.errors import ParameterError
from visavis.service.accounts import KeyKind
from visavis.service.administration import KeyPair
from visavis.storage.generate import check_pair, generate_id, generate_pair, generate_secret, is_key_id

SHAPES = {
    KeyKind.ALIBABA: (r"LTAI5t[A-Za-z0-9]{18}", r"[A-Za-z0-9]{30}"),
    KeyKind.TENCENT: (r"AKID[A-Za-z0-9]{32}", r"[A-Za-z0-9]{32}"),
    KeyKind.BAIDU: (r"[A-Za-z0-9]{24}", r"[A-Za-z0-9]{32}"),
    KeyKind.KUAIDI100: (r"[A-Za-z0-9]{12}", r"[0-9a-f]{32}"),
    KeyKind.NATIVE: (r"vv_[A-Za-z0-9]{9}", r"vv_[A-Za-z0-9]{40}"),
}


@pytest.mark.parametrize("kind", KeyKind)
def test_pair_has_its_kind_s_shape(kind: KeyKind) -> None:
    id_shape, secret_shape = SHAPES[kind]
    pairs = [generate_pair(kind) for _ in range(50)]
    for pair in pairs:
        assert re.fullmatch(id_shape, pair.key_id)
        assert re.fullmatch(secret_shape, pair.secret)
        assert check_pair(pair) is pair
    assert len({pair.key_id for pair in pairs}) == len({pair.secret for pair in pairs}) == 50


def test_native_secret_begins_with_its_id_even_after_rotation() -> None:
    pair = generate_pair(KeyKind.NATIVE)
    rotated = generate_secret(KeyKind.NATIVE, pair.key_id)
    assert pair.secret[:12] == rotated[:12] == pair.key_id
    assert rotated != pair.secret
    assert len(rotated) == 43


def test_secret_is_not_in_the_repr() -> None:
    pair = generate_pair(KeyKind.BAIDU)
    assert pair.secret not in repr(pair)


def test_id_is_lower_case_hexadecimal() -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", generate_id())


@pytest.mark.parametrize(
    "pair",
    [
        KeyPair(KeyKind.BAIDU, "abc", "12345678"),
        KeyPair(KeyKind.BAIDU, "abcd\n", "12345678"),
        KeyPair(KeyKind.BAIDU, "a" * 129, "12345678"),
        KeyPair(KeyKind.BAIDU, "abcd", "1234567"),
        KeyPair(KeyKind.BAIDU, "abcd", "1" * 257),
        KeyPair(KeyKind.BAIDU, "abcd", "1234 5678"),
        KeyPair(KeyKind.BAIDU, "abcd", "12345678é"),
        KeyPair(KeyKind.NATIVE, "vv_123456789", "vv_123456780" + "x" * 31),
        KeyPair(KeyKind.NATIVE, "vv_123456789", "vv_123456789" + "x" * 30),
        KeyPair(KeyKind.NATIVE, "xx_123456789", "xx_123456789" + "x" * 31),
    ],
)
def test_what_cannot_be_a_pair_is_refused(pair: KeyPair) -> None:
    with pytest.raises(ParameterError):
        check_pair(pair)


@pytest.mark.parametrize("text", ["", "abc", "ab cd", "ключи", "abcd\0", "a" * 129])
def test_what_cannot_be_a_key_id(text: str) -> None:
    assert not is_key_id(text)
