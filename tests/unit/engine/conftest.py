"""One engine for all tests that need the real models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faces import write_calibration
from visavis.engine.pipeline import FaceEngine


@pytest.fixture(scope="session")
def engine(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaceEngine]:
    """OpenVINO in fp32, so that its figures are the same on every machine; its calibration is worked out by hand."""
    calibration = write_calibration(tmp_path_factory.mktemp("calibration") / "by-hand.json")
    with FaceEngine(home=model_home, precision="fp32", calibration=calibration, auto_pull=False) as opened:
        yield opened
