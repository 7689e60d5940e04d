"""Requests and answers as they may be shown: pictures cut short, secrets hidden, no control characters."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from visavis.protocols.signing.base import encode_picture

SHOWN_CHARACTERS = 40
HIDDEN = "<hidden>"


class Transcript:
    """Cleans text before it is shown.

    Args:
        pictures: what was sent; their base64, however often it was percent-encoded, is cut short.
        secrets: what must never be seen.
    """

    def __init__(self, pictures: Iterable[bytes], secrets: Iterable[str]) -> None:
        self._pictures = {form for content in pictures for form in _encodings(encode_picture(content))}
        self._secrets: set[str] = set()
        self.hide(*secrets)

    def hide(self, *secrets: str) -> None:
        """Hide these too from now on."""
        for secret in filter(None, secrets):
            self._secrets |= {*_encodings(secret), quote_plus(secret)}

    def clean(self, text: str) -> str:
        """The text as it may be shown."""
        for form in sorted(self._pictures, key=len, reverse=True):
            if len(form) > SHOWN_CHARACTERS:
                text = text.replace(form, f"{form[:SHOWN_CHARACTERS]}… ({len(form):,} characters)")
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _encodings(text: str) -> tuple[str, str, str]:
    """As it is, percent-encoded, and percent-encoded twice: signature v1 of Alibaba Cloud does that."""
    once = quote(text, safe="")
    return text, once, quote(once, safe="")
