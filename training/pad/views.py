"""What the networks see of a photo: cut by the product's own code, with a margin for training to shift it in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from photos import Photo
from scene import Scene, from_pixels, to_pixels

from visavis.engine.geometry import warp_pixels
from visavis.engine.pad.crop import place_crop, stretch
from visavis.engine.pad.spec import PadNetworkSpec
from visavis.types import BoundingBox, DetectedFace

Pixels = NDArray[np.uint8]

MARGIN = 1.1
SPECS = {
    "face": PadNetworkSpec("visavis-pad-face", "", 1.1, 80, 104, "RGB", 127.5, 1 / 127.5, 0, "sigmoid", "box"),
    "context": PadNetworkSpec("visavis-pad-context", "", 2.6, 80, 80, "RGB", 127.5, 1 / 127.5, 0, "sigmoid"),
}


def spec_of(view: str, margin: float = 1.0) -> PadNetworkSpec:
    """How `face` or `context` is cut, with so much more around it."""
    spec = SPECS[view]
    width, height = (2 * round(side * margin / 2) for side in (spec.width, spec.height))
    return replace(spec, crop_scale=spec.crop_scale * margin, width=width, height=height)


def load_scene(data: Path, photo: Photo) -> Scene:
    """The whole photo."""
    pixels = cv2.imread(str(data / photo.path), cv2.IMREAD_COLOR)
    return from_pixels(np.ascontiguousarray(pixels[..., ::-1]), photo.box)


def cut_view(pixels: Pixels, face: DetectedFace, spec: PadNetworkSpec) -> Pixels:
    """(height, width, 3) uint8 RGB crop of a picture, (H, W, 3) uint8 RGB."""
    crop = place_crop(spec, face, pixels.shape[1], pixels.shape[0])
    return stretch(spec, warp_pixels(pixels, crop.transform, crop.width, crop.height))


def views_of(scene: Scene, photo: Photo, margin: float = MARGIN) -> dict[str, Pixels]:
    """Each view of a scene; the photo says how its face is turned."""
    pixels = to_pixels(scene)
    face = replace(photo.face, box=BoundingBox(*scene.box.tolist()))
    return {view: cut_view(pixels, face, spec_of(view, margin)) for view in SPECS}
