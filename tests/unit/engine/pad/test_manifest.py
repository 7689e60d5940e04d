from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.engine.pad.networks import fields_of, mean_colours, write_model
from visavis.engine.pad.manifest import open_model, parse_manifest
from visavis.errors import FileMissingError, ModelFormatError, ModelIntegrityError

CONTENT = mean_colours()


def parse(fields: object) -> Any:
    return parse_manifest(json.dumps(fields).encode())[0]


def test_every_field_is_read() -> None:
    spec, file = parse_manifest(json.dumps(fields_of(CONTENT) | {"weight": 2, "mean": [1, 2.5, 3]}).encode())

    assert file == "theirs.onnx"
    assert (spec.model_id, spec.sha256) == ("theirs", fields_of(CONTENT)["sha256"])
    assert (spec.crop_scale, spec.width, spec.height) == (2.7, 80, 80)
    assert (spec.colour_order, spec.mean, spec.scale) == ("BGR", (1.0, 2.5, 3.0), 1.0)
    assert (spec.bona_fide_index, spec.activation) == (1, "softmax")
    assert (spec.framing, spec.edges, spec.weight) == ("box", "inward", 2.0)
    assert spec.layout.shape == (1, 3, 80, 80)


def test_what_may_be_left_out() -> None:
    fields = fields_of(CONTENT)
    del fields["framing"], fields["edges"]
    spec = parse(fields)

    assert (spec.framing, spec.edges, spec.weight) == ("square", "black", 1.0)


def test_toml(tmp_path: Path) -> None:
    tmp_path.joinpath("theirs.onnx").write_bytes(CONTENT)
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields_of(CONTENT).items()]
    tmp_path.joinpath("theirs.toml").write_text("\n".join(lines))

    assert open_model(tmp_path / "theirs.toml").spec == parse(fields_of(CONTENT))


@pytest.mark.parametrize("name", ["model_id", "file", "sha256", "crop_scale", "mean", "activation", "bona_fide_index"])
def test_a_missing_field_is_named(name: str) -> None:
    fields = fields_of(CONTENT)
    del fields[name]

    with pytest.raises(ModelFormatError, match=f"{name} is missing"):
        parse(fields)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("surplus", 1),
        ("model_id", ""),
        ("model_id", 7),
        ("file", "../theirs.onnx"),
        ("file", ".."),
        ("sha256", "AB" * 32),
        ("sha256", 5),
        ("crop_scale", 0.4),
        ("crop_scale", "2.7"),
        ("crop_scale", True),
        ("crop_scale", float("nan")),
        ("width", 15),
        ("height", 80.0),
        ("height", True),
        ("colour_order", "rgb"),
        ("mean", [1, 2]),
        ("mean", 256),
        ("mean", "0"),
        ("scale", 0),
        ("bona_fide_index", -1),
        ("activation", "relu"),
        ("activation", ["softmax"]),
        ("framing", "oval"),
        ("edges", "white"),
        ("weight", 0),
        ("licence", "x" * 501),
    ],
)
def test_a_bad_field_is_named(name: str, value: object) -> None:
    with pytest.raises(ModelFormatError, match=f"manifest: {name} "):
        parse(fields_of(CONTENT) | {name: value})


@pytest.mark.parametrize("content", [b"{", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_not_a_table(content: bytes) -> None:
    with pytest.raises(ModelFormatError, match="the manifest"):
        parse_manifest(content)


def test_a_network_is_opened_by_its_manifest(tmp_path: Path) -> None:
    model = open_model(write_model(tmp_path, CONTENT))

    assert model.content == CONTENT
    assert model.spec.model_id == "theirs"


def test_another_network_than_the_manifest_was_made_for(tmp_path: Path) -> None:
    path = write_model(tmp_path, CONTENT, sha256="0" * 64)

    with pytest.raises(ModelIntegrityError, match="theirs has SHA-256"):
        open_model(path)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="cannot read the manifest"):
        open_model(tmp_path / "none.json")
    path = write_model(tmp_path, CONTENT)
    tmp_path.joinpath("theirs.onnx").unlink()
    with pytest.raises(FileMissingError, match="cannot read the network"):
        open_model(path)


def test_a_manifest_that_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    path.write_bytes(b" " * 65_537)

    with pytest.raises(ModelFormatError, match="longer than 65,536 bytes"):
        open_model(path)
