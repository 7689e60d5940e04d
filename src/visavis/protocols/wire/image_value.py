"""Pictures as base64 text, with the damage that clients do to it."""

from __future__ import annotations

import re

import pybase64

from visavis.errors import ImageEmptyError, ImageEncodingError
from visavis.protocols.wire.percent import decode_percent

_DATA_URL = re.compile(r"data:[^,;]{0,64}(?:;[^,;]{0,64}){0,4};base64,", re.IGNORECASE)
_MENDED = bytes.maketrans(b" -_", b"++/")
_DROPPED = b"\r\n\t"


def decode_image_text(text: str) -> bytes:
    """The bytes behind base64 text.

    Mended before: a `data:` prefix, spaces for plus signs, line breaks, the URL-safe alphabet, missing padding, and one
    round of percent-encoding.

    Raises:
        ImageEmptyError: nothing is left.
        ImageEncodingError: it is not base64.
    """
    text = text.strip()
    prefix = _DATA_URL.match(text)
    if prefix:
        text = text[prefix.end() :]
    try:
        content = text.encode("ascii")
        return _decode_intact(content) or _decode_mended(content)
    except ValueError as error:
        raise ImageEncodingError("the picture is not valid base64") from error


def _decode_intact(content: bytes) -> bytes:
    """Empty where there is something to mend; to look for it beforehand would take longer than to decode."""
    try:
        return pybase64.b64decode(content, validate=True)
    except ValueError:
        return b""


def _decode_mended(content: bytes) -> bytes:
    if b"%" in content:
        content = decode_percent(content)
    content = content.translate(_MENDED, _DROPPED).rstrip(b"=")
    if not content:
        raise ImageEmptyError("the picture is empty")
    return pybase64.b64decode(content + b"=" * (-len(content) % 4), validate=True)
