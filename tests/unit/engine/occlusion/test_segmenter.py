from __future__ import annotations

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.faces import admiral, astronaut
from tests.unit.engine.landmarks.conftest import Locate
from visavis.engine.geometry import apply_transform
from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.mesh import FaceMesh
from visavis.engine.landmarks.pose import estimate_pose
from visavis.engine.landmarks.shape import load_shape
from visavis.engine.occlusion.parameters import OcclusionModel, Wearing, load_model
from visavis.engine.occlusion.segmenter import (
    Cover,
    CropOcclusion,
    FaceOcclusion,
    OcclusionSegmenter,
    RegionOcclusion,
    region_areas,
)
from visavis.engine.picture import Picture
from visavis.engine.runtime import InputLayout, Network, Precision, RuntimeName, open_runtime
from visavis.errors import ModelFormatError
from visavis.measures import HeadPose, Region
from visavis.types import FaceImage

Pixels = NDArray[np.uint8]
Planes = NDArray[np.float32]
AHEAD = HeadPose(0.0, 0.0, 0.0)
LEFT_OF_FACE = {Region.LEFT_EYE, Region.LEFT_EYEBROW, Region.LEFT_CHEEK}


class _Fixed:
    """A network that gives the same answer whatever it is shown."""

    name: RuntimeName = "openvino"
    precision: Precision = "fp32"

    def __init__(self, answers: list[Planes]) -> None:
        self.shown: list[Pixels] = []
        self._answers = answers

    def compile(self, model: bytes, layout: InputLayout) -> Network:
        assert layout == InputLayout(2, 128, 128, mean=127.5, scale=1 / 127.5)
        return self

    def run(self, pixels: Pixels) -> list[Planes]:
        self.shown.append(pixels)
        return [answer.copy() for answer in self._answers]

    def prepare(self, pixels: Pixels) -> Callable[[], None]:
        raise NotImplementedError


def planes(**shares: float) -> Planes:
    """(2, 4, 64, 64): the left half of the map covered so, its right half visible; then its mirror image."""
    answer = np.zeros((4, 64, 64), np.float32)
    answer[Cover.VISIBLE] = 1
    for name, share in shares.items():
        answer[Cover[name], :, :32] = share
        answer[Cover.VISIBLE, :, :32] -= share
    return np.stack([answer, answer[..., ::-1]])


MODEL = OcclusionModel(b"", "", 1.25, Wearing({Region.RIGHT_EYE: 8.0, Region.LEFT_EYE: 8.0}, -8.0))


def mean_mesh() -> FaceMesh:
    """The mean face, its midline at x = 200, its eyes 80 apart at y = 180."""
    return FaceMesh(load_shape().points * 80 + [200, 180, 0], 1.0)


SHARES: Planes = np.array(
    [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], [0.2, 0.1, 0.4, 0.3, 0.5, 0.6, 0.8, 0.7, 0.9]], np.float32
)
"""0.1 for the left eye to 0.9 for the chin; left and right change places in the mirror."""
BARE: Planes = np.array([[0.1], [0.1]], np.float32)


def measure(answer: Planes, *, width: int = 400, pose: HeadPose = AHEAD) -> FaceOcclusion:
    pixels = np.full((400, width, 3), 90, np.uint8)
    picture = Picture(FaceImage(pixels, width, 400), ImageLimits())
    return OcclusionSegmenter(_Fixed([answer, SHARES, BARE]), MODEL).measure(picture, mean_mesh(), pose)


def segmented(*answers: Planes) -> CropOcclusion:
    return OcclusionSegmenter(_Fixed(list(answers)), MODEL).segment(np.zeros((128, 128, 3), np.uint8))


def test_the_network_answers_for_the_regions_in_their_order() -> None:
    regions = measure(planes()).regions
    assert regions[Region.LEFT_EYE].covered == pytest.approx(0.1)
    assert regions[Region.RIGHT_EYE].covered == pytest.approx(0.2)
    assert regions[Region.NOSE].covered == pytest.approx(0.5)
    assert regions[Region.CHIN_CONTOUR].covered == pytest.approx(0.9)


def test_what_the_map_shows_counts_where_a_region_is_said_to_be_covered() -> None:
    """The left half of the map, the subject's right one, is covered; no more than 0.1 is said of the left eye."""
    regions = measure(planes(OTHER=1.0)).regions
    assert regions[Region.LEFT_EYE].covered == pytest.approx(0.1)
    assert regions[Region.RIGHT_EYEBROW].covered == pytest.approx(1.0)
    assert regions[Region.LEFT_CHEEK].covered == pytest.approx(0.7)
    assert regions[Region.RIGHT_CHEEK].covered == pytest.approx(1.0)


