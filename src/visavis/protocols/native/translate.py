"""Between the API's words and the domain's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from visavis.errors import ImageEmptyError, ImageEncodingError, ImageError, ImageTooLargeError, ParameterError
from visavis.measures import FaceMeasures
from visavis.protocols.native.answers import (
    AnalyzeAnswer,
    Box,
    CompareAnswer,
    ComparedFace,
    DetectAnswer,
    Engine,
    FlawAdvice,
    FlawsByLevel,
    FoundFace,
    ImageSize,
    LandmarkPoints,
    LivenessAnswer,
    Measures,
    PadAnswer,
    Rate,
    SynthesisAnswer,
    Threshold,
    TimingsMs,
)
from visavis.protocols.native.errors import Problem, RequestError, side_of
from visavis.protocols.native.messages import Language
from visavis.protocols.native.schema import (
    Base64Picture,
    CompareParameters,
    DetectParameters,
    Sides,
    TokenFace,
    UrlPicture,
)
from visavis.protocols.wire.image_value import decode_image_text
from visavis.service.orders import (
    Control,
    FaceTokenReference,
    InlinePicture,
    PictureRules,
    PictureSource,
    PictureUrl,
    ScoredPair,
    ServedFace,
    Subject,
)
from visavis.service.ports import ScoreCalibration
from visavis.service.quality import QualityLevel, advice, read_levels
from visavis.service.remedy import remedy
from visavis.service.verdicts import LEVELS, Judgement
from visavis.types import ComparisonDecision, DetectedFace, EngineIdentity, FaceCheck, FaceChoice, ImageFormat, Timings

PICTURE_LIMIT_BYTES = 10 * 1024 * 1024
DOWNLOAD_TIMEOUT_S = 5.0
_POINT_DECIMALS = 2
_MAX_BASE64_LENGTH = 15 * 1024 * 1024  # of a picture at the limit, with line breaks
RULES = PictureRules(max_bytes=PICTURE_LIMIT_BYTES, formats=frozenset(ImageFormat))
QUALITY_LEVELS = read_levels("visavis.protocols.native")
_CHECKS = {Control.LIVENESS: FaceCheck.PAD, Control.SYNTHESIS: FaceCheck.SYNTHESIS}
CALIBRATION_POINTS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


def to_subjects(sides: Sides, parameters: CompareParameters | DetectParameters) -> list[Subject]:
    """The sides of a request, in their order.

    Raises:
        ImageError: a picture has no bytes, or a text is too long or not base64; the error's `side` says which.
    """
    choice, quality = FaceChoice(parameters.choice), QUALITY_LEVELS.get(parameters.quality)
    controls = {
        control: LEVELS[control][level]
        for control, level in ((Control.LIVENESS, parameters.liveness), (Control.SYNTHESIS, parameters.synthesis))
        if level != "none"
    }
    conditions = parameters.conditions
    return [Subject(_source(name, value), choice, conditions[name], controls, quality) for name, value in sides.items()]


def threshold_for(fmr: float, scores: ScoreCalibration) -> float:
    """The native score to decide at.

    Raises:
        RequestError: the calibration does not reach so far.
    """
    try:
        return scores.threshold_at(fmr)
    except ParameterError as error:
        raise RequestError(Problem.INVALID_VALUE, "fmr") from error


def thresholds(scores: ScoreCalibration) -> tuple[Threshold, ...]:
    """The usual points of the calibration."""
    return tuple(Threshold(fmr=fmr, threshold=_reached(fmr, scores)) for fmr in CALIBRATION_POINTS)


def from_pair(
    pair: ScoredPair,
    *,
    fmr: float,
    threshold: float,
    identity: EngineIdentity,
    calibration_id: str,
    request_id: str,
    total_s: float,
) -> CompareAnswer:
    """The answer to a comparison."""
    decision = ComparisonDecision.MATCH if pair.score >= threshold else ComparisonDecision.NON_MATCH
    return CompareAnswer(
        request_id=request_id,
        score=pair.score,
        fmr=Rate.model_validate(pair.fmr),
        decision=decision.value,
        threshold=threshold,
        decision_fmr=fmr,
        reference=_compared(pair.reference),
        probe=_compared(pair.probe),
        engine=Engine.model_validate(identity),
        calibration_id=calibration_id,
        timings_ms=_milliseconds(pair.timings, total_s),
    )


def from_detection(
    found: ServedFace, timings: Timings, *, identity: EngineIdentity, request_id: str, total_s: float
) -> DetectAnswer:
    """The answer to a detection."""
    return DetectAnswer(
        request_id=request_id,
        faces=tuple(_found(face) for face in found.faces),
        image=ImageSize(width=found.image_width, height=found.image_height),
        face_token=found.token,
        engine=Engine.model_validate(identity),
        timings_ms=_milliseconds(timings, total_s),
    )


def from_analysis(
    found: ServedFace,
    timings: Timings,
    *,
    has_landmarks: bool,
    language: Language,
    identity: EngineIdentity,
    request_id: str,
    total_s: float,
) -> AnalyzeAnswer:
    """The answer to an analysis.

    Args:
        found: the subject, measured.
        timings: seconds by stage.
        has_landmarks: whether the answer has them.
        language: of the advice.
        identity: what found and measured the face.
        request_id: of the request.
        total_s: from its arrival, seconds.
    """
    subject = found.subject
    assert subject is not None and subject.measures is not None and subject.points is not None
    points = subject.points.round(_POINT_DECIMALS).tolist() if has_landmarks else None
    flaws = {name: _flaws(level, subject.measures, language) for name, level in QUALITY_LEVELS.items()}
    return AnalyzeAnswer(
        request_id=request_id,
        face=_found(subject.face),
        measures=_measures(subject.measures),
        flaws=FlawsByLevel.model_validate(flaws),
        landmarks=points and tuple((x, y, z) for x, y, z in points),
        image=ImageSize(width=found.image_width, height=found.image_height),
        face_token=found.token,
        engine=Engine.model_validate(identity),
        timings_ms=_milliseconds(timings, total_s),
    )


def from_liveness(
    found: ServedFace,
    timings: Timings,
    judgements: Mapping[Control, Judgement],
    *,
    calibration_ids: Mapping[FaceCheck, str | None],
    language: Language,
    identity: EngineIdentity,
    request_id: str,
    total_s: float,
) -> LivenessAnswer:
    """The answer to what was asked of a face's liveness.

    Args:
        found: the subject.
        timings: seconds by stage.
        judgements: of both controls.
        calibration_ids: what says what the scores mean.
        language: of the advice.
        identity: what found the face.
        request_id: of the request.
        total_s: from its arrival, seconds.
    """
    assert found.face is not None
    told = {
        control: {**_check(control, judgement, language), "calibration_id": calibration_ids[_CHECKS[control]]}
        for control, judgement in judgements.items()
    }
    return LivenessAnswer(
        request_id=request_id,
        face=_found(found.face),
        pad=PadAnswer.model_validate(told[Control.LIVENESS]),
        synthesis=SynthesisAnswer.model_validate(told[Control.SYNTHESIS]),
        image=ImageSize(width=found.image_width, height=found.image_height),
        face_token=found.token,
        engine=Engine.model_validate(identity),
        timings_ms=_milliseconds(timings, total_s),
    )


def _check(control: Control, judgement: Judgement, language: Language) -> dict[str, Any]:
    advice = remedy(control, judgement.non_response, language) if judgement.is_doubted else None
    bpcer = judgement.bpcer and float(f"{judgement.bpcer:.3g}")
    return asdict(judgement) | {"bpcer": bpcer, "advice": advice}


def _measures(measures: FaceMeasures) -> Measures:
    told = {"is_complete": measures.is_complete, "is_colour": measures.is_colour}
    return Measures.model_validate(asdict(measures) | told)


def _flaws(level: QualityLevel, measures: FaceMeasures, language: Language) -> tuple[FlawAdvice, ...]:
    return tuple(FlawAdvice(name=flaw.value, advice=advice(flaw, language)) for flaw in level.flaws(measures))


def _source(name: str, value: bytes | Base64Picture | UrlPicture | TokenFace) -> PictureSource:
    if isinstance(value, UrlPicture):
        return PictureUrl(value.url, DOWNLOAD_TIMEOUT_S)
    if isinstance(value, TokenFace):
        return FaceTokenReference(value.face_token)
    try:
        content = value if isinstance(value, bytes) else _decode(value.base64)
        if not content:
            raise ImageEmptyError("the picture is empty")
    except ImageError as error:
        error.side = side_of(name)
        raise
    return InlinePicture(content)


def _decode(text: str) -> bytes:
    """Clients of this API have no reason to percent-encode base64, and undoing it takes many times its size."""
    if len(text) > _MAX_BASE64_LENGTH:
        raise ImageTooLargeError("size in bytes", len(text) * 3 // 4, PICTURE_LIMIT_BYTES)
    if "%" in text:
        raise ImageEncodingError("the picture is not valid base64")
    return decode_image_text(text)


def _reached(fmr: float, scores: ScoreCalibration) -> float | None:
    try:
        return scores.threshold_at(fmr)
    except ParameterError:
        return None


def _found(face: DetectedFace) -> FoundFace:
    return FoundFace(
        box=Box.model_validate(face.box),
        landmarks=LandmarkPoints.model_validate(face.landmarks),
        probability=face.probability,
    )


def _compared(side: ServedFace) -> ComparedFace:
    if side.face is None:
        return ComparedFace(
            box=None, landmarks=None, probability=None, image=None, face_count=None, face_token=side.token
        )
    found = _found(side.face)
    return ComparedFace(
        box=found.box,
        landmarks=found.landmarks,
        probability=found.probability,
        image=ImageSize(width=side.image_width, height=side.image_height),
        face_count=len(side.faces),
        face_token=side.token,
    )


def _milliseconds(timings: Timings, total_s: float) -> TimingsMs:
    return TimingsMs(
        stages={stage: round(seconds * 1000, 3) for stage, seconds in timings.stages.items()},
        total=round(total_s * 1000, 3),
    )
