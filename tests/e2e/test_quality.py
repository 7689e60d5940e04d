"""Analysis and quality control of a live server, on photos."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image, ImageFilter

from tests.e2e.calls import MATED, REFERENCE, encode
from tests.faces import astronaut
from tests.live_server import LiveServer
from visavis.client import ApiError, Client, FaceToken
from visavis.service.accounts import Interface, KeyKind


@pytest.fixture(scope="module")
def blurred() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).filter(ImageFilter.GaussianBlur(6)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def test_portrait_is_measured_as_anybody_would_say(client: Client) -> None:
    """She looks at the camera, smiles, and nothing covers her face."""
    result = client.analyze(REFERENCE, landmarks=True)
    measures, box = result.measures, result.face.box
    assert (result.image.width, result.image.height) == (512, 512)
    assert max(abs(measures.pose.yaw), abs(measures.pose.pitch), abs(measures.pose.roll)) < 25
    assert max(measures.occlusion.values()) < 0.5
    assert measures.blur < 0.5 and 80 < measures.illumination < 240
    assert min(measures.left_eye_open, measures.right_eye_open) > 0.3
    assert max(measures.mask, measures.dark_glasses) < 0.5
    assert measures.is_complete and measures.is_colour and measures.outside == 0
    assert 60 < measures.face_width_px < 130 and 30 < measures.eye_distance_px < 60
    assert result.flaws.low == result.flaws.normal == ()
    assert "analyse" in result.timings_ms.stages
    assert result.landmarks is not None and len(result.landmarks) == 468
    within = [
        box.left - 20 < x < box.left + box.width + 20 and box.top - 20 < y < box.top + box.height + 20
        for x, y, _ in result.landmarks
    ]
    assert all(within)


def test_blur_is_seen_and_refused(client: Client, blurred: bytes) -> None:
    sharp, soft = client.analyze(REFERENCE), client.analyze(blurred)
    assert soft.measures.blur > sharp.measures.blur + 0.3
    assert "blurred" in [flaw.name for flaw in soft.flaws.high]
    with pytest.raises(ApiError) as caught:
        client.analyze(blurred, quality="high")
    assert (caught.value.status, caught.value.code) == (422, "quality_refused")
    assert "blurred" in caught.value.flaws
    with pytest.raises(ApiError) as caught:
        client.compare(REFERENCE, blurred, quality="high")
    assert (caught.value.side, "blurred" in caught.value.flaws) == ("probe", True)
    assert "hold still and wipe the lens" in caught.value.message


def test_measures_travel_with_a_face_token(client: Client, blurred: bytes) -> None:
    kept = client.compare(REFERENCE, blurred, keep_tokens=True)
    assert kept.reference.face_token and kept.probe.face_token
    assert client.compare(FaceToken(kept.reference.face_token), MATED, quality="normal").is_match
    with pytest.raises(ApiError) as caught:
        client.compare(FaceToken(kept.probe.face_token), MATED, quality="high")
    assert (caught.value.code, caught.value.side) == ("quality_refused", "reference")
    assert "blurred" in caught.value.flaws


def test_only_an_analysis_with_a_face_that_is_accepted_is_charged(server: LiveServer, blurred: bytes) -> None:
    with server.open_store() as store:
        account = store.create_account("analysed", interfaces=[Interface.NATIVE_ANALYZE])
        pair = store.create_key(account.account_id, KeyKind.NATIVE)
        assert pair.secret is not None
        with Client(server.url, pair.secret) as client:
            with pytest.raises(ApiError, match="no_face"):
                client.analyze(encode(astronaut()[:64, :64], "PNG"))
            with pytest.raises(ApiError, match="quality_refused"):
                client.analyze(blurred, quality="high")
            assert store.count_usage(account.account_id, time.time()).total == 0
            client.analyze(blurred)
            assert store.count_usage(account.account_id, time.time()).total == 1
            with pytest.raises(ApiError, match="not_granted"):
                client.detect(REFERENCE)
