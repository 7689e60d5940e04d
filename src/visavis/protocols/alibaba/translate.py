"""Parameters → the two sides of a comparison; a scored pair → members of the response."""

from __future__ import annotations

import json
import re

from visavis.protocols.alibaba.body import Member
from visavis.protocols.alibaba.errors import INVALID_PARAMETER, MISSING_IMAGE, FaultError
from visavis.protocols.alibaba.schema import RESULT_OBJECT_VERSION, Call
from visavis.protocols.scale import Scale
from visavis.protocols.wire.image_value import decode_image_text
from visavis.service.orders import (
    MAX_URL_LENGTH,
    InlinePicture,
    PictureRules,
    PictureSource,
    PictureUrl,
    ScoredPair,
    Subject,
)
from visavis.service.ports import ScoreCalibration

RULES = PictureRules(max_bytes=2 * 1_048_576)
DOWNLOAD_TIMEOUT_S = 1.5

_CONDITIONS = {"": "live", "FacePic": "live", "IDPic": "idcard"}
_URL = re.compile(r"https?://", re.IGNORECASE)
_INLINE = re.compile(r"base64://|data:", re.IGNORECASE)
_BASE64 = re.compile(r"base64://", re.IGNORECASE)
_PUBLISHED_RATES = ("0.0001", "0.001", "0.01")


def read_subjects(call: Call) -> tuple[Subject, Subject]:
    """The two sides that a call names. Blocking: it decodes megabytes.

    Raises:
        FaultError: a parameter is missing or malformed.
        ImageError: a picture is not base64.
    """
    sides = ("Source", "Target")
    if call.version == RESULT_OBJECT_VERSION:
        source, target = (Subject(_split_source(call, side)) for side in sides)
        return source, target
    conditions = [_CONDITIONS.get(call.value(f"{side}ImageType")) for side in sides]
    if None in conditions or "live" not in conditions:
        raise FaultError(INVALID_PARAMETER)
    source, target = (
        Subject(_tagged_source(call, side), condition=condition or "live")
        for side, condition in zip(sides, conditions, strict=True)
    )
    return source, target


def _tagged_source(call: Call, side: str) -> PictureSource:
    """`SourceImageValue`, `TargetImageValue`: a URL or a picture, told apart by the scheme."""
    value = call.value(f"{side}ImageValue").strip()
    if not value:
        raise FaultError(MISSING_IMAGE)
    if _URL.match(value):
        return _url(value)
    if not _INLINE.match(value):
        raise FaultError(INVALID_PARAMETER)
    return _inline(call, value)


def _split_source(call: Call, side: str) -> PictureSource:
    """`SourceImageBase64` and `SourceImageUrl`, and so on; a picture that is here already saves its download."""
    if text := call.value(f"{side}ImageBase64").strip():
        return _inline(call, text)
    url = call.value(f"{side}ImageUrl").strip()
    if not url:
        raise FaultError(MISSING_IMAGE)
    if not _URL.match(url):
        raise FaultError(INVALID_PARAMETER)
    return _url(url)


def _url(url: str) -> PictureUrl:
    if len(url) > MAX_URL_LENGTH:
        raise FaultError(INVALID_PARAMETER)
    return PictureUrl(url, DOWNLOAD_TIMEOUT_S)


def _inline(call: Call, value: str) -> InlinePicture:
    if call.request.method != "POST":
        raise FaultError(INVALID_PARAMETER)
    scheme = _BASE64.match(value)
    text = value[scheme.end() :].strip() if scheme else value
    if not text:
        raise FaultError(MISSING_IMAGE)
    return InlinePicture(decode_image_text(text))


def write_thresholds(scale: Scale, scores: ScoreCalibration) -> str:
    """`ConfidenceThresholds`: for each published rate, the similarity at which it is reached. JSON within a string."""
    return json.dumps(
        {rate: f"{scale.public_score(scores.threshold_at(float(rate))):.2f}" for rate in _PUBLISHED_RATES}
    )


def write_result(call: Call, request_id: str, pair: ScoredPair, scale: Scale, thresholds: str) -> dict[str, Member]:
    """The members of a success, in the shape of the call's version."""
    similarity = round(scale.public_score(pair.score), 4)
    result: dict[str, str | float] = {"ConfidenceThresholds": thresholds, "SimilarityScore": similarity}
    if call.version == RESULT_OBJECT_VERSION:
        return {"RequestId": request_id, "Code": "200", "Message": "", "ResultObject": result}
    return {"RequestId": request_id, "Code": "200", "Data": result, "Success": True}
