"""The interface of a codec, one file per format."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


class CodedPicture(Protocol):
    """A picture whose header has been read."""

    @property
    def width(self) -> int:
        """Pixels a stored row, before any orientation is applied."""
        ...

    @property
    def height(self) -> int:
        """Stored rows."""
        ...

    @property
    def orientation(self) -> int:
        """EXIF orientation, 1..8."""
        ...

    @property
    def reductions(self) -> tuple[int, ...]:
        """By what each side can be divided while decoding, rising from 1."""
        ...

    def decode(self, reduction: int) -> Pixels:
        """Decode to (ceil(height / reduction), ceil(width / reduction), 3) RGB, as stored.

        Raises:
            ImageDecodeError: the picture is truncated or corrupt.
        """
        ...
