"""The way from bytes, or from an array, to a `FaceImage`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.engine.image.base import CodedPicture, Pixels
from visavis.engine.image.bmp import read_bmp
from visavis.engine.image.content import recognise_format
from visavis.engine.image.jpeg import read_jpeg
from visavis.engine.image.limits import ImageLimits
from visavis.engine.image.orientation import make_upright, swaps_sides
from visavis.engine.image.png import read_png
from visavis.engine.image.webp import read_webp
from visavis.errors import ParameterError
from visavis.types import FaceImage, ImageFormat

_READERS: dict[ImageFormat, Callable[[bytes], CodedPicture]] = {
    ImageFormat.JPEG: read_jpeg,
    ImageFormat.PNG: read_png,
    ImageFormat.BMP: read_bmp,
    ImageFormat.WEBP: read_webp,
}
_DEFAULT_LIMITS = ImageLimits()


@dataclass(frozen=True, slots=True, eq=False)
class EncodedImage:
    """A picture whose header has been read and found within the limits; no pixel is decoded yet.

    Attributes:
        format: its encoding, by content.
        width: pixels, as displayed (EXIF orientation applied).
        height: the same.
        reductions: what `decode` accepts, rising from 1.
    """

    format: ImageFormat
    width: int
    height: int
    reductions: tuple[int, ...]
    _coded: CodedPicture = field(repr=False)

    def decode(self, reduction: int = 1) -> FaceImage:
        """Decode the pixels.

        Args:
            reduction: decode at 1 / `reduction` of each side, rounded up: much cheaper than decoding all and shrinking.

        Raises:
            ParameterError: `reduction` is not one of `reductions`.
            ImageDecodeError: the picture is truncated or corrupt.
            ImageTooLargeError: decoding would take more work than a real picture of this size does.
        """
        if reduction not in self.reductions:
            raise ParameterError(f"reduction is {reduction}; a {self.format} picture can have {self.reductions}")
        pixels = make_upright(self._coded.decode(reduction), self._coded.orientation)
        pixels.setflags(write=False)
        return FaceImage(pixels, self.width, self.height, self.format)


def open_image(data: bytes, limits: ImageLimits = _DEFAULT_LIMITS) -> EncodedImage:
    """Read the header of an encoded picture and check it.

    Args:
        data: the whole file.
        limits: what is accepted.

    Raises:
        ImageEmptyError: no bytes.
        ImageFormatError: not of an accepted format, by content.
        ImageDecodeError: the header is truncated or corrupt.
        ImageAnimatedError: more than one frame.
        ImageTooLargeError: bytes, pixels or a side above the limit.
        ImageTooSmallError: a side below the limit.
    """
    limits.check_bytes(len(data))
    found = recognise_format(data, limits.formats)
    coded = _READERS[found](data)
    limits.check_size(coded.width, coded.height)
    width, height = coded.width, coded.height
    if swaps_sides(coded.orientation):
        width, height = height, width
    return EncodedImage(found, width, height, coded.reductions, coded)


def decode_image(data: bytes, limits: ImageLimits = _DEFAULT_LIMITS, reduction: int = 1) -> FaceImage:
    """`open_image`, then `EncodedImage.decode`."""
    return open_image(data, limits).decode(reduction)


def from_array(pixels: NDArray[np.uint8], limits: ImageLimits = _DEFAULT_LIMITS) -> FaceImage:
    """Pixels that are decoded already.

    Args:
        pixels: (H, W, 3) uint8 RGB, upright. Copied, unless it is read-only and C-contiguous.
        limits: for its sides and number of pixels.

    Raises:
        ParameterError: another shape or type.
        ImageTooLargeError: pixels or a side above the limit.
        ImageTooSmallError: a side below the limit.
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ParameterError(f"pixels must be an (H, W, 3) uint8 array, not {_describe(pixels)}")
    height, width, _ = pixels.shape
    limits.check_size(width, height)
    return FaceImage(_freeze(pixels), width, height)


def _freeze(pixels: Pixels) -> Pixels:
    if not pixels.flags.writeable and pixels.flags.c_contiguous:
        return pixels
    frozen = pixels.copy(order="C")
    frozen.setflags(write=False)
    return frozen


def _describe(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"one of shape {value.shape} and type {value.dtype}"
    return type(value).__name__
