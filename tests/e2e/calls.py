"""Photos, and signed comparisons of them through every API of a live server."""

from __future__ import annotations

import io
import os
import time
from urllib.parse import urlsplit

import httpx
from PIL import Image

from tests.faces import Pixels, admiral, astronaut
from tests.live_server import LiveServer
from visavis.protocols.signing import alibaba, baidu, kuaidi100, native, tencent
from visavis.protocols.signing.base import Answer, Endpoint, SignedRequest, Signer
from visavis.service.accounts import KeyKind


def encode(pixels: Pixels, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


REFERENCE, MATED, STRANGER = encode(astronaut(), "JPEG"), encode(astronaut()[:, 20:], "PNG"), encode(admiral(), "JPEG")


def signer_of(server: LiveServer, kind: KeyKind) -> Signer:
    key, secret = server.keys[kind]
    return Signer(Endpoint.parse(server.url), key, secret, time.time(), os.urandom(16).hex())


def send(request: SignedRequest) -> httpx.Response:
    return httpx.request(
        request.method, request.url, content=request.body, headers=list(request.headers), timeout=30, trust_env=False
    )


def ask(server: LiveServer, kind: KeyKind, reference: bytes, probe: bytes) -> Answer:
    signer = signer_of(server, kind)
    if kind is KeyKind.BAIDU:
        token = baidu.read_token(send(baidu.request_token(signer)).content)
        return baidu.read_answer(send(baidu.request_match(signer, token, reference, probe)).content)
    module = {
        KeyKind.ALIBABA: alibaba,
        KeyKind.TENCENT: tencent,
        KeyKind.KUAIDI100: kuaidi100,
        KeyKind.NATIVE: native,
    }[kind]
    answer: Answer = module.read_answer(send(module.sign_comparison(signer, reference, probe)).content)
    return answer


def http_bytes(request: SignedRequest) -> bytes:
    url = urlsplit(request.url)
    lines = [f"{request.method} {url.path}{'?' if url.query else ''}{url.query} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if not any(name.lower() == "host" for name, _ in request.headers):
        lines.append(f"host: {url.netloc}")
    lines.append(f"content-length: {len(request.body)}")
    return "\r\n".join([*lines, "\r\n"]).encode() + request.body
