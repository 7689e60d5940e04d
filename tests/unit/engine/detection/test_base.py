"""Fusing, merging and mapping back, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visavis.engine.detection.base import Candidates, join_candidates, map_back, mean_candidate, merge_candidates
from visavis.engine.geometry import overlap_ratio, window_transform


def candidates(*rows: tuple[tuple[float, float, float, float], float, float]) -> Candidates:
    """(box, all coordinates of all points, probability) each."""
    return Candidates(
        np.array([row[0] for row in rows], float).reshape(-1, 4),
        np.array([np.full((5, 2), row[1]) for row in rows], float).reshape(-1, 5, 2),
        np.array([row[2] for row in rows], float),
    )


# Overlap of the second with the first: 80 / 120 = 2/3; of the third 60 / 140 = 3/7; the fourth lies elsewhere.
FOUR = candidates(
    ((0, 0, 10, 10), 4.0, 0.9), ((2, 0, 10, 10), 6.0, 0.6), ((4, 0, 10, 10), 9.0, 0.5), ((50, 50, 8, 8), 54.0, 0.4)
)


def test_candidates_are_cut_at_a_probability() -> None:
    assert len(FOUR.at_least(0.6)) == 2
    assert FOUR.at_least(0.6).boxes.tolist() == [[0, 0, 10, 10], [2, 0, 10, 10]]
    assert len(FOUR.at_least(0.95)) == 0


def test_fused_face_is_the_mean_by_squared_probability_of_those_that_overlap_by_half() -> None:
    box, points = mean_candidate(FOUR, overlap_ratio(FOUR.boxes[0], FOUR.boxes))
    # Weights 0.81 and 0.36, of 1.17; the third overlaps by less than half.
    left = 2 * 0.36 / 1.17
    assert box == pytest.approx(np.array([left, 0, 10, 10]))
    assert points == pytest.approx(np.full((5, 2), (4 * 0.81 + 6 * 0.36) / 1.17))


def test_face_without_rivals_stays_as_it_is() -> None:
    box, points = mean_candidate(FOUR, overlap_ratio(FOUR.boxes[3], FOUR.boxes))
    assert box == pytest.approx(np.array([50, 50, 8, 8]))
    assert points == pytest.approx(np.full((5, 2), 54.0))


def test_several_faces_are_fused_at_once_as_they_are_one_by_one() -> None:
    boxes, points = mean_candidate(FOUR, overlap_ratio(FOUR.boxes[[0, 3], None], FOUR.boxes))
    for row, index in enumerate((0, 3)):
        box, five = mean_candidate(FOUR, overlap_ratio(FOUR.boxes[index], FOUR.boxes))
        assert boxes[row] == pytest.approx(box)
        assert points[row] == pytest.approx(five)


def test_joined_candidates_are_put_in_order() -> None:
    first, second = candidates(((0, 0, 1, 1), 1, 0.7), ((1, 0, 1, 1), 2, 0.5)), candidates(((2, 0, 1, 1), 3, 0.7))
    joined = join_candidates([first, second])
    assert joined.probabilities.tolist() == [0.7, 0.5, 0.7]
    assert joined.ordered().points[:, 0, 0].tolist() == [1, 3, 2]
    assert joined.ordered().boxes[:, 0].tolist() == [0, 2, 1]


def test_merging_leaves_one_candidate_a_face() -> None:
    merged = merge_candidates(FOUR)
    # All three of the first face fall to it: the third overlaps it by 3/7, and 0.3 is enough.
    assert merged.probabilities.tolist() == [0.9, 0.4]
    assert merged.boxes == pytest.approx(np.array([[2 * 0.36 / 1.17, 0, 10, 10], [50, 50, 8, 8]]))


def test_neighbours_that_hardly_overlap_are_two_faces() -> None:
    # 50 / 150 overlap by a third: one face. 40 / 160 by a quarter: two.
    assert len(merge_candidates(candidates(((0, 0, 10, 10), 0, 0.9), ((5, 0, 10, 10), 0, 0.8)))) == 1
    assert len(merge_candidates(candidates(((0, 0, 10, 10), 0, 0.9), ((6, 0, 10, 10), 0, 0.8)))) == 2


def test_merging_nothing_gives_nothing() -> None:
    merged = merge_candidates(candidates())
    assert (len(merged), merged.boxes.shape, merged.points.shape) == (0, (0, 4), (0, 5, 2))


@pytest.mark.parametrize(
    ("direction", "box", "point"),
    [
        ((1, 0), (420, 440, 40, 80), (410, 420)),
        ((0, 1), (480, 420, 80, 40), (580, 410)),
        ((-1, 0), (540, 480, 40, 80), (590, 580)),
        ((0, -1), (440, 540, 80, 40), (420, 590)),
    ],
    ids=["upright", "turned once", "upside down", "turned three times"],
)
def test_box_and_points_come_back_to_the_picture(
    direction: tuple[int, int], box: tuple[float, ...], point: tuple[float, float]
) -> None:
    """The square (400..600, 400..600) of the picture on a canvas of 100: half as large."""
    transform = window_transform(np.array([500.0, 500.0]), 200, np.array(direction, float), 100)
    seen = Candidates(np.array([[10.0, 20.0, 20.0, 40.0]]), np.full((1, 5, 2), (5.0, 10.0)), np.array([0.7]))
    back = map_back(seen, transform)
    assert back.boxes == pytest.approx(np.array([box]))
    assert back.points == pytest.approx(np.full((1, 5, 2), point))
    assert back.probabilities.tolist() == [0.7]
