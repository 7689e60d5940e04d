"""What a client answers."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.measures import FaceMeasures
from visavis.types import (
    BoundingBox,
    ComparisonDecision,
    DetectedFace,
    EngineIdentity,
    FmrEstimate,
    Landmarks,
)


@dataclass(frozen=True, slots=True)
class ImageSize:
    """Of a picture as a person sees it, pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ComparedFace:
    """One side of a comparison; what is of a picture is None where the side was a face token.

    Attributes:
        box: of the chosen face, full-resolution pixels.
        landmarks: likewise.
        probability: the detector's confidence that it is a face, 0..1.
        image: size of the picture.
        face_count: how many faces the picture has.
        face_token: names the face for an hour; None where no token was asked for.
    """

    box: BoundingBox | None
    landmarks: Landmarks | None
    probability: float | None
    image: ImageSize | None
    face_count: int | None
    face_token: str | None


@dataclass(frozen=True, slots=True)
class TimingsMs:
    """Milliseconds on the server: by stage, and from the arrival of the request to its answer."""

    stages: dict[str, float]
    total: float


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """The outcome of a comparison.

    Attributes:
        request_id: names the request in the server's log.
        score: native similarity (cosine), -1..1, higher = more alike.
        fmr: how often two strangers score at least as high.
        decision: MATCH when score >= threshold.
        threshold: native score at which the false match rate is `decision_fmr`.
        decision_fmr: the requested false match rate.
        reference: the first side.
        probe: the second side.
        engine: what produced the score.
        calibration_id: which calibration says what the score means.
        timings_ms: how long it took.
    """

    request_id: str
    score: float
    fmr: FmrEstimate
    decision: ComparisonDecision
    threshold: float
    decision_fmr: float
    reference: ComparedFace
    probe: ComparedFace
    engine: EngineIdentity
    calibration_id: str
    timings_ms: TimingsMs

    @property
    def is_match(self) -> bool:
        """True when the decision is MATCH."""
        return self.decision is ComparisonDecision.MATCH


@dataclass(frozen=True, slots=True)
class DetectionResult:
    """The faces of a picture.

    Attributes:
        request_id: names the request in the server's log.
        faces: every face found, the chosen one first.
        image: size of the picture.
        face_token: names the chosen face for an hour; None where no token was asked for.
        engine: what found them.
        timings_ms: how long it took.
    """

    request_id: str
    faces: tuple[DetectedFace, ...]
    image: ImageSize
    face_token: str | None
    engine: EngineIdentity
    timings_ms: TimingsMs


@dataclass(frozen=True, slots=True)
class FlawAdvice:
    """What is wrong with a face.

    Attributes:
        name: stable, e.g. `blurred`.
        advice: what the person can do about it, in the client's language.
    """

    name: str
    advice: str


@dataclass(frozen=True, slots=True)
class FlawsByLevel:
    """Why each level of quality would refuse a face; empty where it would accept it."""

    low: tuple[FlawAdvice, ...]
    normal: tuple[FlawAdvice, ...]
    high: tuple[FlawAdvice, ...]


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """The chosen face of a picture, measured.

    Attributes:
        request_id: names the request in the server's log.
        face: where it is.
        measures: of the face.
        flaws: what is wrong with it.
        landmarks: 468 points (x, y, z), x and y in full-resolution pixels, z in the same unit and falling towards the
            camera; None where they were not asked for.
        image: size of the picture.
        face_token: names the face for an hour; None where no token was asked for.
        engine: what found and measured it.
        timings_ms: how long it took.
    """

    request_id: str
    face: DetectedFace
    measures: FaceMeasures
    flaws: FlawsByLevel
    landmarks: tuple[tuple[float, float, float], ...] | None
    image: ImageSize
    face_token: str | None
    engine: EngineIdentity
    timings_ms: TimingsMs


@dataclass(frozen=True, slots=True)
class LevelVerdict:
    """What one level of a control makes of a face.

    Attributes:
        threshold: the score at which it decides.
        passes: whether the face does; None where nothing says what the networks' answers mean.
    """

    threshold: float
    passes: bool | None


@dataclass(frozen=True, slots=True)
class VerdictsByLevel:
    """What each level of a control makes of a face; `high` is the strictest."""

    low: LevelVerdict
    normal: LevelVerdict
    high: LevelVerdict


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check finds.

    Attributes:
        score: 0..1; None: it cannot tell. Of `pad` higher is better, of `synthesis` lower.
        bpcer: share of good photos that a threshold at this score would refuse, or a bound of it; None without a score.
        native: what the networks answered, 0..1; None where they were not asked.
        non_response: why it cannot tell, e.g. `face_too_small`; None where it can.
        levels: whether the face passes each level of the control.
        advice: what the person can do where a level refuses the face, in the client's language; None otherwise.
        calibration_id: what says what the score means; None where nothing does.
    """

    score: float | None
    bpcer: float | None
    native: float | None
    non_response: str | None
    levels: VerdictsByLevel
    advice: str | None
    calibration_id: str | None


@dataclass(frozen=True, slots=True)
class LivenessResult:
    """The chosen face of a picture, checked for attacks.

    Attributes:
        request_id: names the request in the server's log.
        face: where it is.
        pad: whether a living person was before the camera, or a picture of one.
        synthesis: whether the face was generated or edited.
        image: size of the picture.
        face_token: names the face for an hour; None where no token was asked for.
        engine: what found it.
        timings_ms: how long it took.
    """

    request_id: str
    face: DetectedFace
    pad: CheckResult
    synthesis: CheckResult
    image: ImageSize
    face_token: str | None
    engine: EngineIdentity
    timings_ms: TimingsMs


@dataclass(frozen=True, slots=True)
class FmrThreshold:
    """The native score at a false match rate; None where the calibration does not reach so far."""

    fmr: float
    threshold: float | None


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """What scores mean on the server."""

    request_id: str
    calibration_id: str
    engine: EngineIdentity
    thresholds: tuple[FmrThreshold, ...]
