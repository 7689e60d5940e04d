"""The typed clients, against the real application and against answers that are none of visavis's."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import visavis.client
from tests.measured import FLAWLESS, changed, covered
from tests.protocol_fakes import FACE, LIVING, UNTOUCHED, FakeService
from tests.unit.protocols.native.calls import IDENTITY, SECRET, make_app
from visavis import errors
from visavis.client import (
    ApiError,
    AsyncClient,
    Client,
    ComparedFace,
    FaceToken,
    FlawAdvice,
    FlawsByLevel,
    ImageSize,
    LevelVerdict,
    PictureUrl,
    RefusedCheck,
    VerdictsByLevel,
)
from visavis.presentation import NonResponse, PadResult, SynthesisResult
from visavis.service.orders import Control, ControlLevel, FaceTokenReference, InlinePicture, PictureSource
from visavis.service.orders import PictureUrl as OrderedUrl
from visavis.types import ComparisonDecision, FaceChoice

TOKEN = "0123456789abcdef0123456789abcdef"


class Bridge(httpx.BaseTransport):
    """Lets the synchronous client call an application without a network."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            inner = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
            response = await transport.handle_async_request(inner)
            return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())

        return asyncio.run(send())


def open_client(service: FakeService | None = None, key: str | None = SECRET, **arguments: Any) -> Client:
    return Client("http://test", key, transport=Bridge(make_app(service)), **arguments)


def answering(status: int, content: bytes, headers: dict[str, str] | None = None) -> Client:
    """A client of a server that always answers the same."""
    return Client(
        "http://test",
        transport=httpx.MockTransport(lambda request: httpx.Response(status, content=content, headers=headers)),
    )


def sources(service: FakeService) -> list[PictureSource]:
    one, other = service.orders[0][:2]
    return [subject.source for subject in (one, other) if subject is not None]


def test_result_is_typed_and_whole() -> None:
    with open_client(FakeService(0.45)) as client:
        result = client.compare(b"one", b"other", fmr=1e-5, keep_tokens=True)
    assert (result.score, result.decision, result.is_match) == (0.45, ComparisonDecision.NON_MATCH, False)
    assert (result.threshold, result.decision_fmr, result.fmr.extrapolated) == (0.5, 1e-5, False)
    assert result.fmr.low < result.fmr.value < result.fmr.high
    assert result.reference == ComparedFace(FACE.box, FACE.landmarks, 0.98, ImageSize(100, 120), 1, TOKEN)
    assert (result.engine, result.calibration_id) == (IDENTITY, "linear")
    assert result.timings_ms.stages == {"template": 5.0} and result.timings_ms.total > 0
    assert len(result.request_id) == 32
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.score = 1.0  # type: ignore[misc]


def test_match() -> None:
    with open_client(FakeService(0.45)) as client:
        assert client.compare(b"one", b"other").is_match


def test_pictures_as_bytes_and_paths_go_as_files(tmp_path: Path) -> None:
    (tmp_path / "private-name.jpg").write_bytes(b"one")
    service = FakeService()
    with open_client(service) as client:
        client.compare(tmp_path / "private-name.jpg", b"other", choice=FaceChoice.CENTRAL, keep_tokens=True)
    assert sources(service) == [InlinePicture(b"one"), InlinePicture(b"other")]
    assert (service.orders[0][0].choice, service.orders[0][3]) == (FaceChoice.CENTRAL, True)


@pytest.mark.parametrize("keep_tokens", [True, False])
def test_urls_and_tokens_go_as_json(keep_tokens: bool) -> None:
    service = FakeService()
    with open_client(service) as client:
        client.compare(b"one", PictureUrl("http://a/b.jpg"), choice=FaceChoice.CENTRAL, keep_tokens=keep_tokens)
    assert sources(service) == [InlinePicture(b"one"), OrderedUrl("http://a/b.jpg", 5.0)]
    assert (service.orders[0][0].choice, service.orders[0][3]) == (FaceChoice.CENTRAL, keep_tokens)
    service = FakeService()
    with open_client(service) as client:
        client.compare(FaceToken(TOKEN), b"other")
    assert sources(service) == [FaceTokenReference(TOKEN), InlinePicture(b"other")]


