"""A picture that is decoded no finer than is needed, as coordinates of its full resolution."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.geometry import Transform, scale_of, warp_pixels
from visavis.engine.image import EncodedImage, ImageLimits, open_image
from visavis.errors import Side, naming_side
from visavis.types import FaceImage, ImageFormat

FIRST_LOOK_PX = 640
"""Long side that a picture is decoded to at least, where it has as many pixels."""

_MANY_SAMPLES = 3 * 8_000_000
_COARSE = 4


class Picture:
    """Pixels on demand. Not thread-safe: one lives as long as one acquisition.

    Attributes:
        width: at full resolution, as displayed, pixels.
        height: the same.
        format: its encoding; None for an array.
        side: its role in a comparison, which errors name.
        decode_s: seconds spent decoding so far.
    """

    def __init__(self, content: bytes | FaceImage, limits: ImageLimits, side: Side | None = None) -> None:
        self.side = side
        started = time.perf_counter()
        self._encoded: EncodedImage | None = None
        self._decoded: FaceImage | None = None
        self._coarse: NDArray[np.uint8] | None = None
        self.format: ImageFormat | None
        if isinstance(content, FaceImage):
            self._decoded = content
            self.width, self.height, self.format = content.full_width, content.full_height, content.format
        else:
            with naming_side(side):
                self._encoded = open_image(content, limits)
            self.width, self.height, self.format = self._encoded.width, self._encoded.height, self._encoded.format
        self.decode_s = time.perf_counter() - started

    @property
    def long_side(self) -> int:
        """Pixels at full resolution."""
        return max(self.width, self.height)

    @property
    def first_scale(self) -> float:
        """Fine enough for a first look."""
        return FIRST_LOOK_PX / self.long_side

    def decode(self, scale: float) -> FaceImage:
        """The picture at `scale` (decoded pixels per full-resolution pixel) or finer, as coarse as can be had.

        What is decoded already is kept when it is fine enough.
        """
        if self._decoded is not None and (self._encoded is None or self._decoded.scale >= min(scale, 1.0) * 0.999):
            return self._decoded
        assert self._encoded is not None
        started = time.perf_counter()
        reduction = max((r for r in self._encoded.reductions if r * scale <= 1.0), default=1)
        with naming_side(self.side):
            self._decoded = self._encoded.decode(reduction)
        self.decode_s += time.perf_counter() - started
        return self._decoded

    def warp(self, transform: Transform, width: int, height: int, min_scale: float) -> NDArray[np.uint8]:
        """The picture as seen through `transform` (full-resolution pixels to canvas), see `geometry.warp_pixels`.

        Args:
            transform: from the picture to the canvas.
            width: of the canvas, pixels.
            height: of the canvas, pixels.
            min_scale: decode at least this finely.
        """
        image = self.decode(min_scale)
        pixels = image.pixels
        if pixels.size > _MANY_SAMPLES and scale_of(transform) <= image.scale / _COARSE:
            pixels = self._coarse_pixels(image)
        rows, columns = pixels.shape[:2]
        if columns != image.full_width:
            transform = transform @ np.diag([image.full_width / columns, image.full_height / rows, 1.0])
        return warp_pixels(pixels, transform, width, height)

    def _coarse_pixels(self, image: FaceImage) -> NDArray[np.uint8]:
        """Of a picture that cannot be decoded any coarser: several looks at all its pixels would take seconds."""
        if self._coarse is None:
            size = round(image.width / _COARSE) or 1, round(image.height / _COARSE) or 1
            self._coarse = np.asarray(cv2.resize(image.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        return self._coarse


_WORTH_A_THREAD_PIXELS = 2_000_000


def decode_first(pictures: Sequence[Picture]) -> None:
    """Decode each picture as finely as a first look needs; large ones at the same time, a thread each.

    Decoding a large JPEG takes longer than all else, and is the one stage that cannot be batched.

    Raises:
        ImageError: of the first picture, in their order, that cannot be used.
    """
    large = [picture for picture in pictures if picture.width * picture.height >= _WORTH_A_THREAD_PIXELS]
    if len(large) < 2:
        for picture in pictures:
            picture.decode(picture.first_scale)
        return
    with ThreadPoolExecutor(max_workers=len(pictures)) as threads:
        decoding = [threads.submit(picture.decode, picture.first_scale) for picture in pictures]
    for one in decoding:
        one.result()
