from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.faces import admiral, astronaut
from visavis.engine.geometry import apply_transform
from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.mesh import MESH_MODEL, FaceMesh, MeshLandmarker, face_window
from visavis.engine.landmarks.pose import estimate_pose, five_points
from visavis.engine.landmarks.shape import load_shape
from visavis.engine.models import ModelStore
from visavis.engine.picture import Picture
from visavis.engine.runtime import InputLayout, Network, Precision, RuntimeName, open_runtime
from visavis.errors import ModelFormatError
from visavis.types import BoundingBox, DetectedFace, FaceImage, Landmarks

from .conftest import Locate

Pixels = NDArray[np.uint8]
ANSWER = np.column_stack([np.full(468, 48.0), np.full(468, 144.0), np.full(468, 6.0)])
"""All points three quarters down the left quarter of the square, 6 of its pixels behind."""
FACE = DetectedFace(BoundingBox(40, 40, 128, 128), Landmarks((80, 80), (120, 80), (100, 100), (80, 120), (120, 120)), 1)


class _Recorder:
    """A network that answers every look alike, in a mirror or not, and keeps what it was shown."""

    name: RuntimeName = "openvino"
    precision: Precision = "fp32"

    def __init__(self, points: NDArray[np.float64] = ANSWER, logits: tuple[float, ...] = (2.0, 4.0)) -> None:
        self.shown: list[Pixels] = []
        self._points, self._logits = points, logits

    def compile(self, model: bytes, layout: InputLayout) -> Network:
        assert layout.shape == (2, 3, 192, 192)
        return self

    def run(self, pixels: Pixels) -> list[NDArray[np.float32]]:
        self.shown.append(pixels)
        mirrored = self._points[load_shape().mirrored] * [-1, 1, 1] + [192, 0, 0]
        points = np.stack([self._points, mirrored]).astype(np.float32)
        return [points.reshape(2, -1, 1, 1), np.array(self._logits, np.float32).reshape(-1, 1, 1, 1)]

    def prepare(self, pixels: Pixels) -> Callable[[], None]:
        raise NotImplementedError


def look(recorder: _Recorder, pixels: Pixels | None = None) -> FaceMesh:
    pixels = np.full((400, 400, 3), 200, np.uint8) if pixels is None else pixels
    image = FaceImage(pixels, pixels.shape[1], pixels.shape[0])
    return MeshLandmarker(recorder, b"")._look(Picture(image, ImageLimits()), np.array([[1.0, 0, 0], [0, 1.0, 0]]))


def test_points_come_back_in_pixels_of_the_picture() -> None:
    mesh = look(_Recorder())
    np.testing.assert_allclose(mesh.points, ANSWER)


def test_presence_is_the_mean_logit_as_a_probability() -> None:
    assert look(_Recorder()).presence == pytest.approx(1 / (1 + math.exp(-3)))


def test_a_lean_to_one_side_cancels_out() -> None:
    class Leaning(_Recorder):
        def run(self, pixels: Pixels) -> list[NDArray[np.float32]]:
            points, logits = super().run(pixels)
            return [points + np.float32(5), logits]

    # Each look is 5 pixels too far to its own right; down and away both err the same way.
    np.testing.assert_allclose(look(Leaning()).points, ANSWER + np.array([0, 5, 5]))


def test_the_network_sees_the_square_and_its_mirror_image() -> None:
    recorder = _Recorder()
    pixels = np.random.default_rng(0).integers(0, 255, (192, 192, 3), np.uint8)
    look(recorder, pixels)
    np.testing.assert_array_equal(recorder.shown[0], [pixels, pixels[:, ::-1]])


def test_what_lies_outside_of_the_picture_is_black() -> None:
    recorder = _Recorder()
    look(recorder, np.full((100, 192, 3), 200, np.uint8))
    assert recorder.shown[0][0][:100].min() == 200
    assert recorder.shown[0][0][100:].max() == 0


def test_the_first_look_is_at_one_and_a_half_times_the_box() -> None:
    # 128 pixels around (104, 104) become 192 around it, pixel for pixel: from 8 to 200.
    recorder = _Recorder()
    pixels = np.zeros((300, 300, 3), np.uint8)
    pixels[8:200, 8:200] = 255
    spread = np.column_stack([np.tile([48.0, 144.0], 234), np.linspace(48, 144, 468), np.zeros(468)])
    recorder._points = spread
    MeshLandmarker(recorder, b"").locate(Picture(FaceImage(pixels, 300, 300), ImageLimits()), FACE)
    assert recorder.shown[0][0].min() == 255
    assert len(recorder.shown) == 2


@pytest.mark.parametrize(
    ("points", "logits"), [(ANSWER[:, :2], (0.0, 0.0)), (ANSWER, (0.0,)), (ANSWER[:100], (0.0, 0.0))]
)
def test_another_network_is_refused(points: NDArray[np.float64], logits: tuple[float, ...]) -> None:
    class Other(_Recorder):
        def run(self, pixels: Pixels) -> list[NDArray[np.float32]]:
            return [np.stack([points, points]).astype(np.float32), np.array(logits, np.float32)]

    with pytest.raises(ModelFormatError, match="468 points"):
        look(Other())


def test_the_window_is_upright_and_centred() -> None:
    points = np.zeros((468, 3))
    points[10], points[152] = (120, 100, 0), (80, 100, 0)  # lying on its side, the chin on the left
    points[0], points[1], points[2:10], points[11:152], points[153:] = (100, 90, 0), (100, 110, 0), *[(100, 100, 0)] * 3
    transform = face_window(FaceMesh(points, 1.0), 2.0, 160)
    # The longer side, 40 pixels, fills half of 160.
    found = apply_transform(transform, points[[10, 152, 0, 1], :2])
    np.testing.assert_allclose(found, [[80, 40], [80, 120], [60, 80], [100, 80]], atol=1e-9)


