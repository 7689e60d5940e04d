"""From the domain to answers."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.measured import FLAWLESS, changed, covered
from tests.protocol_fakes import FACE, LinearScores, found_face
from tests.unit.protocols.native.calls import IDENTITY
from visavis.client import Client, FaceToken
from visavis.errors import ParameterError
from visavis.measures import FaceMeasures
from visavis.protocols.native.answers import AnalyzeAnswer, CompareAnswer
from visavis.protocols.native.errors import RequestError
from visavis.protocols.native.messages import Language
from visavis.protocols.native.translate import from_analysis, from_detection, from_pair, threshold_for
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


def analyzed(measures: FaceMeasures, *, landmarks: bool = False, language: Language = "en") -> AnalyzeAnswer:
    found = found_face(FACE, measures)
    assert found.points is not None
    found.points[1] = (0.125, 2 / 3, -0.004)
    return from_analysis(
        ServedFace(FACE, (FACE,), 640, 480, None, found),
        Timings({"analyse": 0.02}),
        has_landmarks=landmarks,
        language=language,
        identity=IDENTITY,
        request_id="r",
        total_s=0.03,
    )


def test_analysis_has_every_measure_as_it_is() -> None:
    document = json.loads(analyzed(FLAWLESS).measures.model_dump_json())
    assert (document.pop("is_complete"), document.pop("is_colour")) == (True, True)
    assert FaceMeasures.from_document({"version": 1, **document}) == FLAWLESS
    measures = analyzed(changed(outside=0.02, colourfulness=2.0)).measures
    assert (measures.is_complete, measures.is_colour) == (False, False)


def test_analysis_says_what_each_level_finds_wrong() -> None:
    flaws = analyzed(covered(mouth=0.7, nose=0.2, left_eyebrow=1.0)).flaws
    assert [[flaw.name for flaw in level] for level in (flaws.low, flaws.normal, flaws.high)] == [
        [],
        ["mouth"],
        ["mouth"],
    ]
    assert flaws.high[0].advice == "do not cover your mouth"
    assert analyzed(changed(blur=0.9), language="zh").flaws.low[0].advice == "人脸模糊：请保持不动，并擦净镜头"


def test_landmarks_are_there_where_they_were_asked_for() -> None:
    assert analyzed(FLAWLESS).landmarks is None
    points = analyzed(FLAWLESS, landmarks=True).landmarks
    assert points is not None and len(points) == 468
    assert points[:3] == ((0.0, 1000.0, 0.0), (0.12, 0.67, -0.0), (2.0, 1002.0, 0.0))


def test_rate_beyond_the_calibration_is_the_callers_fault() -> None:
    class Short(LinearScores):
        def threshold_at(self, fmr: float) -> float:
            raise ParameterError("not within 1e-5 and 1")

    assert threshold_for(1e-3, LinearScores()) == pytest.approx(0.3)
    with pytest.raises(RequestError) as caught:
        threshold_for(1e-6, Short())
    assert caught.value.field == "fmr"
