"""Liveness of a live server, on photos. How often the networks are right is measured elsewhere; here they take part."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image

from tests.e2e.calls import MATED, REFERENCE, encode
from tests.faces import astronaut
from tests.live_server import LiveServer
from visavis.client import ApiError, Client, FaceToken, RefusedCheck
from visavis.service.accounts import Interface, KeyKind


@pytest.fixture(scope="module")
def far() -> bytes:
    """The astronaut from far away: her face is 26 pixels wide."""
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).resize((150, 150)).save(buffer, "PNG")
    return buffer.getvalue()


def test_portrait_is_checked_with_its_answer_whole(client: Client) -> None:
    result = client.liveness(REFERENCE)
    assert (result.image.width, result.image.height) == (512, 512)
    assert {"detect", "liveness", "synthesis"} <= result.timings_ms.stages.keys()
    for check in (result.pad, result.synthesis):
        assert check.score is not None and check.native is not None and check.bpcer is not None
        assert 0 <= check.score <= 1 and 0 <= check.native <= 1 and 0 < check.bpcer <= 1
        assert check.non_response is None
    pad, synthesis = result.pad, result.synthesis
    assert pad.score is not None and synthesis.score is not None
    assert pad.levels.high.passes is (pad.score >= 0.9)
    assert synthesis.levels.high.passes is (synthesis.score <= 0.3)
    assert (pad.advice is None) is pad.levels.high.passes


def test_face_that_cannot_be_told_is_refused_from_normal_on(client: Client, far: bytes) -> None:
    pad = client.liveness(far).pad
    assert (pad.score, pad.native, pad.non_response) == (None, None, "face_too_small")
    assert pad.advice == "come closer: the face is too small to tell"
    assert client.compare(REFERENCE, far, liveness="low").decision
    with pytest.raises(ApiError) as caught:
        client.compare(REFERENCE, far, liveness="normal", reference_condition="idcard")
    refused = caught.value
    assert (refused.status, refused.code, refused.side) == (422, "liveness_refused", "probe")
    assert refused.check == RefusedCheck(None, 0.3, "face_too_small")
    assert client.compare(REFERENCE, far, liveness="high", reference_condition="cert", probe_condition="cert").score
    with pytest.raises(ApiError, match="synthesis_refused"):
        client.detect(far, synthesis="high")


def test_findings_travel_with_a_face_token(client: Client, far: bytes) -> None:
    kept = client.compare(REFERENCE, far, keep_tokens=True)
    assert kept.reference.face_token and kept.probe.face_token
    token = FaceToken(kept.probe.face_token)
    with pytest.raises(ApiError) as caught:
        client.compare(MATED, token, liveness="high", reference_condition="cert")
    assert (caught.value.side, caught.value.check) == ("probe", RefusedCheck(None, 0.9, "face_too_small"))
    named = client.liveness(far, keep_tokens=True)
    assert named.face_token == kept.probe.face_token


def test_only_a_check_of_a_face_that_passes_is_charged(server: LiveServer, far: bytes) -> None:
    with server.open_store() as store:
        account = store.create_account("checked", interfaces=[Interface.NATIVE_LIVENESS])
        pair = store.create_key(account.account_id, KeyKind.NATIVE)
        assert pair.secret is not None
        with Client(server.url, pair.secret) as client:
            with pytest.raises(ApiError, match="no_face"):
                client.liveness(encode(astronaut()[:64, :64], "PNG"))
            with pytest.raises(ApiError, match="liveness_refused"):
                client.liveness(far, liveness="normal")
            assert store.count_usage(account.account_id, time.time()).total == 0
            client.liveness(far)
            assert store.count_usage(account.account_id, time.time()).total == 1
            with pytest.raises(ApiError, match="not_granted"):
                client.analyze(REFERENCE)
