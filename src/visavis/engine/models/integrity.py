"""Whether a file is the one that its manifest was made for."""

from __future__ import annotations

import hashlib

from visavis.errors import ModelIntegrityError


def require_sha256(content: bytes, expected: str, subject: str) -> None:
    """Pass, or raise.

    Args:
        content: of the file.
        expected: its SHA-256, lower-case hexadecimal.
        subject: what the file is, for the error.

    Raises:
        ModelIntegrityError: it has another one.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ModelIntegrityError(f"{subject} has SHA-256 {found}, not {expected}")
