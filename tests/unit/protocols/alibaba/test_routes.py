"""The adapter as the server sees it: limits, refusals, numbers."""

from __future__ import annotations

import json
import re

import pytest

from tests.conformance.alibaba.client import NOW, Order, wire
from tests.protocol_fakes import FakeService, LinearScores
from tests.unit.protocols.alibaba.exchange import Bench
from visavis.protocols.alibaba.schema import read_call
from visavis.protocols.alibaba.translate import write_thresholds
from visavis.protocols.base import Adapter, Refusal, WireRequest
from visavis.protocols.scale import make_scale, read_anchors
from visavis.service.accounts import Account, Interface
from visavis.service.orders import Caller

URLS = {"SourceImageValue": "http://example.com/a.jpg", "TargetImageValue": "http://example.com/b.jpg"}


def test_is_an_adapter() -> None:
    adapter: Adapter = Bench().adapter
    assert (adapter.name, adapter.body_limit_bytes) == ("alibaba", 8_388_608)


def test_body_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    bench = Bench()
    base = Order(parameters={}).request()
    padded = b"x=" + b"a" * (bench.adapter.body_limit_bytes - 2)
    at_limit = bench.answer(wire("POST", base.query.decode(), padded, {}))
    assert at_limit.error_code == "SignatureDoesNotMatch"
    above = bench.answer(wire("POST", base.query.decode(), padded + b"a", {}))
    assert (above.status, above.error_code) == (413, "RequestBodyTooLarge")
    assert json.loads(above.body)["Message"] == "The request body exceeds the limit of 8 MB."


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (Refusal.BODY_TOO_LARGE, 413, "RequestBodyTooLarge"),
        (Refusal.BAD_REQUEST, 400, "InvalidParameter.Format"),
        (Refusal.NOT_FOUND, 404, "InvalidAction.NotFound"),
        (Refusal.STOPPING, 503, "ServiceUnavailable"),
        (Refusal.INTERNAL, 500, "InternalError"),
    ],
)
def test_refusals_speak_the_vendors_language(refusal: Refusal, status: int, code: str) -> None:
    response = Bench().adapter.refuse(Order(parameters=URLS).request(), refusal)
    body = json.loads(response.body)
    assert (response.status, response.error_code, body["Code"]) == (status, code, code)
    assert list(body) == ["RequestId", "HostId", "Code", "Message"]
    assert (body["HostId"], response.headers) == ("127.0.0.1:18080", ())


@pytest.mark.parametrize(
    ("request_", "content_type"),
    [
        (Order(place="body", parameters=URLS).request(), "application/json;charset=utf-8"),
        (Order(common={"Format": "XML"}).request(), "text/xml;charset=utf-8"),
        (wire("POST", "", b"", {}), "text/xml;charset=utf-8"),
        (wire("POST", "", b"", {"x-acs-action": "CompareFaces"}), "application/json;charset=utf-8"),
        (Order(signature="acs3").request(), "application/json;charset=utf-8"),
        (wire("POST", "", b"AccessKeyId=a&Action=CompareFaces&Form", {}), "text/xml;charset=utf-8"),
    ],
    ids=["pop-core", "xml", "nothing", "pop-core without its body", "acs3", "cut off"],
)
def test_format_of_refusals(request_: WireRequest, content_type: str) -> None:
    assert Bench().adapter.refuse(request_, Refusal.INTERNAL).content_type == content_type


def test_host_in_errors() -> None:
    bench = Bench()
    bare = WireRequest("GET", "/", b"Format=JSON", (), b"", 0.0)
    assert json.loads(bench.answer(bare).body)["HostId"] == "cloudauth.aliyuncs.com"
    long = wire("GET", "Format=JSON", b"", {"host": "h" * 1000})
    assert json.loads(bench.answer(long).body)["HostId"] == "h" * 255
    odd = wire("GET", "", b"", {"host": "<\x01&>"})
    assert "<HostId>&lt;\ufffd&amp;&gt;</HostId>" in bench.answer(odd).body.decode()


def test_request_ids_are_fresh() -> None:
    bench = Bench()
    request = wire("GET", "Format=JSON", b"", {})
    found = {json.loads(bench.answer(request).body)["RequestId"] for _ in range(3)}
    assert len(found) == 3
    assert all(re.fullmatch(r"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}", i) for i in found)


@pytest.mark.parametrize("native", [-1.0, -0.9999, 0.000001, 0.0000051, 0.123456789, 0.4, 0.9999999, 1.0])
def test_similarity_has_four_decimals_and_no_exponent(native: float) -> None:
    bench = Bench(service=FakeService(score=native))
    text = bench.answer(Order(parameters=URLS).request()).body.decode()
    number = re.search(r'"SimilarityScore":([^}]+)}', text)
    assert number is not None
    assert re.fullmatch(r"\d{1,3}\.\d{1,4}", number[1]), text
    assert 0 <= float(number[1]) <= 100


def test_thresholds_come_from_our_own_scale() -> None:
    """Where the scale is bent, what is published bends with it."""
    scores = LinearScores()
    scale = make_scale([(1e-2, 60.0), (1e-4, 85.5)], scores)
    assert write_thresholds(scale, scores) == '{"0.0001": "85.50", "0.001": "72.75", "0.01": "60.00"}'
    own = make_scale(read_anchors("visavis.protocols.alibaba"), scores)
    assert write_thresholds(own, scores) == '{"0.0001": "90.00", "0.001": "80.00", "0.01": "70.00"}'


@pytest.mark.parametrize(
    ("content_type", "is_form"),
    [
        ("application/x-www-form-urlencoded", True),
        ("application/x-www-form-urlencoded; charset=UTF-8", True),
        ("text/plain", True),
        ("", True),
        ("application/json", False),
        ("application/octet-stream", False),
        ("multipart/form-data; boundary=x", False),
        ("text/xml", False),
    ],
)
def test_which_bodies_are_parameters(content_type: str, is_form: bool) -> None:
    call = read_call(wire("POST", "a=1", b"b=2", {"content-type": content_type}))
    assert call.parameters == ((("a", "1"), ("b", "2")) if is_form else (("a", "1"),))
    assert call.query == (("a", "1"),)


def test_first_of_repeated_parameters_counts() -> None:
    call = read_call(wire("POST", "a=1", b"a=2&b=3&b=4", {}))
    assert (call.value("a"), call.value("b"), call.value("c")) == ("1", "3", "")
    assert len(call.parameters) == 4


def test_v1_is_not_steered_by_headers_that_it_does_not_sign() -> None:
    request = Order(parameters=URLS).request()
    headers = (*request.headers, (b"x-acs-version", b"2020-11-12"), (b"x-acs-action", b"Other"))
    steered = WireRequest(request.method, "/", request.query, headers, request.body, request.received_at)
    assert json.loads(Bench().answer(steered).body)["Success"] is True


def test_pictures_do_not_show_in_a_call() -> None:
    call = read_call(Order(parameters={"SourceImageValue": "base64://c2VjcmV0"}).request())
    assert "c2VjcmV0" not in repr(call)


def test_admission_gets_the_time_that_clients_wait() -> None:
    """Node clients give up after three seconds. The request arrived at `NOW`."""
    waits = []

    class Watching(FakeService):
        async def admit(self, who: Account, interface: Interface, deadline: float) -> Caller:
            waits.append(deadline)
            return await super().admit(who, interface, deadline)

    Bench(service=Watching()).answer(Order(parameters=URLS).request())
    assert waits == [NOW + 2.5]
