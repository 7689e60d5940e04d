"""From the form to the domain, and back to JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from visavis.errors import ImageError, Side
from visavis.protocols.base import WireResponse
from visavis.protocols.kuaidi100.errors import ApiError, Code
from visavis.protocols.kuaidi100.schema import ImageType, LiveControl, PictureFields, Prefix, read_picture_fields
from visavis.protocols.scale import Scale
from visavis.protocols.wire.image_value import decode_image_text
from visavis.service.accounts import QualityDemand
from visavis.service.orders import (
    Control,
    ControlLevel,
    FaceTokenReference,
    InlinePicture,
    PictureRules,
    PictureSource,
    PictureUrl,
    ScoredPair,
    Subject,
)
from visavis.service.quality import QualityLevel, read_levels

DOWNLOAD_TIMEOUT_S = 3.0
RULES = PictureRules(max_bytes=10 * 1024 * 1024)
"""Nothing is said about pictures behind a URL: they may be as large as a whole request."""

QUALITY_LEVELS = read_levels("visavis.protocols.kuaidi100")

_CONTENT_TYPE = "application/json;charset=UTF-8"


def to_subjects(fields: Mapping[str, str], demand: QualityDemand) -> tuple[Subject, Subject]:
    """Both sides, `source` first.

    Args:
        fields: of the form.
        demand: of the account: the form has no field for it.

    Raises:
        ApiError: a field is missing or wrong.
        ImageError: a picture is not base64; its `side` is set.
    """
    quality = QUALITY_LEVELS.get(demand)
    return _subject(fields, "source", "reference", quality), _subject(fields, "compare", "probe", quality)


def success_response(pair: ScoredPair, scale: Scale) -> WireResponse:
    """The score, a text with two decimals, and both face tokens."""
    data = {
        "score": f"{scale.public_score(pair.score):.2f}",
        "sourceToken": pair.reference.token,
        "compareToken": pair.probe.token,
    }
    return _response({"code": int(Code.SUCCESS), "message": "", "data": data}, None)


def error_response(error: ApiError) -> WireResponse:
    """The code and the message, without `data`."""
    return _response({"code": int(error.code), "message": error.message}, str(int(error.code)))


def _subject(fields: Mapping[str, str], prefix: Prefix, side: Side, quality: QualityLevel | None) -> Subject:
    picture = read_picture_fields(fields, prefix)
    level = picture.live_control
    controls = {} if level is LiveControl.NONE else {Control.LIVENESS: ControlLevel(level.value)}
    return Subject(_source(picture, side), condition=picture.face_type.lower(), controls=controls, quality=quality)


def _source(picture: PictureFields, side: Side) -> PictureSource:
    match picture.image_type:
        case ImageType.URL:
            return PictureUrl(picture.image, DOWNLOAD_TIMEOUT_S)
        case ImageType.FACE_TOKEN:
            return FaceTokenReference(picture.image)
        case ImageType.BASE64:
            try:
                return InlinePicture(decode_image_text(picture.image))
            except ImageError as error:
                error.side = side
                raise


def _response(document: dict[str, Any], error_code: str | None) -> WireResponse:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return WireResponse(200, body, _CONTENT_TYPE, error_code=error_code)
