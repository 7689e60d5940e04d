"""The network of this folder and what belongs to it, made by training/synthesis."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources

from visavis.engine.bpcer import BpcerScale
from visavis.engine.models.integrity import require_sha256
from visavis.errors import ModelFormatError

_NETWORK, _MANIFEST = "synthesis.onnx", "synthesis.json"


@dataclass(frozen=True, slots=True, eq=False)
class SynthesisModel:
    """What runs, and where it cannot tell.

    Attributes:
        network: ONNX file: (1, 3, 96, 96) RGB 0..255 to (1, 1) logit, larger = more surely generated or manipulated.
        sha256: of the file.
        min_face_px: longer side of the detector's box that leaves traces to be seen, full-resolution pixels.
        max_blur: what `BlurNetwork` may answer, 0..1.
        min_inside: share of the crop that must lie within the picture, 0..1.
    """

    network: bytes
    sha256: str
    min_face_px: float
    max_blur: float
    min_inside: float


@functools.cache
def load_model() -> SynthesisModel:
    """From the files that come with the package.

    Raises:
        ModelIntegrityError: the network is not the one that the manifest was made for.
        ModelFormatError: the manifest is damaged.
    """
    folder = resources.files(__package__)
    return read_model(folder.joinpath(_NETWORK).read_bytes(), folder.joinpath(_MANIFEST).read_text("utf-8"))


def read_model(network: bytes, manifest: str) -> SynthesisModel:
    """The content of the two files.

    Raises:
        ModelIntegrityError: the network is not the one that the manifest was made for.
        ModelFormatError: the manifest is damaged.
    """
    try:
        document = json.loads(manifest)
        model = SynthesisModel(
            network=network,
            sha256=str(document["sha256"]),
            min_face_px=float(document["min_face_px"]),
            max_blur=float(document["max_blur"]),
            min_inside=float(document["min_inside"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFormatError("the manifest of the synthesis network is damaged") from error
    require_sha256(network, model.sha256, "the synthesis network")
    return model


@functools.cache
def load_scale(precision: str) -> BpcerScale | None:
    """What the answers of the package's network mean at a precision; None where nothing says so.

    Raises:
        CalibrationFormatError: the file is damaged.
    """
    file = resources.files(__package__).joinpath(f"calibration-{precision}.json")
    return BpcerScale.parse(file.read_bytes(), file.name) if file.is_file() else None
