"""Guarded download of pictures: strangers choose the URL, the operator chooses where it may lead."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Protocol
from urllib.parse import urljoin

import h11

from visavis.errors import (
    DeadlineExceededError,
    ImageDownloadError,
    ImageFormatError,
    ImageTooLargeError,
    UrlError,
    UrlForbiddenError,
)
from visavis.server.addresses import Address, DownloadPolicy, HttpUrl, parse_url, require_plain_text

MAX_REDIRECTS = 3
MAX_ATTEMPTS = 3
CONNECT_TIMEOUT_S = 1.0
DOWNLOADS_AT_ONCE = 32

_MAX_HEAD_BYTES = 16 * 1024
_MAX_INTERIM_ANSWERS = 4
_READ_BYTES = 16 * 1024
# Header lines and chunk sizes: what any answer may have, and a byte more for so many of the picture's limit. Chunks of
# one byte each are valid HTTP, but cost more than they bring.
_FRAMING_BYTES = 64 * 1024
_BODY_PER_FRAMING_BYTE = 32
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM")
_LONGEST_SIGNATURE = max(map(len, _SIGNATURES))

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.ASCII | re.IGNORECASE)

_log = logging.getLogger(__name__)

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Connector(Protocol):
    """Opens a connection to an address; it must not resolve anything."""

    async def __call__(self, address: str, port: int, tls: ssl.SSLContext | None, server_name: str) -> Streams:
        """The open connection; with `tls`, after the certificate was verified for `server_name`.

        Raises:
            OSError: it could not be opened.
        """
        ...


class SystemResolver:
    """Asks the system for addresses, in threads of its own: a lookup that hangs holds up none but other lookups.

    Args:
        threads: lookups at once; others wait.
    """

    def __init__(self, threads: int = DOWNLOADS_AT_ONCE) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> list[str]:
        """All addresses that the system knows for a host.

        Raises:
            OSError: none.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, _resolve, host, port)

    def close(self) -> None:
        """Begin no more lookups; those that hang are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _resolve(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def open_connection(address: str, port: int, tls: ssl.SSLContext | None, server_name: str) -> Streams:
    """See `Connector`."""
    return await asyncio.open_connection(address, port, ssl=tls, server_hostname=server_name if tls else None)


class GuardedFetcher:
    """Downloads pictures; satisfies `PictureFetcher`.

    A name is resolved once per hop, every address is checked, and the connection goes to a checked address, so that a
    name server that changes its mind in between gains nothing. Cookies, credentials and proxies are not used.

    Args:
        policy: where downloads may go.
        resolve: name and port to addresses.
        connect: opens connections.
        tls: how certificates are verified; None: as the system does.
        connect_timeout_s: limit for reaching a host, TLS included, within the time limit of the whole download.
        at_once: downloads that may run; others wait for their turn, within their time limit.
    """

    def __init__(
        self,
        policy: DownloadPolicy | None = None,
        *,
        resolve: Resolver,
        connect: Connector = open_connection,
        tls: ssl.SSLContext | None = None,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        at_once: int = DOWNLOADS_AT_ONCE,
    ) -> None:
        self._policy = policy or DownloadPolicy()
        self._resolve = resolve
        self._connect = connect
        self._tls = tls or ssl.create_default_context()
        self._connect_timeout_s = connect_timeout_s
        self._places = asyncio.Semaphore(at_once)

    async def fetch_picture(self, url: str, max_bytes: int, timeout_s: float) -> bytes:
        """The body of the answer; see `PictureFetcher`."""
        location = parse_url(url)
        end_at = asyncio.get_running_loop().time() + timeout_s
        async with self._place(end_at):
            try:
                async with asyncio.timeout_at(end_at):
                    return await self._follow(location, max_bytes)
            except TimeoutError:
                raise _failed(location, "no complete answer in time") from None
            except (ImageDownloadError, ImageFormatError, ImageTooLargeError) as error:
                _log.info("no picture from %s: %s", location.origin, error)
                raise

    @asynccontextmanager
    async def _place(self, end_at: float) -> AsyncIterator[None]:
        """One of the places for downloads; who waits for it in vain is not told that its URL is to blame."""
        try:
            if asyncio.get_running_loop().time() >= end_at:
                raise TimeoutError
            async with asyncio.timeout_at(end_at):
                await self._places.acquire()
        except TimeoutError:
            raise DeadlineExceededError("no download could begin in time") from None
        try:
            yield
        finally:
            self._places.release()

    async def _follow(self, location: HttpUrl, max_bytes: int) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._get(location, max_bytes)
            if isinstance(answer, bytes):
                return answer
            location = answer
        raise ImageDownloadError(f"more than {MAX_REDIRECTS} redirects")

    async def _get(self, location: HttpUrl, max_bytes: int) -> bytes | HttpUrl:
        """The picture, or where to look for it instead."""
        self._policy.require_url(location)
        reader, writer = await self._open(location, await self._addresses(location))
        try:
            return await _Exchange(reader, writer, location, max_bytes).run()
        except OSError as error:
            raise ImageDownloadError("the connection broke") from error
        except h11.RemoteProtocolError:
            # Its message quotes the answer, which may quote the query.
            raise ImageDownloadError("the answer is not valid HTTP, or breaks off") from None
        finally:
            # A polite goodbye would wait for a peer that may not answer.
            writer.transport.abort()

    async def _addresses(self, location: HttpUrl) -> tuple[Address, ...]:
        if location.address is not None:
            return self._policy.require_addresses([str(location.address)])
        try:
            found = await self._resolve(location.host, location.port)
        except OSError as error:
            raise ImageDownloadError("the host's name cannot be resolved") from error
        return self._policy.require_addresses(found)

    async def _open(self, location: HttpUrl, addresses: Sequence[Address]) -> Streams:
        """A connection to the first address that answers; each gets its share of the time."""
        tls = self._tls if location.scheme == "https" else None
        tried = addresses[:MAX_ATTEMPTS]
        last: OSError | None = None
        for address in tried:
            try:
                async with asyncio.timeout(self._connect_timeout_s / len(tried)):
                    return await self._connect(str(address), location.port, tls, location.host)
            except OSError as error:
                last = error
        raise ImageDownloadError(_connect_failure(last)) from last


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, location: HttpUrl, max_bytes: int
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._location = location
        self._max_bytes = max_bytes
        self._max_framing = _FRAMING_BYTES + max_bytes // _BODY_PER_FRAMING_BYTE
        self._received = 0
        self._body = bytearray()
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)

    async def run(self) -> bytes | HttpUrl:
        """The picture, or the target of a redirect."""
        await self._ask()
        head = await self._read_head()
        if head.status_code in _REDIRECT_STATUSES:
            return _redirected(self._location, _values(head, b"location"))
        if head.status_code != 200:
            raise ImageDownloadError(f"the answer has status {head.status_code}")
        if any(coding.lower() != b"identity" for coding in _values(head, b"content-encoding")):
            raise ImageDownloadError("the answer is compressed")
        for length in _values(head, b"content-length"):
            self._require_size(int(length))
        return await self._read_body()

    async def _ask(self) -> None:
        request = h11.Request(
            method="GET",
            target=self._location.target,
            headers=[
                ("Host", self._location.authority),
                ("User-Agent", "visavis"),
                ("Accept", "image/jpeg, image/png, image/bmp"),
                ("Accept-Encoding", "identity"),
                ("Connection", "close"),
            ],
        )
        for event in (request, h11.EndOfMessage()):
            self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()

    async def _read_head(self) -> h11.Response:
        for _ in range(_MAX_INTERIM_ANSWERS + 1):
            event = await self._next_event()
            if isinstance(event, h11.Response):
                return event
        raise ImageDownloadError("the answer does not get beyond interim answers")

    async def _read_body(self) -> bytes:
        body = self._body
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            self._require_size(len(body))
            if not _may_be_picture(body):
                raise ImageFormatError("the answer is not a JPEG, PNG or BMP picture")
        if self._http.trailing_data[0]:
            raise ImageDownloadError("the answer is longer than it says")
        if not body.startswith(_SIGNATURES):
            raise ImageDownloadError("the answer is empty or too short")
        return bytes(body)

    async def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            # A read from a full buffer does not give way: neither other tasks nor the time limit would get a turn.
            await asyncio.sleep(0)
            received = await self._reader.read(_READ_BYTES)
            self._received += len(received)
            if self._received - len(self._body) > self._max_framing:
                raise ImageDownloadError("the answer has too little picture in it")
            self._http.receive_data(received)
        return event

    def _require_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise ImageTooLargeError("size in bytes", size, self._max_bytes)


def _failed(location: HttpUrl, reason: str) -> ImageDownloadError:
    _log.info("no picture from %s: %s", location.origin, reason)
    return ImageDownloadError(reason)


def _connect_failure(error: OSError | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the host's certificate is not trusted"
    return "the host does not answer in time" if isinstance(error, TimeoutError) else "the host cannot be reached"


def _values(head: h11.Response, name: bytes) -> list[bytes]:
    return [value for key, value in head.headers if key == name]


def _redirected(location: HttpUrl, values: Sequence[bytes]) -> HttpUrl:
    """Where a redirect leads.

    Raises:
        UrlForbiddenError: from https down to http, or to another scheme.
        ImageDownloadError: nowhere, or to several places.
    """
    if len(values) != 1:
        raise ImageDownloadError("a redirect without one target")
    try:
        text = values[0].decode()
        # Before the join, which would silently drop or mend what is refused here.
        require_plain_text(text)
        target = parse_url(text if _SCHEME.match(text) else urljoin(f"{location.origin}{location.target}", text))
    except (UrlError, ValueError):
        raise ImageDownloadError("a redirect to a URL that is not valid") from None
    if location.scheme == "https" and target.scheme == "http":
        raise UrlForbiddenError("a redirect from https to http")
    return target


def _may_be_picture(beginning: bytearray) -> bool:
    """Whether some bytes begin a picture, or could once there are more of them."""
    shown = bytes(beginning[:_LONGEST_SIGNATURE])
    return any(shown.startswith(signature) or signature.startswith(shown) for signature in _SIGNATURES)
