"""Which of several faces is the subject."""

from __future__ import annotations

import math
from collections.abc import Sequence

from visavis.types import DetectedFace, FaceChoice


def order_faces(faces: Sequence[DetectedFace], choice: FaceChoice, width: int, height: int) -> list[DetectedFace]:
    """The subject first, the others in the same order of preference.

    Ties are broken the same way every time: the larger, then the more probable, then the leftmost, then the topmost.

    Args:
        faces: at least one.
        choice: largest area, or box centre nearest to the picture's centre.
        width: of the picture, pixels.
        height: the same.
    """
    by_area = sorted(faces, key=_rank)
    if choice is FaceChoice.CENTRAL:
        return sorted(by_area, key=lambda face: _distance_to(face, width / 2, height / 2))
    return by_area


def _rank(face: DetectedFace) -> tuple[float, float, float, float]:
    return -face.box.area, -face.probability, face.box.left, face.box.top


def _distance_to(face: DetectedFace, x: float, y: float) -> float:
    centre_x, centre_y = face.box.centre
    return math.hypot(centre_x - x, centre_y - y)
