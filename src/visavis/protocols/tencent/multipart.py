"""Bodies of type multipart/form-data. No action here needs one; they are read all the same, as text."""

from __future__ import annotations

import re

from visavis.protocols.tencent.errors import Fault

_MAX_PARTS = 64
_MAX_HEAD_BYTES = 4096
_BOUNDARY = re.compile(r";\s*boundary=(?:\"([^\"]{1,70})\"|([^\s;\"]{1,70}))", re.IGNORECASE)
_NAME = re.compile(rb"^content-disposition:[ \t]*form-data[^\r\n]*;[ \t]*name=\"([^\"\r\n]{1,256})\"", re.I | re.M)


def is_multipart(content_type: str) -> bool:
    """Whether a Content-Type says so."""
    return content_type.strip().lower().startswith("multipart/form-data")


def decode_multipart(body: bytes, content_type: str) -> dict[str, str]:
    """Name → content of each part; of parts of one name the last counts.

    Raises:
        Fault: it is malformed, has too many parts, or a part is not UTF-8 text.
    """
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise Fault("InvalidRequest")
    delimiter = b"--" + (match[1] or match[2]).encode("latin-1")
    pieces = (b"\r\n" + body).split(b"\r\n" + delimiter, _MAX_PARTS + 2)
    if len(pieces) < 2 or len(pieces) > _MAX_PARTS + 2 or not pieces[-1].startswith(b"--"):
        raise Fault("InvalidRequest")
    return dict(_read_part(piece) for piece in pieces[1:-1])


def _read_part(piece: bytes) -> tuple[str, str]:
    head, separator, content = piece.partition(b"\r\n\r\n")
    name = _NAME.search(head[:_MAX_HEAD_BYTES])
    if not separator or name is None:
        raise Fault("InvalidRequest")
    try:
        return name[1].decode(), content.decode()
    except UnicodeDecodeError:
        raise Fault("InvalidRequest") from None
