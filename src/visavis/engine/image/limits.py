"""How much picture is accepted, and the check of a header against it."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.errors import ImageEmptyError, ImageTooLargeError, ImageTooSmallError
from visavis.types import ImageFormat


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a picture may measure. Everything is checked before a pixel is decoded.

    Attributes:
        max_bytes: of the encoded picture.
        max_pixels: width times height.
        max_side: the longer side, pixels.
        min_side: the shorter side, pixels. A face that fills 32 px is still large enough to be found.
        formats: accepted encodings.
    """

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 60_000_000
    max_side: int = 16_000
    min_side: int = 32
    formats: frozenset[ImageFormat] = frozenset(ImageFormat)

    def check_bytes(self, count: int) -> None:
        """Check the length of the encoded picture.

        Raises:
            ImageEmptyError: it has no bytes.
            ImageTooLargeError: it has too many.
        """
        if not count:
            raise ImageEmptyError("the picture has no bytes")
        if count > self.max_bytes:
            raise ImageTooLargeError("byte count", count, self.max_bytes)

    def check_size(self, width: int, height: int) -> None:
        """Check a picture's sides, both at least 1 pixel.

        Raises:
            ImageTooLargeError: a side or the number of pixels is above its limit.
            ImageTooSmallError: a side is below its limit.
        """
        for measure, side in (("width", width), ("height", height)):
            if side > self.max_side:
                raise ImageTooLargeError(measure, side, self.max_side)
            if side < self.min_side:
                raise ImageTooSmallError(measure, side, self.min_side)
        if width * height > self.max_pixels:
            raise ImageTooLargeError("pixel count", width * height, self.max_pixels)
