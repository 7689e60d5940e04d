"""Form-encoded parameters, decoded as leniently as the vendors' platforms do."""

from __future__ import annotations

from visavis.protocols.wire.percent import decode_percent

MAX_PARAMETERS = 1000


def decode_form(content: bytes) -> list[tuple[str, str]]:
    """(name, value) pairs in their order; repeated names stay. `+` and `%20` are spaces, bad UTF-8 becomes U+FFFD.

    Pairs after the first `MAX_PARAMETERS` are ignored: no client of these APIs sends more than a few dozen.
    """
    pairs = []
    for part in content.split(b"&", MAX_PARAMETERS)[:MAX_PARAMETERS]:
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_unquote(name), _unquote(value)))
    return pairs


def _unquote(text: bytes) -> str:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    if b"%" in text:
        text = decode_percent(text)
    return text.decode("utf-8", "replace")