def test_file_names_stay_at_home(tmp_path: Path) -> None:
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.read())
        return httpx.Response(404)

    (tmp_path / "private-name.jpg").write_bytes(b"one")
    with Client("http://test", transport=httpx.MockTransport(answer)) as client, pytest.raises(ApiError):
        client.detect(tmp_path / "private-name.jpg")
    assert b"one" in sent[0] and b"private-name" not in sent[0]


def test_detection() -> None:
    service = FakeService()
    with open_client(service) as client:
        result = client.detect(PictureUrl("http://a"), choice=FaceChoice.CENTRAL, keep_tokens=True)
    assert (result.faces, result.image, result.face_token) == ((FACE,), ImageSize(100, 120), TOKEN)
    assert (service.orders[0][0].choice, service.orders[0][3]) == (FaceChoice.CENTRAL, True)


@pytest.mark.parametrize("picture", [b"one", PictureUrl("http://a")])
def test_analysis(picture: bytes | PictureUrl) -> None:
    measures = covered(mouth=0.7)
    service = FakeService(measures=(measures, None))
    with open_client(service) as client:
        result = client.analyze(picture, choice=FaceChoice.CENTRAL, keep_tokens=True, quality="low", landmarks=True)
    mouth = (FlawAdvice("mouth", "do not cover your mouth"),)
    assert (result.measures, result.flaws) == (measures, FlawsByLevel((), mouth, mouth))
    assert (result.face, result.image, result.face_token) == (FACE, ImageSize(100, 120), TOKEN)
    assert result.landmarks is not None and len(result.landmarks) == 468
    assert result.landmarks[-1] == (467.0, 1467.0, 0.0)
    assert (result.engine, result.measures.is_complete) == (IDENTITY, True)
    ((subject, _, _, keep_token),) = service.orders
    assert subject.quality is not None
    assert (subject.choice, subject.quality.name, keep_token) == (FaceChoice.CENTRAL, "low", True)
    with open_client() as client:
        assert client.analyze(picture).landmarks is None


def test_refused_quality_is_an_error_with_its_flaws() -> None:
    service = FakeService(measures=(FLAWLESS, changed(blur=0.5, illumination=50.0)))
    with open_client(service) as client, pytest.raises(ApiError) as caught:
        client.compare(b"one", b"other", quality="high")
    assert (caught.value.code, caught.value.side) == ("quality_refused", "probe")
    assert caught.value.flaws == ("blurred", "too_dark")
    with open_client(service, language="zh") as client, pytest.raises(ApiError, match="图片质量不合格。人脸模糊"):
        client.compare(b"one", PictureUrl("http://a"), quality="high")
    with open_client(service) as client:
        assert client.compare(b"one", b"other", quality="low").score == 0.45
        assert client.detect(b"one", quality="high").faces == (FACE,)
    with (
        answering(404, b'{"error": {"code": "not_found", "message": "m"}}') as client,
        pytest.raises(ApiError) as caught,
    ):
        client.analyze(b"one")
    assert caught.value.flaws == ()


@pytest.mark.parametrize("picture", [b"one", PictureUrl("http://a")])
def test_liveness(picture: bytes | PictureUrl) -> None:
    service = FakeService(pads=(PadResult(0.3, 0.75), None), syntheses=(SynthesisResult(0.625, 0.875), None))
    with open_client(service) as client:
        result = client.liveness(picture, choice=FaceChoice.CENTRAL, keep_tokens=True, liveness="normal")
    assert (result.pad.score, result.pad.bpcer, result.pad.native) == (0.3, 1e-3, 0.75)
    assert (result.pad.calibration_id, result.synthesis.calibration_id) == ("pad-linear", None)
    levels = result.pad.levels
    assert levels == VerdictsByLevel(LevelVerdict(0.05, True), LevelVerdict(0.3, True), LevelVerdict(0.9, False))
    assert result.pad.advice is not None and result.pad.advice.startswith("stand before the camera yourself")
    levels = result.synthesis.levels
    assert levels == VerdictsByLevel(LevelVerdict(0.7, True), LevelVerdict(0.5, False), LevelVerdict(0.3, False))
    assert (result.face, result.image, result.face_token) == (FACE, ImageSize(100, 120), "0" * 32)
    assert (result.engine, result.timings_ms.stages) == (IDENTITY, {"liveness": 2.0})
    ((subject, _, _, keep_token),) = service.orders
    assert (subject.choice, keep_token) == (FaceChoice.CENTRAL, True)
    assert subject.controls == {Control.LIVENESS: ControlLevel.NORMAL}


