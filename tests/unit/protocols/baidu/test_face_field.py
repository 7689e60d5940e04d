"""What `detect` says of a face, member by member: landmark `n` lies at (n, 1000 + n) here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.measured import FLAWLESS, changed, covered
from visavis.engine.landmarks.shape import load_shape
from visavis.measures import FaceMeasures
from visavis.protocols.baidu.face_field import Points, describe_fields

NUMBERS = np.arange(468.0)
POINTS = np.column_stack([NUMBERS, 1000 + NUMBERS, -NUMBERS])


def described(field: str, measures: FaceMeasures = FLAWLESS) -> dict[str, Any]:
    return describe_fields(frozenset({field}), measures, POINTS)


def test_nothing_is_said_where_nothing_is_asked() -> None:
    assert describe_fields(frozenset(), FLAWLESS, POINTS) == {}


@pytest.mark.parametrize(
    "field",
    [
        "age",
        "beauty",
        "expression",
        "face_shape",
        "gender",
        "glasses",
        "race",
        "emotion",
        "face_type",
        "landmark150",
    ],
)
def test_what_is_not_measured_is_left_out(field: str) -> None:
    assert described(field) == {}


@pytest.mark.parametrize(("score", "shown"), [(0.0, 0.0), (0.000012, 0.0), (0.123456, 0.1235), (1.0, 1.0)])
def test_spoofing_score(score: float, shown: float) -> None:
    assert describe_fields(frozenset({"spoofing"}), FLAWLESS, POINTS, score) == {"spoofing": shown}
    assert describe_fields(frozenset({"mask"}), FLAWLESS, POINTS, score).keys() == {"mask"}


def test_spoofing_score_is_left_out_where_the_check_cannot_tell() -> None:
    assert described("spoofing") == {}


def test_eyes_are_the_subjects() -> None:
    open_eyes = changed(left_eye_open=0.123456, right_eye_open=1.0)
    assert described("eye_status", open_eyes) == {"eye_status": {"left_eye": 0.1235, "right_eye": 1.0}}


@pytest.mark.parametrize(
    ("probability", "kind", "shown"),
    [(0.0, 0, 1.0), (0.25, 0, 0.75), (0.4999, 0, 0.5001), (0.5, 1, 0.5), (0.98765, 1, 0.9877), (1.0, 1, 1.0)],
)
def test_probability_of_a_mask_is_that_of_its_type(probability: float, kind: int, shown: float) -> None:
    assert described("mask", changed(mask=probability)) == {"mask": {"type": kind, "probability": shown}}


def test_quality() -> None:
    face = covered(left_eye=0.12345, mouth=1.0, left_eyebrow=0.7)
    face = changed(occlusion=face.occlusion, blur=0.65432, illumination=129.6, outside=0.0)
    assert described("quality", face) == {
        "quality": {
            "occlusion": {
                "left_eye": 0.1235,
                "right_eye": 0.0,
                "nose": 0.0,
                "mouth": 1.0,
                "left_cheek": 0.0,
                "right_cheek": 0.0,
                "chin_contour": 0.0,
            },
            "blur": 0.6543,
            "illumination": 130,
            "completeness": 1,
        }
    }


@pytest.mark.parametrize(("outside", "completeness"), [(0.01, 1), (0.011, 0), (0.6, 0)])
def test_completeness_is_all_or_nothing(outside: float, completeness: int) -> None:
    assert described("quality", changed(outside=outside))["quality"]["completeness"] == completeness


def test_four_landmarks_are_eyes_nose_and_mouth() -> None:
    """The mean of the corners and lids of the eye on the left of the picture, (33 + 133 + 159 + 145) / 4, and so on."""
    assert described("landmark")["landmark"] == [
        {"x": 117.5, "y": 1117.5},
        {"x": 346.25, "y": 1346.25},
        {"x": 1.0, "y": 1001.0},
        {"x": 13.5, "y": 1013.5},
    ]


def test_72_landmarks() -> None:
    places = described("landmark")["landmark72"]
    assert len(places) == 72
    assert len({(place["x"], place["y"]) for place in places}) == 72
    assert places[57] == {"x": 1.0, "y": 1001.0}
    assert all(place["y"] == place["x"] + 1000 for place in places)


def test_places_have_two_decimals() -> None:
    first = describe_fields(frozenset({"landmark"}), FLAWLESS, POINTS + 0.126)["landmark"]
    assert isinstance(first, list)
    assert first[2] == {"x": 1.13, "y": 1001.13}


def mirrored_pairs() -> list[tuple[int, int]]:
    """Places of `landmark72` that change with one another when a face is mirrored, as the vendor's picture shows."""
    outline = [(place, 12 - place) for place in range(13)]
    eyes = [(13, 34), (14, 33), (15, 32), (16, 31), (17, 30), (18, 37), (19, 36), (20, 35), (21, 38)]
    eyebrows = [(22, 43), (23, 42), (24, 41), (25, 40), (26, 39), (27, 46), (28, 45), (29, 44)]
    nose = [(47 + place, 56 - place) for place in range(5)] + [(57, 57)]
    mouth = [(58, 62), (59, 61), (60, 60), (63, 65), (64, 64), (66, 68), (67, 67), (69, 71), (70, 70)]
    return outline + eyes + eyebrows + nose + mouth


def of_mean_face(points: Points) -> Points:
    places = describe_fields(frozenset({"landmark"}), FLAWLESS, points)["landmark72"]
    assert isinstance(places, list)
    return np.array([(place["x"], place["y"]) for place in places])


def test_72_landmarks_of_a_face_and_of_its_mirror_image_agree() -> None:
    places = of_mean_face(load_shape().points * 1000)
    pairs = mirrored_pairs()
    assert {place for pair in pairs for place in pair} == set(range(72))
    for one, other in pairs:
        assert places[one] * (-1, 1) == pytest.approx(places[other], abs=0.02)


def test_72_landmarks_go_from_the_left_of_the_picture_to_its_right() -> None:
    x, y = of_mean_face(load_shape().points * 1000).T
    assert (np.diff(x[:13]) > 0).all()
    assert y[:13].argmax() == 6
    for left, right in ((13, 17), (30, 34), (22, 26), (39, 43), (58, 62)):
        assert x[left] < x[right]
    assert y[15] < y[21] < y[19]
    assert y[24] < y[28] < y[15]
    assert y[60] < y[67] <= y[70] < y[64]
    assert y[47] < y[57] < y[60]


def test_members_come_together() -> None:
    fields = frozenset({"quality", "eye_status", "mask", "landmark", "age"})
    assert set(describe_fields(fields, FLAWLESS, POINTS)) == {
        "eye_status",
        "mask",
        "landmark",
        "landmark72",
        "quality",
    }
