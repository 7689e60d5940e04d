"""What four official kits really sent: each verifies, and no flipped byte does."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.conformance.alibaba.client import SECRET
from tests.unit.protocols.alibaba.exchange import VECTORS, Bench, vector_request, vector_time
from visavis.protocols.alibaba.schema import read_call
from visavis.protocols.alibaba.signature_acs3 import read_header_claim
from visavis.protocols.alibaba.signature_v1 import read_parameter_claim
from visavis.service.orders import InlinePicture, PictureUrl

V1 = [name for name, vector in VECTORS.items() if "canonical_request" not in vector]
ACS3 = [name for name in VECTORS if name not in V1]


def _bench(vector: dict[str, Any], secret: str = SECRET) -> Bench:
    return Bench(clock=lambda: vector_time(vector), secret=secret)


def _flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_every_vector_of_the_contract_is_here() -> None:
    assert (V1, ACS3) == (["A1", "A2", "A2b"], ["A3", "A4"])


@pytest.mark.parametrize("name", V1)
def test_v1_byte_for_byte(name: str) -> None:
    vector = VECTORS[name]
    claim = read_parameter_claim(read_call(vector_request(vector)))
    assert claim.strings_to_sign(()) == (vector["string_to_sign"],)
    assert claim.sign(SECRET, vector["string_to_sign"]) == vector["signature"] == claim.signature


@pytest.mark.parametrize("name", ACS3)
def test_acs3_byte_for_byte(name: str) -> None:
    vector = VECTORS[name]
    claim = read_header_claim(read_call(vector_request(vector)))
    canonical = claim.canonical_request(claim.call.header("host"), claim.call.header("x-acs-content-sha256"))
    assert canonical == vector["canonical_request"]
    assert claim.strings_to_sign(()) == (vector["string_to_sign"],)
    assert claim.sign(SECRET, vector["string_to_sign"]) == vector["signature"] == claim.signature


@pytest.mark.parametrize("name", VECTORS)
def test_kit_is_served(name: str) -> None:
    bench = _bench(VECTORS[name])
    response = bench.answer(vector_request(VECTORS[name]))
    assert (response.status, json.loads(response.body)["Success"]) == (200, True)
    ((reference, probe, _, _),) = bench.service.orders
    assert probe is not None
    assert reference.source == InlinePicture(base64.b64decode("/9j/4AAQ+SkZJRg=="))
    assert isinstance(probe.source, PictureUrl)
    assert probe.source.url.startswith("http://example.com/a b.jpg?x=1&y=~*")
    assert probe.source.url.endswith("中")
    assert (reference.condition, probe.condition) == ("live", "idcard")


@pytest.mark.parametrize("name", VECTORS)
def test_wrong_secret_is_told_by_the_echo(name: str) -> None:
    """The classic kit takes what follows the first colon; where it is what it signed, it blames the secret."""
    response = _bench(VECTORS[name], secret="testAccessKeySecret122").answer(vector_request(VECTORS[name]))
    body = json.loads(response.body)
    assert (response.status, body["Code"]) == (400, "SignatureDoesNotMatch")
    assert body["Message"].split(":")[1] == VECTORS[name]["string_to_sign"]


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("part", ["body", "query"])
def test_no_flipped_byte_verifies(name: str, part: str) -> None:
    request = vector_request(VECTORS[name])
    content = request.body if part == "body" else request.query
    bench = _bench(VECTORS[name])
    for at in range(len(content)):
        changed = _flip(content, at)
        flipped = replace(request, body=changed) if part == "body" else replace(request, query=changed)
        assert bench.answer(flipped).status >= 400, flipped
    assert (bench.service.orders, bench.nonces.seen) == ([], set())


@pytest.mark.parametrize("name", ACS3)
def test_no_flipped_byte_of_a_signed_header_verifies(name: str) -> None:
    request = vector_request(VECTORS[name])
    bench = _bench(VECTORS[name])
    for position, (key, value) in enumerate(request.headers):
        if key == b"transfer-encoding":
            continue
        for at in range(len(value)):
            headers = list(request.headers)
            headers[position] = (key, _flip(value, at))
            assert bench.answer(replace(request, headers=tuple(headers))).status >= 400, (key, at)
    assert bench.nonces.seen == set()


@pytest.mark.parametrize("name", VECTORS)
def test_method_is_signed(name: str) -> None:
    vector = VECTORS[name]
    request = replace(vector_request(vector), method="GET")
    assert _bench(vector).answer(request).error_code == "UnsupportedHTTPMethod"


@pytest.mark.parametrize("name", V1)
def test_v1_signs_neither_host_nor_headers(name: str) -> None:
    request = vector_request(VECTORS[name])
    headers = tuple((key, b"elsewhere:1" if key == b"host" else value) for key, value in request.headers)
    assert _bench(VECTORS[name]).answer(replace(request, headers=headers)).status == 200
