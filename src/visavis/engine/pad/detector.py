"""Presentation attack detection on one still photo: what our own networks say, or a user's, or both together."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from visavis.engine.analysis.blur import BLUR_SIZE_PX, BlurNetwork
from visavis.engine.bpcer import BpcerScale
from visavis.engine.detection.refine import turn_of
from visavis.engine.pad.crop import cut_crop, place_crop
from visavis.engine.pad.cues import SPECTRUM_PEAK, spectrum_peak
from visavis.engine.pad.fusion import Fusion, probability_of
from visavis.engine.pad.manifest import open_model, parse_manifest
from visavis.engine.pad.network import PadNetwork
from visavis.engine.pad.spec import PadModel, PadNetworkSpec
from visavis.engine.picture import Picture
from visavis.engine.runtime import Runtime
from visavis.presentation import CheckNetwork, NonResponse, PadResult
from visavis.types import DetectedFace

MANIFESTS = ("face.json", "context.json")
FUSION_ID = "visavis-pad-fusion"
_FUSION = "fusion.json"

MIN_FACE_PX = 40.0
"""Longer side of the detector's box, full-resolution pixels."""
MAX_BLUR = 0.1
"""See `BlurNetwork`."""
MIN_FACE_SHARE = 0.7
"""Share of the detector's box that must lie in the picture."""
MAX_TURN = 0.3
"""See `turn_of`: nearly no face that the networks learned from was turned further, and profiles look like attacks."""

_BOX = PadNetworkSpec("box", "", 1.0, BLUR_SIZE_PX, BLUR_SIZE_PX, "RGB", 0.0, 1.0, 0, "none")
_TIGHT = PadNetworkSpec("tight", "", 1.0, BLUR_SIZE_PX, BLUR_SIZE_PX, "RGB", 0.0, 1.0, 0, "none", "box")


class PackagePad:
    """The networks that come with the package and what makes one answer of them.

    Args:
        runtime: runs them.

    Raises:
        ModelIntegrityError: a network is not the one that its manifest was made for.
        ModelFormatError: a manifest is damaged.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.networks = [PadNetwork(runtime, model) for model in load_models()]
        self._fusion = load_fusion()
        self._closest = min(self.networks, key=lambda network: network.spec.crop_scale)

    def logit(self, picture: Picture, face: DetectedFace) -> float:
        """Logit of a bona fide presentation."""
        crops = {network: network.cut(picture, face) for network in self.networks}
        logits = {network.spec.model_id: network.judge(crop) for network, crop in crops.items()}
        return self._fusion.logit(logits, {SPECTRUM_PEAK: spectrum_peak(crops[self._closest])})


class PadDetector:
    """Tells a living person before the camera from a picture of one. Safe to share between threads.

    Args:
        runtime: runs the networks.
        networks: of the user's own; None: those that come with the package.
        scale: what the answers mean; None: `measure` gives no public score.
        joins: the user's own networks join the package's, instead of taking their place.

    Raises:
        CalibrationNotFoundError: the scale belongs to other networks, or to another precision.
        ModelIntegrityError: a network is not the one that its manifest was made for.
        ModelFormatError: a manifest of the package is damaged.
    """

    def __init__(
        self,
        runtime: Runtime,
        networks: Sequence[PadModel] | None = None,
        scale: BpcerScale | None = None,
        *,
        joins: bool = False,
    ) -> None:
        own = [] if networks is None else list(networks)
        self._package = PackagePad(runtime) if joins or not own else None
        self._own = [PadNetwork(runtime, model) for model in own]
        self._blur = BlurNetwork(runtime)
        self.precision = runtime.precision
        if scale is not None:
            scale.require_match(self.identity, runtime.precision)
        self.scale = scale

    @property
    def identity(self) -> tuple[CheckNetwork, ...]:
        """Which networks answer, and what makes one answer of the package's."""
        fusion = [] if self._package is None else [CheckNetwork(FUSION_ID, fusion_sha256())]
        return (*(CheckNetwork(network.spec.model_id, network.spec.sha256) for network in self._networks), *fusion)

    def warm_up(self) -> None:
        """Compile the networks now, not within the first call."""
        for network in self._networks:
            network.network()
        self._blur.network()

    def measure(self, picture: Picture, face: DetectedFace) -> PadResult:
        """Judge a presentation.

        Args:
            picture: the one that the face was found in.
            face: the subject.

        Raises:
            ImageError: the picture cannot be decoded.
            ModelFormatError: a network answers with something else than its manifest promises.
        """
        native = self.native(picture, face)
        if isinstance(native, NonResponse):
            return PadResult(None, None, native)
        if self.scale is None:
            return PadResult(None, native, NonResponse.NOT_CALIBRATED)
        return PadResult(self.scale.public_score(native), native)

    def native(self, picture: Picture, face: DetectedFace) -> float | NonResponse:
        """Probability of a bona fide presentation as the networks see it, 0..1; or why they cannot tell.

        Raises:
            ImageError: the picture cannot be decoded.
            ModelFormatError: a network answers with something else than its manifest promises.
        """
        refusal = self.non_response(picture, face)
        if refusal is not None:
            return refusal
        return self.ask(picture, face)

    def ask(self, picture: Picture, face: DetectedFace) -> float:
        """`native`, whether the networks can tell or not; for choosing where they can.

        Raises:
            ImageError: the picture cannot be decoded.
            ModelFormatError: a network answers with something else than its manifest promises.
        """
        weighted = [(network.spec.weight, network.logit(picture, face)) for network in self._own]
        if self._package is not None:
            weighted.append((1.0, self._package.logit(picture, face)))
        return probability_of(sum(w * logit for w, logit in weighted) / sum(w for w, _ in weighted))

    def blur(self, picture: Picture, face: DetectedFace) -> float:
        """How much detail the face lacks, 0..1, see `BlurNetwork`."""
        return self._blur.measure(cut_crop(_BOX, picture, place_crop(_BOX, face, picture.width, picture.height)), 1.0)

    def non_response(self, picture: Picture, face: DetectedFace) -> NonResponse | None:
        """Why nothing can be told of a face; None where it can."""
        if max(face.box.width, face.box.height) < MIN_FACE_PX:
            return NonResponse.FACE_TOO_SMALL
        if turn_of(face.landmarks.to_array()) > MAX_TURN:
            return NonResponse.TURNED_AWAY
        tight = place_crop(_TIGHT, face, picture.width, picture.height)
        if tight.room(picture.width, picture.height) < MIN_FACE_SHARE:
            return NonResponse.TOO_TIGHT
        return NonResponse.TOO_BLURRED if self.blur(picture, face) > MAX_BLUR else None

    @property
    def _networks(self) -> tuple[PadNetwork, ...]:
        package = [] if self._package is None else self._package.networks
        return (*package, *self._own)


