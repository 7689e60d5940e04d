"""The manifest of a user's own recogniser: JSON or TOML in, checked field by field."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from visavis.engine.models.catalogue import ARCFACE_TEMPLATE, Point, RecognitionManifest, TemplatePoints
from visavis.engine.models.field import number_of, read_mean, read_whole, refuse
from visavis.errors import FileMissingError, ModelFormatError

_MAX_BYTES = 65_536
_MAX_TEXT = 500
_SIDE_PX = (16, 1024)
_DIMENSION = (8, 8192)
_REQUIRED = ("input_width", "input_height", "colour_order", "mean", "scale", "dimension")
_OPTIONAL = ("template_points", "licence", "description", "training_data")


@dataclass(frozen=True, slots=True)
class OwnManifest:
    """What a manifest file says.

    Attributes:
        recognition: how to feed the network.
        licence: free text.
        description: one line.
        training_data: free text.
    """

    recognition: RecognitionManifest
    licence: str = "not stated"
    description: str = "added by the user"
    training_data: str = "not stated"


def read_manifest(path: Path) -> OwnManifest:
    """Read a manifest file; `.toml` is TOML, anything else JSON.

    Raises:
        FileMissingError: it cannot be read.
        ModelFormatError: it is too long, not JSON or TOML, or a field is missing, unknown or out of its range.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise FileMissingError(f"cannot read the manifest {path}: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise ModelFormatError(f"the manifest {path} is longer than {_MAX_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
        fields = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"the manifest {path} is not valid JSON or TOML: {error}") from error
    if not isinstance(fields, dict):
        raise ModelFormatError(f"the manifest {path} must be a table of fields")
    return parse_manifest(fields)


def parse_manifest(fields: Mapping[str, Any]) -> OwnManifest:
    """Check every field.

    Raises:
        ModelFormatError: one is missing, unknown or out of its range; the message names it.
    """
    for name in fields:
        if name not in _REQUIRED + _OPTIONAL:
            refuse(name, f"is unknown; known: {', '.join(_REQUIRED + _OPTIONAL)}")
    for name in _REQUIRED:
        if name not in fields:
            refuse(name, "is missing")
    width = read_whole(fields, "input_width", _SIDE_PX)
    height = read_whole(fields, "input_height", _SIDE_PX)
    recognition = RecognitionManifest(
        input_width=width,
        input_height=height,
        colour_order=_colour_order(fields["colour_order"]),
        mean=read_mean(fields["mean"]),
        scale=_scale(fields["scale"]),
        dimension=read_whole(fields, "dimension", _DIMENSION),
        template_points=_template_points(fields.get("template_points"), width, height),
    )
    return OwnManifest(recognition, **{name: _text(fields, name) for name in _OPTIONAL[1:] if name in fields})


def recognition_fields(manifest: RecognitionManifest) -> dict[str, Any]:
    """The inverse of `parse_manifest`, as JSON can hold it."""
    return {
        "input_width": manifest.input_width,
        "input_height": manifest.input_height,
        "colour_order": manifest.colour_order,
        "mean": list(manifest.mean) if isinstance(manifest.mean, tuple) else manifest.mean,
        "scale": manifest.scale,
        "dimension": manifest.dimension,
        "template_points": [list(point) for point in manifest.template_points],
    }


def _colour_order(value: object) -> Literal["RGB", "BGR"]:
    if value == "RGB":
        return "RGB"
    if value == "BGR":
        return "BGR"
    refuse("colour_order", f"must be RGB or BGR, not {value!r}")


def _scale(value: object) -> float:
    number = number_of(value)
    if number is None or not 0 < number <= 255:
        refuse("scale", f"must be a number above 0, at most 255, not {value!r}")
    return number


def _template_points(value: object, width: int, height: int) -> TemplatePoints:
    if value is None:
        if (width, height) != (112, 112):
            refuse("template_points", "is missing: only a 112x112 input has a default")
        return ARCFACE_TEMPLATE
    if not isinstance(value, list | tuple) or len(value) != 5:
        refuse("template_points", "must be five [x, y] pairs")
    a, b, c, d, e = (_point(item, width, height) for item in value)
    return a, b, c, d, e


def _point(item: object, width: int, height: int) -> Point:
    x, y = map(number_of, item) if isinstance(item, list | tuple) and len(item) == 2 else (None, None)
    if x is None or y is None:
        refuse("template_points", f"must be five [x, y] pairs; one is {item!r}")
    if not (0 <= x <= width and 0 <= y <= height):
        refuse("template_points", f"must lie in the {width}x{height} input; one is {item!r}")
    return x, y


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _MAX_TEXT:
        refuse(name, f"must be text of 1 to {_MAX_TEXT} characters")
    return value.strip()
