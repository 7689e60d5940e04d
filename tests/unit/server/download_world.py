"""Worlds for the guarded download: a made-up internet that records who was called, and real servers on loopback."""

from __future__ import annotations

import asyncio
import socket
import ssl
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import unquote

from visavis.server.fetch import Streams

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4
PUBLIC = "93.184.216.34"


def answer(*headers: str, status: str = "200 OK", body: bytes = b"") -> bytes:
    """The bytes of an answer."""
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode("latin-1") + body


def picture_answer(body: bytes = JPEG, *headers: str) -> bytes:
    """An answer as it should be."""
    return answer(f"Content-Length: {len(body)}", *headers, body=body)


class _Writer:
    """As much of a `StreamWriter` as a client needs; keeps what was written."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.is_aborted = False
        self.transport = self

    def write(self, content: bytes) -> None:
        self.written += content

    async def drain(self) -> None:
        return None

    def abort(self) -> None:
        self.is_aborted = True


@dataclass
class MadeUpInternet:
    """A resolver as lenient as the worst C library, and hosts that answer from a script.

    Attributes:
        names: what names resolve to; each resolution takes the next of the lists, the last one stays. A name that is
            not listed is read as an address in any notation there is, or else leads to 127.0.0.1.
        answers: what is at an address; anywhere else a picture.
        resolved: names that were asked for.
        connected: addresses and ports that were connected to.
        server_names: for which TLS connections were asked for.
        writers: what was sent.
    """

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    resolved: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    writers: list[_Writer] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.resolved.append(host)
        if host in self.names:
            answers = self.names[host]
            return answers.pop(0) if len(answers) > 1 else answers[0]
        plain = unicodedata.normalize("NFKC", unquote(host)).rstrip(".").rsplit("@", 1)[-1]
        try:
            return [socket.inet_ntoa(socket.inet_aton(plain))]
        except (OSError, UnicodeError):
            return ["127.0.0.1"]

    async def connect(self, address: str, port: int, tls: ssl.SSLContext | None, server_name: str) -> Streams:
        self.connected.append((address, port))
        self.server_names.append(server_name if tls else None)
        reader = asyncio.StreamReader()
        reader.feed_data(self.answers.get(address, picture_answer()))
        reader.feed_eof()
        writer = _Writer()
        self.writers.append(writer)
        return reader, cast(asyncio.StreamWriter, writer)


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Serving:
    """A server on loopback that runs; `requests` are the heads that it got."""

    port: int
    requests: list[bytes]


@asynccontextmanager
async def serve(
    script: bytes | Script, *, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Serving]:
    """Answer every request with some bytes, or by a script, and hang up."""
    requests: list[bytes] = []
    connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            if isinstance(script, bytes):
                writer.write(script)
            else:
                await script(reader, writer)
            await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections[asyncio.create_task(handle(reader, writer))] = writer

    server = await asyncio.start_server(start, address, port, ssl=tls)
    async with server:
        try:
            yield Serving(server.sockets[0].getsockname()[1], requests)
        finally:
            for task, writer in connections.items():
                writer.transport.abort()
                await task


def repeat(piece: bytes, *, after: bytes = b"", pause_s: float = 0.0) -> Script:
    """Send a piece again and again for as long as anybody listens."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(after)
        while not reader.at_eof():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return script


def then_silence(beginning: bytes) -> Script:
    """Send a beginning, and then wait for the other side to hang up."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        await writer.drain()
        await reader.read()

    return script