def test_shares_stay_within_their_range() -> None:
    shares = np.array([[-0.01, 1.01, 0, 0, 0, 0, 0, 0, 0], [1.01, -0.01, 0, 0, 0, 0, 0, 0, 0]], np.float32)
    covered = segmented(planes(), shares, BARE).regions
    assert (covered[Region.LEFT_EYE], covered[Region.RIGHT_EYE]) == (0.0, 1.0)


def test_answers_are_means_of_the_crop_and_its_mirror_image() -> None:
    straight = planes(OTHER=1.0)
    straight[1] = planes()[1]
    shares = np.array([[0.5] + [0.0] * 8, [0.0, 0.1] + [0.0] * 7], np.float32)
    answer = segmented(straight, shares, np.array([[0.2], [0.6]], np.float32))
    assert answer.covers[Cover.OTHER, 0, [0, 31, 32, 63]].tolist() == [0.5, 0.5, 0.0, 0.0]
    assert answer.regions[Region.LEFT_EYE] == pytest.approx(0.3)
    assert answer.regions[Region.RIGHT_EYE] == 0.0
    assert answer.mask == pytest.approx(0.4)


def test_the_network_is_shown_the_crop_and_its_mirror_image() -> None:
    network, crop = _Fixed([planes(), SHARES, BARE]), np.zeros((128, 128, 3), np.uint8)
    crop[:, :10] = 200
    OcclusionSegmenter(network, MODEL).segment(crop)
    ((straight, mirrored),) = network.shown
    assert (straight[:, :10] == 200).all()
    assert (mirrored[:, -10:] == 200).all()
    assert straight[:, 10:].max() == mirrored[:, :-10].max() == 0


def test_the_network_says_whether_a_mask_is_worn() -> None:
    assert measure(planes(OTHER=1.0)).mask == pytest.approx(0.1)


def test_dark_glasses_over_one_eye_of_two() -> None:
    assert measure(planes(DARK_GLASSES=1.0)).dark_glasses == pytest.approx(0.5, abs=0.02)
    assert measure(planes(MASK=1.0)).dark_glasses == pytest.approx(0.0003, abs=0.0001)


def test_of_what_is_outside_nothing_is_covered() -> None:
    regions = measure(planes(), width=200).regions
    for region in LEFT_OF_FACE:
        assert (regions[region].covered, regions[region].outside, regions[region].total) == (0.0, 1.0, 1.0)
    assert regions[Region.NOSE].outside == pytest.approx(0.5, abs=0.03)
    assert regions[Region.NOSE].covered == pytest.approx(0.5)
    assert regions[Region.RIGHT_EYE].outside == 0.0


def test_what_is_turned_away_is_hidden_and_not_covered() -> None:
    to_its_left, to_its_right = (measure(planes(), pose=HeadPose(yaw, 0.0, 0.0)).regions for yaw in (90.0, -90.0))
    assert to_its_left[Region.LEFT_CHEEK].hidden == to_its_right[Region.RIGHT_CHEEK].hidden > 0.95
    assert to_its_left[Region.LEFT_CHEEK].covered == 0.0
    assert to_its_left[Region.RIGHT_CHEEK].hidden == to_its_right[Region.LEFT_CHEEK].hidden < 0.3
    assert to_its_left[Region.RIGHT_CHEEK].covered == pytest.approx(0.8)


def test_shares_add_up_as_if_independent() -> None:
    assert RegionOcclusion(0.5, 0.2, 0.1).total == pytest.approx(1 - 0.5 * 0.8 * 0.9)
    assert RegionOcclusion(0.0, 0.0, 0.0).total == 0.0


def test_the_map_lies_on_the_picture() -> None:
    occlusion = measure(planes(OTHER=1.0))
    ((x, y),) = apply_transform(occlusion.transform, np.array([[200.0, 180.0]])).tolist()
    assert x == pytest.approx(32.0, abs=0.01)
    assert 16 < y < 32
    assert not occlusion.covers.flags.writeable