@pytest.mark.parametrize("pixels", [astronaut(), admiral()], ids=["astronaut", "admiral"])
def test_the_mesh_agrees_with_the_detector(locate: Locate, pixels: Pixels) -> None:
    mesh, face = locate(pixels)
    apart = np.hypot(*(five_points(mesh.points)[:, :2] - face.landmarks.to_array()).T)
    assert mesh.presence > 0.99
    assert apart.max() < 0.08 * max(face.box.width, face.box.height)


@pytest.mark.parametrize("pixels", [astronaut(), admiral()], ids=["astronaut", "admiral"])
def test_a_portrait_looks_at_the_camera(locate: Locate, pixels: Pixels) -> None:
    mesh, face = locate(pixels)
    pose = estimate_pose(mesh, face.landmarks)
    assert max(abs(pose.yaw), abs(pose.pitch), abs(pose.roll)) < 8


@pytest.mark.parametrize("pixels", [astronaut(), admiral()], ids=["astronaut", "admiral"])
def test_a_mirrored_picture_has_a_mirrored_mesh(locate: Locate, pixels: Pixels) -> None:
    (mesh, face), (mirrored, other) = locate(pixels), locate(pixels[:, ::-1])
    expected = mesh.points[load_shape().mirrored] * [-1, 1, 1] + [pixels.shape[1], 0, 0]
    assert np.abs(mirrored.points - expected)[:, :2].mean() < 0.01 * face.box.width
    pose, flipped = estimate_pose(mesh, face.landmarks), estimate_pose(mirrored, other.landmarks)
    assert flipped.yaw == pytest.approx(-pose.yaw, abs=1)
    assert flipped.roll == pytest.approx(-pose.roll, abs=1)
    assert flipped.pitch == pytest.approx(pose.pitch, abs=1)


@pytest.mark.parametrize("angle", [20, -20])
def test_a_clockwise_turn_of_the_picture_adds_to_roll(locate: Locate, angle: int) -> None:
    mesh, face = locate(admiral())
    around = cv2.getRotationMatrix2D((268, 236), -angle, 1.0)
    turned = np.asarray(cv2.warpAffine(admiral(), around, (512, 600)), np.uint8)
    again, other = locate(turned)
    pose, after = estimate_pose(mesh, face.landmarks), estimate_pose(again, other.landmarks)
    assert after.roll == pytest.approx(pose.roll + angle, abs=1)
    assert after.yaw == pytest.approx(pose.yaw, abs=3)
    expected = mesh.points[:, :2] @ around[:, :2].T + around[:, 2]
    assert np.hypot(*(again.points[:, :2] - expected).T).mean() < 0.02 * face.box.width


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_mesh_grows_with_the_picture(locate: Locate, scale: float) -> None:
    mesh, face = locate(astronaut())
    resized = cv2.resize(astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    again, _ = locate(np.asarray(resized, np.uint8))
    assert np.hypot(*(again.points[:, :2] / scale - mesh.points[:, :2]).T).mean() < 0.03 * face.box.width


def test_a_slip_of_the_box_hardly_matters(locate: Locate, landmarker: MeshLandmarker) -> None:
    mesh, face = locate(astronaut())
    box = face.box
    slipped = replace(face, box=replace(box, left=box.left + 0.1 * box.width, top=box.top - 0.1 * box.height))
    picture = Picture(FaceImage(astronaut(), 512, 512), ImageLimits())
    again = landmarker.locate(picture, slipped)
    assert np.hypot(*(again.points[:, :2] - mesh.points[:, :2]).T).mean() < 0.015 * box.width


def test_a_face_cut_by_the_border_keeps_its_mesh(locate: Locate) -> None:
    mesh, face = locate(admiral())
    # The chin and the right cheek are gone; the rest of the mesh stays where it was, the gone parts lie outside.
    left, bottom = round(face.box.left + 0.12 * face.box.width), round(face.box.top + 0.85 * face.box.height)
    cut, _ = locate(admiral()[:bottom, left:])
    assert cut.points[152, 1] > bottom
    assert cut.points[:, 0].min() < 0
    eyes = [33, 133, 263, 362, 1]
    apart = cut.points[eyes, :2] + [left, 0] - mesh.points[eyes, :2]
    assert np.hypot(*apart.T).max() < 0.05 * face.box.width


def test_a_picture_decoded_coarsely_has_its_mesh_at_full_resolution(locate: Locate, landmarker: MeshLandmarker) -> None:
    mesh, face = locate(astronaut())
    half = np.ascontiguousarray(cv2.resize(astronaut(), (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
    again = landmarker.locate(Picture(FaceImage(half, 512, 512), ImageLimits()), face)
    assert np.hypot(*(again.points[:, :2] - mesh.points[:, :2]).T).mean() < 0.02 * face.box.width


def test_both_runtimes_find_the_same_mesh(locate: Locate, model_home: Path) -> None:
    pytest.importorskip("onnxruntime")
    mesh, face = locate(astronaut())
    other = MeshLandmarker(open_runtime("onnxruntime"), ModelStore(model_home).load(MESH_MODEL))
    again = other.locate(Picture(FaceImage(astronaut(), 512, 512), ImageLimits()), face)
    np.testing.assert_allclose(again.points, mesh.points, atol=0.01)
    assert again.presence == pytest.approx(mesh.presence, abs=1e-3)
