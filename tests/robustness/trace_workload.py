"""Requests of every kind to a server that runs, and a note of everything in them that must not be kept."""

from __future__ import annotations

import io
import json
import os
import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from PIL import Image

from tests.faces import Pixels, admiral, astronaut
from tests.live_server import LiveServer
from visavis.protocols.signing import alibaba, baidu, kuaidi100, native, tencent
from visavis.protocols.signing.base import AnswerError, Endpoint, SignedRequest, Signer
from visavis.service.accounts import KeyKind

LARGE_BYTES = 8 * 2**20
OVERSIZED_BYTES = 33 * 2**20
WRONG_SECRET = "wrong-secret-0123456789-abcdefghij"
URL_PASSWORD = "password-in-a-url-77"
FORBIDDEN_URLS = (
    f"http://user:{URL_PASSWORD}@127.0.0.1/private-path-1.jpg",
    f"http://169.254.169.254/latest/{URL_PASSWORD}",
    f"file:///etc/{URL_PASSWORD}",
    f"http://[::1]:8001/{URL_PASSWORD}?a=b",
)


def encode(pixels: Pixels, kind: str, side: int) -> bytes:
    """A small file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((side, side)).save(buffer, kind)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is sent.

    Attributes:
        reference: a person, JPEG.
        mated: the same person, PNG.
        stranger: another, JPEG.
        faceless: nobody, PNG.
        garbage: no picture.
        large: `reference`, with `padding` in comments between its header and its pixels.
        padding: 128 KiB that nothing can compress.
    """

    reference: bytes
    mated: bytes
    stranger: bytes
    faceless: bytes
    garbage: bytes
    large: bytes
    padding: bytes