def open_pad(
    runtime: Runtime, networks: Sequence[Path] = (), joins: bool = False, calibration: Path | None = None
) -> PadDetector:
    """A detector as the user wants it.

    Args:
        runtime: runs the networks.
        networks: manifests of the user's own; none: the package's alone.
        joins: they join the package's, instead of taking their place.
        calibration: what the answers mean; None: the package's file, which is for the package's networks alone, so that
            others have no public score.

    Raises:
        FileMissingError: a file cannot be read.
        ModelFormatError: a manifest is malformed.
        ModelIntegrityError: a network is not the one that its manifest was made for.
        CalibrationFormatError: the calibration is malformed.
        CalibrationNotFoundError: it belongs to other networks, or to another precision.
    """
    own = [open_model(path) for path in networks]
    scale = None
    if calibration is not None:
        scale = BpcerScale.read(calibration)
    elif not own:
        scale = load_scale(runtime.precision)
    return PadDetector(runtime, own or None, scale, joins=joins)


@functools.cache
def load_models() -> tuple[PadModel, ...]:
    """Those that come with the package.

    Raises:
        ModelIntegrityError: a network is not the one that its manifest was made for.
        ModelFormatError: a manifest is damaged.
    """
    folder = resources.files(__package__)
    models = []
    for name in MANIFESTS:
        spec, file = parse_manifest(folder.joinpath(name).read_bytes())
        models.append(PadModel(spec, folder.joinpath(file).read_bytes()))
    return tuple(models)


@functools.cache
def load_fusion() -> Fusion:
    """That of the package's networks.

    Raises:
        ModelFormatError: it is damaged.
    """
    return Fusion.parse(_fusion_file())


@functools.cache
def fusion_sha256() -> str:
    """Of the file that `load_fusion` reads: with other weights the answers mean something else."""
    return hashlib.sha256(_fusion_file()).hexdigest()


def _fusion_file() -> bytes:
    return resources.files(__package__).joinpath(_FUSION).read_bytes()


def load_scale(precision: str) -> BpcerScale | None:
    """What the answers of the package's networks mean at a precision; None where nothing says so.

    Raises:
        CalibrationFormatError: the file is damaged.
    """
    file = resources.files(__package__).joinpath(f"calibration-{precision}.json")
    return BpcerScale.parse(file.read_bytes(), file.name) if file.is_file() else None
