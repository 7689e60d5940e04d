"""Percent-encoding, decoded in bulk: a picture has thousands of escapes, and a request may be megabytes of them."""

from __future__ import annotations

from binascii import a2b_qp
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

import numpy as np

_PIECE_BYTES = 65_536


def decode_percent(text: bytes) -> bytes:
    """Every `%XX` becomes its byte; a percent sign that begins no escape stays.

    Quoted-printable differs only in its sign, and C code decodes it at once. What it would read in another way goes the
    long way, piece by piece: line breaks, equals signs, and escapes that are none, which show in the length.
    """
    if not any(sign in text for sign in (b"=", b"\r", b"\n")):
        decoded = a2b_qp(text.replace(b"%", b"="))
        escapes = np.count_nonzero(np.frombuffer(text, np.uint8) == ord("%"))
        if len(decoded) == len(text) - 2 * escapes:
            return decoded
    return b"".join(unquote_to_bytes(piece) for piece in _pieces(text))


def _pieces(text: bytes) -> Iterator[bytes]:
    """Cut so that no escape is cut."""
    start = 0
    while start < len(text):
        end = min(start + _PIECE_BYTES, len(text))
        sign = text.rfind(b"%", end - 2, end)
        if end < len(text) and sign > start:
            end = sign
        yield text[start:end]
        start = end
