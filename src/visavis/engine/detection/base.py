"""The interface of a face detector, and what it returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.engine.geometry import Transform, apply_transform, invert_transform, overlap_ratio, scale_of


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Faces that may be there, in pixels of the canvas that the detector saw.

    Attributes:
        boxes: (N, 4) float64: left, top, width, height.
        points: (N, 5, 2) float64, in the field order of `Landmarks`.
        probabilities: (N,) float64, 0..1, falling.
    """

    boxes: NDArray[np.float64]
    points: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.probabilities)

    def at_least(self, probability: float) -> Candidates:
        """Those of at least this probability."""
        kept = int((self.probabilities >= probability).sum())
        return Candidates(self.boxes[:kept], self.points[:kept], self.probabilities[:kept])

    def ordered(self) -> Candidates:
        """The most probable first; equals stay in their order."""
        order = np.argsort(-self.probabilities, kind="stable")
        return Candidates(self.boxes[order], self.points[order], self.probabilities[order])


class Detector(Protocol):
    """Finds faces on a canvas."""

    detector_id: str

    def detect(self, canvases: NDArray[np.uint8]) -> list[Candidates]:
        """Find faces, one answer a canvas; several candidates may mean the same face.

        Args:
            canvases: (N, H, W, 3) uint8 RGB, H and W multiples of 32.
        """
        ...


_OVERLAP_SAME_FACE = 0.3
_OVERLAP_FUSED = 0.5


def join_candidates(parts: Sequence[Candidates]) -> Candidates:
    """All of them, one part after the other: the order within each part stays, but there is none over all."""
    return Candidates(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
    )


def mean_candidate(
    candidates: Candidates, overlaps: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Box (..., 4) and points (..., 5, 2) of a face, the mean over the candidates that overlap it by half or more.

    The weights are the squared probabilities. A detector answers once a cell of its grid; the mean is steadier than the
    single most probable answer.

    Args:
        candidates: N of them.
        overlaps: (..., N) of each candidate with the face.
    """
    weights = candidates.probabilities**2 * (overlaps >= _OVERLAP_FUSED)
    weights /= weights.sum(-1, keepdims=True)
    points = weights @ candidates.points.reshape(-1, 10)
    return weights @ candidates.boxes, points.reshape(*overlaps.shape[:-1], 5, 2)


def merge_candidates(candidates: Candidates) -> Candidates:
    """One candidate a face: overlapping ones are fused, the most probable first."""
    left = np.ones(len(candidates), bool)
    best: list[int] = []
    faces = []
    while left.any():
        best.append(int(left.argmax()))
        overlaps = overlap_ratio(candidates.boxes[best[-1]], candidates.boxes)
        faces.append(mean_candidate(candidates, overlaps))
        left &= overlaps < _OVERLAP_SAME_FACE
    if not faces:
        return candidates
    boxes, points = (np.array(values) for values in zip(*faces, strict=True))
    return Candidates(boxes, points, candidates.probabilities[best])


def map_back(candidates: Candidates, transform: Transform) -> Candidates:
    """From canvas to picture, where `transform` brought the picture onto the canvas.

    A box stays upright: a turn by a quarter swaps its sides, any other turn leaves them.
    """
    inverse = invert_transform(transform)
    scale = scale_of(inverse)
    is_lying = abs(inverse[0, 1]) > abs(inverse[0, 0])
    sizes = candidates.boxes[:, 2:][:, :: -1 if is_lying else 1] * scale
    centres = apply_transform(inverse, candidates.boxes[:, :2] + candidates.boxes[:, 2:] / 2)
    points = apply_transform(inverse, candidates.points.reshape(-1, 2)).reshape(-1, 5, 2)
    return Candidates(np.hstack([centres - sizes / 2, sizes]), points, candidates.probabilities)
