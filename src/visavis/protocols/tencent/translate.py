"""Between the vendor's parameters and the domain."""

from __future__ import annotations

import json

from visavis.errors import ImageTooLargeError, UrlError
from visavis.protocols.scale import Scale
from visavis.protocols.tencent.schema import FACE_MODEL_VERSION, CompareParameters, Side
from visavis.protocols.wire.image_value import decode_image_text
from visavis.service.accounts import Interface
from visavis.service.orders import (
    MAX_URL_LENGTH,
    InlinePicture,
    PictureRules,
    PictureUrl,
    ScoredPair,
    Subject,
)
from visavis.service.quality import read_levels
from visavis.types import ImageFormat

MAX_TEXT_LENGTH = 5 * 1024 * 1024
"""Of a picture's base64 text."""

DOWNLOAD_TIMEOUT_S = 5.0

RULES = PictureRules(
    max_bytes=MAX_TEXT_LENGTH // 4 * 3,
    max_side_px={ImageFormat.JPEG: 4000, ImageFormat.PNG: 2000, ImageFormat.BMP: 2000},
    min_side_px=64,
)
"""What both actions accept; the vendor counts a downloaded picture's bytes as base64 too."""

QUALITY_LEVELS = {
    Interface.TENCENT_COMPARE_FACE: read_levels("visavis.protocols.tencent"),
    # What is for masked faces does not refuse a mask.
    Interface.TENCENT_COMPARE_MASK_FACE: read_levels("visavis.protocols.tencent", "masked_levels"),
}


def make_subjects(parameters: CompareParameters, interface: Interface) -> tuple[Subject, Subject]:
    """Reference and probe.

    Raises:
        ImageError: a picture is not base64, empty or too large, or a URL is too long.
    """
    quality = QUALITY_LEVELS[interface].get(str(parameters.quality_control))
    reference, probe = (Subject(_read_source(side), quality=quality) for side in (parameters.a, parameters.b))
    return reference, probe


def _read_source(side: Side) -> InlinePicture | PictureUrl:
    if side.url is not None:
        if len(side.url) > MAX_URL_LENGTH:
            raise UrlError("the URL is too long")
        return PictureUrl(side.url, DOWNLOAD_TIMEOUT_S)
    text = side.image or ""
    if len(text) > MAX_TEXT_LENGTH:
        raise ImageTooLargeError("byte count", len(text), MAX_TEXT_LENGTH)
    return InlinePicture(decode_image_text(text))


def score_text(pair: ScoredPair, scale: Scale) -> str:
    """The public score, 0..100, as a JSON number of at most six decimals, never with an exponent."""
    score = min(100.0, max(0.0, scale.public_score(pair.score)))
    return f"{score:.6f}".rstrip("0").rstrip(".")


def result_body(score: str, request_id: str) -> bytes:
    """The body of a success; `score` is a JSON number already."""
    model, request = json.dumps(FACE_MODEL_VERSION), json.dumps(request_id)
    return f'{{"Response":{{"Score":{score},"FaceModelVersion":{model},"RequestId":{request}}}}}'.encode()
