"""Answers: their shape."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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


class ErrorDetail(_Answer):
    """What went wrong."""

    code: str = Field(description="Stable, for programs; the examples are all there are.")
    message: str = Field(description="For people: Chinese or English by `Accept-Language`.")
    side: Literal["reference", "probe"] | None = Field(description="Which side it is about.")
    field: str | None = Field(description="Dotted path of the field it is about.")
    limit: int | None = Field(description="The limit that was not kept.")
    request_id: str


class ErrorAnswer(_Answer):
    """The envelope of every error."""

    error: ErrorDetail
