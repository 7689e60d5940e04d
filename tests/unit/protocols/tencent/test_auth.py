"""Which requests are taken for authentic, as a client sees it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.protocol_fakes import FakeKeys, FakeService, offload
from tests.unit.protocols.tencent.vectors import (
    FORM,
    SECRET,
    SECRET_ID,
    T1,
    T5,
    TC3,
    VECTORS,
    Vector,
    adapter,
    with_header,
)
from visavis.errors import ParameterError
from visavis.protocols.base import WireRequest
from visavis.protocols.tencent import form_signature, tc3
from visavis.protocols.tencent.routes import TencentAdapter
from visavis.service.accounts import AccessKey, KeyKind

FAILURE = "AuthFailure.SignatureFailure"


def code(server: TencentAdapter, request: WireRequest) -> str | None:
    """The error code of the answer, or None."""
    response = asyncio.run(server.answer(request))
    error = json.loads(response.body)["Response"].get("Error", {"Code": None})
    assert error["Code"] == response.error_code
    return response.error_code


def sign(
    request: WireRequest,
    *,
    host: str = "127.0.0.1:18080",
    content_type: str | None = None,
    service: str = "iai",
    date: str = "2026-11-22",
) -> WireRequest:
    """The first vector, signed anew for another host, type, service or date."""
    scope = f"{SECRET_ID}/{date}/{service}"
    head = f"TC3-HMAC-SHA256 Credential={scope}/tc3_request, SignedHeaders=content-type;host, Signature="
    authorization = tc3.parse_authorization(head + "none")
    values = {"host": host.encode(), "content-type": (content_type or request.header("content-type") or "").encode()}
    canonical = tc3.canonical_request(request, authorization, values, tc3.hash_payload(request))
    text = tc3.string_to_sign(request.header("x-tc-timestamp") or "", authorization, canonical)
    return with_header(request, "authorization", head + tc3.sign(SECRET, authorization, text))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_genuine_request_is_accepted_and_so_is_its_twin(vector: Vector) -> None:
    server = adapter(now=vector.timestamp)
    assert [code(server, vector.request), code(server, vector.request)] == [None, None]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_another_secret_is_refused(vector: Vector) -> None:
    assert code(adapter(now=vector.timestamp, secrets=(SECRET[:-1] + "F",)), vector.request) == FAILURE


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_either_of_two_live_secrets_will_do(vector: Vector) -> None:
    assert code(adapter(now=vector.timestamp, secrets=("newer", SECRET)), vector.request) is None


def test_key_without_a_secret_verifies_nothing() -> None:
    assert code(adapter(secrets=()), T1) == FAILURE


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v.method == "POST" and v.name != "T4"], ids=lambda vector: vector.name
)
def test_every_flipped_byte_of_a_body_is_noticed(vector: Vector) -> None:
    server = adapter(now=vector.timestamp)
    body = vector.request.body
    for at in range(len(body)):
        flipped = bytes([*body[:at], body[at] ^ 1, *body[at + 1 :]])
        assert code(server, replace(vector.request, body=flipped)) is not None, (at, flipped[max(0, at - 9) : at + 9])


def test_unsigned_payload_may_change() -> None:
    request = next(vector for vector in TC3 if vector.name == "T4").request
    assert code(adapter(), replace(request, body=request.body.replace(b"3.0", b"2.0"))) == (
        "InvalidParameterValue.FaceModelVersionIllegal"
    )
    assert code(adapter(), with_header(request, "x-tc-content-sha256", "unsigned-payload")) == FAILURE


def test_query_of_a_get_is_signed_in_its_order() -> None:
    request = next(vector for vector in TC3 if vector.method == "GET").request
    parts = request.query.split(b"&")
    assert code(adapter(), replace(request, query=b"&".join(sorted(parts)))) == FAILURE
    assert code(adapter(), replace(request, query=request.query.replace(b"a+b", b"a%20b"))) == FAILURE


@pytest.mark.parametrize("vector", TC3, ids=lambda vector: vector.name)
@pytest.mark.parametrize("name", ["content-type", "host", "x-tc-timestamp", "authorization"])
def test_flipped_byte_of_a_signed_header_is_noticed(vector: Vector, name: str) -> None:
    value = vector.request.header(name) or ""
    flipped = value[:-1] + chr(ord(value[-1]) ^ 1)
    # The port is no part of what the Node kit signs.
    expected = None if (vector.name, name) == ("T2", "host") else FAILURE
    assert code(adapter(now=vector.timestamp), with_header(vector.request, name, flipped)) == expected


@pytest.mark.parametrize(
    ("signed", "wire"),
    [
        ("127.0.0.1:18080", "127.0.0.1:18080"),
        ("127.0.0.1", "127.0.0.1:18080"),
        ("http://127.0.0.1:18080", "http://127.0.0.1:18080"),
        ("[::1]", "[::1]:18080"),
        ("face.example.com", "backend:9000"),
        ("face.example.com:8443", "backend:9000"),
        ("iai.tencentcloudapi.com", "backend:9000"),
        ("iai.ap-guangzhou.tencentcloudapi.com", "backend:9000"),
    ],
)
def test_hosts_that_may_have_been_signed(signed: str, wire: str) -> None:
    request = sign(with_header(T1, "host", wire), host=signed)
    assert code(adapter(public_hosts=("face.example.com", "face.example.com:8443")), request) is None


@pytest.mark.parametrize("signed", ["face.example.com", "evil.example.com", "iai.eu-frankfurt.tencentcloudapi.com"])
def test_hosts_that_may_not(signed: str) -> None:
    assert code(adapter(), sign(T1, host=signed)) == FAILURE


def test_public_hosts_are_ascii() -> None:
    with pytest.raises(ParameterError):
        adapter(public_hosts=("人脸.example.com",))


def test_content_type_may_have_been_signed_in_lower_case() -> None:
    request = with_header(T1, "content-type", "application/json; charset=UTF-8")
    assert code(adapter(), sign(request)) is None
    lowered = "application/json; charset=utf-8"
    assert code(adapter(), sign(request, content_type=lowered)) is None
    assert code(adapter(), sign(request, content_type="application/json")) == FAILURE


@pytest.mark.parametrize("service", ["iai", "localhost:18080", "127"])
def test_any_service_name_is_accepted(service: str) -> None:
    assert code(adapter(), sign(T1, service=service)) is None


@pytest.mark.parametrize("vector", [TC3[0], FORM[0]], ids=["TC3", "form"])
@pytest.mark.parametrize(
    ("skew_s", "expected"),
    [(-301, "AuthFailure.SignatureExpire"), (-300, None), (300, None), (301, "AuthFailure.SignatureExpire")],
)
def test_clocks_may_differ_by_five_minutes(vector: Vector, skew_s: int, expected: str | None) -> None:
    assert code(adapter(now=vector.timestamp + skew_s), vector.request) == expected


def test_date_is_that_of_the_timestamp() -> None:
    assert code(adapter(), sign(T1, date="2026-11-22")) is None
    for date in ("2026-11-23", "2026-11-2", "20261122"):
        assert code(adapter(), sign(T1, date=date)) == FAILURE


def test_only_what_is_signed_is_read() -> None:
    get = next(vector for vector in TC3 if vector.method == "GET").request
    assert code(adapter(), replace(get, body=b'{"QualityControl": 9}')) is None
    assert code(adapter(), replace(T1, query=b"QualityControl=9")) is None


def test_key_that_is_unknown_or_disabled() -> None:
    assert code(adapter(is_enabled=False), T1) == "AuthFailure.InvalidSecretId"
    assert code(adapter(is_enabled=False), T5) == "AuthFailure.InvalidSecretId"
    value = (T1.header("authorization") or "").replace(SECRET_ID, "AKIDother")
    assert code(adapter(), with_header(T1, "authorization", value)) == "AuthFailure.SecretIdNotFound"
    body = T5.body.replace(SECRET_ID.encode(), b"AKIDother")
    assert code(adapter(), replace(T5, body=body)) == "AuthFailure.SecretIdNotFound"


@pytest.mark.parametrize("secret_id", ["%00", "A" * 129, "%E4%B8%AD", "A+B"])
def test_odd_key_ids_are_not_even_looked_up(secret_id: str) -> None:
    class Untouched(FakeKeys):
        def find_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
            raise AssertionError(key_id)

    server = TencentAdapter(service=FakeService(), keys=Untouched(), offload=offload, clock=lambda: 1795305729.0)
    body = T5.body.replace(SECRET_ID.encode(), secret_id.encode())
    assert code(server, replace(T5, body=body)) == "AuthFailure.SecretIdNotFound"


def test_temporary_credentials_are_refused() -> None:
    assert code(adapter(), with_header(T1, "x-tc-token", "t")) == "AuthFailure.TokenFailure"
    assert code(adapter(), with_header(T1, "x-tc-token", "")) is None
    assert code(adapter(), replace(T5, body=T5.body + b"&Token=t")) == "AuthFailure.TokenFailure"


@pytest.mark.parametrize("value", ["abc", "-1795305729", "1795305729.0", "1" * 13, "\u00b2"])
def test_timestamp_is_a_number(value: str) -> None:
    assert code(adapter(), with_header(T1, "x-tc-timestamp", value)) == "InvalidParameter"
    body = T5.body.replace(b"Timestamp=1795305729", b"Timestamp=" + quote(value).encode())
    assert code(adapter(), replace(T5, body=body)) == "InvalidParameter"


@pytest.mark.parametrize("name", ["Action", "Version", "Timestamp", "Nonce", "SecretId", "Signature"])
def test_form_needs_its_common_parameters(name: str) -> None:
    parts = [part for part in T5.body.split(b"&") if not part.startswith(name.encode() + b"=")]
    response = asyncio.run(adapter().answer(replace(T5, body=b"&".join(parts))))
    assert json.loads(response.body)["Response"]["Error"] == {
        "Code": "MissingParameter",
        "Message": f"缺少必要参数 `{name}`。",
    }


@pytest.mark.parametrize("nonce", ["-1", "1.5", "x", "1" * 21])
def test_nonce_is_a_number(nonce: str) -> None:
    body = T5.body.replace(b"5598721733754052057", nonce.encode())
    assert code(adapter(), replace(T5, body=body)) == "InvalidParameter"


def test_signature_may_have_lost_its_plus_signs() -> None:
    """A base64 signature with a plus sign, found by trying nonces, and posted without escapes."""
    form = {"Action": "CompareMaskFace", "Version": "2020-03-03", "SecretId": SECRET_ID, "Timestamp": "1795305729"}
    for nonce in range(1, 1000):
        signed = form | {"Nonce": str(nonce)}
        (text,) = form_signature.strings_to_sign("POST", "127.0.0.1:18080", signed)
        signature = form_signature.sign(SECRET, "sha1", text)
        if "+" in signature:
            break
    body = "&".join(f"{name}={value}" for name, value in (signed | {"Signature": signature}).items())
    assert code(adapter(), replace(T5, body=body.encode())) == "MissingParameter.ErrorParameterEmpty"


def test_headers_without_authorization_are_no_form() -> None:
    response = asyncio.run(adapter().answer(with_header(T1, "authorization", None)))
    assert json.loads(response.body)["Response"]["Error"]["Message"] == "缺少必要参数 `Authorization`。"
