"""The form: its fields, mended where the vendor's own samples damage them, and checked."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from visavis.protocols.kuaidi100.errors import ApiError, Code
from visavis.protocols.wire.form import decode_form
from visavis.service.orders import MAX_URL_LENGTH

SECRET_CODE = "a01ec22b11c94a4e9f755a3af8c10a0d"
MAX_BASE64_CHARACTERS = 2 * 1024 * 1024
_FACE_TOKEN = re.compile(r"[0-9a-f]{32}")

Prefix = Literal["source", "compare"]


class ImageType(enum.StrEnum):
    """How a picture is given."""

    BASE64 = "BASE64"
    URL = "URL"
    FACE_TOKEN = "FACE_TOKEN"


class FaceType(enum.StrEnum):
    """What kind of picture it is."""

    LIVE = "LIVE"
    IDCARD = "IDCARD"
    WATERMARK = "WATERMARK"
    CERT = "CERT"


class LiveControl(enum.StrEnum):
    """How strictly an attack is to be refused."""

    NONE = "NONE"
    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True)
class PictureFields:
    """The four fields of one side, in the vendor's order."""

    image: str = field(repr=False)
    image_type: ImageType
    face_type: FaceType
    live_control: LiveControl


def read_fields(body: bytes) -> dict[str, str]:
    """Every field's first value that is not empty: the vendor's PHP sample sends each twice."""
    fields: dict[str, str] = {}
    for name, value in decode_form(body):
        if value.strip():
            fields.setdefault(name, value)
    return fields


def require_interface(fields: Mapping[str, str]) -> None:
    """Pass where `secret_code` names this interface.

    Raises:
        ApiError: 404.
    """
    if fields.get("secret_code", "").strip().lower() != SECRET_CODE:
        raise ApiError(Code.NOT_FOUND, "secret_code: unknown")


def read_picture_fields(fields: Mapping[str, str], prefix: Prefix) -> PictureFields:
    """One side of the comparison.

    Raises:
        ApiError: 400, naming the field.
    """
    image_name = f"{prefix}Image"
    image = fields.get(image_name, "").strip()
    if not image:
        raise ApiError(Code.BAD_REQUEST, f"{image_name}: missing")
    image_type = _choose(ImageType, fields, f"{image_name}Type", None)
    face_type = _choose(FaceType, fields, f"{prefix}FaceType", FaceType.LIVE)
    live_control = _choose(LiveControl, fields, f"{prefix}LiveControl", LiveControl.NONE)
    return PictureFields(_check_image(image, image_type, image_name), image_type, face_type, live_control)


_Choice = TypeVar("_Choice", bound=enum.StrEnum)


def _choose(choices: type[_Choice], fields: Mapping[str, str], name: str, default: _Choice | None) -> _Choice:
    text = fields.get(name, "").strip().upper()
    if not text and default is not None:
        return default
    try:
        return choices(text)
    except ValueError:
        raise ApiError(Code.BAD_REQUEST, f"{name}: must be one of {', '.join(choices)}") from None


def _check_image(image: str, image_type: ImageType, name: str) -> str:
    if image_type is ImageType.BASE64 and len(image) > MAX_BASE64_CHARACTERS:
        raise ApiError(Code.BAD_REQUEST, f"{name}: more than 2 MB of base64")
    if image_type is ImageType.URL and len(image) > MAX_URL_LENGTH:
        raise ApiError(Code.BAD_REQUEST, f"{name}: the URL is longer than {MAX_URL_LENGTH} characters")
    if image_type is ImageType.FACE_TOKEN:
        image = image.lower()
        if not _FACE_TOKEN.fullmatch(image):
            raise ApiError(Code.BAD_REQUEST, f"{name}: not a face token")
    return image
