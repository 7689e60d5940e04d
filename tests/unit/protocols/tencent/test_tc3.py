"""TC3-HMAC-SHA256, step by step as the kits do it."""

from __future__ import annotations

import pytest

from tests.unit.protocols.tencent.vectors import SECRET, T1, TC3, Vector, with_header
from visavis.protocols.tencent import tc3
from visavis.protocols.tencent.errors import Fault

_FORM = "TC3-HMAC-SHA256 Credential=id/2026-11-22/{service}/tc3_request, SignedHeaders={names}, Signature=abc"


def _authorization(vector: Vector) -> tc3.Tc3Authorization:
    return tc3.parse_authorization(vector.request.header("authorization") or "")


@pytest.mark.parametrize("vector", TC3, ids=lambda vector: vector.name)
def test_each_step_is_the_kits_own(vector: Vector) -> None:
    authorization = _authorization(vector)
    values = tc3.signed_values(vector.request, authorization) | {"host": vector.signed_host.encode()}
    canonical = tc3.canonical_request(vector.request, authorization, values, tc3.hash_payload(vector.request))
    assert canonical.decode() == vector.canonical_request
    text = tc3.string_to_sign(str(vector.timestamp), authorization, canonical)
    assert text == vector.string_to_sign
    assert tc3.sign(SECRET, authorization, text) == vector.signature == authorization.signature


@pytest.mark.parametrize("service", ["iai", "127", "localhost:18080", "a/b", "tc3_request"])
def test_service_may_be_anything(service: str) -> None:
    value = _FORM.format(service=service, names="content-type;host")
    assert tc3.parse_authorization(value) == tc3.Tc3Authorization(
        "id", "2026-11-22", service, "content-type;host", "abc"
    )


def test_spaces_between_the_parts_are_optional() -> None:
    value = _FORM.format(service="iai", names="content-type;host")
    assert tc3.parse_authorization(value.replace(", ", ",")) == tc3.parse_authorization(f" {value} ")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "SKIP",
        "TC3-HMAC-SHA256",
        "ACS3-HMAC-SHA256 Credential=id/2026-11-22/iai/tc3_request, SignedHeaders=content-type;host, Signature=abc",
        "TC3-HMAC-SHA256 Credential=id/2026-11-22/tc3_request, SignedHeaders=content-type;host, Signature=abc",
        "TC3-HMAC-SHA256 Credential=id/2026-11-22/iai/tc3_request, SignedHeaders=content-type;host",
        _FORM.format(service="iai", names="host"),
        _FORM.format(service="iai", names="content-type"),
        _FORM.format(service="中", names="content-type;host"),
        _FORM.format(service="i" * 4096, names="content-type;host"),
    ],
)
def test_other_authorizations_are_refused(value: str) -> None:
    with pytest.raises(Fault) as caught:
        tc3.parse_authorization(value)
    assert caught.value.code == "AuthFailure.InvalidAuthorization"


def test_values_are_trimmed_and_only_those_of_other_headers_lowered() -> None:
    request = with_header(with_header(T1, "x-tc-action", " CompareMaskFace "), "content-type", " Application/JSON ")
    authorization = tc3.parse_authorization(_FORM.format(service="iai", names="content-type;host;X-TC-Action"))
    assert tc3.signed_values(request, authorization) == {
        "content-type": b"Application/JSON",
        "host": b"127.0.0.1:18080",
        "x-tc-action": b"comparemaskface",
    }


def test_signed_header_that_is_missing_breaks_the_signature() -> None:
    authorization = tc3.parse_authorization(_FORM.format(service="iai", names="content-type;host;x-none"))
    with pytest.raises(Fault) as caught:
        tc3.signed_values(T1, authorization)
    assert caught.value.code == "AuthFailure.SignatureFailure"
