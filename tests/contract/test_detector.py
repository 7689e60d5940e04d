"""What every detector must do, on each runtime, with two real faces."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.contract.runtimes import KINDS, open_or_skip
from tests.faces import admiral, astronaut
from visavis.engine.detection.base import Detector, merge_candidates
from visavis.engine.detection.yunet import YuNet
from visavis.engine.models import ModelStore

SIDE = 320


@pytest.fixture(scope="module", params=[f"yunet-2023mar/{kind}" for kind in KINDS])
def detector(request: pytest.FixtureRequest, model_home: Path) -> Detector:
    name, kind = request.param.split("/")
    return YuNet(open_or_skip(kind), ModelStore(model_home).load(name))


def canvas_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture at the top left of a canvas, its long side 320."""
    scale = SIDE / max(pixels.shape)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas


# Marked by eye in the portraits of 512 and of 600 pixels.
FACES = [
    (astronaut(), SIDE / 512, [(203, 104), (245, 105), (223, 127), (205, 144), (242, 145)]),
    (admiral(), SIDE / 600, [(224, 195), (304, 190), (268, 236), (234, 275), (303, 270)]),
]


@pytest.mark.parametrize(("pixels", "scale", "points"), FACES, ids=["astronaut", "admiral"])
def test_face_and_its_points_are_found(
    pixels: NDArray[np.uint8], scale: float, points: list[tuple[int, int]], detector: Detector
) -> None:
    (found,) = detector.detect(canvas_of(pixels)[None])
    faces = merge_candidates(found.at_least(0.6))
    assert len(faces) == 1
    assert faces.probabilities[0] > 0.8
    width = faces.boxes[0, 2]
    assert np.abs(faces.points[0] - np.array(points) * scale).max() < 0.08 * width
    left, top, wide, high = faces.boxes[0]
    inside = (faces.points[0] > (left, top)) & (faces.points[0] < (left + wide, top + high))
    assert inside.all()


def test_candidates_come_by_falling_probability_with_matching_shapes(detector: Detector) -> None:
    (found,) = detector.detect(canvas_of(astronaut())[None])
    count = len(found)
    assert count > 1
    assert (found.boxes.shape, found.points.shape) == ((count, 4), (count, 5, 2))
    assert (np.diff(found.probabilities) <= 0).all()
    assert 0 <= found.probabilities.min() <= found.probabilities.max() <= 1
    assert (found.boxes[:, 2:] > 0).all()


def test_batch_gives_each_canvas_its_own_answer(detector: Detector) -> None:
    canvases = [canvas_of(astronaut()), np.zeros((SIDE, SIDE, 3), np.uint8), canvas_of(admiral())]
    together = detector.detect(np.stack(canvases))
    assert len(together) == 3
    for canvas, among in zip(canvases, together, strict=True):
        (alone,) = detector.detect(canvas[None])
        a, b = (merge_candidates(found.at_least(0.6)) for found in (alone, among))
        assert len(a) == len(b)
        assert a.points == pytest.approx(b.points, abs=0.3)
        assert a.probabilities == pytest.approx(b.probabilities, abs=0.01)


@pytest.mark.parametrize("level", [0, 127, 255])
def test_plain_canvas_has_no_face(level: int, detector: Detector) -> None:
    (found,) = detector.detect(np.full((1, 256, 256, 3), level, np.uint8))
    assert len(found.at_least(0.4)) == 0


@pytest.mark.parametrize(("height", "width"), [(96, 96), (160, 320), (640, 320)])
def test_canvas_may_have_any_sides_that_are_multiples_of_32(height: int, width: int, detector: Detector) -> None:
    canvas = np.zeros((height, width, 3), np.uint8)
    small = canvas_of(admiral())[:, :280]
    side = min(height, width)
    canvas[:side, :side] = cv2.resize(small, (side, side), interpolation=cv2.INTER_AREA)
    (found,) = detector.detect(canvas[None])
    faces = merge_candidates(found.at_least(0.6))
    assert len(faces) == 1
    # The nose of the portrait: (268, 236) of 525 x 600.
    assert faces.points[0, 2] == pytest.approx([268 / 525 * side, 236 / 600 * side], abs=0.03 * side)


def test_colours_are_fed_in_the_right_order(detector: Detector) -> None:
    """The detector is surer of a face than of one with red and blue exchanged."""
    canvas = canvas_of(astronaut())
    as_it_is, exchanged = (detector.detect(c[None])[0].probabilities[0] for c in (canvas, canvas[:, :, ::-1]))
    assert as_it_is > exchanged
