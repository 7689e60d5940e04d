"""The transfer, against real servers on loopback: what they may do to a client, and what it must not put up with."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import logging
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from visavis.errors import (
    DeadlineExceededError,
    ImageDownloadError,
    ImageFormatError,
    ImageTooLargeError,
    UrlForbiddenError,
)
from visavis.server.addresses import DownloadPolicy, Network
from visavis.server.fetch import GuardedFetcher, Resolver, Streams, SystemResolver
from visavis.service.ports import PictureFetcher

from .download_world import JPEG, MadeUpInternet, Script, answer, picture_answer, repeat, serve, then_silence

_HOST = "pictures.example"
_MAX_BYTES = 50_000
_LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.1/32"),)
_TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _resolve_to(*addresses: str) -> Resolver:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


def _fetcher(port: int, tls: ssl.SSLContext | None = _TRUSTS_NOBODY) -> PictureFetcher:
    policy = DownloadPolicy(allowed_networks=_LOOPBACK, ports=frozenset({port}))
    return GuardedFetcher(policy, resolve=_resolve_to("127.0.0.1"), tls=tls)


def _download(script: bytes | Script, *, max_bytes: int = _MAX_BYTES, timeout_s: float = 5.0) -> bytes:
    async def run() -> bytes:
        async with serve(script) as server:
            url = f"http://{_HOST}:{server.port}/a.jpg"
            return await _fetcher(server.port).fetch_picture(url, max_bytes, timeout_s)

    return asyncio.run(run())


def _chunked(*pieces: bytes, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    chunks = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    return answer("Transfer-Encoding: chunked", body=chunks + b"0\r\n" + trailer + b"\r\n")


_PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
_BMP = b"BM" + bytes(50)

_GOOD = {
    "declared length": (picture_answer(), JPEG),
    "PNG": (picture_answer(_PNG), _PNG),
    "BMP": (picture_answer(_BMP), _BMP),
    "wrong label": (picture_answer(JPEG, "Content-Type: text/html"), JPEG),
    "identity": (picture_answer(JPEG, "Content-Encoding: Identity"), JPEG),
    "until the end": (answer(body=JPEG), JPEG),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\n" + JPEG, JPEG),
    "chunks": (_chunked(JPEG[:1], JPEG[1:7], JPEG[7:]), JPEG),
    "chunk extension": (_chunked(JPEG, extension=b";a=b"), JPEG),
    "trailer": (_chunked(JPEG, trailer=b"X-Sum: 1\r\n"), JPEG),
    "interim answers": (answer(status="100 Continue") + answer(status="103 Early Hints") + picture_answer(), JPEG),
    "exactly the limit": (picture_answer(JPEG[:4] + bytes(_MAX_BYTES - 4)), JPEG[:4] + bytes(_MAX_BYTES - 4)),
    "small chunks": (_chunked(*[JPEG[:4] + bytes(252)] * 195), (JPEG[:4] + bytes(252)) * 195),
}

_BAD = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 20",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
    "no HTTP": JPEG,
    "HTTP/0.9": b"<html></html>",
    "HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x28",
    "another protocol": b"-ERR wrong number of arguments for 'get' command\r\n",
    "status of two digits": answer(status="20 OK", body=JPEG),
    "status not a number": answer(status="abc OK", body=JPEG),
    "header without colon": answer("Content-Length 5", body=JPEG),
    "header with space": answer("Content-Length : 5", body=JPEG),
    "head of 40 kB": answer(f"X: {'a' * 40_000}", f"Content-Length: {len(JPEG)}", body=JPEG),
    "header with null": answer("X: a\x00b", body=JPEG),
    "length not a number": answer("Content-Length: abc", body=JPEG),
    "length negative": answer("Content-Length: -1", body=JPEG),
    "length with 5000 digits": answer(f"Content-Length: {'9' * 5000}", body=JPEG),
    "lengths that differ": answer(f"Content-Length: {len(JPEG)}", "Content-Length: 5", body=JPEG),
    "length too large for the body": answer(f"Content-Length: {len(JPEG) + 1}", body=JPEG),
    "length too small for the body": answer(f"Content-Length: {len(JPEG) - 1}", body=JPEG),
    "second answer behind the first": picture_answer() + picture_answer(),
    "chunk size not a number": answer("Transfer-Encoding: chunked", body=b"xyz\r\n" + JPEG),
    "chunk size negative": answer("Transfer-Encoding: chunked", body=b"-5\r\n" + JPEG),
    "chunk size with prefix": answer("Transfer-Encoding: chunked", body=b"0x10\r\n" + JPEG),
    "chunk size of 30 digits": answer("Transfer-Encoding: chunked", body=b"f" * 30 + b"\r\n" + JPEG),
    "chunk too short": answer("Transfer-Encoding: chunked", body=b"ffff\r\n" + JPEG),
    "chunk without line end": answer("Transfer-Encoding: chunked", body=b"4\r\n" + JPEG[:4] + b"4\r\n"),
    "no last chunk": _chunked(JPEG)[:-5],
    "other transfer coding": answer("Transfer-Encoding: gzip, chunked", body=JPEG),
    "compressed": picture_answer(JPEG, "Content-Encoding: gzip"),
    "compressed, other": picture_answer(JPEG, "Content-Encoding: br"),
    "compressed twice": picture_answer(JPEG, "Content-Encoding: identity", "Content-Encoding: deflate"),
    "gzip bomb": picture_answer(gzip.compress(JPEG + bytes(20_000_000)), "Content-Encoding: gzip"),
    "empty": picture_answer(b""),
    "empty chunks": _chunked(),
    "one byte": picture_answer(b"B"),
    "half a signature": picture_answer(_PNG[:7]),
    "interim answers only": answer(status="100 Continue") * 6 + picture_answer(),
    "switching protocols": answer("Upgrade: websocket", "Connection: upgrade", status="101 Switching Protocols"),
    "redirect without target": answer(status="302 Found"),
    "redirect with two targets": answer("Location: /a", "Location: /b", status="302 Found"),
    "redirect with empty choice": answer("Location: /a", status="300 Multiple Choices"),
    **{
        f"status {status}": answer("Content-Length: 0", status=f"{status} X")
        for status in (201, 203, 204, 205, 206, 304, 400, 401, 403, 404, 407, 410, 416, 429, 500, 502, 503, 599, 999)
    },
    "picture under 404": answer(f"Content-Length: {len(JPEG)}", status="404 Not Found", body=JPEG),
    "picture under 206": answer(f"Content-Length: {len(JPEG)}", status="206 Partial Content", body=JPEG),
}

_BEGUN = answer("Transfer-Encoding: chunked") + b"4\r\n" + JPEG[:4] + b"\r\n"
_HEAD = b"HTTP/1.1 200 OK\r\n"
_SMALL_CHUNK = b"1\r\n0\r\n" * 1000

_NO_PICTURE = {
    "gzip bomb without label": picture_answer(gzip.compress(JPEG + bytes(20_000_000)), "Content-Type: image/jpeg"),
    "web page": picture_answer(b"<html></html>", "Content-Type: image/jpeg"),
    "GIF": picture_answer(b"GIF89a" + bytes(50)),
    "WebP": picture_answer(b"RIFF\x32\x00\x00\x00WEBPVP8 " + bytes(50)),
    "SVG": picture_answer(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "space before the picture": picture_answer(b" " + JPEG),
}

_ENDLESS = {
    "headers": repeat(b"X-A: b\r\n" * 100, after=_HEAD),
    "header line": repeat(b"a" * 1000, after=_HEAD + b"X-A: "),
    "header name": repeat(b"a" * 1000, after=_HEAD),
    "status line": repeat(b"a" * 1000, after=b"HTTP/1.1 200 "),
    "interim answers": repeat(answer(status="100 Continue")),
    "interim headers": repeat(b"X-A: b\r\n" * 100, after=b"HTTP/1.1 100 Continue\r\n"),
    "empty lines": repeat(b"\r\n" * 500),
    "chunk extension": repeat(b"a" * 1000, after=_BEGUN + b"4;a="),
    "chunk extensions": repeat(b"1;" + b"a" * 9000 + b"\r\n0\r\n", after=_BEGUN),
    "chunk size": repeat(b"0" * 1000, after=_BEGUN),
    "small chunks": repeat(_SMALL_CHUNK, after=_BEGUN),
    "trailer": repeat(b"X-A: b\r\n" * 100, after=_BEGUN + b"0\r\n"),
    "trailer line": repeat(b"a" * 1000, after=_BEGUN + b"0\r\nX: "),
}

_TOO_LARGE = {
    "declared, one byte more": then_silence(answer(f"Content-Length: {_MAX_BYTES + 1}")),
    "declared, 20 digits": then_silence(answer(f"Content-Length: {'9' * 20}")),
    "body until the end": repeat(bytes(1000), after=answer(body=JPEG)),
    "chunks": repeat(b"3e8\r\n" + bytes(1000) + b"\r\n", after=_BEGUN),
    "one chunk": repeat(bytes(1000), after=answer("Transfer-Encoding: chunked") + b"ffffffff\r\n" + JPEG),
    "bitmap of endless pixels": repeat(bytes(1000), after=answer(body=_BMP)),
}

_SLOW = {
    "silence": then_silence(b""),
    "silence after the head": then_silence(answer("Content-Length: 100")),
    "silence in the body": then_silence(answer("Content-Length: 2000", body=JPEG)),
    "head by drops": repeat(b"a", after=_HEAD + b"X: ", pause_s=0.01),
    "interim head by drops": repeat(b"a", after=b"HTTP/1.1 100 ", pause_s=0.01),
    "body by drops": repeat(b"\x00", after=answer("Content-Length: 40000", body=JPEG), pause_s=0.01),
    "chunks by drops": repeat(b"1\r\n0\r\n", after=_BEGUN, pause_s=0.01),
    "redirect by drops": repeat(b"a", after=b"HTTP/1.1 302 Found\r\nLocation: /", pause_s=0.01),
}


@pytest.mark.parametrize(("script", "picture"), _GOOD.values(), ids=_GOOD)
def test_picture_arrives(script: bytes, picture: bytes) -> None:
    assert _download(script) == picture


def test_picture_arrives_in_drops() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in picture_answer(_PNG):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    assert _download(script) == _PNG


def test_large_picture_arrives() -> None:
    picture = JPEG[:4] + bytes(5_000_000)
    assert _download(picture_answer(picture), max_bytes=5_000_004) == picture


@pytest.mark.parametrize("script", _BAD.values(), ids=_BAD)
def test_answer_without_a_picture_is_refused(script: bytes) -> None:
    with pytest.raises(ImageDownloadError) as caught:
        _download(script)
    assert type(caught.value) is ImageDownloadError


@pytest.mark.parametrize("script", _NO_PICTURE.values(), ids=_NO_PICTURE)
def test_answer_with_something_else_is_no_picture(script: bytes) -> None:
    with pytest.raises(ImageFormatError, match="not a JPEG"):
        _download(script)


@pytest.mark.parametrize("script", _ENDLESS.values(), ids=_ENDLESS)
def test_endless_framing_is_refused_long_before_the_time_is_up(script: Script) -> None:
    started = time.monotonic()
    with pytest.raises(ImageDownloadError) as caught:
        _download(script, timeout_s=60.0)
    assert type(caught.value) is ImageDownloadError
    assert time.monotonic() - started < 20.0


@pytest.mark.parametrize("script", _TOO_LARGE.values(), ids=_TOO_LARGE)
def test_too_large_is_refused_at_once(script: Script) -> None:
    started = time.monotonic()
    with pytest.raises(ImageTooLargeError) as caught:
        _download(script, timeout_s=60.0)
    assert caught.value.limit == _MAX_BYTES
    assert caught.value.actual > _MAX_BYTES
    assert time.monotonic() - started < 20.0


@pytest.mark.parametrize("script", _SLOW.values(), ids=_SLOW)
def test_slow_answer_is_given_up_in_time(script: Script) -> None:
    started = time.monotonic()
    with pytest.raises(ImageDownloadError, match="in time") as caught:
        _download(script, timeout_s=0.3)
    assert type(caught.value) is ImageDownloadError
    assert 0.25 < time.monotonic() - started < 3.0


def test_one_byte_chunks_leave_others_their_turn() -> None:
    world = MadeUpInternet({_HOST: [["93.184.216.34"]]}, {"93.184.216.34": _BEGUN + _SMALL_CHUNK * 500})
    turns = 0

    async def watch() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def run() -> None:
        watcher = asyncio.create_task(watch())
        fetcher = GuardedFetcher(resolve=world.resolve, connect=world.connect, tls=_TRUSTS_NOBODY)
        with pytest.raises(ImageDownloadError, match="too little picture"):
            await fetcher.fetch_picture(f"http://{_HOST}/", 5_000_000, 30.0)
        watcher.cancel()

    asyncio.run(run())
    assert turns > 10


def test_what_is_no_picture_is_refused_at_its_first_bytes() -> None:
    with pytest.raises(ImageFormatError, match="not a JPEG"):
        _download(then_silence(answer("Content-Length: 40000", body=b"<htm")), timeout_s=60.0)


def test_redirect_to_two_places_leads_nowhere() -> None:
    two = answer("Location: /a", "Location: /a", status="302 Found")
    with pytest.raises(ImageDownloadError, match="without one target"):
        _download(two)


def test_reset_and_refused_connections() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("Content-Length: 2000", body=JPEG))
        await writer.drain()
        writer.transport.abort()

    with pytest.raises(ImageDownloadError):
        _download(reset)

    async def refused() -> None:
        async with serve(b"") as server:
            port = server.port
        await _fetcher(port).fetch_picture(f"http://{_HOST}:{port}/", _MAX_BYTES, 5.0)

    with pytest.raises(ImageDownloadError, match="cannot be reached"):
        asyncio.run(refused())


async def _never(address: str, port: int, tls: ssl.SSLContext | None, server_name: str) -> Streams:
    await asyncio.Event().wait()
    raise AssertionError


def test_connecting_has_its_own_limit() -> None:
    fetcher = GuardedFetcher(
        resolve=_resolve_to("93.184.216.34"), connect=_never, tls=_TRUSTS_NOBODY, connect_timeout_s=0.1
    )
    started = time.monotonic()
    with pytest.raises(ImageDownloadError, match="does not answer in time"):
        asyncio.run(fetcher.fetch_picture(f"http://{_HOST}/", _MAX_BYTES, 60.0))
    assert time.monotonic() - started < 5.0


@pytest.mark.parametrize("timeout_s", [0.0, -1.0])
def test_no_time_at_all(timeout_s: float) -> None:
    fetcher = GuardedFetcher(resolve=_resolve_to("93.184.216.34"), connect=_never, tls=_TRUSTS_NOBODY)
    with pytest.raises(DeadlineExceededError):
        asyncio.run(fetcher.fetch_picture(f"http://{_HOST}/", _MAX_BYTES, timeout_s))


class _Gate:
    """Connections that are opened only once somebody says so; counts how many wait."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self.is_open = asyncio.Event()

    async def connect(self, address: str, port: int, tls: ssl.SSLContext | None, server_name: str) -> Streams:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            await self.is_open.wait()
        finally:
            self.waiting -= 1
        raise ConnectionRefusedError


