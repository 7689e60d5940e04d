"""Requests that the vendor's own kits signed, byte for byte."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from visavis.protocols.base import WireRequest, header_list

KEY_ID = "testApiKey24CharsABCDEFG"
SECRET = "testSecretKey32CharsABCDEFGHIJKL"
MATCH = "/rest/2.0/face/v3/match"


@dataclass(frozen=True, slots=True)
class Vector:
    """A signed request, and what it is signed with on the way.

    Attributes:
        name: of the vector.
        request: as it came.
        signed_at: Unix seconds.
        canonical: what is signed.
        signing_key: hexadecimal text.
        signature: the same.
    """

    name: str
    request: WireRequest
    signed_at: float
    canonical: str
    signing_key: str
    signature: str


def request(
    method: str = "POST",
    path: str = MATCH,
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> WireRequest:
    """A request as the server hands it over."""
    return WireRequest(method, path, query.encode(), header_list(headers), body, 0.0)


def with_header(sent: WireRequest, name: str, value: str) -> WireRequest:
    """The same request with another value of a header that it has."""
    changed = header_list([(name, value)])[0]
    return dataclasses.replace(sent, headers=tuple(changed if pair[0] == changed[0] else pair for pair in sent.headers))


B1 = Vector(
    "B1",
    request(
        query="aipSdk=python&aipVersion=4.15.13",
        headers=(
            ("Content-Type", "application/json"),
            ("Host", "aip.baidubce.com"),
            ("x-bce-date", "2026-11-22T00:04:03Z"),
            (
                "authorization",
                "bce-auth-v1/testApiKey24CharsABCDEFG/2026-11-22T00:04:03Z/1800/content-type;host;x-bce-date/"
                "f6f8a2570fa2a217439c0332d0fe68695ec68b8666c233d2014508646788c1a3",
            ),
            ("Content-Length", "223"),
        ),
        body=b'[{"image": "/9j/4AAQ+SkZJRg==", "image_type": "BASE64", "face_type": "LIVE", "quality_control": "LOW"}, '
        b'{"image": "BBBB", "image_type": "BASE64", "face_type": "IDCARD", "quality_control": "LOW", '
        b'"liveness_control": "HIGH"}]',
    ),
    1795305843.0,
    "POST\n/rest/2.0/face/v3/match\naipSdk=python&aipVersion=4.15.13\ncontent-type:application%2Fjson\n"
    "host:aip.baidubce.com\nx-bce-date:2026-11-22T00%3A04%3A03Z",
    "56fc8edcd6d6d450bae30cdf64daaa27eb9a92e845ac8e360b3104277f37479e",
    "f6f8a2570fa2a217439c0332d0fe68695ec68b8666c233d2014508646788c1a3",
)
B2 = Vector(
    "B2",
    request(
        query="aipSdk=node",
        headers=(
            ("Host", "aip.baidubce.com"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("x-bce-date", "2026-11-22T00:04:13Z"),
            (
                "authorization",
                "bce-auth-v1/testApiKey24CharsABCDEFG/2026-11-22T00:04:13Z/1800/content-type;host;x-bce-date/"
                "3565db97f57b35d049758d8832702c591ddd79f83f8249237e4536001d7e80f3",
            ),
            ("content-length", "132"),
        ),
        body=b'[{"image":"/9j/4AAQ+SkZJRg==","image_type":"BASE64","face_type":"LIVE"},'
        b'{"image":"BBBB","image_type":"BASE64","face_type":"IDCARD"}]',
    ),
    1795305853.0,
    "POST\n/rest/2.0/face/v3/match\naipSdk=node\ncontent-type:application%2Fx-www-form-urlencoded\n"
    "host:aip.baidubce.com\nx-bce-date:2026-11-22T00%3A04%3A13Z",
    "12e34ef4876c7c1bb49db298736f82af823b6bd8f16251f38440b7a3b3ab9726",
    "3565db97f57b35d049758d8832702c591ddd79f83f8249237e4536001d7e80f3",
)
B3 = Vector(
    "B3",
    request(
        query="a%20b=x%2Fy%2Bz&b=",
        headers=(
            ("Content-Type", "application/json"),
            ("Host", "127.0.0.1:18080"),
            ("Content-Length", "99"),
            (
                "Authorization",
                "bce-auth-v1/testApiKey24CharsABCDEFG/2026-11-22T00:06:44Z/1800//"
                "29ef6fe7c617e6c86c337d2b20b59768c8f3402bbdbeb4685d8057e4cda62860",
            ),
            ("x-bce-date", "2026-11-22T00:06:44Z"),
        ),
        body=b'[{"image": "/9j/4AAQ+SkZJRg==", "image_type": "BASE64"}, {"image": "BBBB", "image_type": "BASE64"}]',
    ),
    1795306004.0,
    "POST\n/rest/2.0/face/v3/match\na%20b=x%2Fy%2Bz&b=\ncontent-length:99\ncontent-type:application%2Fjson\n"
    "host:127.0.0.1%3A18080\nx-bce-date:2026-11-22T00%3A06%3A44Z",
    "af854e3d02ccf883a7aa53c02f2952ac26cf4ac939423c517f44fd6e9350cbe5",
    "29ef6fe7c617e6c86c337d2b20b59768c8f3402bbdbeb4685d8057e4cda62860",
)
VECTORS = (B1, B2, B3)