def test_the_crop_is_upright_and_shows_the_face() -> None:
    network = _Fixed([planes(), SHARES, BARE])
    picture = Picture(FaceImage(np.full((400, 400, 3), 90, np.uint8), 400, 400), ImageLimits())
    OcclusionSegmenter(network, MODEL).measure(picture, mean_mesh(), AHEAD)
    (shown,) = network.shown
    assert shown.shape == (2, 128, 128, 3)
    assert (shown == 90).all()


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [planes(), SHARES],
        [SHARES, planes(), BARE],
        [planes()[:, :3], SHARES, BARE],
        [planes(), SHARES[:, :8], BARE],
        [planes(), SHARES, SHARES],
        [planes()[:1], SHARES[:1], BARE[:1]],
    ],
)
def test_a_network_of_another_kind_is_refused(answers: list[Planes]) -> None:
    with pytest.raises(ModelFormatError, match="4 covers, 9 shares and a mask"):
        segmented(*answers)


def test_areas_are_shares_of_pixels() -> None:
    points = np.tile([-50.0, -50.0], (468, 1))
    polygon = load_shape().regions["nose"]
    points[polygon] = [64.0, 64.0]
    points[polygon[:3]] = [[20.0, 20.0], [60.0, 20.0], [60.0, 60.0]]
    area = region_areas(points)[Region.NOSE]
    assert area.shape == (64, 64)
    assert area.max() == 1.0
    assert not region_areas(points)[Region.MOUTH].any()


def segmenter() -> OcclusionSegmenter:
    return OcclusionSegmenter(open_runtime("openvino", "fp32"))


def occlusion_of(pixels: Pixels, locate: Locate) -> FaceOcclusion:
    mesh, face = locate(pixels)
    picture = Picture(FaceImage(pixels, pixels.shape[1], pixels.shape[0]), ImageLimits())
    return segmenter().measure(picture, mesh, estimate_pose(mesh, face.landmarks))


@pytest.mark.parametrize("portrait", [astronaut, admiral])
def test_nothing_covers_the_portraits(portrait: Callable[[], Pixels], locate: Locate) -> None:
    occlusion = occlusion_of(portrait(), locate)
    assert max(region.covered for region in occlusion.regions.values()) < 0.2
    assert occlusion.mask < 0.1
    assert occlusion.dark_glasses < 0.1


@pytest.mark.parametrize("portrait", [astronaut, admiral])
def test_a_mask_covers_nose_and_mouth_but_not_the_eyes(portrait: Callable[[], Pixels], locate: Locate) -> None:
    points = locate(portrait())[0].points[:, :2]
    outline = np.vstack([points[[234, 197, 454, 397, 365]], [points[152] + [0, 5]], points[[136, 172]]])
    masked = portrait().copy()
    cv2.fillPoly(masked, [outline.astype(np.int32)], (150, 190, 215))
    occlusion = occlusion_of(masked, locate)
    assert occlusion.regions[Region.MOUTH].covered > 0.8
    assert occlusion.regions[Region.NOSE].covered > 0.5
    assert occlusion.regions[Region.LEFT_EYE].covered < 0.2
    assert occlusion.regions[Region.RIGHT_EYE].covered < 0.2
    assert occlusion.mask > 0.9


@pytest.mark.parametrize("portrait", [astronaut, admiral])
def test_a_patch_covers_one_eye_only(portrait: Callable[[], Pixels], locate: Locate) -> None:
    points = locate(portrait())[0].points[:, :2]
    (x, y), width = points[[263, 362]].mean(0), points[454, 0] - points[234, 0]
    patched = portrait().copy()
    cv2.circle(patched, (round(float(x)), round(float(y))), round(float(width) * 0.17), (70, 110, 60), -1)
    occlusion = occlusion_of(patched, locate)
    assert occlusion.regions[Region.LEFT_EYE].covered > 0.7
    assert occlusion.regions[Region.RIGHT_EYE].covered < 0.2
    assert occlusion.mask < 0.5


def test_both_runtimes_answer_alike() -> None:
    pytest.importorskip("onnxruntime")
    crop = np.asarray(cv2.resize(astronaut()[60:190, 160:290], (128, 128)), np.uint8)
    one, other = (OcclusionSegmenter(open_runtime(name, "fp32")).segment(crop) for name in ("openvino", "onnxruntime"))
    assert np.abs(one.covers - other.covers).max() < 1e-3
    assert one.regions == pytest.approx(other.regions, abs=1e-3)
    assert one.mask == pytest.approx(other.mask, abs=1e-3)
    assert one.covers.sum(0) == pytest.approx(np.ones((64, 64)), abs=1e-4)


def test_a_model_may_be_given() -> None:
    wider = dataclasses.replace(load_model(), spread=1.5)
    assert OcclusionSegmenter(open_runtime("openvino", "fp32"), wider).model.spread == 1.5
