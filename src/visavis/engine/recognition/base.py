"""The interface of a recogniser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.engine.geometry import Transform
from visavis.types import Landmarks


class Embeddings(NamedTuple):
    """Templates of some faces.

    Attributes:
        vectors: (N, dimension) float32, each of unit L2 norm.
        lengths: (N,) float32, L2 norms of what the network answered, before anything was done to it. Longer = the
            network saw more that it knows; how long depends on the network.
    """

    vectors: NDArray[np.float32]
    lengths: NDArray[np.float32]


class Recogniser(Protocol):
    """Makes the template of an aligned face.

    Attributes:
        model_id: name of the model, e.g. `sface-2021dec`.
        model_sha256: of its file.
        dimension: length of its templates.
        crop_width: of an aligned face, pixels.
        crop_height: the same.
    """

    model_id: str
    model_sha256: str
    dimension: int
    crop_width: int
    crop_height: int

    def align(self, landmarks: Landmarks) -> Transform:
        """The similarity transform that brings a face with these points onto the crop."""
        ...

    def embed(self, crops: NDArray[np.uint8], *, mirror: Sequence[bool] = ()) -> Embeddings:
        """Templates of aligned faces.

        Args:
            crops: (N, crop_height, crop_width, 3) uint8 RGB.
            mirror: (N,) for which of them the mean with the mirrored crop's template is wanted, at the cost of a second
                pass; empty for none.
        """
        ...
