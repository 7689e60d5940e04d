"""What the network makes of untouched photos: how many it refuses, and how far its answers move without a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from blend import compress
from examine import frontal_of
from numpy.typing import NDArray

from faces import Subject, gather, open_picture
from visavis.engine.synthesis.detector import SynthesisDetector
from visavis.presentation import NonResponse
from visavis.types import BoundingBox, DetectedFace, Landmarks

Pixels = NDArray[np.uint8]
_SETS = ("lfw-calibrate", "cfp-tune", "cfp-test")
_RESAMPLES = 500
_PHOTOS = 150


def native_scores(detector: SynthesisDetector, subjects: Sequence[Subject]) -> list[float | NonResponse]:
    """Of each photo as it is."""
    return [detector.native(open_picture(subject.path), subject.face) for subject in subjects]


def photo_figures(detector: SynthesisDetector, data: Path, cache: Path, seed: int) -> dict[str, Any]:
    """BPCER at the three thresholds of the scale, of frontal photos and of profiles, with 95 % intervals."""
    found: dict[str, Any] = {}
    for name in _SETS:
        subjects = gather(data, name, cache)
        for view in ("frontal", "profile"):
            part = [one for one in subjects if (one.path.parent.name == "profile") == (view == "profile")]
            if part:
                found[f"{name}, {view}"] = _refused(detector, part, seed)
    return found


def _refused(detector: SynthesisDetector, subjects: Sequence[Subject], seed: int) -> dict[str, Any]:
    answers = native_scores(detector, subjects)
    people = np.array([subject.person for subject in subjects])
    told = np.array([not isinstance(answer, NonResponse) for answer in answers])
    scores = np.array([answer for answer in answers if not isinstance(answer, NonResponse)])
    row: dict[str, Any] = {"photos": len(subjects), "people": len(set(people.tolist())), "told": int(told.sum())}
    row["non_responses"] = {str(reason): sum(answer is reason for answer in answers) for reason in NonResponse}
    row["median_native"] = float(np.median(scores))
    if detector.scale is not None:
        for bpcer, score in detector.scale.anchors:
            refused = scores > detector.scale.native_at(bpcer)
            low, high = _interval(refused, people[told], seed)
            row[f"above {score}"] = {"promised": bpcer, "bpcer": float(refused.mean()), "interval": (low, high)}
    return row


def _interval(refused: NDArray[np.bool_], people: NDArray[np.str_], seed: int) -> tuple[float, float]:
    """95 %, people drawn anew."""
    chance = np.random.default_rng(seed)
    _, number = np.unique(people, return_inverse=True)
    count, hits = np.bincount(number), np.bincount(number, refused)
    drawn = chance.integers(0, len(count), (_RESAMPLES, len(count)))
    low, high = np.percentile(hits[drawn].sum(1) / count[drawn].sum(1), [2.5, 97.5])
    return float(low), float(high)


def robustness(detector: SynthesisDetector, data: Path, cache: Path) -> dict[str, Any]:
    """By how much the public score of untouched photos moves, on average."""
    found: dict[str, Any] = {}
    for name in ("lfw-calibrate", "cfp-test"):
        subjects = frontal_of(data, name, cache, _PHOTOS)
        before = [_score(detector, subject.pixels(), subject.face) for subject in subjects]
        moves = {}
        for change, apply in CHANGES.items():
            after = [_score(detector, *apply(subject.pixels(), subject.face)) for subject in subjects]
            pairs = np.array([pair for pair in zip(before, after, strict=True) if None not in pair], np.float64)
            moves[change] = {
                "photos": len(pairs),
                "moved": float(np.abs(pairs[:, 0] - pairs[:, 1]).mean()),
                "mean": float((pairs[:, 1] - pairs[:, 0]).mean()),
            }
        found[name] = {"mean_score": float(np.mean([one for one in before if one is not None])), "changes": moves}
    return found


Change = Callable[[Pixels, DetectedFace], tuple[Pixels, DetectedFace]]


def _jpeg(quality: int) -> Change:
    return lambda pixels, face: (compress(pixels, quality), face)


def scale_by(scale: float) -> Change:
    def change(pixels: Pixels, face: DetectedFace) -> tuple[Pixels, DetectedFace]:
        size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
        other = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        box = face.box
        larger = BoundingBox(box.left * scale, box.top * scale, box.width * scale, box.height * scale)
        points = Landmarks.from_array(face.landmarks.to_array() * scale)
        return np.asarray(other, np.uint8), DetectedFace(larger, points, face.probability)

    return change


def _shifted(across: float, down: float) -> Change:
    """The box lies elsewhere, by shares of its longer side."""

    def change(pixels: Pixels, face: DetectedFace) -> tuple[Pixels, DetectedFace]:
        box = face.box
        side = max(box.width, box.height)
        moved = BoundingBox(box.left + across * side, box.top + down * side, box.width, box.height)
        return pixels, DetectedFace(moved, face.landmarks, face.probability)

    return change


CHANGES: dict[str, Change] = {
    **{f"JPEG {quality}": _jpeg(quality) for quality in (40, 60, 80, 95)},
    **{f"scale {scale:g}": scale_by(scale) for scale in (0.5, 0.7, 1.4, 2.0)},
    "shift right 4 %": _shifted(0.04, 0.0),
    "shift down 4 %": _shifted(0.0, 0.04),
    "shift up left 2 %": _shifted(-0.02, -0.02),
}


def _score(detector: SynthesisDetector, pixels: Pixels, face: DetectedFace) -> float | None:
    """The public one; None where it cannot tell."""
    return detector.measure(open_picture(pixels), face).score
