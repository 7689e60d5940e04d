"""The application as a whole: what it serves, refuses, and never writes."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount

from tests.protocol_fakes import FakeService, LinearScores
from tests.unit.protocols.native.calls import (
    AUTHORISED,
    BOUNDARY,
    IDENTITY,
    SECRET,
    Trickle,
    call,
    error_of,
    field,
    form,
    make_app,
    make_keys,
)
from visavis import errors
from visavis.errors import ParameterError, VisavisError
from visavis.protocols.native import body
from visavis.protocols.native.translate import QUALITY_LEVELS
from visavis.service.accounts import Interface
from visavis.service.orders import Caller, Control, ControlLevel, InlinePicture, ScoredPair, ServedFace
from visavis.types import EVERY_CHECK, LIVENESS_CHECKS, FaceCheck, ImageFormat, Timings

FILES = {"reference": b"one", "probe": b"other"}
ONE_PICTURE = {"picture": b"x"}
MULTIPART = {**AUTHORISED, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


class ShortScores(LinearScores):
    """A calibration that reaches down to 1e-5."""

    def threshold_at(self, fmr: float) -> float:
        if fmr < 1e-5:
            raise ParameterError("too low")
        return super().threshold_at(fmr)


@pytest.mark.parametrize(("score", "decision"), [(0.4, "match"), (0.399, "non-match")])
def test_decision_is_made_at_the_threshold_itself(score: float, decision: str) -> None:
    answer = call(make_app(FakeService(score)), "POST", "/v1/compare", files=FILES).json()
    assert (answer["score"], answer["threshold"], answer["decision_fmr"]) == (score, 0.4, 1e-4)
    assert answer["decision"] == decision


def test_order_is_what_was_asked_for() -> None:
    service = FakeService()
    call(make_app(service), "POST", "/v1/compare", files=FILES, data={"keep_tokens": "true"})
    ((one, other, rules, keep_tokens),) = service.orders
    assert other is not None
    assert (one.source, other.source, keep_tokens) == (InlinePicture(b"one"), InlinePicture(b"other"), True)
    assert (rules.max_bytes, rules.formats) == (10 * 1024 * 1024, frozenset(ImageFormat))
    assert service.interfaces == [Interface.NATIVE_COMPARE]


def test_detection_is_an_interface_of_its_own() -> None:
    service = FakeService()
    answer = call(make_app(service), "POST", "/v1/detect", files={"picture": b"x"}, data={"keep_tokens": "1"}).json()
    assert answer["face_token"] == service.tokens[0]
    assert len(answer["faces"]) == 1
    assert service.interfaces == [Interface.NATIVE_DETECT]


Checks = frozenset[FaceCheck]
NO_CHECK: Checks = frozenset()
MEASURES: Checks = frozenset({FaceCheck.MEASURES})


class Checking(FakeService):
    """Keeps what it was asked to find out."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Checks] = []

    async def compare(self, *arguments: Any, checks: Checks = NO_CHECK, **named: Any) -> ScoredPair:
        self.asked.append(checks)
        return await super().compare(*arguments, checks=checks, **named)

    async def detect(self, *arguments: Any, checks: Checks = NO_CHECK, **named: Any) -> tuple[ServedFace, Timings]:
        self.asked.append(checks)
        return await super().detect(*arguments, checks=checks, **named)

    async def inspect(self, *arguments: Any, **named: Any) -> tuple[list[ServedFace], Timings]:
        self.asked.append(arguments[3])
        return await super().inspect(*arguments, **named)


def test_faces_are_checked_where_a_token_is_to_bear_it_or_the_answer() -> None:
    service = Checking()
    app = make_app(service)
    for keep in ("false", "true"):
        assert call(app, "POST", "/v1/compare", files=FILES, data={"keep_tokens": keep}).status_code == 200
        assert call(app, "POST", "/v1/analyze", files={"picture": b"x"}, data={"keep_tokens": keep}).status_code == 200
    call(app, "POST", "/v1/detect", files={"picture": b"x"})
    call(app, "POST", "/v1/liveness", files={"picture": b"x"})
    assert service.asked == [NO_CHECK, MEASURES, EVERY_CHECK, MEASURES, NO_CHECK, LIVENESS_CHECKS]


def test_analysis_is_an_interface_of_its_own() -> None:
    service = FakeService()
    answer = call(make_app(service), "POST", "/v1/analyze", files={"picture": b"x"}, data={"keep_tokens": "1"}).json()
    assert (answer["face_token"], answer["measures"]["quality"], answer["landmarks"]) == (service.tokens[0], 90.0, None)
    assert service.interfaces == [Interface.NATIVE_ANALYZE]


