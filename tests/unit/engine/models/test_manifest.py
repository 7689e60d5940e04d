"""Manifests of a user's own recogniser: every field has its own complaint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from visavis.engine.models import ARCFACE_TEMPLATE, RecognitionManifest
from visavis.engine.models.manifest import parse_manifest, read_manifest, recognition_fields
from visavis.errors import FileMissingError, ModelFormatError

ARCFACE: dict[str, Any] = {
    "input_width": 112,
    "input_height": 112,
    "colour_order": "RGB",
    "mean": 127.5,
    "scale": 0.0078125,
    "dimension": 512,
}


def test_the_arcface_template_is_the_default() -> None:
    own = parse_manifest(ARCFACE)
    assert own.recognition == RecognitionManifest(112, 112, "RGB", 127.5, 0.0078125, 512, ARCFACE_TEMPLATE)
    assert own.licence == "not stated"
    assert parse_manifest(recognition_fields(own.recognition)) == own


@pytest.mark.parametrize("missing", sorted(ARCFACE))
def test_a_missing_field_is_named(missing: str) -> None:
    with pytest.raises(ModelFormatError, match=f"manifest: {missing} is missing"):
        parse_manifest({name: value for name, value in ARCFACE.items() if name != missing})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("input_width", 15),
        ("input_width", 1025),
        ("input_width", 112.0),
        ("input_width", True),
        ("input_height", "112"),
        ("colour_order", "rgb"),
        ("colour_order", None),
        ("mean", [1, 2]),
        ("mean", "127.5"),
        ("mean", 256),
        ("mean", [0, 0, float("nan")]),
        ("mean", True),
        ("scale", 0),
        ("scale", -1),
        ("scale", float("inf")),
        ("scale", 10**400),
        ("dimension", 7),
        ("dimension", 8193),
        ("template_points", [[1, 2]] * 4),
        ("template_points", [[1, 2, 3]] * 5),
        ("template_points", [[1, "2"]] * 5),
        ("template_points", [[1, 113]] * 5),
        ("template_points", [[-0.5, 1]] * 5),
        ("template_points", 5),
        ("licence", ""),
        ("licence", 3),
        ("description", "x" * 501),
        ("colour", "RGB"),
    ],
)
def test_a_wrong_value_names_its_field(field: str, value: object) -> None:
    with pytest.raises(ModelFormatError, match=rf"^manifest: {field} "):
        parse_manifest(ARCFACE | {field: value})


def test_only_a_112_pixel_input_has_default_points() -> None:
    with pytest.raises(ModelFormatError, match="template_points is missing"):
        parse_manifest(ARCFACE | {"input_height": 128})


@pytest.mark.parametrize("content", [b"{", b"[]", b"3", b"\xff\xfe", b"[" * 60_000])
def test_a_file_that_is_no_manifest(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(ModelFormatError, match=r"manifest\.json"):
        read_manifest(path)


def test_a_manifest_may_be_json_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(ARCFACE).encode())
    assert read_manifest(path) == parse_manifest(ARCFACE)


def test_a_manifest_that_is_absent_or_endless(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        read_manifest(tmp_path / "absent.json")
    path = tmp_path / "long.json"
    path.write_bytes(b" " * 65_537)
    with pytest.raises(ModelFormatError, match="longer than 65,536"):
        read_manifest(path)
