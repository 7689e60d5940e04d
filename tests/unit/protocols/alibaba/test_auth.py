"""Verification beyond the vectors: what is checked in which order, and what is remembered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from tests.conformance.alibaba.client import HOST, KEY_ID, NOW, Order, wire
from tests.protocol_fakes import FakeNonces, FakeService
from tests.unit.protocols.alibaba.exchange import Bench
from visavis.errors import NotGrantedError, ParameterError, RateLimitedError
from visavis.protocols.alibaba.auth import MAX_ECHO_LENGTH, NONCE_LIFETIME_S, parse_time
from visavis.protocols.alibaba.errors import FaultError
from visavis.service.accounts import KeyKind

URLS = {"SourceImageValue": "http://example.com/a.jpg", "TargetImageValue": "http://example.com/b.jpg"}


@dataclass
class _LifetimeLog(FakeNonces):
    calls: list[tuple[str, str, float, float]] = field(default_factory=list)

    def remember_nonce(self, kind: KeyKind, key_id: str, nonce: str, now: float, lifetime_s: float) -> bool:
        self.calls.append((key_id, nonce, now, lifetime_s))
        return super().remember_nonce(kind, key_id, nonce, now, lifetime_s)


def test_nonce_is_kept_for_as_long_as_a_request_can_be_fresh() -> None:
    nonces = _LifetimeLog()
    assert Bench(nonces=nonces).answer(Order(parameters=URLS).request()).status == 200
    assert nonces.calls == [(KEY_ID, "0123456789abcdef0123456789abcdef", NOW, NONCE_LIFETIME_S)]
    assert NONCE_LIFETIME_S >= 1800


@pytest.mark.parametrize("signature", ["v1", "acs3"])
def test_nonce_is_remembered_only_once_the_signature_has_verified(signature: str) -> None:
    bench = Bench()
    forged = Order(signature=signature, parameters=URLS, secret="a guess").request()
    assert bench.answer(forged).error_code == "SignatureDoesNotMatch"
    assert bench.nonces.seen == set()
    assert bench.answer(Order(signature=signature, parameters=URLS).request()).status == 200
    assert len(bench.nonces.seen) == 1


def test_nonces_of_different_keys_do_not_collide() -> None:
    bench = Bench()
    bench.keys.add(KeyKind.ALIBABA, "LTAIanother", "testAccessKeySecret123")
    assert bench.answer(Order(parameters=URLS).request()).status == 200
    other = Order(parameters=URLS, common={"AccessKeyId": "LTAIanother"})
    assert bench.answer(other.request()).status == 200


def test_keys_of_another_kind_do_not_count() -> None:
    bench = Bench()
    bench.keys.keys.clear()
    bench.keys.add(KeyKind.TENCENT, KEY_ID, "testAccessKeySecret123")
    assert bench.answer(Order(parameters=URLS).request()).error_code == "InvalidAccessKeyId.NotFound"


@pytest.mark.parametrize("key_id", ["L" * 129, "a\x00b"], ids=["long", "NUL"])
def test_store_is_not_asked_for_what_is_no_key_id(key_id: str) -> None:
    bench = Bench()
    bench.keys.add(KeyKind.ALIBABA, key_id, "testAccessKeySecret123")
    request = Order(parameters=URLS, common={"AccessKeyId": key_id}).request()
    assert bench.answer(request).error_code == "InvalidAccessKeyId.NotFound"


def test_signature_that_is_not_ascii_is_refused() -> None:
    request = Order(parameters=URLS, after={"Signature": "签名"}).request()
    assert Bench().answer(request).error_code == "SignatureDoesNotMatch"


def test_body_hash_is_our_own() -> None:
    """A signature over a stated hash does not cover a body with another one."""
    request = Order(signature="acs3", parameters=URLS).request()
    changed = wire("POST", "", request.body + b"&x=1", {k.decode(): v.decode() for k, v in request.headers})
    assert Bench().answer(changed).error_code == "SignatureDoesNotMatch"


def test_body_hash_may_be_in_capitals() -> None:
    lower = Order(signature="acs3", parameters=URLS).request().header("x-acs-content-sha256") or ""
    assert lower != lower.upper()
    order = Order(signature="acs3", parameters=URLS, common={"x-acs-content-sha256": lower.upper()})
    assert Bench().answer(order.request()).status == 200


def test_stated_body_hash_is_not_believed() -> None:
    """The signature is right, but it covers a hash that is not the body's."""
    order = Order(signature="acs3", parameters=URLS, common={"x-acs-content-sha256": "0" * 64})
    assert Bench().answer(order.request()).error_code == "SignatureDoesNotMatch"


def test_signature_in_capitals_and_blanks_between_the_parts_are_tolerated() -> None:
    request = Order(signature="acs3", parameters=URLS).request()
    authorization = request.header("authorization") or ""
    start, _, signature = authorization.rpartition("Signature=")
    spaced = start.replace(",", ", ") + "Signature=" + signature.upper()
    order = Order(signature="acs3", parameters=URLS, after={"authorization": spaced})
    assert Bench().answer(order.request()).status == 200


