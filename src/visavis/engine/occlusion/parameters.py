"""The network of this folder and what belongs to it, made by training/occlusion."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.engine.models.integrity import require_sha256
from visavis.errors import ModelFormatError
from visavis.measures import Region

_NETWORK, _MANIFEST = "occlusion.onnx", "occlusion.json"


@dataclass(frozen=True, slots=True)
class Wearing:
    """Logistic regression from what a network saw to the probability that something is worn.

    Attributes:
        weights: of the share of each region that the thing covers.
        bias: of none.
    """

    weights: Mapping[Region, float]
    bias: float

    def probability(self, shares: Mapping[Region, float]) -> float:
        """0..1, from the share of each region, 0..1, that the thing covers."""
        logit = self.bias + sum(weight * shares[region] for region, weight in self.weights.items())
        return float(1 / (1 + np.exp(-logit)))


@dataclass(frozen=True, slots=True, eq=False)
class OcclusionModel:
    """What runs.

    Attributes:
        network: ONNX file: (N, 3, 128, 128) to (N, 4, 64, 64) probabilities, planes in the order of `segmenter.Cover`,
            (N, 9) covered shares, in the order of `Region`, and (N, 1) the probability that a mask is worn.
        sha256: of the file.
        spread: side of the crop in longer sides of the mesh's upright box.
        dark_glasses: from the shares covered by dark glasses to the probability that they are worn over the eyes.
    """

    network: bytes
    sha256: str
    spread: float
    dark_glasses: Wearing


@functools.cache
def load_model() -> OcclusionModel:
    """From the files that come with the package.

    Raises:
        ModelIntegrityError: the network is not the one that the manifest was made for.
        ModelFormatError: the manifest is damaged.
    """
    folder = resources.files(__package__)
    return read_model(folder.joinpath(_NETWORK).read_bytes(), folder.joinpath(_MANIFEST).read_text("utf-8"))


def read_model(network: bytes, manifest: str) -> OcclusionModel:
    """The content of the two files.

    Raises:
        ModelIntegrityError: the network is not the one that the manifest was made for.
        ModelFormatError: the manifest is damaged.
    """
    try:
        document = json.loads(manifest)
        model = OcclusionModel(
            network=network,
            sha256=str(document["sha256"]),
            spread=float(document["spread"]),
            dark_glasses=_read_wearing(document["dark_glasses"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelFormatError("the manifest of the occlusion network is damaged") from error
    require_sha256(network, model.sha256, "the occlusion network")
    return model


def _read_wearing(document: dict[str, Any]) -> Wearing:
    weights = {Region(name): float(weight) for name, weight in document["weights"].items()}
    return Wearing(weights, float(document["bias"]))


def share_of(plane: NDArray[np.float32], where: NDArray[np.float32]) -> float:
    """Mean of a plane, weighted by `where`, both (H, W); 0 where there is no weight."""
    total = float(where.sum())
    return float((plane * where).sum()) / total if total else 0.0
