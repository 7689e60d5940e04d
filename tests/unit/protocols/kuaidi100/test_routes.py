"""The adapter as a whole: what it asks of the service, in which order it checks, how it writes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.measured import FLAWLESS, covered
from tests.protocol_fakes import FakeKeys, FakeService, LinearScores, account, offload
from visavis.errors import FaceTokenNotFoundError, NotGrantedError
from visavis.protocols.base import Refusal, WireRequest, WireResponse
from visavis.protocols.kuaidi100.auth import make_sign
from visavis.protocols.kuaidi100.routes import Kuaidi100Adapter
from visavis.protocols.kuaidi100.schema import SECRET_CODE
from visavis.protocols.kuaidi100.translate import QUALITY_LEVELS
from visavis.protocols.scale import make_scale, read_anchors
from visavis.service.accounts import AccessKey, Account, Interface, KeyKind, QualityDemand
from visavis.service.orders import Caller, Control, ControlLevel, FaceTokenReference, InlinePicture, PictureUrl, Subject
from visavis.types import FaceChoice

FORM = {
    "secret_key": "k1",
    "secret_code": SECRET_CODE,
    "secret_sign": make_sign("k1", "s1"),
    "sourceImage": "/+8=",
    "sourceImageType": "BASE64",
    "compareImage": "https://pictures.example/1.jpg?a=1&b=2",
    "compareImageType": "URL",
}


def make(service: FakeService) -> Kuaidi100Adapter:
    keys = FakeKeys()
    keys.add(KeyKind.KUAIDI100, "k1", "s1")
    return Kuaidi100Adapter(service=service, keys=keys, offload=offload)


def post(service: FakeService, body: bytes | dict[str, str], path: str = "/api", method: str = "POST") -> WireResponse:
    raw = body if isinstance(body, bytes) else urlencode(body).encode()
    return asyncio.run(make(service).answer(WireRequest(method, path, b"", (), raw, 0.0)))


def read(response: WireResponse) -> Any:
    assert (response.status, response.content_type) == (200, "application/json;charset=UTF-8")
    return json.loads(response.body)


def test_success_is_written_like_the_vendor_writes_it() -> None:
    response = post(FakeService(score=0.4), FORM)
    assert response.body == (
        b'{"code":200,"message":"","data":{"score":"80.00","sourceToken":"0123456789abcdef0123456789abcdef",'
        b'"compareToken":"fedcba9876543210fedcba9876543210"}}'
    )
    assert (response.status, response.error_code) == (200, None)
    assert response.content_type == "application/json;charset=UTF-8"


@pytest.mark.parametrize(
    ("native", "score"),
    [(-1.0, "0.00"), (0.2, "60.00"), (0.35, "75.00"), (0.5, "90.00"), (0.75, "95.00"), (1.0, "100.00")],
)
def test_score_is_text_with_two_decimals(native: float, score: str) -> None:
    """`LinearScores` divides the rate by ten at each 0.1; above 1e-5 the scale runs on to 100 at 1.0."""
    assert read(post(FakeService(score=native), FORM))["data"]["score"] == score


def test_scale_has_the_recommended_threshold_at_1_in_10000() -> None:
    scale = make_scale(read_anchors("visavis.protocols.kuaidi100"), LinearScores())
    assert scale.public_score(LinearScores().threshold_at(1e-4)) == pytest.approx(80.0)


def test_service_is_asked_in_its_own_words() -> None:
    service = FakeService()
    more = {"sourceFaceType": "IDCARD", "sourceLiveControl": "HIGH", "compareLiveControl": "NONE"}
    read(post(service, FORM | more))
    ((reference, probe, rules, keep_tokens),) = service.orders
    assert reference == Subject(
        InlinePicture(b"\xff\xef"), FaceChoice.LARGEST, "idcard", {Control.LIVENESS: ControlLevel.HIGH}
    )
    assert probe == Subject(PictureUrl("https://pictures.example/1.jpg?a=1&b=2", 3.0))
    assert (keep_tokens, rules.max_bytes) == (True, 10 * 1024 * 1024)
    assert service.interfaces == [Interface.KUAIDI100_COMPARE]


@pytest.mark.parametrize("demand", list(QualityDemand))
def test_account_says_what_is_demanded_of_photos(demand: QualityDemand) -> None:
    """The form has no field for it. At every level but the highest so much of a nose may be covered."""
    service = FakeService(measures=(FLAWLESS, covered(nose=0.3)))
    keys = FakeKeys()
    keys.keys[KeyKind.KUAIDI100, "k1"] = AccessKey("k1", KeyKind.KUAIDI100, ("s1",), True, account(quality=demand))
    adapter = Kuaidi100Adapter(service=service, keys=keys, offload=offload)
    answer = read(asyncio.run(adapter.answer(WireRequest("POST", "/api", b"", (), urlencode(FORM).encode(), 0.0))))
    reference, probe, _, _ = service.orders[0]
    assert probe is not None
    expected = None if demand is QualityDemand.NONE else QUALITY_LEVELS[demand]
    assert (reference.quality, probe.quality) == (expected, expected)
    if demand is QualityDemand.HIGH:
        assert answer == {"code": 400, "message": "compareImage: do not cover your nose"}
    else:
        assert answer["code"] == 200


def test_every_demand_but_none_is_a_level() -> None:
    assert set(QUALITY_LEVELS) == set(QualityDemand) - {QualityDemand.NONE}


def test_time_to_answer() -> None:
    """The vendor's Java sample gives up after 5 seconds; they count from the request's arrival, which is at 0 here."""

    class Noting(FakeService):
        asked = 0.0

        async def admit(self, who: Account, interface: Interface, deadline: float) -> Caller:
            self.asked = deadline
            return await super().admit(who, interface, deadline)

    service = Noting()
    read(post(service, FORM))
    assert service.asked == 4.5


def test_face_token_is_passed_on_in_lower_case() -> None:
    service = FakeService()
    read(post(service, FORM | {"sourceImage": "0123456789ABCDEF" * 2, "sourceImageType": "FACE_TOKEN"}))
    assert service.orders[0][0] == Subject(FaceTokenReference("0123456789abcdef" * 2))


def test_forms_that_nobody_encoded_are_mended() -> None:
    """As curl and PHP send them: the plus sign of base64 arrives as a space, and every field twice."""
    service = FakeService()
    raw = "&".join(f"{name}={value}" for name, value in FORM.items() if not name.startswith("compare")).encode()
    raw += b"&compareImage=-_8=&compareImageType=BASE64&compareFaceType=&compareLiveControl="
    assert read(post(service, raw + b"&" + raw))["code"] == 200
    reference, probe, _, _ = service.orders[0]
    assert reference == Subject(InlinePicture(b"\xff\xef"))
    assert probe == Subject(InlinePicture(b"\xfb\xff"))


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"sourceImage": "$$$$"}, 400, "sourceImage: not valid base64"),
        ({"compareImage": "====", "compareImageType": "BASE64"}, 400, "compareImage: the picture is empty"),
        ({"sourceImage": ""}, 400, "sourceImage: missing"),
        ({"secret_code": "0" * 32}, 404, "secret_code: unknown"),
        ({"secret_sign": "0" * 32}, 401, "secret_sign: does not match"),
    ],
)
def test_errors_have_no_data(changes: dict[str, str], code: int, message: str) -> None:
    response = post(FakeService(), FORM | changes)
    assert read(response) == {"code": code, "message": message}
    assert response.error_code == str(code)


def test_order_of_checks() -> None:
    """Sign, interface, account, fields, service: with everything wrong, each is told of only when those before pass."""
    service = FakeService(error=FaceTokenNotFoundError("no"), admit_error=NotGrantedError("no"))
    form = FORM | {"secret_sign": "x", "secret_code": "x", "sourceImage": ""}
    seen = [read(post(service, form))["message"]]
    form["secret_sign"] = FORM["secret_sign"]
    seen.append(read(post(service, form))["message"])
    form["secret_code"] = SECRET_CODE
    seen.append(read(post(service, form))["message"])
    service.admit_error = None
    seen.append(read(post(service, form))["message"])
    form["sourceImage"] = FORM["sourceImage"]
    seen.append(read(post(service, form))["message"])
    assert seen == [
        "secret_sign: does not match",
        "secret_code: unknown",
        "secret_code: not granted to this account",
        "sourceImage: missing",
        "the face token is unknown or has expired",
    ]


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_other_methods_are_400(method: str) -> None:
    assert read(post(FakeService(), FORM, method=method)) == {"code": 400, "message": "the method must be POST"}


@pytest.mark.parametrize("path", ["/api/", "/api/v2", "/apis"])
def test_other_paths_are_404(path: str) -> None:
    assert read(post(FakeService(), FORM, path=path)) == {"code": 404, "message": "no such path"}


def test_body_limit() -> None:
    limit = Kuaidi100Adapter.body_limit_bytes
    assert limit == 10 * 1024 * 1024
    form = urlencode(FORM).encode() + b"&filler="
    assert read(post(FakeService(), form + b"x" * (limit - len(form))))["code"] == 200
    response = post(FakeService(), form + b"x" * (limit - len(form) + 1))
    assert read(response) == {"code": 400, "message": "the request is larger than 10 MB"}


@pytest.mark.parametrize(
    ("filler", "expected"), [(0, ["find_key"]), (5_000_000, ["read_fields", "find_key", "to_subjects"])]
)
def test_long_work_leaves_the_event_loop(filler: int, expected: list[str]) -> None:
    """Decoding a large form takes tens of milliseconds, looking up the key reads a store."""
    away: list[str] = []

    async def noting(call: Callable[..., Any], /, *arguments: Any) -> Any:
        away.append(call.__name__)
        return call(*arguments)

    keys = FakeKeys()
    keys.add(KeyKind.KUAIDI100, "k1", "s1")
    adapter = Kuaidi100Adapter(service=FakeService(), keys=keys, offload=noting)
    body = urlencode(FORM).encode() + b"&filler=" + b"x" * filler
    read(asyncio.run(adapter.answer(WireRequest("POST", "/api", b"", (), body, 0.0))))
    assert away == expected


def test_refusals_need_no_body() -> None:
    adapter = make(FakeService())
    request = WireRequest("POST", "/api", b"", (), b"", 0.0)
    assert read(adapter.refuse(request, Refusal.INTERNAL)) == {"code": 500, "message": "internal error"}
    assert read(adapter.refuse(request, Refusal.STOPPING)) == {"code": 500, "message": "the server is stopping"}


def test_what_is_not_raised_on_purpose_is_left_to_the_server() -> None:
    class Broken(FakeService):
        async def compare(self, *arguments: Any, **named: Any) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post(Broken(), FORM)
