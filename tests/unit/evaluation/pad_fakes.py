"""A stand-in for the engine's checks: a photo's file names what the check answers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from tests.unit.evaluation.conftest import IDENTITY, acquired
from visavis.engine.bpcer import BpcerScale
from visavis.errors import NoFaceError
from visavis.evaluation.pad_dataset import Presentation, PresentationSet
from visavis.evaluation.workers import Failure
from visavis.presentation import CheckNetwork, NonResponse, PadResult, SynthesisResult
from visavis.types import AcquiredFace, EngineIdentity, FaceCheck, FaceChoice

NETWORKS = (CheckNetwork("fake", "cd" * 32),)


class FakeInspector:
    """A number is a native score; `[native, score]` has a public one, too; a word is why there is none."""

    def __init__(self, scale: BpcerScale | None = None) -> None:
        self.scale = scale
        self.calls: list[tuple[frozenset[FaceCheck], FaceChoice]] = []

    @property
    def identity(self) -> EngineIdentity:
        return IDENTITY

    def inspect(self, picture: bytes, checks: frozenset[FaceCheck], choice: FaceChoice) -> AcquiredFace:
        self.calls.append((checks, choice))
        content = json.loads(picture)
        if content == "no face":
            raise NoFaceError("no face was found")
        score, native, reason = self._read(content)
        found = acquired([0, 1])
        if FaceCheck.PAD in checks:
            return dataclasses.replace(found, pad=PadResult(score, native, reason))
        return dataclasses.replace(found, synthesis=SynthesisResult(score, native, reason))

    def _read(self, content: object) -> tuple[float | None, float | None, NonResponse | None]:
        if isinstance(content, str):
            return None, None, NonResponse(content)
        if isinstance(content, list):
            return content[1], content[0], None
        assert isinstance(content, float)
        if self.scale is None:
            return None, content, NonResponse.NOT_CALIBRATED
        return self.scale.public_score(content), content, None


def open_fake_inspector() -> FakeInspector:
    """What a worker process calls."""
    return FakeInspector()


NO_FACE = Failure("no_face", "no face was found")
TIGHT = PadResult(None, None, NonResponse.TOO_TIGHT)


def answered(native: float, score: float | None = None) -> PadResult:
    """An answer with or without a public score."""
    return PadResult(score, native, NonResponse.NOT_CALIBRATED if score is None else None)


def make_set(rows: Sequence[tuple[str | None, str | None]], root: Path = Path("set")) -> PresentationSet:
    """Presentations from (species, person), without files."""
    return PresentationSet("set", root, tuple(Presentation(f"{i}.jpg", *row) for i, row in enumerate(rows)))


def write_photos(root: Path, photos: dict[str, object]) -> None:
    """Photo files for `FakeInspector`."""
    for path, content in photos.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(json.dumps(content))
