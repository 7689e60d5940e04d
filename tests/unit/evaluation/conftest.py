"""A stand-in for the engine: a picture file names its template, so that expected scores can be worked out by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.measured import changed
from visavis.errors import EngineError, NoFaceError
from visavis.evaluation.run import Acquisition
from visavis.evaluation.scores import Templates
from visavis.evaluation.trials import Dataset, Layout, Picture, Trials
from visavis.evaluation.workers import Failure
from visavis.types import (
    AcquiredFace,
    AnalyzedFace,
    BoundingBox,
    DetectedFace,
    EngineIdentity,
    FaceChoice,
    ImageFormat,
    Landmarks,
    Template,
    Timings,
)

IDENTITY = EngineIdentity("fake-model", "ab" * 32, "fake-detector", "openvino", "fp32", "default")
_POINTS = Landmarks((30, 40), (70, 40), (50, 60), (35, 80), (65, 80))


def acquired(vector: Sequence[float]) -> AcquiredFace:
    """A face with this template, scaled to unit length."""
    numbers = np.array(vector, np.float32)
    numbers /= np.linalg.norm(numbers)
    face = DetectedFace(BoundingBox(10, 10, 80, 90), _POINTS, 0.9)
    return AcquiredFace(100, 100, ImageFormat.JPEG, (face,), Template(numbers, IDENTITY.model_id), Timings())


@dataclass
class FakeEngine:
    """Reads JSON instead of pixels: a list is a template; a word is what goes wrong."""

    calls: list[bytes] = field(default_factory=list)

    @property
    def identity(self) -> EngineIdentity:
        return IDENTITY

    def acquire(self, picture: bytes, choice: FaceChoice = FaceChoice.LARGEST) -> AcquiredFace:
        self.calls.append(picture)
        content = json.loads(picture)
        if content == "no face":
            raise NoFaceError("no face was found")
        if content == "broken engine":
            raise EngineError("the engine is broken")
        if content == "crash":
            os._exit(3)
        if content == "crash once":
            _crash_the_first_time()
            content = [0, 1]
        return acquired(content)

    def analyze(self, picture: bytes, choice: FaceChoice = FaceChoice.LARGEST) -> AnalyzedFace:
        """Its quality is 100 times the first number of the template."""
        found = self.acquire(picture, choice)
        return AnalyzedFace(found, changed(quality=100 * abs(float(found.template.vector[0]))), np.zeros((468, 3)))


def open_fake_engine() -> FakeEngine:
    """What a worker process calls."""
    return FakeEngine()


def fail_to_open() -> FakeEngine:
    """An engine that cannot be opened."""
    raise EngineError("no such runtime")


def crash_on_opening() -> FakeEngine:
    """An engine whose process dies."""
    os._exit(7)


def _crash_the_first_time() -> None:
    marker = Path(os.environ["FAKE_ENGINE_MARKER"])
    if not marker.exists():
        marker.touch()
        os._exit(3)


def write_picture(path: Path, content: object) -> None:
    """A picture file for `FakeEngine`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def make_acquisition(
    vectors: Sequence[Sequence[float]],
    persons: Sequence[int],
    failed: Sequence[int] = (),
    qualities: Sequence[float] | None = None,
) -> Acquisition:
    """Templates from vectors, scaled to unit length; `failed` are indices without a template."""
    table = np.array(vectors, np.float32)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    ok = np.ones(len(table), bool)
    ok[list(failed)] = False
    table[~ok] = 0
    keys = tuple(index.to_bytes(32, "big") for index in range(len(table)))
    failures = {index: Failure("no_face", "no face was found") for index in failed}
    measured = None if qualities is None else np.array(qualities, np.float64)
    return Acquisition(Templates(table, ok, np.array(persons, np.int32)), failures, keys, 0, measured)


def make_dataset(persons: Sequence[int], protocols: dict[str, Trials], root: Path = Path("set")) -> Dataset:
    """A data set without files."""
    people = tuple(f"person-{index}" for index in range(max(persons) + 1))
    pictures = tuple(Picture(f"person-{person}/{index}.jpg", person) for index, person in enumerate(persons))
    return Dataset("set", root, Layout.FOLDERS, people, pictures, protocols, FaceChoice.LARGEST)


@pytest.fixture
def fake_engine() -> FakeEngine:
    return FakeEngine()
