"""The two portraits that tests may use, and a calibration that can be worked out by hand."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.engine.models import CATALOGUE
from visavis.portraits import load_portraits
from visavis.types import EngineIdentity

Pixels = NDArray[np.uint8]

KNOTS = ((-1.0, 0.0, 10), (0.0, -1.0, 10), (0.5, -4.0, 10), (0.9, -8.0, None))
"""Native score, log10 FMR, comparisons counted. So 1 in 10 at 0, 1 in 10,000 at 0.5, and nothing counted above it."""


@cache
def astronaut() -> Pixels:
    """(512, 512, 3): Eileen Collins, NASA, public domain. One face, about 90 x 107 pixels, nose at (223, 127)."""
    return _frozen(load_portraits()[0])


@cache
def admiral() -> Pixels:
    """(600, 512, 3): Grace Hopper, US Navy, public domain. One face, about 178 x 223 pixels, nose at (268, 236)."""
    return _frozen(load_portraits()[1])


def identity_of(precision: str = "fp32", profile: str = "default") -> EngineIdentity:
    """Of an engine with the default models on OpenVINO."""
    (spec,) = (spec for spec in CATALOGUE if spec.name == "sface-2021dec")
    return EngineIdentity(spec.name, spec.sha256, "yunet-2023mar", "openvino", precision, profile)


def write_calibration(path: Path, identity: EngineIdentity | None = None) -> Path:
    """A calibration file of `KNOTS` for this engine; by default that of `identity_of`."""
    identity = identity or identity_of()
    names = ("model_id", "model_sha256", "detector_id", "precision", "profile")
    knots = [
        {"score": score, "log10_fmr": rate, "low": rate - 0.5, "high": min(0.0, rate + 0.5), "count": count}
        for score, rate, count in KNOTS
    ]
    document = {
        "format": "visavis-calibration",
        "format_version": 1,
        "calibration_id": "by-hand",
        "date": "2026-01-01",
        "knots": knots,
        **{name: value for name, value in dataclasses.asdict(identity).items() if name in names},
    }
    path.write_text(json.dumps(document))
    return path


def _frozen(pixels: Pixels) -> Pixels:
    frozen = np.ascontiguousarray(pixels)
    frozen.setflags(write=False)
    return frozen
