"""Bodies, read and taken apart in memory; nothing of them ever touches a disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from visavis.protocols.native.errors import Problem, RequestError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

BODY_LIMIT_BYTES = 32 * 1024 * 1024
BODY_TIMEOUT_S = 60.0
MAX_PARTS = 16
MAX_PART_HEADERS = 8
MAX_PART_HEADER_BYTES = 4096
MAX_TEXT_BYTES = 8192
_MAX_NAME_LENGTH = 64
# The parser would log every malformed form that anybody sends.
_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.disabled = True
_PLAIN_CODINGS = {"", "7bit", "8bit", "binary"}


@dataclass(slots=True)
class Part:
    """One part of a form.

    Attributes:
        name: of the field.
        content: raw.
    """

    name: str
    content: bytes = field(repr=False)


async def read_body(request: Request) -> bytes:
    """The whole body.

    Raises:
        RequestError: it is larger than `BODY_LIMIT_BYTES`, compressed, or did not arrive within `BODY_TIMEOUT_S`.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise RequestError(Problem.ENCODING)
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > BODY_LIMIT_BYTES:
        raise RequestError(Problem.BODY_TOO_LARGE, limit=BODY_LIMIT_BYTES)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_LIMIT_BYTES:
                    raise RequestError(Problem.BODY_TOO_LARGE, limit=BODY_LIMIT_BYTES)
    except (TimeoutError, ClientDisconnect) as error:
        raise RequestError(Problem.BODY_INCOMPLETE) from error
    return bytes(body)


def media_type(content_type: str) -> tuple[str, str]:
    """Type in lower case and boundary, `""` where there is none, of a `Content-Type` header."""
    kind, options = parse_options_header(content_type[:1000])
    return kind.decode("latin-1").strip(), options.get(b"boundary", b"").decode("latin-1")


def parse_multipart(body: bytes, boundary: str, texts: Iterable[str]) -> dict[str, bytes]:
    """The fields of a form by name.

    Args:
        body: whole.
        boundary: from the `Content-Type` header.
        texts: names of fields that are short texts.

    Raises:
        RequestError: malformed, a limit is exceeded, or a field occurs twice.
    """
    collector = _Collector()
    try:
        parser = MultipartParser(
            boundary.encode("latin-1"),
            collector.callbacks(),
            max_header_count=MAX_PART_HEADERS,
            # Counted here instead, for all headers of a part together.
            max_header_size=BODY_LIMIT_BYTES,
        )
        parser.logger = _SILENT
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise RequestError(Problem.MALFORMED_MULTIPART) from error
    if not boundary or not collector.is_complete:
        raise RequestError(Problem.MALFORMED_MULTIPART)
    short = frozenset(texts)
    fields: dict[str, bytes] = {}
    for part in collector.parts:
        if part.name in fields:
            raise RequestError(Problem.DUPLICATE_FIELD, part.name)
        if part.name in short and len(part.content) > MAX_TEXT_BYTES:
            raise RequestError(Problem.VALUE_TOO_LONG, part.name, MAX_TEXT_BYTES)
        fields[part.name] = part.content
    return fields


class _Collector:
    """Keeps what the parser finds, within the limits."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.is_complete = False
        self._name = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._header_bytes = 0
        self._content: list[bytes] = []

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_part_data": self._add_content,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        if len(self.parts) >= MAX_PARTS:
            raise RequestError(Problem.TOO_MANY_PARTS, limit=MAX_PARTS)
        self._headers, self._content, self._header_bytes = {}, [], 0

    def _add_header_name(self, content: bytes, start: int, end: int) -> None:
        self._name += self._header_piece(content, start, end)

    def _add_header_value(self, content: bytes, start: int, end: int) -> None:
        self._value += self._header_piece(content, start, end)

    def _header_piece(self, content: bytes, start: int, end: int) -> bytes:
        self._header_bytes += end - start
        if self._header_bytes > MAX_PART_HEADER_BYTES:
            raise RequestError(Problem.PART_HEADER_TOO_LARGE, limit=MAX_PART_HEADER_BYTES)
        return content[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.strip().lower()] = self._value.strip()
        self._name = self._value = b""

    def _add_content(self, content: bytes, start: int, end: int) -> None:
        self._content.append(content[start:end])

    def _end(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        coding = self._headers.get(b"content-transfer-encoding", b"").decode("latin-1").lower()
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if kind.strip() != b"form-data" or not name or len(name) > _MAX_NAME_LENGTH:
            raise RequestError(Problem.MALFORMED_MULTIPART)
        if coding not in _PLAIN_CODINGS:
            raise RequestError(Problem.ENCODING, name)
        self.parts.append(Part(name, b"".join(self._content)))
        self._content = []

    def _finish(self) -> None:
        self.is_complete = True
