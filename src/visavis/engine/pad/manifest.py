"""The manifest of a network: JSON or TOML in, checked field by field."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from visavis.engine.models.field import number_of, read_mean, read_whole, refuse
from visavis.engine.pad.spec import PadModel, PadNetworkSpec
from visavis.errors import FileMissingError, ModelFormatError

_MAX_BYTES = 65_536
_MAX_NETWORK_BYTES = 256 * 1024 * 1024
_MAX_TEXT = 500
_REQUIRED = (
    "model_id",
    "file",
    "sha256",
    "crop_scale",
    "width",
    "height",
    "colour_order",
    "mean",
    "scale",
    "bona_fide_index",
    "activation",
)
_OPTIONAL = ("framing", "edges", "weight", "licence", "description", "training_data")
_CHOICES = {
    "colour_order": ("RGB", "BGR"),
    "activation": ("softmax", "sigmoid", "none"),
    "framing": ("square", "box"),
    "edges": ("black", "inward"),
}
_RANGES = {"crop_scale": (0.5, 8.0), "scale": (1e-6, 255.0), "weight": (1e-3, 1e3)}
_WHOLE_RANGES = {"width": (16, 1024), "height": (16, 1024), "bona_fide_index": (0, 999)}


def open_model(manifest: Path) -> PadModel:
    """A network by its manifest; `file` is looked for in the manifest's folder.

    Args:
        manifest: `.toml` is TOML, anything else JSON.

    Raises:
        FileMissingError: one of the two files cannot be read.
        ModelFormatError: the manifest is too long, not JSON or TOML, or a field is missing, unknown or out of its
            range; or the network is too large.
        ModelIntegrityError: the network is not the one that the manifest was made for.
    """
    content = _read(manifest, _MAX_BYTES, "manifest")
    spec, file = parse_manifest(content, is_toml=manifest.suffix.lower() == ".toml")
    return PadModel(spec, _read(manifest.parent / file, _MAX_NETWORK_BYTES, "network"))


def parse_manifest(content: bytes, *, is_toml: bool = False) -> tuple[PadNetworkSpec, str]:
    """What a manifest says, and the name of the network's file.

    Raises:
        ModelFormatError: it is not JSON or TOML, or a field is missing, unknown or out of its range; the message names
            it.
    """
    try:
        text = content.decode("utf-8-sig")
        fields = tomllib.loads(text) if is_toml else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"the manifest is not valid JSON or TOML: {error}") from error
    if not isinstance(fields, dict):
        raise ModelFormatError("the manifest must be a table of fields")
    return _parse_fields(fields)


def _parse_fields(fields: Mapping[str, Any]) -> tuple[PadNetworkSpec, str]:
    for name in fields:
        if name not in _REQUIRED + _OPTIONAL:
            refuse(name, f"is unknown; known: {', '.join(_REQUIRED + _OPTIONAL)}")
    for name in _REQUIRED:
        if name not in fields:
            refuse(name, "is missing")
    for name in ("model_id", "file", "licence", "description", "training_data"):
        _text(fields, name)
    checked: dict[str, Any] = {name: _choice(fields, name) for name in _CHOICES if name in fields}
    checked |= {name: _number_in(fields, name, limits) for name, limits in _RANGES.items() if name in fields}
    checked |= {name: read_whole(fields, name, limits) for name, limits in _WHOLE_RANGES.items()}
    spec = PadNetworkSpec(
        model_id=fields["model_id"].strip(), sha256=_sha256(fields["sha256"]), mean=read_mean(fields["mean"]), **checked
    )
    return spec, _file_name(fields["file"])


def _read(path: Path, limit: int, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise FileMissingError(f"cannot read the {what} {path}: {error.strerror}") from error
    if len(content) > limit:
        raise ModelFormatError(f"the {what} {path} is longer than {limit:,} bytes")
    return content


def _text(fields: Mapping[str, Any], name: str) -> None:
    value = fields.get(name, "not stated")
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _MAX_TEXT:
        refuse(name, f"must be text of 1 to {_MAX_TEXT} characters")


def _file_name(value: str) -> str:
    if Path(value).name != value or value in (".", ".."):
        refuse("file", f"must be the name of a file in the manifest's folder, not {value!r}")
    return value


def _sha256(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
        refuse("sha256", "must be 64 hexadecimal digits in lower case")
    return value


def _choice(fields: Mapping[str, Any], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str) or value not in _CHOICES[name]:
        refuse(name, f"must be one of {', '.join(_CHOICES[name])}, not {value!r}")
    return value


def _number_in(fields: Mapping[str, Any], name: str, limits: tuple[float, float]) -> float:
    number = number_of(fields[name])
    if number is None or not limits[0] <= number <= limits[1]:
        refuse(name, f"must be a number from {limits[0]:g} to {limits[1]:g}, not {fields[name]!r}")
    return number
