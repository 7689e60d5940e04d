"""The centre of a recogniser's templates: a file of the package, made by training/template_centre."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from visavis.engine.models import ModelSpec


def load_centre(spec: ModelSpec) -> NDArray[np.float32] | None:
    """(dimension,) float32, or None for a model that has none, such as a user's own.

    A file for other weights of the same name is not used: its model's SHA-256 must be the one that runs.
    """
    file = resources.files("visavis.engine.recognition") / "centres" / f"{spec.name}.json"
    if not file.is_file():
        return None
    content = json.loads(file.read_text("utf-8"))
    if content["model_sha256"] != spec.sha256:
        return None
    return np.array(content["centre"], np.float32)
