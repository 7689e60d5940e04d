"""Which pixels are skin, on a canvas with the mean face."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.engine.analysis.mean_face import SIZE, placed
from visavis.engine.analysis.skin import carry_over, find_skin, inside_of


def test_halves_do_not_overlap_and_mirror_each_other() -> None:
    skin = find_skin(placed(), SIZE)

    assert not (skin.left & skin.right).any()
    assert skin.left.sum() == pytest.approx(skin.right.sum(), rel=0.05)
    # The subject's right is on the left of the picture.
    assert np.flatnonzero(skin.right.any(0)).mean() < SIZE[0] / 2 < np.flatnonzero(skin.left.any(0)).mean()


def test_features_and_background_are_no_skin() -> None:
    points = placed()
    skin = find_skin(points, SIZE).both

    for name, point in (("cheek", 50), ("other cheek", 280), ("forehead", 69), ("chin", 208)):
        x, y = points[point].astype(int)
        assert skin[y, x], name
    for name, pair in (("eye", (159, 145)), ("other eye", (386, 374)), ("mouth", (0, 17)), ("eyebrow", (105, 52))):
        x, y = points[list(pair)].mean(0).astype(int)
        assert not skin[y, x], name
    assert not skin[0].any()
    assert not skin[:, 0].any()


def test_only_what_is_seen_counts() -> None:
    seen = np.zeros(SIZE[::-1], bool)
    seen[:, : SIZE[0] // 4] = True
    everything, part = find_skin(placed(), SIZE), find_skin(placed(), SIZE, seen)

    assert (part.both == everything.both & seen).all()
    assert part.both.any()


def test_what_is_inside_of_the_picture() -> None:
    # Two canvas pixels a picture pixel; the picture's corner is at (10, 20) of the canvas, it is 15 x 10 pixels.
    inside = inside_of(15, 10, np.array([[2.0, 0.0, 10.0], [0.0, 2.0, 20.0]]), (50, 60))

    expected = np.zeros((60, 50), bool)
    expected[20:40, 10:40] = True
    assert (inside == expected).all()


def test_a_picture_far_larger_than_the_canvas_covers_it() -> None:
    assert inside_of(10**6, 10**6, np.array([[1.0, 0.0, -5e5], [0.0, 1.0, -5e5]]), (8, 8)).all()


def test_what_is_seen_is_carried_over_to_a_larger_canvas() -> None:
    seen = np.zeros((8, 8), np.float32)
    seen[2:4, 4:8] = 1
    # The second canvas shows the same part of the picture, and two pixels more all round, twice as large.
    source, target = np.array([[0.5, 0, 0], [0, 0.5, 0]]), np.array([[1.0, 0, 4], [0, 1.0, 4]])

    carried = carry_over(seen, source, target, (24, 24))

    expected = np.zeros((24, 24), bool)
    expected[8:12, 12:20] = True
    assert (carried == expected).all()
