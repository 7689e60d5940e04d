"""Tells generated and manipulated faces from untouched photos: one small network of our own, see training/synthesis."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from visavis.engine.analysis.blur import BlurNetwork
from visavis.engine.bpcer import BpcerScale
from visavis.engine.geometry import Transform
from visavis.engine.picture import Picture
from visavis.engine.runtime import InputLayout, Network, Runtime
from visavis.engine.synthesis.crop import CROP_PX, SPREAD, cut_crop, place_crop, share_inside
from visavis.engine.synthesis.parameters import SynthesisModel, load_model, load_scale
from visavis.errors import ModelFormatError
from visavis.presentation import CheckNetwork, NonResponse, SynthesisResult
from visavis.types import DetectedFace

MODEL_ID = "visavis-synthesis"

_MOST = 25.0
"""Logits are cut off here; beyond it a probability is 0 or 1 in every precision."""

Pixels = NDArray[np.uint8]


class SynthesisDetector:
    """Looks for what making or changing a face leaves behind. Safe to share between threads.

    Args:
        runtime: runs the network.
        model: the network and its manifest; None: those that come with the package.
        scale: what the answers mean; None: `measure` gives no public score.

    Raises:
        CalibrationNotFoundError: the scale belongs to another network, or to another precision.
        ModelIntegrityError: the network is not the one that the manifest was made for.
        ModelFormatError: the manifest is damaged.
    """

    def __init__(self, runtime: Runtime, model: SynthesisModel | None = None, scale: BpcerScale | None = None) -> None:
        self._runtime = runtime
        self.model = model or load_model()
        self._blur = BlurNetwork(runtime)
        self._network: Network | None = None
        self._lock = threading.Lock()
        if scale is not None:
            scale.require_match(self.identity, runtime.precision)
        self.scale = scale

    @property
    def identity(self) -> tuple[CheckNetwork, ...]:
        """Which network answers."""
        return (CheckNetwork(MODEL_ID, self.model.sha256),)

    def warm_up(self) -> None:
        """Compile the networks now, not within the first call."""
        self.network()
        self._blur.network()

    def measure(self, picture: Picture, face: DetectedFace) -> SynthesisResult:
        """Judge a face.

        Args:
            picture: the one that the face was found in.
            face: which one.

        Raises:
            ImageError: the picture cannot be decoded.
            ModelFormatError: the network answers with other than one number.
        """
        native = self.native(picture, face)
        if isinstance(native, NonResponse):
            return SynthesisResult(None, None, native)
        if self.scale is None:
            return SynthesisResult(None, native, NonResponse.NOT_CALIBRATED)
        return SynthesisResult(self.scale.public_score(native), native)

    def native(self, picture: Picture, face: DetectedFace) -> float | NonResponse:
        """How surely a face is generated or manipulated, 0..1, as the network sees it; or why it cannot tell.

        Raises:
            ImageError: the picture cannot be decoded.
            ModelFormatError: the network answers with other than one number.
        """
        transform = place_crop(face)
        refusal = self._refusal(picture, face, transform)
        if refusal is not None:
            return refusal
        crop = cut_crop(picture, transform)
        if self._blur.measure(crop, SPREAD) > self.model.max_blur:
            return NonResponse.TOO_BLURRED
        return self.judge(crop)

    def judge(self, crop: Pixels) -> float:
        """How surely the face of a crop is generated or manipulated, 0..1.

        Args:
            crop: (96, 96, 3) uint8 RGB, see `crop.cut_crop`.

        Raises:
            ModelFormatError: the network answers with other than one number.
        """
        (answer,) = self.network().run(crop[None])
        if answer.size != 1 or not np.isfinite(answer).all():
            raise ModelFormatError(f"{MODEL_ID} answers with {answer.size} numbers, not with one that is finite")
        logit = float(np.clip(answer.ravel()[0], -_MOST, _MOST))
        return 1 / (1 + float(np.exp(-logit)))

    def network(self) -> Network:
        """The compiled network, of one crop a run."""
        with self._lock:
            if self._network is None:
                self._network = self._runtime.compile(self.model.network, InputLayout(1, CROP_PX, CROP_PX))
            return self._network

    def _refusal(self, picture: Picture, face: DetectedFace, transform: Transform) -> NonResponse | None:
        if max(face.box.width, face.box.height) < self.model.min_face_px:
            return NonResponse.FACE_TOO_SMALL
        if share_inside(transform, picture.width, picture.height) < self.model.min_inside:
            return NonResponse.TOO_TIGHT
        return None


def open_synthesis(runtime: Runtime) -> SynthesisDetector:
    """The network of the package and what its answers mean at the precision of the runtime.

    Raises:
        ModelIntegrityError: the network is not the one that the manifest was made for.
        ModelFormatError: the manifest is damaged.
        CalibrationFormatError: the calibration is damaged.
        CalibrationNotFoundError: it belongs to another network.
    """
    return SynthesisDetector(runtime, scale=load_scale(runtime.precision))
