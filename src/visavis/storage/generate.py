"""New ids and key pairs, of the length and alphabet that each kind's clients expect; all from `secrets`."""

from __future__ import annotations

import re
import secrets
import string

from visavis.errors import ParameterError
from visavis.service.accounts import KeyKind
from visavis.service.administration import KeyPair

_ALPHANUMERIC = string.ascii_letters + string.digits
_NATIVE_PREFIX = "vv_"
_NATIVE_LENGTH = len(_NATIVE_PREFIX) + 40
NATIVE_ID_LENGTH = 12

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{4,128}")
_SECRET = re.compile(r"[!-~]{8,256}")


def generate_id() -> str:
    """Of an account or a package: 16 lower-case hexadecimal digits."""
    return secrets.token_hex(8)


def generate_pair(kind: KeyKind) -> KeyPair:
    """A new key pair.

    Alibaba `LTAI5t` + 18 with a secret of 30, Tencent `AKID` + 32 with 32, Baidu 24 with 32, all letters and digits;
    Kuaidi100 12 letters and digits with 32 lower-case hexadecimal digits; native one bearer token `vv_` + 40.
    """
    if kind is KeyKind.NATIVE:
        key_id = _NATIVE_PREFIX + _letters(NATIVE_ID_LENGTH - len(_NATIVE_PREFIX))
    else:
        prefix, length = _IDS[kind]
        key_id = prefix + _letters(length)
    return KeyPair(kind, key_id, generate_secret(kind, key_id))


def generate_secret(kind: KeyKind, key_id: str) -> str:
    """A new secret for an id. A native one begins with the id, which is all that names it."""
    match kind:
        case KeyKind.NATIVE:
            return key_id + _letters(_NATIVE_LENGTH - NATIVE_ID_LENGTH)
        case KeyKind.KUAIDI100:
            return secrets.token_hex(16)
        case _:
            return _letters(_SECRET_LENGTHS[kind])


def check_pair(pair: KeyPair) -> KeyPair:
    """A key pair from elsewhere, if it can be one.

    Raises:
        ParameterError: its id or its secret has other characters or another length than such a thing can have.
    """
    if not is_key_id(pair.key_id):
        raise ParameterError("a key id has 4 to 128 letters, digits, - and _")
    if not _SECRET.fullmatch(pair.secret):
        raise ParameterError("a secret has 8 to 256 visible ASCII characters")
    if pair.kind is KeyKind.NATIVE and (
        len(pair.secret) != _NATIVE_LENGTH
        or not pair.secret.startswith(_NATIVE_PREFIX)
        or pair.key_id != pair.secret[:NATIVE_ID_LENGTH]
    ):
        raise ParameterError(f"a native secret is vv_ and 40 more; its id is the first {NATIVE_ID_LENGTH} of them all")
    return pair


def is_key_id(text: str) -> bool:
    """Whether a key of any kind can have this id."""
    return _KEY_ID.fullmatch(text) is not None


_IDS = {
    KeyKind.ALIBABA: ("LTAI5t", 18),
    KeyKind.TENCENT: ("AKID", 32),
    KeyKind.BAIDU: ("", 24),
    KeyKind.KUAIDI100: ("", 12),
}
_SECRET_LENGTHS = {KeyKind.ALIBABA: 30, KeyKind.TENCENT: 32, KeyKind.BAIDU: 32}


def _letters(length: int) -> str:
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))
