"""A user's own recogniser: an ONNX file and a manifest become a model beside those of the catalogue."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.engine.models.catalogue import ModelSpec, RecognitionManifest
from visavis.engine.models.manifest import OwnManifest, parse_manifest, read_manifest, recognition_fields
from visavis.engine.openvino_import import import_openvino
from visavis.errors import FileMissingError, ModelFormatError

MAX_MODEL_BYTES = 512 * 1024 * 1024
"""Largest ONNX file that can be added."""

_RECORD_TEXTS = ("licence", "description", "training_data")


def prepare_own(onnx_path: Path, manifest: Path | RecognitionManifest, name: str) -> tuple[ModelSpec, bytes]:
    """Convert and try out a user's model.

    Args:
        onnx_path: an ONNX file with its weights inside, at most `MAX_MODEL_BYTES`.
        manifest: a file in JSON or TOML, or its content.
        name: by which it will be called.

    Returns:
        Its description, and the converted file.

    Raises:
        FileMissingError: a file cannot be read.
        ModelFormatError: the model or the manifest cannot be used, or they contradict one another.
    """
    own = _checked(manifest) if isinstance(manifest, RecognitionManifest) else read_manifest(manifest)
    recognition = own.recognition
    # onnx takes a tenth of a second to import, and only this and pulling need it.
    from visavis.engine.models.convert import convert_onnx

    converted = convert_onnx(_read_limited(onnx_path), (1, 3, recognition.input_height, recognition.input_width))
    _try_out(converted, recognition)
    spec = ModelSpec(
        name=name,
        role="recognition",
        sha256=hashlib.sha256(converted).hexdigest(),
        size_bytes=len(converted),
        licence=own.licence,
        research_only=False,
        description=own.description,
        training_data=own.training_data,
        recognition=recognition,
    )
    return spec, converted


def write_record(spec: ModelSpec) -> bytes:
    """What is kept beside the converted file of a user's model: JSON."""
    if spec.recognition is None:
        raise ValueError(f"{spec.name} is no recogniser")
    record: dict[str, Any] = {"sha256": spec.sha256, "size_bytes": spec.size_bytes}
    record |= {field: getattr(spec, field) for field in _RECORD_TEXTS}
    record["recognition"] = recognition_fields(spec.recognition)
    return json.dumps(record, indent=2, ensure_ascii=False).encode()


def read_record(name: str, content: bytes) -> ModelSpec:
    """The inverse of `write_record`.

    Raises:
        ModelFormatError: damaged.
    """
    try:
        record = json.loads(content)
        recognition = parse_manifest(record["recognition"]).recognition
        return ModelSpec(
            name=name,
            role="recognition",
            sha256=str(record["sha256"]),
            size_bytes=int(record["size_bytes"]),
            licence=str(record["licence"]),
            research_only=False,
            description=str(record["description"]),
            training_data=str(record["training_data"]),
            recognition=recognition,
        )
    except (ValueError, KeyError, TypeError, RecursionError, ModelFormatError) as error:
        raise ModelFormatError(
            f"the record of your model {name!r} is damaged; run `visavis models remove {name}`, then add it again"
        ) from error


def _checked(manifest: RecognitionManifest) -> OwnManifest:
    return parse_manifest(recognition_fields(manifest))


def _read_limited(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_MODEL_BYTES + 1)
    except OSError as error:
        raise FileMissingError(f"cannot read the model {path}: {error.strerror}") from error
    if len(content) > MAX_MODEL_BYTES:
        raise ModelFormatError(f"the model {path} is larger than {MAX_MODEL_BYTES:,} bytes")
    return content


def _try_out(converted: bytes, manifest: RecognitionManifest) -> None:
    """Run the network twice: what a file says of its output may be missing or wrong."""
    shape = (1, 3, manifest.input_height, manifest.input_width)
    pixels = np.linspace(0, 255, math.prod(shape)).reshape(shape)
    mean = np.reshape(manifest.mean, (-1, 1, 1))
    first, second = _infer(
        converted, [((values - mean) * manifest.scale).astype(np.float32) for values in (pixels, 255 - pixels)]
    )
    if first.shape != (1, manifest.dimension):
        raise ModelFormatError(
            f"manifest: dimension is {manifest.dimension}, but the model's output has the shape {first.shape}"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ModelFormatError("the model's output is not finite")
    if np.array_equal(first, second):
        raise ModelFormatError("the model gives the same output for different inputs")


def _infer(converted: bytes, inputs: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    core = import_openvino().Core()
    try:
        compiled = core.compile_model(core.read_model(converted), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        if len(compiled.outputs) != 1:
            raise ModelFormatError(f"the model must have one output, not {len(compiled.outputs)}")
        return [np.array(compiled([values])[0]) for values in inputs]
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ModelFormatError(f"OpenVINO cannot run the model: {reason}") from error
