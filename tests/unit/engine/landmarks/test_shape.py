from __future__ import annotations

import numpy as np
import pytest

from visavis.engine.landmarks.mesh import POINT_COUNT
from visavis.engine.landmarks.region import mirror_region
from visavis.engine.landmarks.shape import load_shape
from visavis.measures import Region

SHAPE = load_shape()


def test_every_index_is_a_point_of_the_mesh() -> None:
    lines = [*SHAPE.regions.values(), *SHAPE.contours.values(), SHAPE.triangles.ravel()]
    assert SHAPE.points.shape == (POINT_COUNT, 3)
    assert all(line.min() >= 0 and line.max() < POINT_COUNT for line in lines)
    assert all(len(set(line.tolist())) == len(line) for line in lines[:-1])


def test_the_regions_are_the_nine_in_order() -> None:
    assert list(SHAPE.regions) == list(Region)


def test_mirroring_twice_changes_nothing() -> None:
    assert (SHAPE.mirrored[SHAPE.mirrored] == np.arange(POINT_COUNT)).all()


def test_the_mean_shape_is_its_own_mirror_image() -> None:
    np.testing.assert_allclose(SHAPE.points[SHAPE.mirrored], SHAPE.points * [-1, 1, 1], atol=1e-9)


@pytest.mark.parametrize("region", list(Region))
def test_left_and_right_regions_are_mirror_images(region: Region) -> None:
    other = SHAPE.regions[mirror_region(region)]
    assert set(SHAPE.mirrored[SHAPE.regions[region]].tolist()) == set(other.tolist())


@pytest.mark.parametrize("region", [region for region in Region if region.startswith("right_")])
def test_the_subjects_right_is_on_the_left_of_the_picture(region: Region) -> None:
    assert SHAPE.points[SHAPE.regions[region], 0].max() < 0


def test_the_mean_shape_is_measured_in_distances_between_the_eyes() -> None:
    right, left = SHAPE.points[[33, 133]].mean(0), SHAPE.points[[263, 362]].mean(0)
    np.testing.assert_allclose(left - right, [1, 0, 0], atol=2e-4)
    np.testing.assert_allclose(left + right, [0, 0, 0], atol=2e-4)


def test_the_nose_tip_is_nearest_to_the_camera() -> None:
    assert SHAPE.points[:, 2].argmin() in [*SHAPE.regions["nose"].tolist(), 1, 4, 5]


def test_triangles_run_clockwise_in_a_picture_but_where_the_nose_overhangs() -> None:
    a, b, c = (SHAPE.points[SHAPE.triangles[:, corner], :2] for corner in range(3))
    areas = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert areas[areas > 0].sum() > 50 * -areas[areas < 0].sum()


def test_the_triangles_cover_the_oval_once() -> None:
    edges = np.sort(SHAPE.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert counts.max() == 2
    # Euler: faces = edges - points + 1 for a disc.
    assert len(SHAPE.triangles) == len(counts) - len(np.unique(SHAPE.triangles)) + 1


def test_the_table_of_what_is_seen_starts_whole() -> None:
    ahead = SHAPE.seen[:, SHAPE.seen_pitches.tolist().index(0), SHAPE.seen_yaws.tolist().index(0)]
    np.testing.assert_array_equal(ahead, 1)
    assert SHAPE.seen.shape == (9, len(SHAPE.seen_pitches), len(SHAPE.seen_yaws))
    assert SHAPE.seen.min() >= 0 and SHAPE.seen.max() == 1


def test_arrays_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="read-only"):
        SHAPE.points[0, 0] = 1
