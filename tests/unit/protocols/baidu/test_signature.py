"""bce-auth-v1 against requests that the vendor's kits signed."""

from __future__ import annotations

import dataclasses

import pytest

from tests.unit.protocols.baidu.vectors import B1, B2, B3, SECRET, VECTORS, Vector, with_header
from visavis.protocols.baidu.signature import (
    Authorization,
    canonical_request,
    is_signed_by,
    make_signing_key,
    parse_authorization,
    sign_request,
)

each_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)


def parsed(vector: Vector) -> Authorization:
    authorization = parse_authorization(vector.request.header("authorization") or "")
    assert authorization is not None
    return authorization


@each_vector
def test_every_step_is_byte_for_byte_that_of_the_kit(vector: Vector) -> None:
    authorization = parsed(vector)
    host = (vector.request.header("host") or "").encode()
    canonical = canonical_request(vector.request, authorization.signed_headers, host)
    assert canonical == vector.canonical
    assert make_signing_key(authorization.prefix, SECRET) == vector.signing_key
    assert sign_request(vector.signing_key, vector.canonical) == vector.signature == authorization.signature
    assert (authorization.timestamp, authorization.lifetime_s) == (vector.signed_at, 1800)
    assert len(vector.request.body) == int(vector.request.header("content-length") or "")


@each_vector
def test_genuine_request_passes_and_a_flipped_byte_does_not(vector: Vector) -> None:
    request, authorization = vector.request, parsed(vector)
    assert is_signed_by(request, authorization, SECRET)
    assert not is_signed_by(request, authorization, SECRET[:-1] + "M")
    assert not is_signed_by(dataclasses.replace(request, method="PUT"), authorization, SECRET)
    assert not is_signed_by(dataclasses.replace(request, path=request.path + "s"), authorization, SECRET)
    assert not is_signed_by(dataclasses.replace(request, query=request.query + b"x"), authorization, SECRET)
    assert not is_signed_by(with_header(request, "content-type", "application/jsom"), authorization, SECRET)
    assert not is_signed_by(with_header(request, "x-bce-date", "2026-11-22T00:04:04Z"), authorization, SECRET)
    for at, digit in enumerate(vector.signature):
        flipped = vector.signature[:at] + ("0" if digit != "0" else "1") + vector.signature[at + 1 :]
        assert not is_signed_by(request, dataclasses.replace(authorization, signature=flipped), SECRET)


@each_vector
def test_upper_case_signature_is_refused(vector: Vector) -> None:
    shouted = dataclasses.replace(parsed(vector), signature=vector.signature.upper())
    assert not is_signed_by(vector.request, shouted, SECRET)


def test_body_is_not_covered() -> None:
    assert is_signed_by(dataclasses.replace(B1.request, body=b"[]"), parsed(B1), SECRET)


@pytest.mark.parametrize("host", ["127.0.0.1:18080", "compare.example", "http://compare.example:8080"])
def test_kit_that_signs_the_vendors_host_may_send_any(host: str) -> None:
    assert is_signed_by(with_header(B2.request, "host", host), parsed(B2), SECRET)


def test_host_signed_without_its_port_passes() -> None:
    """The Python kit signs the bare name."""
    bare = dataclasses.replace(parsed(B3), signed_headers=frozenset({b"host"}))
    signature = sign_request(B3.signing_key, canonical_request(B3.request, bare.signed_headers, b"127.0.0.1"))
    assert is_signed_by(B3.request, dataclasses.replace(bare, signature=signature), SECRET)


def test_foreign_host_is_refused() -> None:
    assert not is_signed_by(with_header(B3.request, "host", "10.0.0.1:18080"), parsed(B3), SECRET)


def test_order_of_the_signed_headers_means_nothing() -> None:
    header = (B1.request.header("authorization") or "").replace(
        "content-type;host;x-bce-date", "X-bce-date;host;;Content-Type"
    )
    authorization = parse_authorization(header)
    assert authorization is not None
    assert is_signed_by(B1.request, authorization, SECRET)


def test_empty_and_absent_headers_are_skipped_and_repeated_ones_count_once() -> None:
    headers = (*B1.request.headers, (b"x-empty", b"  "), (b"content-type", b"text/plain"))
    request = dataclasses.replace(B1.request, headers=headers)
    names = parsed(B1).signed_headers | {b"x-empty", b"x-absent"}
    assert canonical_request(request, names, b"aip.baidubce.com") == B1.canonical


def test_query_parameter_authorization_is_not_signed() -> None:
    request = dataclasses.replace(B1.request, query=B1.request.query + b"&Authorization=x")
    assert is_signed_by(request, parsed(B1), SECRET)


def test_path_is_escaped_anew() -> None:
    request = dataclasses.replace(B1.request, path="/a%2fb/%7Ec d", query=b"")
    assert canonical_request(request, frozenset({b"none"}), b"h") == "POST\n/a/b/~c%20d\n\n"


@pytest.mark.parametrize(("late_s", "is_timely"), [(-901, False), (-900, True), (0, True), (1800, True), (1801, False)])
def test_validity_in_time(late_s: int, is_timely: bool) -> None:
    assert parsed(B1).is_timely(B1.signed_at + late_s) is is_timely


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bce-auth-v1",
        "bce-auth-v2/k/2026-11-22T00:04:03Z/1800/host/ab",
        "bce-auth-v1/k/2026-11-22T00:04:03Z/1800/ab",
        "bce-auth-v1/k/2026-11-22T00:04:03Z/1800/host/ab/cd",
        "bce-auth-v1/k/2026-11-22T00:04:03/1800/host/ab",
        "bce-auth-v1/k/2026-13-22T00:04:03Z/1800/host/ab",
        "bce-auth-v1/k/1795305843/1800/host/ab",
        "bce-auth-v1/k/2026-11-22T00:04:03Z/-1/host/ab",
        "bce-auth-v1/k/2026-11-22T00:04:03Z/1800000000/host/ab",
        "bce-auth-v1/k/2026-11-22T00:04:03Z/1800/host/äb",
        "bce-auth-v1/k/2026-11-22T00:04:03Z/1800/host/" + "a" * 4096,
    ],
)
def test_malformed_header_is_none(header: str) -> None:
    assert parse_authorization(header) is None


def test_proxy_may_replace_the_host_by_one_that_is_named() -> None:
    authorization = parsed(B1)
    canonical = canonical_request(B1.request, authorization.signed_headers, b"faces.example.com:8443")
    signed = dataclasses.replace(authorization, signature=sign_request(B1.signing_key, canonical))
    replaced = with_header(B1.request, "host", "upstream:9000")
    assert not is_signed_by(replaced, signed, SECRET)
    assert not is_signed_by(replaced, signed, SECRET, ("faces.example.com",))
    assert is_signed_by(replaced, signed, SECRET, ("faces.example.com", "faces.example.com:8443"))