def test_downloads_at_once_are_bounded_and_the_rest_take_their_turn() -> None:
    async def run() -> tuple[int, list[type[BaseException]]]:
        gate = _Gate()
        fetcher = GuardedFetcher(
            resolve=_resolve_to("93.184.216.34"),
            connect=gate.connect,
            tls=_TRUSTS_NOBODY,
            connect_timeout_s=9,
            at_once=2,
        )
        calls = [asyncio.create_task(fetcher.fetch_picture(f"http://{_HOST}/", _MAX_BYTES, 9.0)) for _ in range(5)]
        while gate.waiting < 2:
            await asyncio.sleep(0)
        gate.is_open.set()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        return gate.most, [type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)]

    assert asyncio.run(run()) == (2, [ImageDownloadError] * 5)


def test_who_waits_for_a_turn_in_vain_is_told_that_the_server_is_busy() -> None:
    """And the place of one that gives up is free again."""

    async def run() -> None:
        fetcher = GuardedFetcher(resolve=_resolve_to("93.184.216.34"), connect=_never, tls=_TRUSTS_NOBODY, at_once=1)
        first = asyncio.create_task(fetcher.fetch_picture(f"http://{_HOST}/", _MAX_BYTES, 0.5))
        await asyncio.sleep(0.01)
        with pytest.raises(DeadlineExceededError, match="begin in time"):
            await fetcher.fetch_picture(f"http://{_HOST}/", _MAX_BYTES, 0.1)
        with pytest.raises(ImageDownloadError, match="in time"):
            await first
        with pytest.raises(ImageDownloadError, match="in time"):
            await fetcher.fetch_picture(f"http://{_HOST}/", _MAX_BYTES, 0.1)

    asyncio.run(run())


