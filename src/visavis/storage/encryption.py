"""Encryption at rest: AES-256-GCM, with one key per purpose derived from the server's secret key."""

from __future__ import annotations

import enum
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from visavis.errors import SecretKeyError, StoreError
from visavis.storage.secret_key import SECRET_KEY_BYTES

_FORMAT = b"\x01"
_NONCE_BYTES = 12


class Purpose(enum.StrEnum):
    """What is sealed in the store; each has a key of its own."""

    KEY_CHECK = "key check"
    KEY_SECRET = "key's secret"
    TEMPLATE = "template"
    MEASURES = "face's measures"


def derive_key(secret_key: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose; from one purpose's key nothing follows about another's, nor about the secret key.

    Raises:
        SecretKeyError: the secret key has not the right length.
    """
    if len(secret_key) != SECRET_KEY_BYTES:
        raise SecretKeyError(f"the secret key has {len(secret_key)} bytes; {SECRET_KEY_BYTES} are needed")
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"visavis " + purpose.encode()).derive(secret_key)


class Sealer:
    """Encrypts values for one purpose and binds each to the row that it stands in.

    A value that was moved to another row, or changed, does not open. Nonces are random: one key is good for 2**32
    values, which is 40 faces a second for three years, before two of them share a nonce with a chance of 2**-33.

    Args:
        secret_key: the server's.
        purpose: what the values are.
    """

    def __init__(self, secret_key: bytes, purpose: str) -> None:
        self._cipher = AESGCM(derive_key(secret_key, purpose))
        self._purpose = purpose

    def seal(self, value: bytes, *row: str) -> bytes:
        """Encrypt a value.

        Args:
            value: in plain.
            row: what identifies the row that it will stand in.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, value, _identity(row))

    def open(self, sealed: bytes, *row: str) -> bytes:
        """The inverse of `seal`.

        Raises:
            StoreError: it was not sealed with this key for this purpose and row, or was changed since.
        """
        if not sealed.startswith(_FORMAT):
            raise StoreError(f"a {self._purpose} in the store is damaged, or of another version")
        start = len(_FORMAT) + _NONCE_BYTES
        try:
            return self._cipher.decrypt(sealed[len(_FORMAT) : start], sealed[start:], _identity(row))
        except (InvalidTag, ValueError):
            raise StoreError(f"a {self._purpose} in the store is damaged") from None


def _identity(row: tuple[str, ...]) -> bytes:
    """Unambiguous: ("ab", "c") and ("a", "bc") differ."""
    parts = [part.encode() for part in row]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
