from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from visavis.engine.landmarks.region import face_mask, mirror_region, region_masks, seen_share
from visavis.engine.landmarks.shape import load_shape
from visavis.measures import HeadPose, Region

SIDE = 200
SHAPE = load_shape()


def drawn(shift: float = 0.0) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The mean face, 50 pixels between its eyes, these 80 pixels below the upper edge of a canvas of 200."""
    points: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = 50 * SHAPE.points[:, :2] + [100 + shift, 80]
    return points


@pytest.mark.parametrize(
    ("region", "x", "y"),
    [
        (Region.RIGHT_EYE, 75, 80),
        (Region.LEFT_EYE, 125, 80),
        (Region.NOSE, 100, 105),
        (Region.RIGHT_CHEEK, 68, 115),
        (Region.LEFT_CHEEK, 132, 115),
        (Region.CHIN_CONTOUR, 100, 160),
    ],
)
def test_regions_are_where_they_belong(region: Region, x: int, y: int) -> None:
    masks = region_masks(drawn(), SIDE, SIDE)
    assert [found for found, mask in masks.items() if mask[y, x]] == [region]


def test_eyebrows_lie_above_the_eyes() -> None:
    masks = region_masks(drawn(), SIDE, SIDE)
    for brow, eye in ((Region.LEFT_EYEBROW, Region.LEFT_EYE), (Region.RIGHT_EYEBROW, Region.RIGHT_EYE)):
        assert np.nonzero(masks[brow])[0].max() < np.nonzero(masks[eye])[0].min()


def test_regions_share_their_edges_at_most() -> None:
    masks = region_masks(drawn(), SIDE, SIDE)
    for one, other in combinations(Region, 2):
        shared = (masks[one] & masks[other]).sum()
        assert shared <= 0.05 * min(masks[one].sum(), masks[other].sum()), (one, other)


def test_regions_lie_in_the_oval() -> None:
    oval = face_mask(drawn(), SIDE, SIDE)
    for region, mask in region_masks(drawn(), SIDE, SIDE).items():
        assert (mask & ~oval).sum() <= 0.02 * mask.sum(), region


def test_a_mask_is_as_large_as_its_polygon() -> None:
    # Of 8 corners, by the shoelace formula; a drawn polygon includes its edge, half of which lies outside.
    corners = drawn()[SHAPE.contours["face_oval"]]
    x, y = corners.T
    area = abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2
    edge = np.hypot(*(corners - np.roll(corners, -1, 0)).T).sum()
    assert area < face_mask(drawn(), SIDE, SIDE).sum() < area + edge


def test_masks_of_a_mirrored_mesh_are_mirrored() -> None:
    straight = region_masks(drawn(7.0), SIDE, SIDE)
    points = drawn(7.0)[SHAPE.mirrored] * [-1, 1] + [SIDE, 0]
    mirrored = region_masks(points, SIDE, SIDE)
    for region, mask in mirrored.items():
        other = straight[mirror_region(region)][:, ::-1]
        assert (mask ^ other).sum() <= 0.03 * other.sum() + 8, region


def test_what_lies_outside_of_the_canvas_is_empty() -> None:
    assert not any(mask.any() for mask in region_masks(drawn(1e5), SIDE, SIDE).values())
    half = region_masks(drawn() - [100, 0], SIDE, SIDE)
    assert not half[Region.RIGHT_EYE].any()
    assert half[Region.LEFT_EYE].any()


def test_masks_have_the_size_of_the_canvas() -> None:
    assert {mask.shape for mask in region_masks(drawn(), 150, 120).values()} == {(120, 150)}


def test_all_is_seen_of_a_face_that_looks_at_the_camera() -> None:
    assert set(seen_share(HeadPose(0, 0, 30)).values()) == {1.0}


def test_turning_to_the_right_of_the_picture_hides_the_subjects_left() -> None:
    seen = seen_share(HeadPose(75, 0, 0))
    assert seen[Region.LEFT_CHEEK] < 0.1 and seen[Region.LEFT_EYE] < 0.1
    assert seen[Region.RIGHT_CHEEK] > 0.95
    assert 0.4 < seen[Region.CHIN_CONTOUR] < 0.7


def test_turning_the_other_way_swaps_the_sides() -> None:
    one, other = seen_share(HeadPose(33, 8, 0)), seen_share(HeadPose(-33, 8, 0))
    assert {mirror_region(region): share for region, share in one.items()} == dict(other)


def test_what_is_seen_falls_steadily_as_the_head_turns() -> None:
    shares = [seen_share(HeadPose(yaw, 0, 0))[Region.LEFT_CHEEK] for yaw in range(91)]
    assert shares == sorted(shares, reverse=True)
    assert shares[10] > 0.95


def test_looking_down_hides_the_mouth_before_the_eyebrows() -> None:
    seen = seen_share(HeadPose(0, 45, 0))
    assert seen[Region.MOUTH] < 0.7
    assert seen[Region.LEFT_EYEBROW] == 1


def test_between_two_steps_it_is_their_mean() -> None:
    at = [seen_share(HeadPose(yaw, 0, 0))[Region.LEFT_CHEEK] for yaw in (40, 45, 50)]
    assert at[1] == pytest.approx((at[0] + at[2]) / 2)


def test_poses_beyond_the_table_are_those_at_its_edge() -> None:
    assert seen_share(HeadPose(90, 85, 0)) == seen_share(HeadPose(90, 60, 0))
    assert seen_share(HeadPose(0, -85, 0)) == seen_share(HeadPose(0, -60, 0))
