"""Takes a vector's request apart."""

from __future__ import annotations


def split_request(text: str) -> tuple[str, str, dict[str, str], bytes]:
    """(method, target, headers with their names as written, body)."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.split("\n")
    method, target = first.split(" ", 1)
    return method, target, dict(line.split(": ", 1) for line in lines), body.encode()