def test_liveness_is_an_interface_of_its_own() -> None:
    service = FakeService()
    answer = call(make_app(service), "POST", "/v1/liveness", files={"picture": b"x"}, data={"keep_tokens": "1"}).json()
    assert (answer["face_token"], answer["pad"]["score"], answer["synthesis"]["score"]) == ("0" * 32, 0.97, 0.05)
    assert service.interfaces == [Interface.NATIVE_LIVENESS]


def test_error_of_the_only_picture_has_no_side() -> None:
    error = errors.ImageDecodeError("broken")
    error.side = "reference"
    response = call(make_app(FakeService(error=error)), "POST", "/v1/liveness", files=ONE_PICTURE)
    told = error_of(response)
    assert (response.status_code, told["code"], told["side"], told["field"]) == (422, "image_decode", None, None)


@pytest.mark.parametrize(
    ("level", "liveness", "synthesis"),
    [("none", None, None), ("low", "LOW", "HIGH"), ("normal", "NORMAL", "NORMAL"), ("high", "HIGH", "LOW")],
)
def test_high_is_the_strictest_level_of_either_control(
    level: str, liveness: ControlLevel | None, synthesis: ControlLevel | None
) -> None:
    service = FakeService()
    app = make_app(service)
    for name, control, asked in (
        ("liveness", Control.LIVENESS, liveness),
        ("synthesis", Control.SYNTHESIS, synthesis),
    ):
        assert call(app, "POST", "/v1/compare", files=FILES, data={name: level}).status_code == 200
        one, other, _, _ = service.orders[-1]
        assert other is not None
        assert one.controls == other.controls == ({} if asked is None else {control: asked})
    assert service.policy.liveness[ControlLevel.HIGH] > service.policy.liveness[ControlLevel.LOW]
    assert service.policy.synthesis[ControlLevel.HIGH] > service.policy.synthesis[ControlLevel.LOW]


def test_each_side_has_a_condition_of_its_own() -> None:
    service = FakeService()
    app = make_app(service)
    sent = {"reference_condition": "idcard", "probe_condition": "infrared"}
    call(app, "POST", "/v1/compare", files=FILES, data=sent)
    call(app, "POST", "/v1/compare", files=FILES)
    call(app, "POST", "/v1/detect", files=ONE_PICTURE, data={"condition": "cert"})
    asked = [[side.condition for side in order[:2] if side is not None] for order in service.orders]
    assert asked == [["idcard", "infrared"], ["live", "live"], ["cert"]]


@pytest.mark.parametrize("level", ["none", "low", "normal", "high"])
def test_quality_is_demanded_of_both_sides_as_the_level_says(level: str) -> None:
    service = FakeService()
    response = call(make_app(service), "POST", "/v1/compare", files=FILES, data={"quality": level})
    assert response.status_code == 200
    ((one, other, _, _),) = service.orders
    assert other is not None
    assert one.quality is other.quality is QUALITY_LEVELS.get(level)
    assert (one.quality.name if one.quality else "none") == level


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("/v1/compare", FILES),
        ("/v1/detect", ONE_PICTURE),
        ("/v1/analyze", ONE_PICTURE),
        ("/v1/liveness", ONE_PICTURE),
    ],
)
def test_answer_is_due_thirty_seconds_after_the_request_arrived(path: str, files: dict[str, bytes]) -> None:
    asked: list[float] = []

    class Watching(FakeService):
        async def admit(self, who: Any, interface: Interface, deadline: float) -> Caller:
            asked.append(deadline)
            return await super().admit(who, interface, deadline)

    inner = make_app(Watching())

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})["received_at"] = 1000.5
        await inner(scope, receive, send)

    assert call(outer, "POST", path, files=files).status_code == 200  # type: ignore[arg-type]
    before = time.monotonic()
    assert call(inner, "POST", path, files=files).status_code == 200
    assert asked[0] == 1030.5
    assert before + 30 <= asked[1] <= time.monotonic() + 30


def test_code_of_an_error_is_left_for_the_outer_server() -> None:
    states: list[Any] = []

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        states.append(scope.setdefault("state", {}))
        await make_app(FakeService(error=errors.NoFaceError("none")))(scope, receive, send)

    response = call(outer, "POST", "/v1/compare", files=FILES)  # type: ignore[arg-type]
    assert states == [{"request_id": response.headers["x-request-id"], "error_code": "no_face"}]


def test_rate_that_the_calibration_does_not_reach_is_refused_before_anything_is_charged() -> None:
    service = FakeService(scores=ShortScores())
    response = call(make_app(service), "POST", "/v1/compare", files=FILES, data={"fmr": "1e-6"})
    assert (response.status_code, error_of(response)["field"], service.orders) == (422, "fmr", [])


