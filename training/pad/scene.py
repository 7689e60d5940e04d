"""A photo on its way through a simulation, and what any capture does to any photo."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float32]
Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A photo and where its face is.

    Attributes:
        colours: (H, W, 3) float32 RGB, 0..1.
        box: (4,) left, top, width, height of the face, pixels.
    """

    colours: Colours
    box: NDArray[np.float64]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), pixels."""
        return self.colours.shape[1], self.colours.shape[0]

    @property
    def face_px(self) -> float:
        """Longer side of the box."""
        return float(self.box[2:].max())

    def with_colours(self, colours: Colours) -> Scene:
        """The same face, seen otherwise."""
        return Scene(np.clip(colours, 0, 1).astype(np.float32), self.box)

    def scaled(self, scale: float) -> Scene:
        """Enlarged (above 1) or shrunk."""
        width, height = (max(8, round(side * scale)) for side in self.size)
        shrinks = width < self.size[0]
        how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        ratio = np.array([width / self.size[0], height / self.size[1]] * 2)
        resized = cv2.resize(self.colours, (width, height), interpolation=how)
        return Scene(np.clip(resized, 0, 1).astype(np.float32), self.box * ratio)

    def cropped(self, left: float, top: float, right: float, bottom: float) -> Scene:
        """The part between these edges, pixels, as far as there is one."""
        width, height = self.size
        x0, y0 = max(0, round(left)), max(0, round(top))
        x1, y1 = min(width, round(right)), min(height, round(bottom))
        shift = np.array([x0, y0, 0, 0])
        return Scene(np.ascontiguousarray(self.colours[y0:y1, x0:x1]), self.box - shift)

    def around_face(self, room: tuple[float, float, float, float]) -> Scene:
        """Left, top, right and bottom edges that far outside the box, in its longer sides."""
        left, top, width, height = self.box
        side = self.face_px
        edges = left - room[0] * side, top - room[1] * side
        return self.cropped(*edges, left + width + room[2] * side, top + height + room[3] * side)


def from_pixels(pixels: NDArray[np.uint8], box: tuple[float, ...]) -> Scene:
    """(H, W, 3) uint8 RGB and a box."""
    return Scene(pixels.astype(np.float32) / 255, np.array(box, np.float64))


def to_pixels(scene: Scene) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB."""
    return np.asarray(np.rint(scene.colours * 255), np.uint8)


def noise_field(width: int, height: int, grain_px: float, chance: np.random.Generator) -> Plane:
    """(H, W) noise of mean 0 and deviation about 1, whose grains are this large."""
    small = max(2, round(width / grain_px)), max(2, round(height / grain_px))
    field = chance.normal(0, 1, small[::-1]).astype(np.float32)
    if grain_px > 1:
        field = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    else:
        field = cv2.resize(field, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(field / (field.std() + 1e-6), np.float32)


def jpeg(scene: Scene, quality: int) -> Scene:
    """Through JPEG, quality as libjpeg counts."""
    bgr = np.ascontiguousarray(to_pixels(scene)[..., ::-1])
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    return Scene(decoded[..., ::-1].astype(np.float32) / 255, scene.box)


def light_field(scene: Scene, chance: np.random.Generator) -> Plane:
    """(H, W) factors: light that changes slowly over the photo, or comes from behind the head."""
    grid = np.exp(chance.normal(0, 0.3, (3, 3))).astype(np.float32)
    field = cv2.resize(grid, scene.size, interpolation=cv2.INTER_CUBIC)
    if chance.random() < 0.35:
        left, top, width, height = scene.box
        y, x = np.mgrid[: scene.size[1], : scene.size[0]].astype(np.float32)
        across, down = (x - left - width / 2) / width, (y - top - height / 2) / height
        down = np.where(down > 0, 0.4 * down, down)
        head = 1 / (1 + np.exp(chance.uniform(5, 14) * (np.hypot(across, down) - chance.uniform(0.6, 0.8))))
        inside, outside = chance.uniform(0.35, 0.9), chance.uniform(1.0, 2.2)
        field = field * (outside + (inside - outside) * head)
    return np.asarray(np.clip(field, 0.15, 3), np.float32)


def vary_capture(scene: Scene, chance: np.random.Generator) -> Scene:
    """What happens to photos of either kind: framing, scale, light, white balance, blur, noise, JPEG."""
    if chance.random() < 0.4:
        scene = scene.around_face(tuple(chance.uniform(0.0, 0.55, 4).tolist()))
    colours = scene.colours
    if chance.random() < 0.6:
        colours = colours ** np.float32(np.exp(chance.normal(0, 0.22)))
    if chance.random() < 0.5:
        colours = colours * light_field(scene, chance)[..., None]
    if chance.random() < 0.6:
        gains = np.exp(chance.normal(0, 0.08, 3) + chance.normal(0, 0.15))
        colours = colours * gains.astype(np.float32)
    if chance.random() < 0.3:
        grey = colours @ np.array([0.299, 0.587, 0.114], np.float32)
        share = np.float32(chance.uniform(0.6, 1.25))
        colours = grey[..., None] + share * (colours - grey[..., None])
    if chance.random() < 0.35:
        sigma = float(chance.uniform(0.3, 1.3)) * scene.face_px / 96
        colours = cv2.GaussianBlur(colours, (0, 0), max(sigma, 0.2))
    if chance.random() < 0.08:
        grey = colours @ np.array([0.299, 0.587, 0.114], np.float32)
        colours = np.repeat(grey[..., None], 3, 2)
    if chance.random() < 0.4:
        strength = chance.uniform(0.004, 0.03)
        colours = colours + chance.normal(0, strength, colours.shape).astype(np.float32)
    scene = scene.with_colours(colours)
    if chance.random() < 0.35:
        scene = jpeg(scene, int(chance.integers(40, 96))).scaled(float(np.exp(chance.uniform(-0.5, 0.6))))
    if chance.random() < 0.7:
        scene = jpeg(scene, int(chance.integers(40, 98)))
    return scene


def soften(scene: Scene, chance: np.random.Generator) -> Scene:
    """What a lens out of focus, a hand that moves or a small sensor takes away; what is live is so often enough."""
    way, size = chance.integers(3), scene.face_px
    if way == 0:
        sigma = max(0.2, float(chance.uniform(0.003, 0.022)) * size)
        return scene.with_colours(cv2.GaussianBlur(scene.colours, (0, 0), sigma))
    if way == 1:
        return scene.with_colours(
            cv2.filter2D(scene.colours, -1, _streak(float(chance.uniform(0.01, 0.06)) * size, chance))
        )
    fewer = max(36.0, size * float(chance.uniform(0.3, 0.8))) / size
    return scene if fewer >= 1 else scene.scaled(fewer).scaled(1 / fewer)


def _streak(length_px: float, chance: np.random.Generator) -> Plane:
    """A kernel that smears along a line."""
    side = 2 * math.ceil(length_px / 2) + 3
    angle = float(chance.uniform(0, np.pi))
    reach = np.array([np.cos(angle), np.sin(angle)]) * length_px / 2
    first, last = (tuple(np.rint(16 * (side // 2 + sign * reach)).astype(int).tolist()) for sign in (-1, 1))
    kernel = np.zeros((side, side), np.float32)
    cv2.line(kernel, first, last, 1.0, 1, cv2.LINE_AA, 4)
    kernel = cv2.GaussianBlur(kernel, (0, 0), 0.5)
    return np.asarray(kernel / kernel.sum(), np.float32)
