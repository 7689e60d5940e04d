"""The hashes that ACS3 signatures are made with."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Digest:
    """A hash function and the HMAC of it.

    Attributes:
        hash_bytes: content → hash.
        authenticate: (key, message) → HMAC.
    """

    hash_bytes: Callable[[bytes], bytes]
    authenticate: Callable[[bytes, bytes], bytes]


def find_digest(name: str) -> Digest | None:
    """By `hashlib`'s name; None where no library here has it, as is so for SM3 in some builds of OpenSSL."""
    try:
        hashlib.new(name)
    except ValueError:
        return _find_sm3() if name == "sm3" else None
    return Digest(lambda content: hashlib.new(name, content).digest(), lambda key, text: hmac.digest(key, text, name))


def _find_sm3() -> Digest | None:
    try:
        hashes: Any = import_module("cryptography.hazmat.primitives.hashes")
        macs: Any = import_module("cryptography.hazmat.primitives.hmac")
        unsupported = import_module("cryptography.exceptions").UnsupportedAlgorithm
    except ImportError:
        return None

    def hash_bytes(content: bytes) -> bytes:
        context = hashes.Hash(hashes.SM3())
        context.update(content)
        return bytes(context.finalize())

    def authenticate(key: bytes, message: bytes) -> bytes:
        context = macs.HMAC(key, hashes.SM3())
        context.update(message)
        return bytes(context.finalize())

    try:
        hash_bytes(b"")
    except unsupported:
        return None
    return Digest(hash_bytes, authenticate)
