"""Requests: their shape, and the checks of their parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from visavis.protocols.native.body import media_type, parse_multipart
from visavis.protocols.native.errors import Problem, RequestError
from visavis.service.orders import MAX_URL_LENGTH

DEFAULT_FMR = 1e-4
# Each comma can begin an object many times its size; no request of this API needs a dozen, outside of URLs.
MAX_JSON_COMMAS = 10_000
_MAX_FIELD_LENGTH = 80
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_TRUTHS = ("keep_tokens", "landmarks")
_PROBLEMS = {
    "missing": Problem.MISSING_FIELD,
    "extra_forbidden": Problem.UNKNOWN_FIELD,
    "json_invalid": Problem.MALFORMED_JSON,
    "union_tag_not_found": Problem.ONE_SOURCE,
    "union_tag_invalid": Problem.ONE_SOURCE,
}
_SOURCES = ("base64", "url", "face_token")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Base64Picture(_Wire):
    """A picture that comes with the request."""

    base64: str = Field(
        description="The encoded picture (JPEG, PNG, BMP or WebP, at most 10 MiB) in base64.", repr=False
    )


class UrlPicture(_Wire):
    """A picture that the server downloads, within 5 seconds."""

    url: str = Field(description="Where the picture is, http or https.", min_length=1, max_length=MAX_URL_LENGTH)


class TokenFace(_Wire):
    """A face of an earlier answer."""

    face_token: str = Field(
        description="From an earlier answer, at most an hour old.", pattern=r"^[0-9a-f]{32}$", max_length=32
    )


def _source_of(value: object) -> str | None:
    named = [source for source in _SOURCES if source in value] if isinstance(value, Mapping) else []
    return named[0] if len(named) == 1 else None


_Inline = Annotated[Base64Picture, Tag("base64")]
_Url = Annotated[UrlPicture, Tag("url")]
_Token = Annotated[TokenFace, Tag("face_token")]
Picture = Annotated[_Inline | _Url, Discriminator(_source_of)]
Face = Annotated[_Inline | _Url | _Token, Discriminator(_source_of)]


Condition = Literal["live", "idcard", "watermark", "cert", "infrared"]
_CONDITION = (
    "What kind of picture it is: documents (`idcard`, `watermark`, `cert`) pass the liveness control untested, and "
    "`infrared` pictures cannot be judged."
)
Demand = Literal["none", "low", "normal", "high"]


class FaceParameters(_Wire):
    """How pictures are read, and what is demanded of their faces."""

    choice: Literal["largest", "central"] = Field(
        default="largest", description="Which of several faces is the subject."
    )
    keep_tokens: bool = Field(
        default=False, description="Keep what was read of the chosen face for an hour, and name it by a face token."
    )
    quality: Demand = Field(
        default="none", description="How free, sharp, well lit and frontal the chosen face has to be."
    )
    liveness: Demand = Field(
        default="none", description="How surely a living person has to be before the camera; `high` is the strictest."
    )
    synthesis: Demand = Field(
        default="none", description="How surely the photo must not be generated or edited; `high` is the strictest."
    )


class DetectParameters(FaceParameters):
    """How one picture is read."""

    condition: Condition = Field(default="live", description=_CONDITION)

    @property
    def conditions(self) -> Mapping[str, str]:
        """Of each side."""
        return {"picture": self.condition}


class CompareParameters(FaceParameters):
    """How two pictures are compared."""

    fmr: float = Field(default=DEFAULT_FMR, gt=0, lt=1, description="The false match rate to decide at.")
    reference_condition: Condition = Field(default="live", description=_CONDITION)
    probe_condition: Condition = Field(default="live", description=_CONDITION)

    @property
    def conditions(self) -> Mapping[str, str]:
        """Of each side."""
        return {"reference": self.reference_condition, "probe": self.probe_condition}


class AnalyzeParameters(DetectParameters):
    """How a face is measured."""

    landmarks: bool = Field(default=False, description="Whether the answer has 468 points of the face.")


class CompareRequest(CompareParameters):
    """Two faces to compare, as JSON."""

    reference: Face = Field(description="The first side.")
    probe: Face = Field(description="The second side.")


class DetectRequest(DetectParameters):
    """A picture in which to find faces, as JSON."""

    picture: Picture = Field(description="The picture.")


class AnalyzeRequest(AnalyzeParameters):
    """A picture whose subject is measured, as JSON."""

    picture: Picture = Field(description="The picture.")


class LivenessRequest(DetectParameters):
    """A picture whose subject is checked for attacks, as JSON."""

    picture: Picture = Field(description="The picture.")


_Request = TypeVar("_Request", bound=BaseModel)
_Parameters = TypeVar("_Parameters", bound=DetectParameters)
Sides = dict[str, bytes | Base64Picture | UrlPicture | TokenFace]


def read_compare(content_type: str, body: bytes) -> tuple[Sides, CompareParameters]:
    """Both sides and the parameters of a comparison.

    Raises:
        RequestError: the body is malformed, or a field is missing, unknown or out of its range.
    """
    kind, boundary = media_type(content_type)
    if kind == "application/json":
        request = _validated_json(CompareRequest, body)
        return {"reference": request.reference, "probe": request.probe}, request
    files, texts = _read_form(kind, boundary, body, ("reference", "probe"), CompareParameters.model_fields)
    return files, _validated(CompareParameters, texts)


def read_detect(content_type: str, body: bytes) -> tuple[Sides, DetectParameters]:
    """The picture and the parameters of a detection.

    Raises:
        RequestError: as `read_compare`.
    """
    return _read_picture(content_type, body, DetectRequest, DetectParameters)


def read_analyze(content_type: str, body: bytes) -> tuple[Sides, AnalyzeParameters]:
    """The picture and the parameters of an analysis.

    Raises:
        RequestError: as `read_compare`.
    """
    return _read_picture(content_type, body, AnalyzeRequest, AnalyzeParameters)


def read_liveness(content_type: str, body: bytes) -> tuple[Sides, DetectParameters]:
    """The picture to be checked for attacks, and how.

    Raises:
        RequestError: as `read_compare`.
    """
    return _read_picture(content_type, body, LivenessRequest, DetectParameters)


def _read_picture(
    content_type: str,
    body: bytes,
    whole: type[DetectRequest | AnalyzeRequest | LivenessRequest],
    parameters: type[_Parameters],
) -> tuple[Sides, _Parameters]:
    kind, boundary = media_type(content_type)
    if kind == "application/json":
        request = _validated_json(whole, body)
        assert isinstance(request, parameters)
        return {"picture": request.picture}, request
    files, texts = _read_form(kind, boundary, body, ("picture",), parameters.model_fields)
    return files, _validated(parameters, texts)


def _read_form(
    kind: str, boundary: str, body: bytes, names: Iterable[str], parameters: Iterable[str]
) -> tuple[Sides, dict[str, object]]:
    if kind != "multipart/form-data":
        raise RequestError(Problem.MEDIA_TYPE)
    fields = parse_multipart(body, boundary, parameters)
    files: Sides = {}
    for name in names:
        if name not in fields:
            raise RequestError(Problem.MISSING_FIELD, name)
        files[name] = fields.pop(name)
    return files, {name: _form_value(name, content) for name, content in fields.items()}


def _form_value(name: str, content: bytes) -> object:
    """A number or truth value where the text is one; otherwise the text, which validation then refuses."""
    text = content.decode("utf-8", "replace").strip()
    if name == "fmr" and len(text) <= 64 and _NUMBER.fullmatch(text):
        return float(text)
    if name in _TRUTHS:
        return _BOOLEANS.get(text.lower(), text)
    return text


def _validated_json(model: type[_Request], body: bytes) -> _Request:
    if body.count(b",") > MAX_JSON_COMMAS:
        raise RequestError(Problem.TOO_MANY_PARTS, limit=MAX_JSON_COMMAS)
    return _validated(model, body)


def _validated(model: type[_Request], content: bytes | Mapping[str, object]) -> _Request:
    try:
        return model.model_validate_json(content) if isinstance(content, bytes) else model.model_validate(content)
    except ValidationError as error:
        first: dict[str, Any] = dict(error.errors(include_url=False, include_context=False, include_input=False)[0])
        problem = _PROBLEMS.get(first["type"], Problem.INVALID_VALUE)
        whole = "body" if problem is Problem.INVALID_VALUE else None
        raise RequestError(problem, _field_name(first["loc"]) or whole) from None


def _field_name(location: tuple[int | str, ...]) -> str | None:
    """`reference.url` for the location (`reference`, `url`, `url`): the second is the kind of source."""
    parts = [str(part) for index, part in enumerate(location) if index != 1 or len(location) < 3]
    return ".".join(parts)[:_MAX_FIELD_LENGTH] or None
