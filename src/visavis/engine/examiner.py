"""What is found out about faces besides their templates, when somebody asks: measures, liveness, synthesis."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from visavis.engine.analysis.analyser import FaceAnalyser
from visavis.engine.analysis.quality import load_quality
from visavis.engine.pad.detector import PadDetector, open_pad
from visavis.engine.picture import Picture
from visavis.engine.runtime import Runtime
from visavis.engine.synthesis.detector import SynthesisDetector, open_synthesis
from visavis.types import AcquiredFace, FaceCheck, FoundFace, Timings


@dataclass(frozen=True, slots=True)
class LivenessOptions:
    """Presentation attack detection as the user wants it.

    Attributes:
        networks: manifests of the user's own networks; none: the package's alone.
        joins: whether they join the package's, or take its place.
        calibration: what the answers mean; None: the package's file, which is for the package's networks alone.
    """

    networks: tuple[Path, ...] = ()
    joins: bool = False
    calibration: Path | None = None


class FaceExaminer:
    """Opens each of its parts when it is first needed, for a plain comparison has no use for any. Thread-safe.

    Args:
        runtime: runs the networks.
        load_mesh: reads the landmarker's model.
        model_id: of the recogniser, which the unified quality is for.
        liveness: which networks look for presentation attacks.
    """

    def __init__(
        self, runtime: Runtime, load_mesh: Callable[[], bytes], model_id: str, liveness: LivenessOptions
    ) -> None:
        self._runtime = runtime
        self._load_mesh = load_mesh
        self._model_id = model_id
        self._liveness = liveness
        self._analyser: FaceAnalyser | None = None
        self._pad: PadDetector | None = None
        self._synthesis: SynthesisDetector | None = None
        self._opening = threading.Lock()

    @property
    def analyser(self) -> FaceAnalyser:
        """What measures faces.

        Raises:
            ModelNotFoundError: the landmarker's model is missing and may not be fetched.
            ModelIntegrityError: it is not what it should be.
        """
        with self._opening:
            if self._analyser is None:
                self._analyser = FaceAnalyser(self._runtime, self._load_mesh(), load_quality(self._model_id))
            return self._analyser

    @property
    def pad(self) -> PadDetector:
        """What looks for presentation attacks.

        Raises:
            EngineError: a network of the user's own, its manifest or its calibration cannot be used.
            NotFoundError: one of these files is missing.
        """
        with self._opening:
            if self._pad is None:
                options = self._liveness
                self._pad = open_pad(self._runtime, options.networks, options.joins, options.calibration)
            return self._pad

    @property
    def synthesis(self) -> SynthesisDetector:
        """What looks for generated and manipulated faces."""
        with self._opening:
            if self._synthesis is None:
                self._synthesis = open_synthesis(self._runtime)
            return self._synthesis

    @property
    def calibration_ids(self) -> dict[FaceCheck, str | None]:
        """What says what the checks' scores mean, of those that have scores; None where nothing does."""
        scales = {FaceCheck.PAD: self.pad.scale, FaceCheck.SYNTHESIS: self.synthesis.scale}
        return {check: scale.calibration_id if scale else None for check, scale in scales.items()}

    def warm_up(self) -> None:
        """Open all and compile the networks now, not within the first call: about a second."""
        for part in (self.analyser, self.pad, self.synthesis):
            part.warm_up()

    def examine(self, picture: Picture, acquired: AcquiredFace, checks: frozenset[FaceCheck]) -> AcquiredFace:
        """What was acquired of a picture, with what the checks find out about the subject and the others.

        Raises:
            ImageError: the picture cannot be decoded.
            ModelNotFoundError: a model is missing and may not be fetched.
        """
        took: dict[str, float] = {"decode": 0.0}
        subject, *others = (
            self._examined(picture, found, checks, took) for found in (acquired.subject, *acquired.others)
        )
        return replace(
            acquired,
            timings=acquired.timings + Timings(took),
            others=tuple(others),
            measures=subject.measures,
            points=subject.points,
            pad=subject.pad,
            synthesis=subject.synthesis,
        )

    def _examined(
        self, picture: Picture, found: FoundFace, checks: frozenset[FaceCheck], took: dict[str, float]
    ) -> FoundFace:
        for check in FaceCheck:
            if check in checks:
                started, decoded = time.perf_counter(), picture.decode_s
                found = _EXAMINATIONS[check](self, picture, found)
                again = picture.decode_s - decoded
                took["decode"] += again
                took[_STAGES[check]] = took.get(_STAGES[check], 0.0) + time.perf_counter() - started - again
        return found

    def _measure(self, picture: Picture, found: FoundFace) -> FoundFace:
        mesh = self.analyser.locate(picture, found.face)
        measures = self.analyser.measure(picture, found.face, found.template, mesh)
        return replace(found, measures=measures, points=mesh.points)

    def _detect_attack(self, picture: Picture, found: FoundFace) -> FoundFace:
        return replace(found, pad=self.pad.measure(picture, found.face))

    def _detect_synthesis(self, picture: Picture, found: FoundFace) -> FoundFace:
        return replace(found, synthesis=self.synthesis.measure(picture, found.face))


_STAGES = {FaceCheck.MEASURES: "analyse", FaceCheck.PAD: "liveness", FaceCheck.SYNTHESIS: "synthesis"}
_EXAMINATIONS: dict[FaceCheck, Callable[[FaceExaminer, Picture, FoundFace], FoundFace]] = {
    FaceCheck.MEASURES: FaceExaminer._measure,
    FaceCheck.PAD: FaceExaminer._detect_attack,
    FaceCheck.SYNTHESIS: FaceExaminer._detect_synthesis,
}
