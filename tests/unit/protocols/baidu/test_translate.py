"""Baidu's words to the domain's, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.measured import changed
from tests.protocol_fakes import FACE, LIVING, OTHER_FACE, UNTOUCHED, found_face
from visavis.errors import ControlUnavailableError, ImageEncodingError
from visavis.measures import HeadPose
from visavis.presentation import BPCER_ANCHORS, Check, NonResponse, PadResult, SynthesisResult
from visavis.protocols.baidu.errors import ApiError
from visavis.protocols.baidu.schema import ImageType, Picture
from visavis.protocols.baidu.translate import (
    LIVENESS_THRESHOLDS,
    MAX_TEXT_LENGTH,
    QUALITY_LEVELS,
    RULES,
    detect_result,
    faceverify_result,
    round_score,
    success_response,
    to_subject,
    without_guesses,
)
from visavis.service.orders import Control, ControlLevel, FaceTokenReference, InlinePicture, PictureUrl, Subject
from visavis.types import BoundingBox, DetectedFace, FaceChoice, FoundFace, ImageFormat

TOKEN = "0123456789abcdef0123456789abcdef"


def picture(
    image: str = "AAAA",
    kind: ImageType = ImageType.BASE64,
    face_type: str = "LIVE",
    order: int = 0,
    quality: str = "NONE",
) -> Picture:
    return Picture(image, kind, face_type, quality, {Control.LIVENESS: ControlLevel.LOW}, order)


def code_of(asked: Picture) -> int:
    with pytest.raises(ApiError) as caught:
        to_subject(asked)
    return caught.value.row.code


def test_inline_picture() -> None:
    content = InlinePicture(b"\0\0\0")
    assert to_subject(picture()) == Subject(content, FaceChoice.LARGEST, "live", {Control.LIVENESS: ControlLevel.LOW})
    assert to_subject(picture("data:image/png;base64,AAAA")).source == content


@pytest.mark.parametrize("level", ["LOW", "NORMAL", "HIGH"])
def test_quality_control_is_the_level_of_that_name(level: str) -> None:
    quality = to_subject(picture(quality=level)).quality
    assert quality is not None
    assert (quality.name, quality) == (level, QUALITY_LEVELS[level])
    assert to_subject(picture(TOKEN, ImageType.FACE_TOKEN, quality=level)).quality == quality


def test_level_none_demands_nothing() -> None:
    assert to_subject(picture(quality="NONE")).quality is None


def test_which_face() -> None:
    assert to_subject(picture(order=1)).choice is FaceChoice.CENTRAL


@pytest.mark.parametrize("face_type", ["LIVE", "IDCARD", "WATERMARK", "CERT", "INFRARED", "HYBRID"])
def test_kind_of_picture(face_type: str) -> None:
    assert to_subject(picture(face_type=face_type)).condition == face_type.lower()
    stored = to_subject(picture(TOKEN, ImageType.FACE_TOKEN, face_type))
    assert stored.condition == ("live" if face_type == "HYBRID" else face_type.lower())


def test_face_token() -> None:
    assert to_subject(picture(TOKEN, ImageType.FACE_TOKEN)).source == FaceTokenReference(TOKEN)


@pytest.mark.parametrize("token", ["fid1", TOKEN.upper(), TOKEN + "0", TOKEN + "\n", " " * 32])
def test_what_cannot_be_a_face_token_does_not_exist(token: str) -> None:
    assert code_of(picture(token, ImageType.FACE_TOKEN)) == 222209


def test_url() -> None:
    assert to_subject(picture(" http://a/b.jpg ", ImageType.URL)).source == PictureUrl("http://a/b.jpg", 5.0)
    assert code_of(picture("http://" + "a" * 4090, ImageType.URL)) == 222013


def test_text_of_a_picture_has_a_limit() -> None:
    source = to_subject(picture("A" * MAX_TEXT_LENGTH)).source
    assert isinstance(source, InlinePicture)
    assert len(source.content) == 1_572_864 <= RULES.max_bytes
    assert code_of(picture("A" * (MAX_TEXT_LENGTH + 1))) == 222203


def test_text_that_is_not_base64() -> None:
    with pytest.raises(ImageEncodingError):
        to_subject(picture("****"))
    assert code_of(picture("图片")) == 222203
    assert code_of(picture("\ud800%41")) == 222203


def test_rules() -> None:
    assert set(RULES.formats) == {ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.BMP}
    assert dict(RULES.max_side_px) == dict.fromkeys(RULES.formats, 6000)


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (0.0, "0.0"),
        (1e-9, "0.0"),
        (0.00004, "0.0"),
        (0.00006, "0.0001"),
        (0.0001, "0.0001"),
        (0.000123456789, "0.00012346"),
        (79.999999999, "80.0"),
        (44.3, "44.3"),
        (99.123456789, "99.12345679"),
        (100.0, "100.0"),
    ],
)
def test_score_has_8_decimals_at_most_and_no_exponent(score: float, text: str) -> None:
    assert json.dumps(round_score(score)) == text


def test_rounding_keeps_the_order() -> None:
    scores = [step / 10**7 for step in range(3000)]
    rounded = [round_score(score) for score in scores]
    assert rounded == sorted(rounded)


def listed(found: Sequence[tuple[FoundFace, str]], *fields: str) -> list[Any]:
    result = detect_result(found, frozenset(fields))
    faces = result["face_list"]
    assert isinstance(faces, list)
    assert result["face_num"] == len(faces)
    return faces


def test_detected_face() -> None:
    tilted = DetectedFace(BoundingBox(-3.14159, 20.005, 40.999, 51.0), FACE.landmarks, 0.987654)
    measures = changed(pose=HeadPose(-12.344, 3.456, 44.51))
    (face,) = listed([(found_face(tilted, measures), TOKEN)])
    assert list(face) == ["face_token", "location", "face_probability", "angle"]
    assert face["face_token"] == TOKEN
    assert face["location"] == {"left": -3.14, "top": 20.0, "width": 41.0, "height": 51.0, "rotation": 45}
    assert face["face_probability"] == 0.9877
    assert face["angle"] == {"yaw": -12.34, "pitch": 3.46, "roll": 44.51}


@pytest.mark.parametrize("roll", [-180.0, 180.0])
def test_rotation_of_a_face_upside_down_stays_in_its_range(roll: float) -> None:
    (face,) = listed([(found_face(FACE, changed(pose=HeadPose(0, 0, roll))), TOKEN)])
    assert face["location"]["rotation"] == int(roll)


def test_each_listed_face_has_its_token_and_its_own_members() -> None:
    faces = listed(
        [(found_face(FACE), TOKEN), (found_face(OTHER_FACE, changed(left_eye_open=0.1)), "1" * 32)],
        "eye_status",
        "age",
    )
    assert [(face["location"]["left"], face["face_token"]) for face in faces] == [(10.0, TOKEN), (60.0, "1" * 32)]
    assert list(faces[0]) == ["face_token", "location", "face_probability", "angle", "eye_status"]
    assert [face["eye_status"]["left_eye"] for face in faces] == [0.9, 0.1]


def checked(pad: PadResult, synthesis: SynthesisResult = UNTOUCHED) -> FoundFace:
    return replace(found_face(FACE), pad=pad, synthesis=synthesis)


def test_thresholds_are_those_that_public_scores_are_made_for() -> None:
    assert {float(name.removeprefix("frr_")): score for name, score in LIVENESS_THRESHOLDS.items()} == dict(
        BPCER_ANCHORS[Check.PAD]
    )
    assert list(LIVENESS_THRESHOLDS) == ["frr_1e-4", "frr_1e-3", "frr_1e-2"]


def test_best_picture_counts_and_each_has_its_own_score() -> None:
    cannot = PadResult(None, None, NonResponse.TOO_TIGHT)
    faces = [(checked(PadResult(0.2, 0.5)), "a" * 32), (checked(PadResult(0.7, 0.9)), "b" * 32)]
    result = faceverify_result([*faces, (checked(cannot), "c" * 32)], [frozenset({"spoofing"})] + [frozenset()] * 2)
    assert list(result) == ["face_liveness", "thresholds", "face_list"]
    assert result["face_liveness"] == 0.7
    listed = result["face_list"]
    assert isinstance(listed, list)
    assert [face["liveness"] for face in listed] == [{"livemapscore": score} for score in (0.2, 0.7, 0.0)]
    assert [face["face_token"][0] for face in listed] == ["a", "b", "c"]
    assert [face.get("spoofing") for face in listed] == [0.05, None, None]
    assert list(listed[1]) == ["face_token", "location", "face_probability", "angle", "liveness"]


@pytest.mark.parametrize("reason", [None, NonResponse.NOT_CALIBRATED])
def test_answer_that_nobody_has_calibrated_is_no_score(reason: NonResponse | None) -> None:
    uncalibrated = checked(PadResult(None, 0.9, reason))
    with pytest.raises(ControlUnavailableError):
        faceverify_result([(checked(LIVING), TOKEN), (uncalibrated, TOKEN)], [frozenset()] * 2)


@pytest.mark.parametrize("condition", ["live", "hybrid", "idcard", "watermark", "cert"])
def test_scores_are_told_of_all_pictures_but_infrared_ones(condition: str) -> None:
    found = checked(LIVING)
    assert without_guesses(found, condition) is found
    untold = without_guesses(found, "infrared")
    assert (untold.pad, untold.synthesis, untold.measures) == (None, None, found.measures)
    assert faceverify_result([(untold, TOKEN)], [frozenset({"spoofing"})])["face_liveness"] == 0


def test_envelope() -> None:
    response = success_response({"score": 44.3}, 1_345_050_711_592, 1_551_159_226)
    assert response.body == (
        b'{"error_code": 0, "error_msg": "SUCCESS", "log_id": 1345050711592, "timestamp": 1551159226, "cached": 0, '
        b'"result": {"score": 44.3}}'
    )
    assert (response.status, response.content_type, response.error_code) == (200, "application/json", None)
