"""What the use cases need from the outside, as Protocols. The engine satisfies them; nothing here imports it."""

from __future__ import annotations

from typing import Protocol

from visavis.types import AcquiredFace, EngineIdentity, FaceChoice


class FaceAcquirer(Protocol):
    """Turns an encoded picture into the template of its subject."""

    @property
    def identity(self) -> EngineIdentity:
        """What produces the templates."""
        ...

    def acquire(self, picture: bytes, choice: FaceChoice = FaceChoice.LARGEST) -> AcquiredFace:
        """Find the subject of an encoded picture and make its template.

        Raises:
            ImageError: the picture cannot be used.
            AcquisitionError: it has no usable face.
        """
        ...


class ScoreCalibration(Protocol):
    """Native score ↔ false match rate."""

    @property
    def calibration_id(self) -> str:
        """Names the file that it came from."""
        ...

    def fmr_at(self, score: float) -> float:
        """How often two strangers score at least `score`, 0..1."""
        ...

    def threshold_at(self, fmr: float) -> float:
        """The native score at which that happens."""
        ...