def test_lookup_that_hangs_leaves_the_threads_of_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()
    names: list[str] = []

    def hang(*arguments: object, **keywords: object) -> list[object]:
        names.append(threading.current_thread().name)
        is_over.wait(10)
        return []

    async def run() -> None:
        monkeypatch.setattr(socket, "getaddrinfo", hang)
        resolve = SystemResolver(threads=1)
        fetcher = GuardedFetcher(resolve=resolve, connect=_never, tls=_TRUSTS_NOBODY)
        for _ in range(2):
            with pytest.raises(ImageDownloadError, match="in time"):
                await fetcher.fetch_picture(f"http://{_HOST}/", _MAX_BYTES, 0.1)
        assert await asyncio.to_thread(lambda: "free") == "free"
        started = time.monotonic()
        resolve.close()
        assert time.monotonic() - started < 1
        is_over.set()

    asyncio.run(run())
    assert names == ["resolve_0"]


def test_next_address_is_tried_and_not_more_than_three() -> None:
    world = MadeUpInternet()

    async def connect(address: str, port: int, tls: ssl.SSLContext | None, server_name: str) -> Streams:
        streams = await world.connect(address, port, tls, server_name)
        if address.endswith(".9"):
            return streams
        if address.endswith(".1"):
            await asyncio.Event().wait()
        raise ConnectionRefusedError

    def fetch(*addresses: str) -> bytes:
        fetcher = GuardedFetcher(
            resolve=_resolve_to(*addresses), connect=connect, tls=_TRUSTS_NOBODY, connect_timeout_s=0.2
        )
        return asyncio.run(fetcher.fetch_picture(f"http://{_HOST}/", _MAX_BYTES, 5.0))

    assert fetch("1.0.0.1", "1.0.0.2", "1.0.0.9") == JPEG
    with pytest.raises(ImageDownloadError, match="cannot be reached"):
        fetch("2.0.0.2", "2.0.0.3", "2.0.0.2", "2.0.0.4", "2.0.0.9")
    assert [address for address, _ in world.connected] == (
        ["1.0.0.1", "1.0.0.2", "1.0.0.9", "2.0.0.2", "2.0.0.3", "2.0.0.4"]
    )


