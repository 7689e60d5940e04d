"""Any recogniser that comes as an ONNX file with a manifest: SFace, the ArcFace family, a user's own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from visavis.engine.geometry import Transform, estimate_similarity
from visavis.engine.models import ModelSpec
from visavis.engine.recognition.base import Embeddings
from visavis.engine.runtime import InputLayout, Network, Runtime
from visavis.errors import EngineError, ModelFormatError
from visavis.types import Landmarks


class OnnxRecogniser:
    """See `Recogniser`.

    Args:
        runtime: runs it.
        spec: which model, and how to feed it.
        model: its file.
        centre: (dimension,) what the unit templates of many people have in common, and so says nothing of who it is;
            taken off each template before it is compared. None: nothing is taken off.

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
        self.centre = centre
        self._runtime = runtime
        self._model = model
        self._layout = InputLayout(
            1, self.crop_height, self.crop_width, manifest.colour_order, mean=manifest.mean, scale=manifest.scale
        )
        self._networks: dict[int, Network] = {}
        self._lock = threading.Lock()
        self._target = np.array(manifest.template_points, np.float64)

    def align(self, landmarks: Landmarks) -> Transform:
        """See `Recogniser.align`."""
        return estimate_similarity(landmarks.to_array(), self._target)

    def embed(self, crops: NDArray[np.uint8], *, mirror: Sequence[bool] = ()) -> Embeddings:
        """See `Recogniser.embed`."""
        vectors = self._run(crops)
        lengths = np.linalg.norm(vectors, axis=1)
        if any(mirror):
            # All of them, needed or not: another batch size would be another network in memory.
            vectors = vectors + self._run(crops[:, :, ::-1]) * np.array(mirror, np.float32)[:, None]
        units = _normalise(vectors)
        return Embeddings(units if self.centre is None else _normalise(units - self.centre), lengths)

    def network(self, count: int) -> Network:
        """The compiled network for `count` crops."""
        with self._lock:
            if count not in self._networks:
                self._networks[count] = self._runtime.compile(self._model, replace(self._layout, batch=count))
            return self._networks[count]

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        (output,) = self.network(len(crops)).run(crops)
        if output.size != len(crops) * self.dimension:
            raise ModelFormatError(f"{self.model_id} answers with {output.size} numbers, not {self.dimension} a face")
        return output.reshape(len(crops), self.dimension)


def _normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.min() > 1e-12):
        raise EngineError("the recogniser answered with no usable numbers")
    return np.asarray(vectors / lengths, np.float32)
