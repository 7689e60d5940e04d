"""Bodies of requests: parsed, and every field checked."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from visavis.protocols.baidu.errors import IMAGE_COUNT, NOT_JSON, ApiError, format_error, missing_error
from visavis.service.orders import Control, ControlLevel

MAX_FACES = 120
MAX_PICTURES = 8
"""Of one person, whose liveness is asked for."""

Fields = Mapping[str, object]

_FACE_TYPES = ("LIVE", "IDCARD", "WATERMARK", "CERT", "INFRARED", "HYBRID")
_LEVELS = ("NONE", "LOW", "NORMAL", "HIGH")
_CONTROL_FIELDS = {
    "liveness_control": Control.LIVENESS,
    "spoofing_control": Control.SYNTHESIS,
}
_EVERY_CONTROL = ("quality_control", *_CONTROL_FIELDS)
_FACE_FIELDS = frozenset(
    {
        "age",
        "beauty",
        "expression",
        "face_shape",
        "gender",
        "glasses",
        "race",
        "emotion",
        "eye_status",
        "face_type",
        "mask",
        "landmark",
        "landmark150",
        "quality",
        "spoofing",
    }
)
_MAX_FACE_FIELD_LENGTH = 1000
_SCENES = ("COMMON", "GATE")
_DIGITS = re.compile(r"[0-9]{1,9}")


class ImageType(enum.StrEnum):
    """What `image` holds."""

    BASE64 = "BASE64"
    FACE_TOKEN = "FACE_TOKEN"
    URL = "URL"


@dataclass(frozen=True, slots=True)
class Picture:
    """The fields of one picture.

    Attributes:
        image: text, according to `image_type`; not empty.
        image_type: see `ImageType`.
        face_type: kind of picture.
        quality_control: level, or NONE.
        controls: others that were asked for, with their level; those of level NONE are left out.
        face_sort_type: 0: largest face first; 1: nearest to the centre first.
    """

    image: str
    image_type: ImageType
    face_type: str
    quality_control: str
    controls: Mapping[Control, ControlLevel]
    face_sort_type: int


@dataclass(frozen=True, slots=True)
class Detection:
    """The fields of a detection.

    Attributes:
        picture: where to look.
        max_face_num: how many faces to list.
        face_fields: what to say of each besides.
    """

    picture: Picture
    max_face_num: int
    face_fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verification:
    """The fields of one picture whose liveness is asked for.

    Attributes:
        picture: where to look.
        face_fields: what to say of its face besides.
    """

    picture: Picture
    face_fields: frozenset[str]


def parse_match(body: bytes) -> tuple[Picture, Picture]:
    """The two pictures of a comparison.

    Raises:
        ApiError: the first thing that is wrong.
    """
    first, second = _require_objects(body, 2, 2)
    return _read_picture(first, _EVERY_CONTROL), _read_picture(second, _EVERY_CONTROL)


def parse_detect(body: bytes) -> Detection:
    """The one picture of a detection.

    Raises:
        ApiError: the first thing that is wrong.
    """
    fields = _require_object(_parse_json(body))
    picture = _read_picture(fields, ("liveness_control",))
    count = _read_whole(fields, "max_face_num", 1, MAX_FACES, default=1)
    _read_whole(fields, "display_corp_image", 0, 1, default=0)
    return Detection(picture, count, _read_face_field(fields.get("face_field")))


def parse_faceverify(body: bytes) -> list[Verification]:
    """The pictures of one person.

    Raises:
        ApiError: the first thing that is wrong.
    """
    return [_read_verification(fields) for fields in _require_objects(body, 1, MAX_PICTURES)]


def _read_verification(fields: Fields) -> Verification:
    picture = _read_picture(fields, _EVERY_CONTROL)
    names = _read_face_field(fields.get("face_field"))
    scene = fields.get("option")
    # The vendor has no error for this field.
    if not _is_absent(scene) and scene not in _SCENES:
        raise ApiError(NOT_JSON)
    return Verification(picture, names)


def _require_objects(body: bytes, fewest: int, most: int) -> list[Fields]:
    document = _parse_json(body)
    if not isinstance(document, list):
        raise ApiError(NOT_JSON)
    if not fewest <= len(document) <= most:
        raise ApiError(IMAGE_COUNT)
    return [_require_object(element) for element in document]


def _parse_json(body: bytes) -> object:
    """JSON, or a JSON string that holds JSON: the vendor's own sample encodes twice."""
    try:
        document = json.loads(body)
        return json.loads(document) if isinstance(document, str) else document
    except (ValueError, RecursionError) as error:
        raise ApiError(NOT_JSON) from error


def _require_object(element: object) -> Fields:
    if not isinstance(element, dict):
        raise ApiError(NOT_JSON)
    return element


def _read_picture(fields: Fields, controls: tuple[str, ...]) -> Picture:
    image = _read_text(fields, "image")
    kind = _read_text(fields, "image_type")
    if kind not in ImageType.__members__:
        raise format_error("image_type")
    face_type = _read_choice(fields, "face_type", _FACE_TYPES)
    levels = {name: _read_choice(fields, name, _LEVELS) for name in controls}
    order = _read_whole(fields, "face_sort_type", 0, 1, default=0)
    quality = levels.pop("quality_control", "NONE")
    asked = {_CONTROL_FIELDS[name]: ControlLevel(level) for name, level in levels.items() if level != "NONE"}
    return Picture(image, ImageType(kind), face_type, quality, asked, order)


def _is_absent(value: object) -> bool:
    return value is None or value == ""


def _read_text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if _is_absent(value):
        raise missing_error(name)
    if not isinstance(value, str):
        raise format_error(name)
    return value


def _read_choice(fields: Fields, name: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`, the first where the field is absent."""
    value = fields.get(name)
    if _is_absent(value):
        return allowed[0]
    if not isinstance(value, str) or value not in allowed:
        raise format_error(name)
    return value


def _read_whole(fields: Fields, name: str, low: int, high: int, *, default: int) -> int:
    """A whole number, which may come as text."""
    value = fields.get(name)
    if _is_absent(value):
        return default
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise format_error(name)
    return value


def _read_face_field(value: object) -> frozenset[str]:
    """Names that are known are accepted, measured or not."""
    if _is_absent(value):
        return frozenset()
    if not isinstance(value, str) or len(value) > _MAX_FACE_FIELD_LENGTH:
        raise format_error("face_field")
    names = frozenset(name.strip() for name in value.split(","))
    if not names <= _FACE_FIELDS:
        raise format_error("face_field")
    return names
