"""The components of ISO/IEC 29794-5, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.measured import FLAWLESS, changed, covered
from visavis.engine.analysis.components import Component, Follows, QualityComponent, quality_components
from visavis.measures import FaceMeasures, HeadPose, Region
from visavis.types import (
    AcquiredFace,
    AnalyzedFace,
    BoundingBox,
    DetectedFace,
    ImageFormat,
    Landmarks,
    Template,
    Timings,
)

LANDMARKS = Landmarks((1, 1), (2, 1), (1.5, 2), (1, 3), (2, 3))


def face(side: float) -> DetectedFace:
    return DetectedFace(BoundingBox(0, 0, side, side), LANDMARKS, 0.9)


def analyzed(measures: FaceMeasures = FLAWLESS, *, faces: tuple[float, ...] = (100.0,)) -> AnalyzedFace:
    """In a picture of 400 x 500: the eyes' centres at (160, 200) and (240, 200), the chin at (200, 320)."""
    points = np.zeros((468, 3))
    points[[33, 133]] = (150, 200, 0), (170, 200, 0)
    points[[362, 263]] = (230, 200, 0), (250, 200, 0)
    points[152] = (200, 320, 0)
    # Lips that meet, but for 24 pixels in the middle.
    points[13], points[14] = (200, 270, 0), (200, 294, 0)
    template = Template(np.array([1.0], np.float32), "model")
    found = tuple(face(side) for side in faces)
    acquired = AcquiredFace(400, 500, ImageFormat.JPEG, found, template, Timings())
    return AnalyzedFace(acquired, measures, points)


def found(component: Component, it: AnalyzedFace) -> QualityComponent:
    (only,) = (one for one in quality_components(it) if one.measure is component)
    return only


def test_every_component_is_there_once_in_order() -> None:
    assert [one.measure for one in quality_components(analyzed())] == list(Component)


def test_names_say_what_they_are() -> None:
    assert Component.LEFTWARD_CROP.value == "leftward_crop_of_the_face_image"
    assert set(Follows) == {"method", "meaning"}


@pytest.mark.parametrize(
    ("component", "native", "value"),
    [
        (Component.MOUTH_CLOSED, 24 / 120, 50),
        # 100 / (1 + exp(-(80 - 70) / 20)) = 62.2
        (Component.INTER_EYE_DISTANCE, 80.0, 62),
        # 0.24 is 0.21 from 0.45: 200 (1 - 1 / (1 + exp(-4.2))) = 2.95
        (Component.HEAD_SIZE, 120 / 500, 3),
        (Component.LEFTWARD_CROP, 2.0, 100),
        (Component.RIGHTWARD_CROP, 2.0, 100),
        # 1.667: 100 / (1 + exp(-2.667)) = 93.5
        (Component.MARGIN_ABOVE, 200 / 120, 94),
        (Component.MARGIN_BELOW, 300 / 120, 100),
    ],
)
def test_places_follow_the_standard(component: Component, native: float, value: int) -> None:
    one = found(component, analyzed())
    assert one.native == pytest.approx(native)
    assert (one.value, one.follows) == (value, Follows.METHOD)


def test_distance_of_the_eyes_is_that_of_a_face_from_the_front() -> None:
    turned = found(Component.INTER_EYE_DISTANCE, analyzed(changed(pose=HeadPose(-60.0, 0.0, 0.0))))
    assert turned.native == pytest.approx(160.0)
    profile = found(Component.INTER_EYE_DISTANCE, analyzed(changed(pose=HeadPose(90.0, 0.0, 0.0))))
    assert profile.native == pytest.approx(80 / np.cos(np.radians(80)))


@pytest.mark.parametrize(("angle", "value"), [(0.0, 100), (-30.0, 75), (45.0, 50), (90.0, 0), (180.0, 0)])
def test_angles_become_squared_cosines(angle: float, value: int) -> None:
    one = found(Component.HEAD_POSE_ROLL, analyzed(changed(pose=HeadPose(0.0, 0.0, angle))))
    assert (one.native, one.value) == (angle, value)


@pytest.mark.parametrize(
    ("component", "measures", "native", "value"),
    [
        (Component.UNIFIED_QUALITY_SCORE, {"quality": 71.6}, 71.6, 72),
        (Component.ILLUMINATION_UNIFORMITY, {"illumination_imbalance": 0.25}, 0.75, 75),
        (Component.UNDER_EXPOSURE_PREVENTION, {"under_exposed": 0.1}, 0.1, 90),
        (Component.OVER_EXPOSURE_PREVENTION, {"over_exposed": 0.4}, 0.4, 60),
        (Component.SHARPNESS, {"blur": 0.3}, 0.7, 70),
        (Component.NATURAL_COLOUR, {"colourfulness": 1.0}, 1.0, 0),
        (Component.NATURAL_COLOUR, {"colourfulness": 6.0}, 6.0, 50),
        (Component.NATURAL_COLOUR, {"colourfulness": 30.0}, 30.0, 100),
        (Component.EYES_OPEN, {"left_eye_open": 0.2, "right_eye_open": 0.9}, 0.2, 20),
    ],
)
def test_measures_keep_their_meaning(
    component: Component, measures: dict[str, float], native: float, value: int
) -> None:
    one = found(component, analyzed(changed(**measures)))
    assert one.native == pytest.approx(native)
    assert (one.value, one.follows) == (value, Follows.MEANING)


def test_what_is_covered_cannot_be_seen() -> None:
    it = analyzed(covered(left_eye=0.5, mouth=0.25))
    assert found(Component.EYES_VISIBLE, it).value == 75
    assert found(Component.MOUTH_OCCLUSION_PREVENTION, it).value == 75


def test_covered_regions_count_by_their_area() -> None:
    nothing, everything = covered(), covered(**dict.fromkeys((region.value for region in Region), 1.0))
    assert found(Component.FACE_OCCLUSION_PREVENTION, analyzed(nothing)).value == 100
    assert found(Component.FACE_OCCLUSION_PREVENTION, analyzed(everything)).value == 0
    eye, cheek = covered(left_eye=1.0), covered(left_cheek=1.0)
    small, large = (found(Component.FACE_OCCLUSION_PREVENTION, analyzed(measures)) for measures in (eye, cheek))
    assert 0 < small.native < large.native < 0.5


@pytest.mark.parametrize(("faces", "native", "value"), [((100.0,), 0.0, 100), ((100.0, 30.0, 60.0), 0.6, 40)])
def test_other_faces_count_by_their_size(faces: tuple[float, ...], native: float, value: int) -> None:
    one = found(Component.SINGLE_FACE_PRESENT, analyzed(faces=faces))
    assert one.native == pytest.approx(native)
    assert one.value == value


def test_a_mesh_without_extent_gives_numbers_all_the_same() -> None:
    it = analyzed()
    flat = replace(it, points=np.zeros((468, 3)))
    assert all(np.isfinite(one.native) and 0 <= one.value <= 100 for one in quality_components(flat))
