"""A face of five dots, and a detector for it: real code around it is then tested against known coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.detection.base import Candidates
from visavis.types import BoundingBox, DetectedFace, Landmarks

Points = NDArray[np.float64]

DOTS = np.array([[-30.0, -30.0], [30.0, -30.0], [0.0, 0.0], [-20.0, 30.0], [20.0, 30.0]])
"""Right eye, left eye, nose, mouth corners, seen from the nose; the eyes are further apart than the mouth's corners."""
BOX_SIDE = 120.0
"""Of the square box around the nose."""


def draw_face(pixels: NDArray[np.uint8], nose: tuple[float, float], *, scale: float = 1, degrees: float = 0) -> Points:
    """Paint a face, turned clockwise; returns its (5, 2) points."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points: Points = DOTS @ turn.T * scale + nose
    for x, y in points:
        # OpenCV counts from the centre of the first pixel; 4 binary digits follow the point.
        centre = round((x - 0.5) * 16), round((y - 0.5) * 16)
        cv2.circle(pixels, centre, round(7 * scale * 16), (255, 255, 255), -1, cv2.LINE_AA, 4)
    return points


def face_at(points: Points, probability: float = 0.9, shift: tuple[float, float] = (0, 0)) -> DetectedFace:
    """What a detector would say of it, off by `shift`."""
    scale = float(np.hypot(*(points[0] - points[1]))) / 60
    left, top = points[2] - BOX_SIDE * scale / 2 + shift
    box = BoundingBox(float(left), float(top), BOX_SIDE * scale, BOX_SIDE * scale)
    return DetectedFace(box, Landmarks.from_array(points + shift), probability)


@dataclass
class DotDetector:
    """Finds one face of dots where its eyes are above its mouth, give or take 25 degrees, and is blind to others.

    Attributes:
        probability: of an upright face, by the side of the canvas.
        turned: of a face that lies, or stands on its head; 0: not seen.
        lean: by which every point is too far to the right, canvas pixels.
        canvases: sides of those that it has seen.
    """

    probability: Callable[[int], float] = lambda size: 0.95
    turned: float = 0.0
    lean: float = 0.0
    canvases: list[int] = field(default_factory=list)
    detector_id: str = "dots"

    def detect(self, canvases: NDArray[np.uint8]) -> list[Candidates]:
        """See `Detector.detect`."""
        return [self._detect(canvas) for canvas in canvases]

    def _detect(self, canvas: NDArray[np.uint8]) -> Candidates:
        size = canvas.shape[0]
        self.canvases.append(size)
        dots = _find_dots(canvas)
        if len(dots) != 5:
            return _no_faces()
        points = _label(dots)
        probability = self.turned if points is None else self.probability(size)
        if probability <= 0:
            return _no_faces()
        five = (dots if points is None else points) + (self.lean, 0.0)
        side = BOX_SIDE / 60 * np.hypot(*(five[0] - five[1]))
        box = np.array([*(five[2] - side / 2), side, side])
        return Candidates(box[None], five[None], np.array([probability]))


def _find_dots(canvas: NDArray[np.uint8]) -> Points:
    light = canvas[:, :, 0].astype(np.float64)
    count, labels = cv2.connectedComponents((light > 40).astype(np.uint8))
    rows, columns = np.indices(light.shape) + 0.5
    weights = [light * (labels == label) for label in range(1, count)]
    return np.array([[(columns * w).sum() / w.sum(), (rows * w).sum() / w.sum()] for w in weights]).reshape(-1, 2)


def _label(dots: Points) -> Points | None:
    """In the field order of `Landmarks`; None where the face is not upright."""
    by_height = dots[np.argsort(dots[:, 1])]
    eyes, nose, mouth = (part[np.argsort(part[:, 0])] for part in (by_height[:2], by_height[2:3], by_height[3:]))
    across = eyes[1] - eyes[0]
    width, mouth_width = np.hypot(*across), np.hypot(*(mouth[1] - mouth[0]))
    is_upright = abs(across[1]) < 0.47 * abs(across[0]) and 1.2 < width / mouth_width < 1.8
    return np.concatenate([eyes, nose, mouth]) if is_upright else None


def _no_faces() -> Candidates:
    return Candidates(np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0))