def test_check_that_cannot_tell_says_why() -> None:
    reason = NonResponse.TOO_TIGHT
    service = FakeService(pads=(PadResult(None, None, reason), None))
    with open_client(service, language="zh") as client:
        pad = client.liveness(b"one", condition="cert").pad
    assert (pad.score, pad.bpcer, pad.native, pad.non_response) == (None, None, None, "too_tight")
    assert (pad.levels.high.passes, pad.advice) == (True, None)
    with open_client(service, language="zh") as client:
        pad = client.liveness(b"one").pad
    assert (pad.levels.low.passes, pad.levels.high.passes) == (True, False)
    assert pad.advice == "请把镜头拿远一些：人脸周围画面太少，无法判断"


def test_refused_control_is_an_error_with_its_check() -> None:
    service = FakeService(pads=(LIVING, PadResult(0.125, 0.5)), syntheses=(UNTOUCHED, SynthesisResult(0.75, 0.5)))
    with open_client(service) as client:
        with pytest.raises(ApiError) as caught:
            client.compare(b"one", PictureUrl("http://a"), liveness="normal")
        assert (caught.value.code, caught.value.side, caught.value.flaws) == ("liveness_refused", "probe", ())
        assert caught.value.check == RefusedCheck(0.125, 0.3, None)
        with pytest.raises(ApiError) as caught:
            client.compare(b"one", b"other", synthesis="high")
        assert (caught.value.code, caught.value.check) == ("synthesis_refused", RefusedCheck(0.75, 0.3, None))
        assert client.compare(b"one", b"other", liveness="high", probe_condition="cert").score == 0.45
        with pytest.raises(ApiError) as caught:
            client.compare(b"one", b"other", liveness="high", reference_condition="infrared")
        assert (caught.value.side, caught.value.check) == ("reference", RefusedCheck(None, 0.9, "not_calibrated"))
        with pytest.raises(ApiError) as caught:
            client.detect(b"one", liveness="high", condition="infrared")
        assert (caught.value.side, caught.value.code) == (None, "liveness_refused")
        assert client.analyze(b"one", liveness="high", synthesis="high").measures == FLAWLESS


def test_demand_for_nothing_is_not_sent() -> None:
    """A server of before there were levels would refuse the field."""
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.read())
        return httpx.Response(404)

    with Client("http://test", transport=httpx.MockTransport(answer)) as client:
        for picture in (b"one", PictureUrl("http://a")):
            with pytest.raises(ApiError):
                client.detect(picture)
            with pytest.raises(ApiError):
                client.detect(picture, quality="low", liveness="low", synthesis="low", condition="cert")
    for name in (b"quality", b"liveness", b"synthesis", b"condition"):
        assert [name in body for body in sent] == [False, True, False, True]


def test_calibration_and_health_need_no_key() -> None:
    with open_client(key=None) as client:
        calibration = client.calibration()
        assert (client.is_live(), client.is_ready()) == (True, True)
    assert [point.threshold for point in calibration.thresholds] == pytest.approx([0.2, 0.3, 0.4, 0.5, 0.6])
    assert calibration.engine == IDENTITY


def test_server_that_is_not_ready() -> None:
    with Client("http://test", transport=Bridge(make_app(is_ready=lambda: False))) as client:
        assert (client.is_live(), client.is_ready()) == (True, False)


def test_path_of_the_server_is_kept() -> None:
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json={"status": "live"})

    with Client("http://test/face/", transport=httpx.MockTransport(answer)) as client:
        assert client.is_live()
    assert paths == ["/face/v1/health/live"]


