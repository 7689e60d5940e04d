"""From the domain to answers."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.protocol_fakes import FACE, LinearScores
from tests.unit.protocols.native.calls import IDENTITY
from visavis.client import Client, FaceToken
from visavis.errors import ParameterError
from visavis.protocols.native.answers import CompareAnswer
from visavis.protocols.native.errors import RequestError
from visavis.protocols.native.translate import from_detection, from_pair, threshold_for
from visavis.service.orders import ScoredPair, ServedFace
from visavis.types import FmrEstimate, Timings

TOKEN = "0123456789abcdef0123456789abcdef"
BY_TOKEN = ServedFace(None, (), 0, 0, TOKEN)
OF_PICTURE = ServedFace(FACE, (FACE, FACE, FACE), 640, 480, None)


def translate(score: float = 0.5, threshold: float = 0.4) -> CompareAnswer:
    pair = ScoredPair(score, FmrEstimate(1e-5, 5e-6, 2e-5, False), BY_TOKEN, OF_PICTURE, Timings({"align": 0.0012345}))
    return from_pair(
        pair,
        fmr=1e-4,
        threshold=threshold,
        identity=IDENTITY,
        calibration_id="linear",
        request_id="r",
        total_s=0.0219996,
    )


def test_side_that_was_a_token_has_no_picture() -> None:
    answer = json.loads(translate().model_dump_json())
    nothing = dict.fromkeys(("box", "landmarks", "probability", "image", "face_count"))
    assert answer["reference"] == {**nothing, "face_token": TOKEN}
    assert (answer["probe"]["image"], answer["probe"]["face_count"]) == ({"width": 640, "height": 480}, 3)


def test_client_understands_a_side_that_was_a_token() -> None:
    content = translate().model_dump_json()
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=content))
    with Client("http://test", transport=transport) as client:
        result = client.compare(FaceToken(TOKEN), b"x")
    assert (result.reference.box, result.reference.image, result.reference.face_token) == (None, None, TOKEN)
    assert result.probe.face_count == 3


@pytest.mark.parametrize(("score", "decision"), [(0.4, "match"), (0.3999999, "non-match"), (-1.0, "non-match")])
def test_decision(score: float, decision: str) -> None:
    assert translate(score).decision == decision


def test_times_are_in_milliseconds() -> None:
    timings = translate().timings_ms
    assert (timings.stages, timings.total) == ({"align": 1.234}, 22.0)


def test_detection_names_every_face() -> None:
    answer = from_detection(OF_PICTURE, Timings(), identity=IDENTITY, request_id="r", total_s=0.0)
    assert (len(answer.faces), answer.face_token, answer.image.width) == (3, None, 640)


def test_rate_beyond_the_calibration_is_the_callers_fault() -> None:
    class Short(LinearScores):
        def threshold_at(self, fmr: float) -> float:
            raise ParameterError("not within 1e-5 and 1")

    assert threshold_for(1e-3, LinearScores()) == pytest.approx(0.3)
    with pytest.raises(RequestError) as caught:
        threshold_for(1e-6, Short())
    assert caught.value.field == "fmr"