def test_calibration_tells_how_far_it_reaches() -> None:
    answer = call(make_app(FakeService(scores=ShortScores())), "GET", "/v1/calibration", headers={}).json()
    assert answer["calibration_id"] == "linear"
    assert answer["engine"]["model_id"] == IDENTITY.model_id
    found = [(point["fmr"], point["threshold"]) for point in answer["thresholds"]]
    assert found == [(1e-2, 0.2), (1e-3, 0.3), (1e-4, 0.4), (1e-5, 0.5), (1e-6, None)]


def test_readiness_is_asked_each_time() -> None:
    ready = iter([False, True])
    app = make_app(is_ready=lambda: next(ready))
    response = call(app, "GET", "/v1/health/ready", headers={})
    assert (response.status_code, error_of(response)["code"]) == (503, "not_ready")
    assert call(app, "GET", "/v1/health/ready", headers={}).json() == {"status": "ready"}
    assert call(app, "GET", "/v1/health/live", headers={}).json() == {"status": "live"}


@pytest.mark.parametrize("path", ["/v1/compare", "/v1/detect", "/v1/analyze", "/v1/liveness"])
def test_without_a_key_the_body_is_not_even_read(path: str) -> None:
    trickle = Trickle(b"x" * 1000, 100)
    response = call(make_app(), "POST", path, headers={}, content=trickle)
    assert (response.status_code, error_of(response)["code"]) == (401, "missing_key")
    assert response.headers["www-authenticate"] == 'Bearer realm="visavis"'
    assert trickle.taken == 0


def test_disabled_key() -> None:
    keys = make_keys()
    key = next(iter(keys.keys.values()))
    keys.add(key.kind, key.key_id, SECRET, is_enabled=False)
    assert error_of(call(make_app(keys=keys), "POST", "/v1/compare", files=FILES))["code"] == "key_disabled"


def test_body_of_announced_size_is_refused_unread() -> None:
    trickle = Trickle(b"x", 3)
    headers = {**MULTIPART, "Content-Length": str(body.BODY_LIMIT_BYTES + 1)}
    response = call(make_app(), "POST", "/v1/compare", headers=headers, content=trickle)
    assert (response.status_code, error_of(response)["limit"]) == (413, 32 * 1024 * 1024)
    assert trickle.taken == 0


def test_body_of_unknown_size_is_refused_once_it_is_too_large() -> None:
    trickle = Trickle(b"x" * (1024 * 1024), 64)
    response = call(make_app(), "POST", "/v1/compare", headers=MULTIPART, content=trickle)
    assert (response.status_code, error_of(response)["code"]) == (413, "body_too_large")
    assert trickle.taken == 33


def test_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "BODY_TIMEOUT_S", 0.0)
    response = call(make_app(), "POST", "/v1/compare", headers=MULTIPART, content=Trickle(b"x", 1000))
    assert (response.status_code, error_of(response)["code"]) == (400, "body_incomplete")


def test_client_that_goes_away_is_no_fault_of_the_server() -> None:
    request: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def leave() -> dict[str, str]:
            request.append(scope["path"])
            return {"type": "http.disconnect"}

        await make_app()(scope, leave, send)

    response = call(app, "POST", "/v1/compare", headers=MULTIPART, content=b"x")  # type: ignore[arg-type]
    assert (response.status_code, error_of(response)["code"]) == (400, "body_incomplete")
    assert request == ["/v1/compare"]


def test_compressed_body_is_refused() -> None:
    headers = {**MULTIPART, "Content-Encoding": "gzip"}
    response = call(make_app(), "POST", "/v1/compare", headers=headers, content=b"x")
    assert (response.status_code, error_of(response)["code"]) == (415, "unsupported_encoding")


def test_malformed_form() -> None:
    response = call(make_app(), "POST", "/v1/detect", headers=MULTIPART, content=b"--nonsense")
    assert (response.status_code, error_of(response)["code"]) == (400, "malformed_multipart")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/compare", 405),
        ("POST", "/v1/calibration", 405),
        ("DELETE", "/v1/detect", 405),
        ("GET", "/", 404),
        ("POST", "/v1/compare/", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/redoc", 404),
        ("GET", "/docs/../routes.py", 404),
    ],
)
def test_what_does_not_exist_is_refused_in_the_envelope(method: str, path: str, status: int) -> None:
    response = call(make_app(), method, path)
    assert response.status_code == status
    assert error_of(response)["code"] == {404: "not_found", 405: "method_not_allowed"}[status]
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("error", [errors.NoFaceError("none"), errors.QueueFullError("full")])
def test_error_of_the_service_in_the_callers_language(error: VisavisError) -> None:
    error.side = "probe"
    app = make_app(FakeService(error=error))
    english = call(app, "POST", "/v1/compare", files=FILES)
    chinese = call(app, "POST", "/v1/compare", files=FILES, headers={**AUTHORISED, "Accept-Language": "zh-CN"})
    assert english.status_code == chinese.status_code
    assert (error_of(english)["side"], error_of(english)["code"]) == ("probe", error.code)
    assert error_of(english)["message"] != error_of(chinese)["message"]
    assert (english.headers["content-language"], chinese.headers["content-language"]) == ("en", "zh")
    assert english.headers["vary"] == "Accept-Language"


