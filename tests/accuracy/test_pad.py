"""Real presentations of people whom nothing was trained on: printed photos, replayed ones, living people.

A few photos of each, far too few to report as figures (those are in training/pad), but enough to see when a change
makes the check blind or refuses everybody.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from visavis.engine.image import ImageLimits
from visavis.engine.pad.detector import PadDetector, load_scale
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.engine.runtime import open_runtime
from visavis.evaluation.pad_metrics import area_under_curve

pytestmark = [pytest.mark.data, pytest.mark.slow]

SUBJECTS = ("0003", "0006", "0009")
"""Of NUAA: held out of the training."""
_EACH = 8


@cache
def _folder() -> Path:
    data = os.environ.get("VISAVIS_DATA")
    if not data or not (Path(data) / "pad/nuaa").is_dir():
        pytest.skip("VISAVIS_DATA does not name a folder with pad/nuaa")
    return Path(data) / "pad/nuaa"


@cache
def natives(presentation: str) -> list[float]:
    """Native scores of photos of the held-out subjects; without those it cannot tell of."""
    engine, detector = FaceEngine(precision="fp32"), PadDetector(open_runtime("openvino", "fp32"))
    found = []
    for subject in SUBJECTS:
        for file in sorted((_folder() / presentation / subject).glob("*.jpg"))[::4][:_EACH]:
            content = file.read_bytes()
            native = detector.native(Picture(content, ImageLimits()), engine.acquire(content).face)
            if isinstance(native, float):
                found.append(native)
    return found


def test_prints_are_told_from_living_people() -> None:
    live, prints = (-np.sort(natives(kind))[::-1] for kind in ("bona_fide", "print"))

    assert len(live) == len(SUBJECTS) * _EACH
    assert len(prints) >= len(SUBJECTS) * _EACH - 1
    assert area_under_curve(live, prints) > 0.98


def test_living_people_pass_the_middle_level() -> None:
    scale = load_scale("fp32")
    assert scale is not None

    assert min(scale.public_score(native) for native in natives("bona_fide")) >= 0.3