def test_error_carries_its_facts() -> None:
    error = errors.ImageTooLargeError("width", 17_000, 16_000)
    error.side = "probe"
    with open_client(FakeService(error=error)) as client, pytest.raises(ApiError) as caught:
        client.compare(b"one", b"other")
    it = caught.value
    assert (it.status, it.code, it.side, it.field, it.limit) == (413, "image_too_large", "probe", "probe", 16_000)
    assert it.message == "the picture's width is 17,000; at most 16,000"
    assert str(it) == f"image_too_large: {it.message}"
    assert it.request_id and len(it.request_id) == 32


def test_error_in_chinese() -> None:
    service = FakeService(error=errors.NoFaceError())
    with open_client(service, language="zh") as client, pytest.raises(ApiError, match="图片中未检测到人脸"):
        client.compare(b"one", b"other")


def test_wrong_key_and_none() -> None:
    for key, code in ((None, "missing_key"), (SECRET[:-1] + "!", "invalid_key")):
        with open_client(key=key) as client, pytest.raises(ApiError) as caught:
            client.compare(b"one", b"other")
        assert (caught.value.status, caught.value.code) == (401, code)


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (502, b"<html>Bad gateway</html>"),
        (200, b"<html>Sign in</html>"),
        (200, b"{}"),
        (500, b'{"error": "text"}'),
        (302, b""),
        (204, b""),
    ],
)
def test_answer_of_something_else(status: int, content: bytes) -> None:
    calls: list[Callable[[Client], object]] = [
        lambda client: client.compare(b"1", b"2"),
        lambda client: client.calibration(),
    ]
    for call in calls:
        with answering(status, content, {"X-Request-Id": "r1"}) as client, pytest.raises(ApiError) as caught:
            call(client)
        assert (caught.value.status, caught.value.code, caught.value.request_id) == (status, "unexpected_answer", "r1")


def test_health_of_something_else() -> None:
    with answering(404, b"not here") as client, pytest.raises(ApiError):
        client.is_ready()


def test_fields_of_a_later_version_are_passed_over() -> None:
    with open_client() as client:
        document = json.loads(client._http.get("v1/calibration").content)
    document["new"] = {"field": 1}
    document["engine"]["newer"] = 2
    with answering(200, json.dumps(document).encode()) as client:
        assert client.calibration().engine == IDENTITY


def test_key_is_not_sent_to_where_a_redirect_leads() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"Location": "http://elsewhere/"})

    with Client("http://test", SECRET, transport=httpx.MockTransport(answer)) as client, pytest.raises(ApiError):
        client.detect(b"one")
    assert asked == ["http://test/v1/detect"]


def test_no_answer_is_a_transport_error() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with Client("http://test", transport=httpx.MockTransport(fail)) as client, pytest.raises(httpx.TransportError):
        client.is_live()


def test_asynchronous_client_does_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"one")
    service = FakeService(0.45)

    async def use() -> None:
        transport = httpx.ASGITransport(make_app(service))
        async with AsyncClient("http://test", SECRET, transport=transport) as client:
            assert (await client.compare(tmp_path / "a.jpg", FaceToken(TOKEN))).is_match
            assert (await client.detect(b"one", quality="high")).faces == (FACE,)
            assert (await client.analyze(b"one", landmarks=True)).measures == FLAWLESS
            assert (await client.liveness(b"one", synthesis="high")).pad.score == LIVING.score
            assert (await client.calibration()).calibration_id == "linear"
            assert await client.is_live() and await client.is_ready()
            service.error = errors.NoFaceError()
            with pytest.raises(ApiError, match="no face was found"):
                await client.detect(b"one")

    asyncio.run(use())
    assert sources(service) == [InlinePicture(b"one"), FaceTokenReference(TOKEN)]


def test_both_clients_offer_the_same() -> None:
    assert {name for name in dir(Client) if name[0] != "_"} == {name for name in dir(AsyncClient) if name[0] != "_"}


def test_what_is_public_exists() -> None:
    assert all(hasattr(visavis.client, name) for name in visavis.client.__all__)


def test_key_is_never_shown() -> None:
    with open_client() as client:
        assert SECRET not in repr(client) + repr(vars(client))
