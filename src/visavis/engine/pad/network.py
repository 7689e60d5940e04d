"""One network, run on one face."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from visavis.engine.pad.crop import cut_crop, place_crop
from visavis.engine.pad.fusion import logit_of
from visavis.engine.pad.spec import PadModel
from visavis.engine.picture import Picture
from visavis.engine.runtime import Network, Runtime
from visavis.errors import ModelFormatError
from visavis.types import DetectedFace

_MOST = 30.0


class PadNetwork:
    """A network that tells bona fide presentations from attacks. Safe to share between threads.

    Args:
        runtime: runs it.
        model: its file and manifest.
    """

    def __init__(self, runtime: Runtime, model: PadModel) -> None:
        self.spec = model.spec
        self._runtime = runtime
        self._content = model.content
        self._network: Network | None = None
        self._lock = threading.Lock()

    def logit(self, picture: Picture, face: DetectedFace) -> float:
        """Logit of a bona fide presentation, higher = more surely one; within ±30.

        Raises:
            ImageError: the picture cannot be decoded.
            ModelFormatError: the network answers with no number at the bona fide index, or with no probability where
                its manifest promises one.
        """
        return self.judge(self.cut(picture, face))

    def cut(self, picture: Picture, face: DetectedFace) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB: the crop that it looks at.

        Raises:
            ImageError: the picture cannot be decoded.
        """
        return cut_crop(self.spec, picture, place_crop(self.spec, face, picture.width, picture.height))

    def judge(self, crop: NDArray[np.uint8]) -> float:
        """`logit` of a crop."""
        return self._read(self.network().run(crop[None])[0].ravel().astype(np.float64))

    def network(self) -> Network:
        """The compiled network, of one crop a run."""
        with self._lock:
            if self._network is None:
                self._network = self._runtime.compile(self._content, self.spec.layout)
            return self._network

    def _read(self, answers: NDArray[np.float64]) -> float:
        index, model_id = self.spec.bona_fide_index, self.spec.model_id
        if not index < len(answers) or not np.isfinite(answers).all():
            raise ModelFormatError(f"{model_id} answers with {len(answers)} numbers, none of them for {index}")
        own = float(answers[index])
        if self.spec.activation == "sigmoid":
            return float(np.clip(own, -_MOST, _MOST))
        if self.spec.activation == "softmax":
            others = np.delete(answers, index)
            if not len(others):
                raise ModelFormatError(f"{model_id} answers with one number; a softmax needs two or more")
            highest = others.max()
            rest = float(highest + np.log(np.exp(others - highest).sum()))
            return float(np.clip(own - rest, -_MOST, _MOST))
        if not 0 <= own <= 1:
            raise ModelFormatError(f"{model_id} answers with {own:g}, which is no probability")
        return logit_of(own)
