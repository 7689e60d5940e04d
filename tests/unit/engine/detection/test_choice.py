"""Which of several faces is the subject, ties included."""

from __future__ import annotations

import itertools

import pytest

from visavis.engine.detection.choice import order_faces
from visavis.types import BoundingBox, DetectedFace, FaceChoice, Landmarks

_POINTS = Landmarks((0, 0), (1, 0), (0, 1), (0, 2), (1, 2))


def face(left: float, top: float, width: float, height: float, probability: float = 0.9) -> DetectedFace:
    return DetectedFace(BoundingBox(left, top, width, height), _POINTS, probability)


def first_of_every_order(faces: list[DetectedFace], choice: FaceChoice) -> set[DetectedFace]:
    """In a picture of 100 x 100."""
    return {order_faces(order, choice, 100, 100)[0] for order in itertools.permutations(faces)}


def test_largest_area_wins_not_the_widest() -> None:
    wide, large, small = face(0, 0, 40, 10), face(0, 50, 25, 20), face(45, 45, 10, 10)
    assert order_faces([small, wide, large], FaceChoice.LARGEST, 100, 100) == [large, wide, small]


def test_central_face_wins_and_the_others_follow_by_distance() -> None:
    """Their centres are 0, 45 and 65 pixels away from the picture's: the largest comes last."""
    large, small, middle = face(0, 75, 50, 50), face(45, 45, 10, 10), face(0, 40, 10, 20)
    assert order_faces([large, middle, small], FaceChoice.CENTRAL, 100, 100) == [small, middle, large]


def test_distance_is_measured_from_the_box_centre_to_the_picture_centre() -> None:
    """The corner of the first lies on the centre of a picture of 200 x 60, the centre of the second is nearer."""
    corner, nearer = face(100, 30, 60, 60), face(92, 20, 10, 10)
    assert order_faces([corner, nearer], FaceChoice.CENTRAL, 200, 60)[0] == nearer
    assert order_faces([corner, nearer], FaceChoice.CENTRAL, 300, 120)[0] == corner


@pytest.mark.parametrize("choice", FaceChoice)
@pytest.mark.parametrize(
    ("winner", "losers"),
    [
        (face(60, 40, 20, 20), [face(25, 45, 10, 10), face(70, 45, 10, 10)]),
        (face(20, 40, 20, 20, 0.95), [face(60, 40, 20, 20, 0.9), face(20, 40, 20, 20, 0.8)]),
        (face(20, 40, 20, 20), [face(60, 40, 20, 20)]),
        (face(40, 20, 20, 20), [face(40, 60, 20, 20)]),
        (face(20, 20, 20, 20), [face(20, 60, 20, 20), face(60, 20, 20, 20), face(60, 60, 20, 20)]),
    ],
    ids=["larger", "more probable", "leftmost of mirrored ones", "topmost", "of four corners"],
)
def test_ties_are_broken_the_same_way_whatever_the_order(
    winner: DetectedFace, losers: list[DetectedFace], choice: FaceChoice
) -> None:
    if choice is FaceChoice.CENTRAL and winner.box.area > losers[0].box.area:
        losers = [face(20, 40, 20, 19.5), losers[0]][:1]  # as far from the centre as the winner, but smaller
    assert first_of_every_order([winner, *losers], choice) == {winner}


def test_one_face_is_the_subject() -> None:
    only = face(0, 0, 5, 5)
    assert order_faces((only,), FaceChoice.CENTRAL, 100, 100) == [only]