def test_resolver_that_fails_or_does_not_answer() -> None:
    async def fail(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    async def hang(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        raise AssertionError

    for resolve, message in ((fail, "cannot be resolved"), (hang, "in time")):
        fetcher = GuardedFetcher(resolve=resolve, connect=_never, tls=_TRUSTS_NOBODY)
        with pytest.raises(ImageDownloadError, match=message):
            asyncio.run(fetcher.fetch_picture(f"http://{_HOST}/", _MAX_BYTES, 0.2))


def test_the_system_s_resolver_and_connector() -> None:
    resolve = SystemResolver()
    assert set(asyncio.run(resolve("localhost", 80))) <= {"127.0.0.1", "::1"}

    async def run() -> bytes:
        async with serve(picture_answer()) as server:
            url = f"http://localhost:{server.port}/"
            opened = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
            policy = DownloadPolicy(allowed_networks=opened, ports=frozenset({server.port}))
            with pytest.raises(UrlForbiddenError):
                closed = GuardedFetcher(DownloadPolicy(ports=frozenset({server.port})), resolve=resolve)
                await closed.fetch_picture(url, _MAX_BYTES, 5.0)
            assert server.requests == []
            return await GuardedFetcher(policy, resolve=resolve).fetch_picture(url, _MAX_BYTES, 5.0)

    assert asyncio.run(run()) == JPEG
    resolve.close()


def test_name_that_changes_its_mind_between_check_and_connection() -> None:
    async def run() -> tuple[bytes, list[bytes]]:
        world = MadeUpInternet({_HOST: [["127.0.0.2"], ["127.0.0.1"]]})
        async with (
            serve(picture_answer(), address="127.0.0.2") as server,
            serve(picture_answer(), port=server.port) as trap,
        ):
            opened: tuple[Network, ...] = (ip_network("127.0.0.2/32"),)
            policy = DownloadPolicy(allowed_networks=opened, ports=frozenset({server.port}))
            fetcher = GuardedFetcher(policy, resolve=world.resolve, tls=_TRUSTS_NOBODY)
            url = f"http://{_HOST}:{server.port}/"
            picture = await fetcher.fetch_picture(url, _MAX_BYTES, 5.0)
            assert world.resolved == [_HOST]
            with pytest.raises(UrlForbiddenError):
                await fetcher.fetch_picture(url, _MAX_BYTES, 5.0)
            return picture, trap.requests

    assert asyncio.run(run()) == (JPEG, [])


def test_redirect_to_a_name_that_has_changed_its_mind_or_to_a_closed_address() -> None:
    async def run(target: str) -> list[bytes]:
        world = MadeUpInternet({_HOST: [["127.0.0.2"], ["127.0.0.1"]]})
        async with serve(picture_answer()) as trap:
            location = f"Location: {target.format(port=trap.port)}"
            redirect = answer(location, status="307 Temporary Redirect")
            async with serve(redirect, address="127.0.0.2", port=trap.port):
                opened: tuple[Network, ...] = (ip_network("127.0.0.2/32"),)
                policy = DownloadPolicy(allowed_networks=opened, ports=frozenset({trap.port}))
                fetcher = GuardedFetcher(policy, resolve=world.resolve, tls=_TRUSTS_NOBODY)
                with pytest.raises(UrlForbiddenError):
                    await fetcher.fetch_picture(f"http://{_HOST}:{trap.port}/", _MAX_BYTES, 5.0)
            return trap.requests

    for target in ("/again", f"http://{_HOST}:{{port}}/", "http://127.0.0.1:{port}/", "//[::ffff:127.0.0.1]:{port}/"):
        assert asyncio.run(run(target)) == []


def _counting_down(redirects: int) -> Script:
    left = redirects

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        redirect = answer(f"Location: /{left}?next", "Set-Cookie: a=b", status="302 Found", body=b"moved")
        writer.write(redirect if left else picture_answer())
        left -= 1

    return script


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_followed(status: int) -> None:
    async def run() -> list[bytes]:
        async with serve(picture_answer()) as target:
            location = f"Location: http://{_HOST}:{target.port}/b.jpg#part"
            async with serve(answer(location, status=f"{status} Moved")) as server:
                ports = frozenset({server.port, target.port})
                policy = DownloadPolicy(allowed_networks=_LOOPBACK, ports=ports)
                fetcher = GuardedFetcher(policy, resolve=_resolve_to("127.0.0.1"), tls=_TRUSTS_NOBODY)
                assert await fetcher.fetch_picture(f"http://{_HOST}:{server.port}/", _MAX_BYTES, 5.0) == JPEG
            return target.requests

    assert asyncio.run(run())[0].startswith(b"GET /b.jpg HTTP/1.1\r\n")


def test_three_redirects_are_followed_and_cookies_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")

    async def run() -> list[bytes]:
        async with serve(_counting_down(3)) as server:
            url = f"http://{_HOST}:{server.port}/a.jpg?x"
            assert await _fetcher(server.port).fetch_picture(url, _MAX_BYTES, 5.0) == JPEG
            return [request.replace(b":%d" % server.port, b"") for request in server.requests]

    rest = (
        " HTTP/1.1\r\nHost: pictures.example\r\nUser-Agent: visavis\r\nAccept: image/jpeg, image/png, image/bmp\r\n"
        "Accept-Encoding: identity\r\nConnection: close\r\n\r\n"
    )
    targets = ("/a.jpg?x", "/3?next", "/2?next", "/1?next")
    assert asyncio.run(run()) == [f"GET {target}{rest}".encode() for target in targets]


def test_four_redirects_or_a_loop_are_refused() -> None:
    for script in (_counting_down(4), answer("Location: /a.jpg", status="301 Moved")):
        with pytest.raises(ImageDownloadError, match="redirects"):
            _download(script)


def test_redirect_loop_shares_one_time_limit() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(answer("Location: /a.jpg", status="301 Moved"))

    with pytest.raises(ImageDownloadError, match="in time"):
        _download(script, timeout_s=0.5)


@dataclass(frozen=True)
class _Authority:
    """A certificate authority of a test's own."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def trusted(self) -> ssl.SSLContext:
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)

    def server(self, folder: Path, name: str = _HOST, *, days: int = 1) -> ssl.SSLContext:
        """A server's side of TLS, with a certificate for a name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject: x509.GeneralName = x509.DNSName(name)
        if name[0].isdigit():
            subject = x509.IPAddress(ip_address(name))
        builder = _builder(name, self.certificate.subject, key, days)
        builder = builder.add_extension(x509.SubjectAlternativeName([subject]), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        chain = folder / "chain.pem"
        chain.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


@pytest.fixture
def authority() -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    builder = _builder("test authority", name, key, 1)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return _Authority(key, builder.sign(key, hashes.SHA256()))


async def _download_by_tls(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext | None, script: bytes | Script, host: str = _HOST
) -> tuple[bytes | ImageDownloadError, list[bytes]]:
    async with serve(script, tls=server_tls) as server:
        fetcher = _fetcher(server.port, client_tls)
        try:
            picture = await fetcher.fetch_picture(f"https://{host}:{server.port}/", _MAX_BYTES, 5.0)
        except ImageDownloadError as error:
            return error, server.requests
        return picture, server.requests


def test_tls_names_the_host_and_verifies_it(authority: _Authority, tmp_path: Path) -> None:
    server = authority.server(tmp_path)
    asked: list[str | None] = []
    server.sni_callback = lambda socket, name, context: asked.append(name)
    outcome, _ = asyncio.run(_download_by_tls(server, authority.trusted(), picture_answer()))
    assert outcome == JPEG
    assert asked == [_HOST]


def test_tls_to_an_address(authority: _Authority, tmp_path: Path) -> None:
    server = authority.server(tmp_path, "127.0.0.1")
    outcome, _ = asyncio.run(_download_by_tls(server, authority.trusted(), picture_answer(), "127.0.0.1"))
    assert outcome == JPEG


@pytest.mark.parametrize("flaw", ["untrusted", "untrusted by default", "other name", "address only", "expired"])
def test_certificate_that_is_not_in_order_is_refused(authority: _Authority, tmp_path: Path, flaw: str) -> None:
    name = {"other name": "other.example", "address only": "127.0.0.1"}.get(flaw, _HOST)
    server = authority.server(tmp_path, name, days=-1 if flaw == "expired" else 1)
    client = {"untrusted": _TRUSTS_NOBODY, "untrusted by default": None}.get(flaw, authority.trusted())
    outcome, requests = asyncio.run(_download_by_tls(server, client, picture_answer()))
    assert isinstance(outcome, ImageDownloadError)
    assert "certificate" in str(outcome)
    assert requests == []


def test_https_to_a_server_without_tls() -> None:
    async def run() -> None:
        async with serve(picture_answer()) as server:
            await _fetcher(server.port).fetch_picture(f"https://{_HOST}:{server.port}/", _MAX_BYTES, 0.3)

    with pytest.raises(ImageDownloadError):
        asyncio.run(run())


def test_redirect_from_https_down_to_http_is_refused(authority: _Authority, tmp_path: Path) -> None:
    # To its own port, which is open: only the scheme is wrong.
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("sockname")[1]
        writer.write(answer(f"Location: http://{_HOST}:{port}/a.jpg", status="302 Found"))

    outcome, requests = asyncio.run(_download_by_tls(authority.server(tmp_path), authority.trusted(), redirect))
    assert isinstance(outcome, UrlForbiddenError)
    assert len(requests) == 1


def test_redirect_from_http_up_to_https_is_followed(authority: _Authority, tmp_path: Path) -> None:
    async def run() -> bytes:
        async with serve(picture_answer(), tls=authority.server(tmp_path)) as target:
            redirect = answer(f"Location: https://{_HOST}:{target.port}/", status="302 Found")
            async with serve(redirect) as server:
                ports = frozenset({server.port, target.port})
                policy = DownloadPolicy(allowed_networks=_LOOPBACK, ports=ports)
                fetcher = GuardedFetcher(policy, resolve=_resolve_to("127.0.0.1"), tls=authority.trusted())
                return await fetcher.fetch_picture(f"http://{_HOST}:{server.port}/", _MAX_BYTES, 5.0)

    assert asyncio.run(run()) == JPEG


def test_neither_log_nor_error_shows_path_or_query(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"/path-secret?signature=query-secret nonsense\r\n\r\n")

    async def run(script: bytes | Script) -> ImageDownloadError:
        async with serve(script) as server:
            url = f"http://{_HOST}:{server.port}/path-secret?signature=query-secret#part-secret"
            with pytest.raises(ImageDownloadError) as caught:
                await _fetcher(server.port).fetch_picture(url, _MAX_BYTES, 0.5)
            return caught.value

    redirect = answer("Location: http://other.example/path-secret?query-secret", status="302 Found")
    for script in (echo, b"", answer(status="404 No"), then_silence(b""), redirect):
        error: BaseException | None = asyncio.run(run(script))
        assert error is not None
        while error is not None:
            assert "secret" not in str(error)
            error = error.__cause__
    assert "no picture from http://pictures.example:" in caplog.text
    assert "secret" not in caplog.text


def test_cancelled_download_hangs_up() -> None:
    async def run() -> None:
        hung_up = asyncio.Event()

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.read()
            finally:
                hung_up.set()

        async with serve(script) as server:
            url = f"http://{_HOST}:{server.port}/"
            download = asyncio.create_task(_fetcher(server.port).fetch_picture(url, _MAX_BYTES, 60.0))
            while not server.requests:
                await asyncio.sleep(0.001)
            download.cancel()
            with pytest.raises(asyncio.CancelledError):
                await download
            await asyncio.wait_for(hung_up.wait(), 5.0)

    asyncio.run(run())
