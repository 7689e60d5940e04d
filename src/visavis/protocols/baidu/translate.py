"""Baidu's words to the domain's, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from visavis.errors import ControlUnavailableError
from visavis.presentation import NonResponse
from visavis.protocols.baidu.errors import (
    CONTENT_TYPE,
    FACE_TOKEN_UNKNOWN,
    IMAGE_CHECK_FAIL,
    ApiError,
    format_error,
)
from visavis.protocols.baidu.face_field import describe_fields
from visavis.protocols.baidu.schema import ImageType, Picture
from visavis.protocols.base import WireResponse
from visavis.protocols.wire.image_value import decode_image_text
from visavis.service.controls import INFRARED
from visavis.service.orders import (
    MAX_URL_LENGTH,
    Control,
    FaceTokenReference,
    InlinePicture,
    PictureRules,
    PictureSource,
    PictureUrl,
    ScoredPair,
    Subject,
)
from visavis.service.quality import read_levels
from visavis.types import FaceChoice, FoundFace, ImageFormat

MAX_TEXT_LENGTH = 2 * 1024 * 1024
URL_TIMEOUT_S = 5.0
# The vendor limits base64 text only; a picture behind a URL gets the same room.
RULES = PictureRules(
    max_bytes=MAX_TEXT_LENGTH,
    max_side_px={ImageFormat.JPEG: 6000, ImageFormat.PNG: 6000, ImageFormat.BMP: 6000},
)

LIVENESS_THRESHOLDS = {"frr_1e-4": 0.05, "frr_1e-3": 0.3, "frr_1e-2": 0.9}
"""Scores below which so many living persons are, as the vendor's answers name them."""

QUALITY_LEVELS = read_levels("visavis.protocols.baidu")
_FACE_TOKEN = re.compile(r"[0-9a-f]{32}")
_CHOICES = (FaceChoice.LARGEST, FaceChoice.CENTRAL)


def to_subject(picture: Picture) -> Subject:
    """One side of a comparison, or the picture of a detection.

    Raises:
        ApiError: the text is too long, or is no face token.
        ImageError: the text is not base64.
    """
    is_token = picture.image_type is ImageType.FACE_TOKEN
    # The kind of a stored face is known; there is nothing left to decide about it.
    condition = "live" if is_token and picture.face_type == "HYBRID" else picture.face_type.lower()
    quality = QUALITY_LEVELS.get(picture.quality_control)
    return Subject(_to_source(picture), _CHOICES[picture.face_sort_type], condition, picture.controls, quality)


def _to_source(picture: Picture) -> PictureSource:
    match picture.image_type:
        case ImageType.FACE_TOKEN:
            if not _FACE_TOKEN.fullmatch(picture.image):
                raise ApiError(FACE_TOKEN_UNKNOWN)
            return FaceTokenReference(picture.image)
        case ImageType.URL:
            if len(picture.image) > MAX_URL_LENGTH:
                raise format_error("image")
            return PictureUrl(picture.image.strip(), URL_TIMEOUT_S)
        case ImageType.BASE64:
            if len(picture.image) > MAX_TEXT_LENGTH or not picture.image.isascii():
                raise ApiError(IMAGE_CHECK_FAIL)
            return InlinePicture(decode_image_text(picture.image))


def match_result(public_score: float, pair: ScoredPair) -> dict[str, object]:
    """`result` of a comparison."""
    return {
        "score": round_score(public_score),
        "face_list": [{"face_token": side.token} for side in (pair.reference, pair.probe)],
    }


def round_score(score: float) -> float:
    """To 8 decimals, or to 4 below 0.0001, where Python would write the number with an exponent."""
    return round(score, 8) if score >= 1e-4 else round(score, 4)


def detect_result(found: Sequence[tuple[FoundFace, str]], fields: frozenset[str]) -> dict[str, object]:
    """`result` of a detection: the chosen face first, the others in the same order of preference, each with its token.

    Faces that are too small to be compared have no token, and are not listed.
    """
    faces = [_describe_all(face, token, fields) for face, token in found]
    return {"face_num": len(faces), "face_list": faces}


def faceverify_result(found: Sequence[tuple[FoundFace, str]], fields: Sequence[frozenset[str]]) -> dict[str, object]:
    """`result` of a liveness check: the best score of the pictures, and each picture's face with its own.

    A picture of which the check cannot tell has a score of 0.

    Args:
        found: the face of each picture, with its token.
        fields: what to say of each besides.

    Raises:
        ControlUnavailableError: nothing says what the networks' answers mean.
    """
    scores = [_liveness_score(face) for face, _ in found]
    faces = [
        _describe_all(face, token, names) | {"liveness": {"livemapscore": score}}
        for (face, token), names, score in zip(found, fields, scores, strict=True)
    ]
    return {"face_liveness": max(scores), "thresholds": dict(LIVENESS_THRESHOLDS), "face_list": faces}


def without_guesses(found: FoundFace, condition: str) -> FoundFace:
    """The face without scores that mean nothing for such a picture: nothing was calibrated on infrared ones."""
    return found if condition != INFRARED else replace(found, pad=None, synthesis=None)


def _liveness_score(found: FoundFace) -> float:
    if found.pad is not None and found.pad.score is not None:
        return round_score(found.pad.score)
    if found.pad is not None and found.pad.non_response in (None, NonResponse.NOT_CALIBRATED):
        raise ControlUnavailableError(Control.LIVENESS)
    return 0.0


def _describe_all(found: FoundFace, token: str, fields: frozenset[str]) -> dict[str, object]:
    assert found.measures is not None and found.points is not None
    spoofing = found.synthesis.score if found.synthesis else None
    return {"face_token": token, **_describe(found), **describe_fields(fields, found.measures, found.points, spoofing)}


def _describe(found: FoundFace) -> dict[str, object]:
    """The box is upright whatever `rotation` says: it encloses the face in the picture as it is."""
    assert found.measures is not None
    box, pose = found.face.box, found.measures.pose
    return {
        "location": {
            "left": round(box.left, 2),
            "top": round(box.top, 2),
            "width": round(box.width, 2),
            "height": round(box.height, 2),
            "rotation": round(pose.roll),
        },
        "face_probability": round(found.face.probability, 4),
        "angle": {"yaw": round(pose.yaw, 2), "pitch": round(pose.pitch, 2), "roll": round(pose.roll, 2)},
    }


def success_response(result: dict[str, object], log_id: int, timestamp: int) -> WireResponse:
    """The envelope around a result."""
    body = {
        "error_code": 0,
        "error_msg": "SUCCESS",
        "log_id": log_id,
        "timestamp": timestamp,
        "cached": 0,
        "result": result,
    }
    return WireResponse(200, json.dumps(body).encode(), CONTENT_TYPE, request_id=str(log_id))
