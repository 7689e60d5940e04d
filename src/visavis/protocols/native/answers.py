"""Answers: their shape."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from visavis.presentation import NonResponse

Point = Annotated[tuple[float, float], Field(description="x and y, full-resolution pixels from the top left corner.")]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True, protected_namespaces=())


class Box(_Answer):
    """Upright rectangle in full-resolution pixels; it may reach past the picture's edge."""

    left: float
    top: float
    width: float
    height: float


class LandmarkPoints(_Answer):
    """Five points of a face; left and right are the subject's."""

    right_eye: Point
    left_eye: Point
    nose_tip: Point
    right_mouth_corner: Point
    left_mouth_corner: Point


class ImageSize(_Answer):
    """Of a picture as a person sees it, pixels."""

    width: int
    height: int


class FoundFace(_Answer):
    """A face in a picture."""

    box: Box
    landmarks: LandmarkPoints
    probability: float = Field(description="The detector's confidence that it is a face, 0..1.")


class ComparedFace(_Answer):
    """One side of a comparison. A side that came as a face token has no picture: what is of it is null."""

    box: Box | None
    landmarks: LandmarkPoints | None
    probability: float | None = Field(description="The detector's confidence that it is a face, 0..1.")
    image: ImageSize | None
    face_count: int | None = Field(description="How many faces the picture has; the chosen one is described.")
    face_token: str | None = Field(description="Names the face for an hour; null where no token was asked for.")


class Rate(_Answer):
    """A false match rate with its 95 % interval: how often two strangers score at least as high."""

    value: float
    low: float
    high: float
    extrapolated: bool = Field(description="True beyond what was counted.")


class Engine(_Answer):
    """What produced a number."""

    model_id: str
    model_sha256: str
    detector_id: str
    runtime: str
    precision: str
    profile: str


class TimingsMs(_Answer):
    """Milliseconds."""

    stages: dict[str, float] = Field(description="By stage of the work, both pictures together.")
    total: float = Field(description="From the arrival of the request to this answer.")


class CompareAnswer(_Answer):
    """The outcome of a comparison."""

    request_id: str
    score: float = Field(description="Native similarity (cosine), -1..1, higher = more alike.")
    fmr: Rate
    decision: Literal["match", "non-match"] = Field(description="`match` where score >= threshold.")
    threshold: float = Field(description="The score at which the false match rate is `decision_fmr`.")
    decision_fmr: float = Field(description="The requested false match rate.")
    reference: ComparedFace
    probe: ComparedFace
    engine: Engine
    calibration_id: str
    timings_ms: TimingsMs


class DetectAnswer(_Answer):
    """The faces of a picture."""

    request_id: str
    faces: tuple[FoundFace, ...] = Field(description="The chosen one first.")
    image: ImageSize
    face_token: str | None = Field(description="Of the chosen face; null where no token was asked for.")
    engine: Engine
    timings_ms: TimingsMs


class Pose(_Answer):
    """Degrees: the head turned, then nodded, then tilted."""

    yaw: float = Field(description="-90..90, positive: the nose points to the right of the picture.")
    pitch: float = Field(description="-90..90, positive: the face looks down.")
    roll: float = Field(description="-180..180, positive: tilted clockwise in the picture.")


class RegionShares(_Answer):
    """A share for each region of a face, 0..1; left and right are the subject's."""

    left_eye: float
    right_eye: float
    left_eyebrow: float
    right_eyebrow: float
    nose: float
    mouth: float
    left_cheek: float
    right_cheek: float
    chin_contour: float


class Measures(_Answer):
    """One face, measured."""

    pose: Pose
    occlusion: RegionShares = Field(description="Covered by something, of what the head's own turn lets be seen.")
    hidden: RegionShares = Field(description="Hidden by the head's own turn.")
    blur: float = Field(description="0 = sharp, 1 = nothing to be recognised.")
    illumination: float = Field(description="Mean luminance of the skin that is seen, 0..255.")
    illumination_imbalance: float = Field(description="Between left and right half, 0 = none, 1 = one is black.")
    over_exposed: float = Field(description="Share of the skin that is burnt out, 0..1.")
    under_exposed: float = Field(description="Share of the skin that is black, 0..1.")
    outside: float = Field(description="Share of the face outside of the picture, 0..1.")
    face_width_px: float = Field(description="Full-resolution pixels.")
    eye_distance_px: float = Field(description="Between the centres of the eyes, full-resolution pixels.")
    left_eye_open: float = Field(description="0 = closed, 1 = wide open.")
    right_eye_open: float = Field(description="0 = closed, 1 = wide open.")
    mouth_open: float = Field(description="0 = closed, 1 = wide open.")
    mask: float = Field(description="Probability that a mask is worn over mouth or nose, 0..1.")
    dark_glasses: float = Field(description="Probability that dark glasses are worn, 0..1.")
    colourfulness: float = Field(description="Mean chroma of the skin, 0 = grey.")
    quality: float = Field(description="Unified quality, 0..100, 100 = best.")
    is_complete: bool = Field(description="Whether the whole face is within the picture.")
    is_colour: bool = Field(description="False for greyscale and infrared pictures.")