def test_error_of_admission_comes_before_the_parameters() -> None:
    app = make_app(FakeService(admit_error=errors.AccountStateError("frozen")))
    response = call(app, "POST", "/v1/compare", headers=MULTIPART, content=b"nonsense")
    assert (response.status_code, error_of(response)["message"]) == (403, "the account is frozen")


def test_fault_of_the_server_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(FakeService(error=errors.ModelIntegrityError("/models/sface has another hash")))
    response = call(app, "POST", "/v1/compare", files=FILES)
    assert (response.status_code, error_of(response)["code"]) == (500, "internal")
    assert "sface" not in response.text
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == f"request {response.headers['x-request-id']} failed: model_integrity"


def test_unexpected_exception_is_answered_in_the_envelope() -> None:
    service = FakeService(error=ValueError("/a/path"))  # type: ignore[arg-type]
    response = call(make_app(service), "POST", "/v1/compare", files=FILES)
    assert (response.status_code, error_of(response)["code"]) == (500, "internal")
    assert "path" not in response.text


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (HTTPException(400), 400, "bad_request"),
        (HTTPException(404), 404, "not_found"),
        (HTTPException(413), 413, "body_too_large"),
        (HTTPException(418), 400, "bad_request"),
        (HTTPException(503), 500, "internal"),
        (RequestValidationError([]), 400, "bad_request"),
    ],
)
def test_error_of_the_framework_is_answered_in_the_envelope(raised: Exception, status: int, code: str) -> None:
    app = make_app()

    async def fail() -> None:
        raise raised

    app.add_api_route("/fail", fail)
    response = call(app, "GET", "/fail")
    assert (response.status_code, error_of(response)["code"]) == (status, code)


def test_request_id_of_the_outer_server_is_kept_when_mounted() -> None:
    inner = make_app()

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["request_id"] = "from-outside"
        await Starlette(routes=[Mount("/native", inner)])(scope, receive, send)

    response = call(outer, "POST", "/native/v1/compare", files=FILES)  # type: ignore[arg-type]
    assert response.json()["request_id"] == response.headers["x-request-id"] == "from-outside"
    assert call(outer, "GET", "/native/openapi.json").json()["servers"] == [{"url": "/native"}]  # type: ignore[arg-type]


def test_request_ids_differ() -> None:
    app = make_app()
    ids = {call(app, "GET", "/v1/calibration").json()["request_id"] for _ in range(3)}
    assert len(ids) == 3 and all(len(one) == 32 for one in ids)


def test_answers_are_not_to_be_kept() -> None:
    assert call(make_app(), "POST", "/v1/compare", files=FILES).headers["cache-control"] == "no-store"


_written: list[str] = []
_watching: list[bool] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or event not in ("open", "tempfile.mkstemp", "tempfile.mkdtemp"):
        return
    if event != "open" or (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
        _written.append(str(arguments[0]))


sys.addaudithook(_watch)


@pytest.fixture
def written() -> Iterator[list[str]]:
    """The files that are opened for writing from here on."""
    _written.clear()
    _watching.append(True)
    yield _written
    _watching.clear()


def test_the_watch_sees_files(written: list[str]) -> None:
    with tempfile.SpooledTemporaryFile(max_size=1) as file:
        file.write(b"xx")
    assert written


def test_large_pictures_never_touch_the_disk(written: list[str]) -> None:
    service = FakeService()
    picture = os.urandom(9 * 1024 * 1024)
    content = form((field("reference", "a.jpg"), picture), (field("probe", "b.jpg"), picture))
    response = call(make_app(service), "POST", "/v1/compare", headers=MULTIPART, content=content)
    assert response.status_code == 200
    assert service.orders[0][0].source == InlinePicture(picture)
    assert written == []


def test_neither_key_nor_body_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    app = make_app(FakeService(error=errors.StoreError("gone")))
    call(app, "POST", "/v1/compare", files={"reference": b"picture-one", "probe": b"picture-two"})
    call(app, "POST", "/v1/detect", headers=MULTIPART, content=b"--picture-three")
    call(app, "POST", "/v1/detect", json={"picture": {"base64": "picture-four", "x": json.dumps("picture-five")}})
    assert "store" in caplog.text
    assert "picture-" not in caplog.text
    assert SECRET not in caplog.text and SECRET[12:] not in caplog.text
