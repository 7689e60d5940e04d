"""Where the networks stop telling anything: bona fide photos made small, blurred, and cut, and what becomes of them.

    python training/pad/limits.py $VISAVIS_DATA CACHE

Prints, for each strength, the share of bona fide photos that fall below the native score of BPCER 1e-2, and of attacks
that stay above it. The detector's limits were chosen from it, on people of `cfp-tune` and those kept for choosing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from photos import BONA_FIDE, Photo, gather_photos
from scene import Scene, to_pixels
from split import CHOOSE, part_of
from views import load_scene

from visavis.engine.detection.refine import turn_of
from visavis.engine.image import ImageLimits, from_array
from visavis.engine.pad.detector import MAX_TURN, PadDetector, load_scale
from visavis.engine.picture import Picture
from visavis.engine.runtime import open_runtime
from visavis.types import BoundingBox

_PHOTOS = 150
_LIMITS = ImageLimits(min_side=8)
_SIZES, _SIGMAS, _SHARES = (24, 32, 40, 48, 64, 96), (0.01, 0.02, 0.03, 0.04, 0.06, 0.08), (0.5, 0.6, 0.7, 0.8, 0.9)
Change = Callable[[Scene], Scene]


def shrunk(size_px: float) -> Change:
    """Longer side of the box, pixels."""
    return lambda scene: scene.scaled(min(1.0, size_px / scene.face_px))


def blurred(sigma: float) -> Change:
    """Gaussian, in longer sides of the box."""
    return lambda scene: scene.with_colours(cv2.GaussianBlur(scene.colours, (0, 0), sigma * scene.face_px))


def cut_off(share: float) -> Change:
    """Only this share of the box's width is left, and nothing beside it."""

    def cut(scene: Scene) -> Scene:
        left, _, width, _ = scene.box.tolist()
        return scene.cropped(0, 0, left + share * width, scene.size[1])

    return cut


def judge(detector: PadDetector, scene: Scene, photo: Photo) -> tuple[float, float]:
    """Native score, whatever the limits say, and the measured blur."""
    pixels: NDArray[np.uint8] = to_pixels(scene)
    picture = Picture(from_array(pixels, _LIMITS), _LIMITS)
    face = replace(photo.face, box=BoundingBox(*scene.box.tolist()))
    return detector.ask(picture, face), detector.blur(picture, face)


def main() -> None:
    """Parse the arguments, judge, print."""
    parser = argparse.ArgumentParser(description="Where the networks stop telling anything.")
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    arguments = parser.parse_args()
    photos = gather_photos(arguments.data, arguments.cache / "photos.json")
    tuning = [photo for photo in photos if photo.source == "cfp-tune"]
    live = [photo for photo in tuning if turn_of(photo.face.landmarks.to_array()) <= MAX_TURN]
    drawn = np.random.default_rng(7).choice(len(live), _PHOTOS, replace=False).tolist()
    attacks = [photo for photo in photos if part_of(photo) == CHOOSE and photo.presentation != BONA_FIDE]
    detector = PadDetector(open_runtime("openvino", "fp32"))
    scale = load_scale("fp32")
    assert scale is not None
    threshold = scale.native_of(0.9)
    changes: list[tuple[str, Change]] = [("as they are", lambda scene: scene)]
    changes += [(f"{size} px", shrunk(size)) for size in _SIZES]
    changes += [(f"blur {sigma}", blurred(sigma)) for sigma in _SIGMAS]
    changes += [(f"cut {share}", cut_off(share)) for share in _SHARES]
    for name, change in changes:
        rows = []
        for group in ([live[i] for i in drawn], attacks):
            found = [judge(detector, change(load_scene(arguments.data, photo)), photo) for photo in group]
            rows.append(np.array(found))
        refused, missed = (rows[0][:, 0] < threshold).mean(), (rows[1][:, 0] >= threshold).mean()
        blurs = np.percentile(rows[0][:, 1], (10, 50, 90)).round(2)
        print(f"{name}: bona fide refused {refused:.3f}, attacks passed {missed:.3f}, blur {blurs}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
