"""The adapter as a whole: what it asks of the service, and what it does before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.measured import FLAWLESS, changed
from tests.protocol_fakes import FakeKeys, FakeService, offload
from tests.unit.protocols.baidu.vectors import B1, B2, KEY_ID, MATCH, SECRET, request
from visavis.errors import StoreError
from visavis.presentation import PadResult
from visavis.protocols.baidu.access_token import issue_token
from visavis.protocols.baidu.routes import MAX_BODY_BYTES, BaiduAdapter
from visavis.protocols.baidu.translate import RULES
from visavis.protocols.base import Adapter, Refusal, WireRequest
from visavis.service.accounts import AccessKey, Account, Interface, KeyKind
from visavis.service.orders import Caller, Control, ControlLevel, InlinePicture, PictureRules, ServedFace, Subject
from visavis.types import EVERY_CHECK, FaceCheck, FaceChoice, Timings

SERVER_KEY = b"k" * 32
TOKEN = "/oauth/2.0/token"
DETECT = "/rest/2.0/face/v3/detect"
FACEVERIFY = "/rest/2.0/face/v3/faceverify"
ONE = {"image": "AAAA", "image_type": "BASE64"}
FIRST_TOKEN, SECOND_TOKEN = FakeService().tokens


def adapter(service: FakeService | None = None, keys: FakeKeys | None = None) -> BaiduAdapter:
    if keys is None:
        keys = FakeKeys()
        keys.add(KeyKind.BAIDU, KEY_ID, SECRET)
    return BaiduAdapter(
        service=service or FakeService(), keys=keys, offload=offload, token_key=SERVER_KEY, clock=lambda: B1.signed_at
    )


def answer(sent: WireRequest, service: FakeService | None = None, keys: FakeKeys | None = None) -> dict[str, Any]:
    response = asyncio.run(adapter(service, keys).answer(sent))
    assert (response.status, response.content_type) == (200, "application/json")
    body: dict[str, Any] = json.loads(response.body)
    assert response.error_code == (str(body["error_code"]) if body["error_code"] else None)
    return body


def sent_to(path: str, body: object) -> WireRequest:
    token = issue_token(SERVER_KEY, KEY_ID, SECRET, B1.signed_at)
    return request(path=path, query=f"access_token={token}", body=json.dumps(body).encode())


def test_it_is_an_adapter() -> None:
    speaks: Adapter = adapter()
    assert (speaks.name, speaks.body_limit_bytes) == ("baidu", 10_485_760)


def test_match_asks_the_service_for_tokens_too() -> None:
    service = FakeService(score=0.4)
    second = ONE | {"face_type": "IDCARD", "face_sort_type": "1", "liveness_control": "HIGH"}
    body = answer(sent_to(MATCH, [ONE, second]), service)
    assert service.interfaces == [Interface.BAIDU_MATCH]
    ((reference, probe, rules, keeps),) = service.orders
    assert (rules, keeps) == (RULES, True)
    assert (reference.source, reference.condition, reference.controls) == (InlinePicture(b"\0\0\0"), "live", {})
    assert probe is not None
    assert (probe.choice, probe.condition) == (FaceChoice.CENTRAL, "idcard")
    assert probe.controls == {Control.LIVENESS: ControlLevel.HIGH}
    assert body["timestamp"] == 1_795_305_843
    assert body["result"]["score"] == pytest.approx(80.0, abs=1e-6)
    assert body["result"]["face_list"] == [{"face_token": FIRST_TOKEN}, {"face_token": SECOND_TOKEN}]


@pytest.mark.parametrize("path", [MATCH, DETECT, FACEVERIFY])
def test_answer_is_due_before_the_node_kit_gives_up(path: str) -> None:
    class Timed(FakeService):
        async def admit(self, who: Account, interface: Interface, deadline: float) -> Caller:
            assert deadline == 9.0
            return await super().admit(who, interface, deadline)

    assert answer(sent_to(path, ONE if path == DETECT else [ONE, ONE]), Timed())["error_code"] == 0


@pytest.mark.parametrize(("score", "public"), [(-1.0, 0), (0.2, 60), (0.3, 70), (0.4, 80), (0.5, 90), (1.0, 100)])
def test_scale(score: float, public: float) -> None:
    result = answer(sent_to(MATCH, [ONE, ONE]), FakeService(score=score))["result"]
    assert result["score"] == pytest.approx(public, abs=1e-6)


def test_detect_asks_the_service_for_a_token_too() -> None:
    service = FakeService()
    body = answer(sent_to(DETECT, ONE | {"max_face_num": 5, "face_field": "age"}), service)
    assert service.interfaces == [Interface.BAIDU_DETECT]
    ((subject, _, rules, keeps),) = service.orders
    assert (subject.source, rules, keeps) == (InlinePicture(b"\0\0\0"), RULES, True)
    assert body["result"]["face_num"] == 2
    assert [face["face_token"] for face in body["result"]["face_list"]] == [FIRST_TOKEN, SECOND_TOKEN]
    assert "age" not in body["result"]["face_list"][0]
    (alone,) = answer(sent_to(DETECT, ONE))["result"]["face_list"]
    assert alone["face_token"] == FIRST_TOKEN


def test_quality_control_goes_with_its_picture() -> None:
    service = FakeService(measures=(changed(blur=0.3), FLAWLESS))
    asked = [ONE | {"quality_control": "NORMAL"}, ONE | {"quality_control": "HIGH"}]
    assert answer(sent_to(MATCH, asked), service)["error_code"] == 0
    assert answer(sent_to(MATCH, asked[::-1]), service)["error_code"] == 223114
    names = [
        (one.quality and one.quality.name, two and two.quality and two.quality.name) for one, two, *_ in service.orders
    ]
    assert names == [("NORMAL", "HIGH"), ("HIGH", "NORMAL")]


def test_detection_of_a_stored_face_asks_nothing() -> None:
    service = FakeService()
    body = answer(sent_to(DETECT, {"image": FIRST_TOKEN, "image_type": "FACE_TOKEN"}), service)
    assert (body["error_code"], service.orders) == (222301, [])


def test_liveness_of_a_stored_face_asks_nothing() -> None:
    service = FakeService()
    body = answer(sent_to(FACEVERIFY, [ONE, {"image": FIRST_TOKEN, "image_type": "FACE_TOKEN"}]), service)
    assert (body["error_code"], service.orders) == (222301, [])


def test_faceverify_asks_for_everything_and_for_tokens() -> None:
    class Noting(FakeService):
        checks: frozenset[FaceCheck] = frozenset()

        async def inspect(
            self,
            caller: Caller,
            subjects: Sequence[Subject],
            rules: PictureRules,
            checks: frozenset[FaceCheck],
            *,
            keep_tokens: bool = False,
        ) -> tuple[list[ServedFace], Timings]:
            self.checks = checks
            return await super().inspect(caller, subjects, rules, checks, keep_tokens=keep_tokens)

    service = Noting()
    second = ONE | {"face_type": "CERT", "spoofing_control": "HIGH", "face_sort_type": 1}
    body = answer(sent_to(FACEVERIFY, [ONE, second]), service)
    assert (service.interfaces, service.checks) == ([Interface.BAIDU_FACEVERIFY], EVERY_CHECK)
    (one, _, rules, keeps), (other, _, _, _) = service.orders
    assert (one.source, one.controls, rules, keeps) == (InlinePicture(b"\0\0\0"), {}, RULES, True)
    assert (other.condition, other.choice, other.controls) == (
        "cert",
        FaceChoice.CENTRAL,
        {Control.SYNTHESIS: ControlLevel.HIGH},
    )
    assert body["result"]["face_liveness"] == 0.97
    assert [face["face_token"] for face in body["result"]["face_list"]] == ["0" * 32, "0" * 31 + "1"]


def test_only_picture_of_a_detection_is_the_first() -> None:
    service = FakeService(pads=(PadResult(0.2, 0.5),))
    body = answer(sent_to(DETECT, ONE | {"liveness_control": "NORMAL"}), service)
    assert (body["error_code"], body["error_msg"]) == (223120, "the first image liveness check fail")


def test_token_of_the_endpoint_opens_the_interface() -> None:
    speaks = adapter()
    query = f"grant_type=client_credentials&client_id={KEY_ID}&client_secret={SECRET}"
    issued = json.loads(asyncio.run(speaks.answer(request("GET", TOKEN, query))).body)["access_token"]
    call = request(query=f"aipSdk=node&access_token={issued}?aipSdk=node", body=B2.request.body)
    assert json.loads(asyncio.run(speaks.answer(call)).body)["error_code"] == 0
    # Another worker, or the same one after a restart, has the same server key.
    assert answer(call)["error_code"] == 0


def test_signed_json_that_is_labelled_as_a_form_is_read() -> None:
    assert answer(B2.request)["error_code"] == 0


def test_log_ids_are_unique_and_exact_in_javascript() -> None:
    speaks = adapter()
    bodies = [json.loads(asyncio.run(speaks.answer(sent_to(MATCH, [ONE, ONE]))).body) for _ in range(50)]
    bodies += [json.loads(speaks.refuse(request(), Refusal.INTERNAL).body) for _ in range(50)]
    ids = {body["log_id"] for body in bodies}
    assert len(ids) == 100
    assert all(10**12 <= log_id < 2**53 for log_id in ids)
    assert not ids & {answer(request())["log_id"] for _ in range(50)}


def test_body_has_a_limit_before_anything_else() -> None:
    padding = b" " * (MAX_BODY_BYTES - len(B1.request.body))
    fits = request(query=B1.request.query.decode(), headers=(), body=B1.request.body + padding)
    assert answer(fits)["error_code"] == 100
    assert answer(request(body=fits.body + b" "))["error_code"] == 222304


def test_nothing_is_read_before_the_caller_is_known() -> None:
    service = FakeService()
    assert answer(request(body=b"no json"), service)["error_code"] == 100
    assert (service.interfaces, service.orders) == ([], [])


def test_first_picture_is_decoded_before_the_second_after_all_fields() -> None:
    broken, typed_wrong = ONE | {"image": "***"}, ONE | {"face_type": "?"}
    unknown = {"image": "fid1", "image_type": "FACE_TOKEN"}
    assert answer(sent_to(MATCH, [broken, typed_wrong]))["error_code"] == 222024
    assert answer(sent_to(MATCH, [broken, unknown]))["error_code"] == 222203
    assert answer(sent_to(MATCH, [unknown, broken]))["error_code"] == 222209


def test_store_that_fails_while_the_caller_is_looked_up_is_busy() -> None:
    class Broken(FakeKeys):
        def find_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
            raise StoreError("locked")

    body = answer(sent_to(MATCH, [ONE, ONE]), keys=Broken())
    assert (body["error_code"], body["error_msg"], body["result"]) == (222915, "system busy", None)


def test_other_exceptions_are_the_servers() -> None:
    class Defective(FakeKeys):
        def find_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
            raise KeyError("defect")

    with pytest.raises(KeyError):
        answer(sent_to(MATCH, [ONE, ONE]), keys=Defective())


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal.BODY_TOO_LARGE, 222304),
        (Refusal.BAD_REQUEST, 100),
        (Refusal.NOT_FOUND, 3),
        (Refusal.STOPPING, 2),
        (Refusal.INTERNAL, 1),
    ],
)
def test_refusals(refusal: Refusal, code: int) -> None:
    response = adapter().refuse(request(), refusal)
    assert (response.status, json.loads(response.body)["error_code"]) == (200, code)
    assert "error" in json.loads(adapter().refuse(request(path=TOKEN), refusal).body)