class FlawAdvice(_Answer):
    """What a quality level finds wrong with a face."""

    name: str = Field(description="Stable, for programs.")
    advice: str = Field(description="For the person on the picture: Chinese or English by `Accept-Language`.")


class FlawsByLevel(_Answer):
    """Why each quality level would refuse the face; empty where it would accept it."""

    low: tuple[FlawAdvice, ...]
    normal: tuple[FlawAdvice, ...]
    high: tuple[FlawAdvice, ...]


class AnalyzeAnswer(_Answer):
    """The chosen face of a picture, measured."""

    request_id: str
    face: FoundFace
    measures: Measures
    flaws: FlawsByLevel
    landmarks: tuple[tuple[float, float, float], ...] | None = Field(
        description="468 points of the face, null unless they were asked for: x and y in full-resolution pixels, z in "
        "the same unit, falling towards the camera."
    )
    image: ImageSize
    face_token: str | None = Field(description="Of the face; null where no token was asked for.")
    engine: Engine
    timings_ms: TimingsMs


class LevelVerdict(_Answer):
    """What one level of a control makes of the face."""

    threshold: float = Field(description="The score at which the level decides.")
    passes: bool | None = Field(description="Null where nothing says what the networks' answers mean.")


class VerdictsByLevel(_Answer):
    """What each level of a control makes of the face; `high` is the strictest."""

    low: LevelVerdict
    normal: LevelVerdict
    high: LevelVerdict


class _CheckAnswer(_Answer):
    score: float | None
    bpcer: float | None
    native: float | None = Field(description="What the networks answered, 0..1; null where they were not asked.")
    non_response: NonResponse | None = Field(description="Why it cannot tell; null where it can.")
    levels: VerdictsByLevel
    advice: str | None = Field(
        description="For the person on the picture, where a level refuses it: Chinese or English by `Accept-Language`."
    )
    calibration_id: str | None = Field(description="What says what the score means; null where nothing does.")


class PadAnswer(_CheckAnswer):
    """Whether a living person was before the camera, or a picture of one."""

    score: float | None = Field(description="0..1, higher = more surely a living person; null: cannot tell.")
    bpcer: float | None = Field(
        description="Share of living people whom a threshold at this score would refuse, or a bound of it: 0.0001 "
        "stands for that and less. Null without a score."
    )


class SynthesisAnswer(_CheckAnswer):
    """Whether the face was generated or edited."""

    score: float | None = Field(description="0..1, lower = more surely an untouched photo; null: cannot tell.")
    bpcer: float | None = Field(
        description="Share of untouched photos that a threshold at this score would refuse, or a bound of it: 0.001 "
        "stands for that and less. Null without a score."
    )


class LivenessAnswer(_Answer):
    """The chosen face of a picture, checked for attacks."""

    request_id: str
    face: FoundFace
    pad: PadAnswer
    synthesis: SynthesisAnswer
    image: ImageSize
    face_token: str | None = Field(description="Of the face; null where no token was asked for.")
    engine: Engine
    timings_ms: TimingsMs


class Threshold(_Answer):
    """One point of the calibration."""

    fmr: float
    threshold: float | None = Field(description="Null where the calibration does not reach so far.")


class CalibrationAnswer(_Answer):
    """What scores mean on this server."""

    request_id: str
    calibration_id: str
    engine: Engine
    thresholds: tuple[Threshold, ...]


class HealthAnswer(_Answer):
    """A sign of life."""

    status: Literal["live", "ready"]


class RefusedCheck(_Answer):
    """The check that a control rests on."""

    score: float | None = Field(description="Null: it cannot tell.")
    threshold: float = Field(description="At which the control decides.")
    non_response: NonResponse | None = Field(description="Why it cannot tell; null where it can.")


class ErrorDetail(_Answer):
    """What went wrong."""

    code: str = Field(description="Stable, for programs; the examples are all there are.")
    message: str = Field(description="For people: Chinese or English by `Accept-Language`.")
    side: Literal["reference", "probe"] | None = Field(description="Which side it is about.")
    field: str | None = Field(description="Dotted path of the field it is about.")
    limit: int | None = Field(description="The limit that was not kept.")
    flaws: tuple[str, ...] | None = Field(description="What is wrong with the face, where its quality was refused.")
    check: RefusedCheck | None = Field(description="Where liveness or synthesis control refused the face.")
    request_id: str


class ErrorAnswer(_Answer):
    """The envelope of every error."""

    error: ErrorDetail