def test_echo_of_absurd_length_is_replaced() -> None:
    """Eight megabytes of unescaped bytes would draw an answer of 120."""
    order = Order(after={"Signature": "AAAA"}, business="query")
    base = order.request()
    request = wire("POST", base.query.decode(), b"\xff" * (2 * 1_048_576), {})
    response = Bench().answer(request)
    message = json.loads(response.body)["Message"]
    assert response.error_code == "SignatureDoesNotMatch"
    assert message.split(":")[1] == "more than 16 MB"


def test_echo_of_an_honest_request_is_whole() -> None:
    """Two pictures of 2 MB each, signed with a wrong secret."""
    text = "base64://" + "/9j/4AAQSkZJRgABAQEBLAEsAAD+" * (2 * 1_048_576 // 21)
    order = Order(parameters={"SourceImageValue": text, "TargetImageValue": text}, secret="wrong")
    message = json.loads(Bench().answer(order.request()).body)["Message"]
    assert message.endswith("%26Version%3D2019-03-07")
    assert 5_000_000 < len(message) < MAX_ECHO_LENGTH


def test_repeated_parameters_are_signed() -> None:
    request = Order(parameters=URLS).request()
    twice = wire("POST", request.query.decode(), request.body + b"&SourceImageValue=http://other.example/", {})
    assert Bench().answer(twice).error_code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("text", ["", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T00:00:00Z\n"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(FaultError, match=r"InvalidTimeStamp\.Format"):
        parse_time(text)


def test_time_is_utc() -> None:
    assert parse_time("2026-11-22T00:00:00Z") == NOW
    assert parse_time("1970-01-01T00:00:01Z") == 1.0


def test_order_of_checks() -> None:
    """A request with every fault at once fails at the first; mended one by one, at each in turn."""
    service = FakeService(admit_error=RateLimitedError(6, 5))
    bench = Bench(service=service)
    bench.nonces.seen.add((KeyKind.ALIBABA, KEY_ID, "used"))
    order = Order(method="GET", business="query", secret="wrong", parameters={})
    order.common = dict.fromkeys(("Action", "Version", "AccessKeyId", "SignatureMethod")) | {
        "Timestamp": "never",
        "SignatureNonce": "used",
    }
    seen = []

    def step(**changes: str | None) -> None:
        order.common |= changes
        seen.append(bench.answer(order.request()).error_code)

    step()
    step(Action="Other")
    step(Version="1999-01-01")
    step(Version="2019-03-07")
    step(Action="CompareFaces")
    order.method = "POST"
    step()
    step(AccessKeyId="nobody")
    step(SignatureMethod="HMAC-SHA1")
    step(Timestamp="2026-11-21T00:00:00Z")
    step(Timestamp="2026-11-22T00:00:00Z")
    step(AccessKeyId=KEY_ID)
    order.secret = "testAccessKeySecret123"
    step()
    step(SignatureNonce="fresh")
    service.admit_error = NotGrantedError("not granted")
    step(SignatureNonce="fresh2")
    service.admit_error = None
    step(SignatureNonce="fresh3")
    assert seen == [
        "MissingAction",
        "MissingVersion",
        "InvalidVersion",
        "InvalidAction.NotFound",
        "UnsupportedHTTPMethod",
        "MissingAccessKeyId",
        "MissingSignatureMethod",
        "InvalidTimeStamp.Format",
        "InvalidTimeStamp.Expired",
        "InvalidAccessKeyId.NotFound",
        "SignatureDoesNotMatch",
        "SignatureNonceUsed",
        "Throttling.User",
        "Forbidden.RAM",
        "Error.MissingImage",
    ]


def test_host_is_signed_with_its_port() -> None:
    request = Order(signature="acs3", parameters=URLS).request()
    headers = {k.decode(): v.decode() for k, v in request.headers}
    assert headers["host"] == HOST
    headers["host"] = HOST.partition(":")[0]
    assert Bench().answer(wire("POST", "", request.body, headers)).error_code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("public_hosts", [(HOST,), ("faces.example.com", HOST)])
def test_proxy_may_replace_the_host_by_one_that_is_named(public_hosts: tuple[str, ...]) -> None:
    request = Order(signature="acs3", parameters=URLS, after={"host": "upstream:9000"}).request()
    assert Bench().answer(request).error_code == "SignatureDoesNotMatch"
    assert Bench(public_hosts=("127.0.0.1",)).answer(request).error_code == "SignatureDoesNotMatch"
    assert Bench(public_hosts=public_hosts).answer(request).status == 200


def test_mismatch_echoes_what_belongs_to_the_host_that_came() -> None:
    request = Order(signature="acs3", parameters=URLS, secret="a guess").request()
    plain, named = (Bench(public_hosts=hosts).answer(request) for hosts in ((), ("faces.example.com",)))
    assert json.loads(named.body)["Message"] == json.loads(plain.body)["Message"]


def test_public_hosts_are_ascii() -> None:
    with pytest.raises(ParameterError, match="ASCII"):
        Bench(public_hosts=("人脸.example.com",))
