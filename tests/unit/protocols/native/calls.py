"""The application with stand-ins behind it, and calls of it without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from fastapi import FastAPI

from tests.protocol_fakes import FakeKeys, FakeService, offload
from visavis.protocols.native.routes import create_native_app
from visavis.service.accounts import KeyKind
from visavis.types import EngineIdentity, FaceCheck

SECRET = "vv_0123456789abcdefghijklmnopqrstuvwxyz"
IDENTITY = EngineIdentity("sface", "ab" * 32, "yunet", "openvino", "bf16", "default")
AUTHORISED = {"Authorization": f"Bearer {SECRET}"}
BOUNDARY = "9051914041544843365972754266"


def make_keys() -> FakeKeys:
    keys = FakeKeys()
    keys.add(KeyKind.NATIVE, SECRET[:12], SECRET)
    return keys


def make_app(
    service: FakeService | None = None, keys: FakeKeys | None = None, is_ready: Callable[[], bool] = lambda: True
) -> FastAPI:
    return create_native_app(
        service=service or FakeService(),
        keys=keys or make_keys(),
        offload=offload,
        identity=IDENTITY,
        calibration_id="linear",
        check_calibration_ids={FaceCheck.PAD: "pad-linear", FaceCheck.SYNTHESIS: None},
        is_ready=is_ready,
    )


def call(
    app: FastAPI, method: str, path: str, *, headers: dict[str, str] | None = None, **arguments: Any
) -> httpx.Response:
    """One request; with a good key unless `headers` are given. What the application raises becomes its answer."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            found = AUTHORISED if headers is None else headers
            return await client.request(method, path, headers=found, **arguments)

    return asyncio.run(send())


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The content of the envelope, which must be all there is."""
    document = response.json()
    assert set(document) == {"error"}
    error: dict[str, Any] = document["error"]
    assert set(error) == {"code", "message", "side", "field", "limit", "flaws", "check", "request_id"}
    assert error["request_id"] == response.headers["x-request-id"]
    return error


def form(*parts: tuple[str, bytes], boundary: str = BOUNDARY) -> bytes:
    """A form of raw part headers and contents."""
    pieces = [f"--{boundary}\r\n{headers}\r\n\r\n".encode() + content + b"\r\n" for headers, content in parts]
    return b"".join(pieces) + f"--{boundary}--\r\n".encode()


def field(name: str, filename: str | None = None) -> str:
    """The header of a part."""
    return f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")


class Trickle:
    """A body in pieces, of a length that is not announced; counts how many were taken."""

    def __init__(self, piece: bytes, count: int) -> None:
        self.taken = 0
        self._piece = piece
        self._count = count

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._count):
            self.taken += 1
            await asyncio.sleep(0)
            yield self._piece