def make_pictures() -> Pictures:
    """The same ones every time."""
    noise = random.Random(1)
    padding = noise.randbytes(2**17)
    reference = encode(astronaut()[30:230, 120:320], "JPEG", 160)
    comment = b"\xff\xfe\xff\xff" + (padding * 2)[:65533]
    return Pictures(
        reference,
        encode(astronaut()[35:225, 130:320], "PNG", 96),
        encode(admiral()[80:400, 110:430], "JPEG", 160),
        encode(astronaut()[:64, :64], "PNG", 64),
        noise.randbytes(3000),
        reference[:2] + comment * (LARGE_BYTES // len(comment)) + reference[2:],
        padding,
    )


@dataclass
class Workload:
    """Sends requests, in an order that repeats.

    Attributes:
        sent: how many of each kind.
        access_tokens: that were issued.
        face_tokens: that were given, by API.
    """

    server: LiveServer
    pictures: Pictures
    sent: Counter[str] = field(default_factory=Counter)
    access_tokens: list[str] = field(default_factory=list)
    face_tokens: dict[KeyKind, str] = field(default_factory=dict)
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    def run(self, count: int) -> None:
        """Send so many more requests, of all kinds in turn."""
        kinds = self._kinds()
        for number in range(self.sent.total(), self.sent.total() + count):
            name, send = kinds[number % len(kinds)]
            send(number // len(kinds))
            self.sent[name] += 1

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _kinds(self) -> Sequence[tuple[str, Callable[[int], None]]]:
        every = list(KeyKind)
        it = self.pictures
        successes: list[tuple[str, Callable[[int], None]]] = [
            (f"{kind} success", lambda turn, kind=kind: self._compare(kind, it.mated, True))  # type: ignore[misc]
            for kind in every
        ]
        return [
            ("token", self._request_token),
            *successes,
            ("alibaba v1", self._alibaba_v1),
            ("baidu face token", self._baidu_face_token),
            ("kuaidi100 face token", self._kuaidi100_face_token),
            ("native face token", self._native_face_token),
            ("stranger", lambda turn: self._compare(every[turn % 5], it.stranger, True)),
            ("no face", lambda turn: self._compare(every[turn % 5], it.faceless, False)),
            ("garbage", lambda turn: self._compare(every[turn % 5], it.garbage, False)),
            ("wrong secret", lambda turn: self._compare(every[turn % 5], it.mated, False, WRONG_SECRET)),
            ("wrong secret for a token", self._refused_token),
            ("forbidden URL", self._forbidden_url),
            ("cut off", lambda turn: self._cut_off(every[turn % 5])),
            ("no HTTP", self._no_http),
            ("multipart", lambda turn: self._multipart(it.mated, 200)),
            ("large multipart", lambda turn: self._multipart(it.large, 200)),
            ("oversized", self._oversized),
        ]

    def _signer(self, kind: KeyKind, secret: str | None = None) -> Signer:
        key, right = self.server.keys[kind]
        return Signer(Endpoint.parse(self.server.url), key, secret or right, time.time(), os.urandom(16).hex())

    def _send(self, request: SignedRequest) -> httpx.Response:
        return self._client.request(request.method, request.url, content=request.body, headers=list(request.headers))

    def _signed(self, kind: KeyKind, probe: bytes, secret: str | None = None) -> SignedRequest:
        signer = self._signer(kind, secret)
        if kind is KeyKind.BAIDU:
            token = self.access_tokens[-1] if secret is None else _forge(self.access_tokens[-1])
            return baidu.request_match(signer, token, self.pictures.reference, probe)
        module: Any = _MODULES[kind]
        signed: SignedRequest = module.sign_comparison(signer, self.pictures.reference, probe)
        return signed

    def _compare(self, kind: KeyKind, probe: bytes, has_score: bool, secret: str | None = None) -> None:
        body = self._send(self._signed(kind, probe, secret)).content
        try:
            _MODULES[kind].read_answer(body)
        except AnswerError:
            assert not has_score, body
            return
        assert has_score, body
        document = json.loads(body)
        if kind is KeyKind.BAIDU:
            self.face_tokens[kind] = document["result"]["face_list"][0]["face_token"]
        if kind is KeyKind.KUAIDI100:
            self.face_tokens[kind] = document["data"]["sourceToken"]

    def _request_token(self, turn: int) -> None:
        answer = self._send(baidu.request_token(self._signer(KeyKind.BAIDU)))
        self.access_tokens.append(baidu.read_token(answer.content))

    def _refused_token(self, turn: int) -> None:
        assert self._send(baidu.request_token(self._signer(KeyKind.BAIDU, WRONG_SECRET))).status_code == 401

    def _alibaba_v1(self, turn: int) -> None:
        request = alibaba.sign_comparison_v1(
            self._signer(KeyKind.ALIBABA), self.pictures.reference, self.pictures.mated
        )
        alibaba.read_answer(self._send(request).content)

    def _baidu_face_token(self, turn: int) -> None:
        request = self._signed(KeyKind.BAIDU, self.pictures.stranger)
        known = {"image": self.face_tokens[KeyKind.BAIDU], "image_type": "FACE_TOKEN"}
        pictures = [known, json.loads(request.body)[1]]
        baidu.read_answer(self._send(replace(request, body=json.dumps(pictures).encode())).content)

    def _kuaidi100_face_token(self, turn: int) -> None:
        request = self._signed(KeyKind.KUAIDI100, self.pictures.stranger)
        fields = dict(httpx.QueryParams(request.body.decode()))
        fields |= {"sourceImage": self.face_tokens[KeyKind.KUAIDI100], "sourceImageType": "FACE_TOKEN"}
        answer = self._client.post(request.url, data=fields)
        kuaidi100.read_answer(answer.content)

    def _native_face_token(self, turn: int) -> None:
        token = self.face_tokens.get(KeyKind.NATIVE)
        request = self._signed(KeyKind.NATIVE, self.pictures.mated)
        document = json.loads(request.body) | {"keep_tokens": True}
        if token:
            document["reference"] = {"face_token": token}
        answer = self._send(replace(request, body=json.dumps(document).encode()))
        native.read_answer(answer.content)
        self.face_tokens[KeyKind.NATIVE] = answer.json()["probe"]["face_token"]

    def _forbidden_url(self, turn: int) -> None:
        url = FORBIDDEN_URLS[turn % len(FORBIDDEN_URLS)]
        reference = self.pictures.reference
        match turn % 5:
            case 0:
                values = alibaba.compare_parameters(reference, b"") | {"TargetImageValue": url}
                answer = self._send(alibaba.sign_acs3(self._signer(KeyKind.ALIBABA), values))
            case 1:
                parameters = tencent.compare_parameters(reference, b"") | {"UrlB": url}
                answer = self._send(tencent.sign_tc3(self._signer(KeyKind.TENCENT), parameters))
            case 2:
                request = self._signed(KeyKind.BAIDU, b"x")
                pictures = [json.loads(request.body)[0], {"image": url, "image_type": "URL"}]
                answer = self._send(replace(request, body=json.dumps(pictures).encode()))
            case 3:
                request = self._signed(KeyKind.KUAIDI100, b"x")
                fields = dict(httpx.QueryParams(request.body.decode()))
                answer = self._client.post(request.url, data=fields | {"compareImage": url, "compareImageType": "URL"})
            case _:
                request = self._signed(KeyKind.NATIVE, b"x")
                document = json.loads(request.body) | {"probe": {"url": url}}
                answer = self._send(replace(request, body=json.dumps(document).encode()))
        assert "core" not in answer.text.replace("threshold", ""), answer.text
        assert URL_PASSWORD not in answer.text

    def _cut_off(self, kind: KeyKind) -> None:
        """A body that ends in the middle of a picture."""
        request = self._signed(kind, self.pictures.mated)
        answer = self._send(replace(request, body=request.body[: len(request.body) // 2]))
        assert answer.headers["content-type"].partition(";")[0] in ("application/json", "text/xml")

    def _no_http(self, turn: int) -> None:
        """A secret and a picture where there should be a header; half of the time the client just goes away."""
        host, port = self.server.address.split(":")
        with socket.create_connection((host, int(port)), 10) as connection:
            head = f"POST /v1/compare HTTP/1.1\r\nhost: x\r\nauthorization: {self._bearer}\r\ncontent-length: 99999\r\n"
            connection.sendall(head.encode() + (b"\r\n" if turn % 2 else b"") + self.pictures.reference + b"\r\n\r\n")
            if not turn % 2:
                assert connection.makefile("rb").read()

    def _multipart(self, probe: bytes, status: int) -> None:
        files = {"reference": ("name.jpg", self.pictures.reference), "probe": ("probe.jpg", probe)}
        headers = {"Authorization": self._bearer}
        answer = self._client.post(f"{self.server.url}/v1/compare", files=files, headers=headers)
        assert answer.status_code == status, answer.text

    def _oversized(self, turn: int) -> None:
        """More than a request may have: announced, in chunks, or to a vendor. The server may hang up before the end."""
        piece = self.pictures.padding * 8
        match turn % 4:
            case 0:
                url, size, status = f"{self.server.url}/v1/compare", OVERSIZED_BYTES, 413
            case 1:
                url, size, status = f"{self.server.url}/api", 10 * 2**20, 200
            case _:
                self._announce(OVERSIZED_BYTES)
                return
        headers = {"Authorization": self._bearer, "Content-Type": "application/json"}
        content = (piece for _ in range(size // len(piece) + 1))
        try:
            answer = httpx.post(url, content=content, headers=headers, timeout=60, trust_env=False)
        except httpx.TransportError:
            return
        assert answer.status_code == status and "score" not in answer.json(), answer.text

    def _announce(self, size: int) -> None:
        host, port = self.server.address.split(":")
        head = (
            f"POST /v1/compare HTTP/1.1\r\nhost: x\r\nauthorization: {self._bearer}\r\ncontent-length: {size}\r\n\r\n"
        )
        with socket.create_connection((host, int(port)), 10) as connection:
            connection.sendall(head.encode() + self.pictures.padding)
            assert b" 413 " in connection.makefile("rb").readline()

    @property
    def _bearer(self) -> str:
        return f"Bearer {self.server.keys[KeyKind.NATIVE][1]}"


def _forge(token: str) -> str:
    return token[:-1] + ("1" if token.endswith("0") else "0")


_MODULES: dict[KeyKind, Any] = {
    KeyKind.ALIBABA: alibaba,
    KeyKind.TENCENT: tencent,
    KeyKind.BAIDU: baidu,
    KeyKind.KUAIDI100: kuaidi100,
    KeyKind.NATIVE: native,
}
