"""Any recogniser that comes as an ONNX file with a manifest: SFace, the ArcFace family, a user's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.engine.geometry import Transform, estimate_similarity
from visavis.engine.models import ModelSpec
from visavis.engine.runtime import InputLayout, Network, Runtime
from visavis.errors import EngineError, ModelFormatError
from visavis.types import Landmarks


class OnnxRecogniser:
    """See `Recogniser`.

    Args:
        runtime: runs it.
        spec: which model, and how to feed it.
        model: its file.
        centre: (dimension,) mean of the unit templates of many people, taken off each template before it is compared; it
            holds what all faces have in common and says nothing of who it is. None: nothing is taken off.

    Raises:
        ModelFormatError: the file and the manifest do not fit each other.
    """

    def __init__(
        self, runtime: Runtime, spec: ModelSpec, model: bytes, centre: NDArray[np.float32] | None = None
    ) -> None:
        manifest = spec.recognition
        if manifest is None:
            raise ModelFormatError(f"{spec.name} is not a recogniser")
        if centre is not None and centre.shape != (manifest.dimension,):
            raise ModelFormatError(f"the centre of {spec.name} has {centre.shape} numbers, not {manifest.dimension}")
        self.model_id = spec.name
        self.model_sha256 = spec.sha256
        self.dimension = manifest.dimension
        self.crop_width, self.crop_height = manifest.input_width, manifest.input_height
        self.network: Network = runtime.compile(
            model,
            InputLayout(
                1, self.crop_height, self.crop_width, manifest.colour_order, mean=manifest.mean, scale=manifest.scale
            ),
        )
        self._target = np.array(manifest.template_points, np.float64)
        self.centre = centre

    def align(self, landmarks: Landmarks) -> Transform:
        """See `Recogniser.align`."""
        return estimate_similarity(landmarks.to_array(), self._target)

    def embed(self, crop: NDArray[np.uint8], *, mirror: bool = False) -> NDArray[np.float32]:
        """See `Recogniser.embed`."""
        vector = self._run(crop)
        if mirror:
            vector = vector + self._run(crop[:, ::-1])
        unit = _normalise(vector)
        return unit if self.centre is None else _normalise(unit - self.centre)

    def _run(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        (output,) = self.network.run(crop[None])
        if output.size != self.dimension:
            raise ModelFormatError(f"{self.model_id} answers with {output.size} numbers, not {self.dimension}")
        return output.reshape(-1)


def _normalise(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-12:
        raise EngineError("the recogniser answered with no usable numbers")
    return np.asarray(vector / np.float32(length), np.float32)
