"""Manifests and networks whose answers can be worked out by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from onnx import TensorProto, helper

from visavis.engine.pad.spec import PadNetworkSpec
from visavis.types import BoundingBox, DetectedFace, Landmarks


def mean_colours() -> bytes:
    """ONNX: the mean of each plane, (1, 3, 1, 1)."""
    graph = helper.make_graph(
        [helper.make_node("GlobalAveragePool", ["pixels"], ["means"])],
        "by hand",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("means", TensorProto.FLOAT, [1, 3, 1, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


def fields_of(content: bytes) -> dict[str, Any]:
    """The manifest of a network as MiniFASNet is known: stretched box times 2.7, inward, BGR, softmax, index 1."""
    return {
        "model_id": "theirs",
        "file": "theirs.onnx",
        "sha256": hashlib.sha256(content).hexdigest(),
        "crop_scale": 2.7,
        "width": 80,
        "height": 80,
        "colour_order": "BGR",
        "mean": 0,
        "scale": 1,
        "bona_fide_index": 1,
        "activation": "softmax",
        "framing": "box",
        "edges": "inward",
    }


def write_model(folder: Path, content: bytes, **fields: Any) -> Path:
    """Manifest and network; the path of the manifest."""
    folder.joinpath("theirs.onnx").write_bytes(content)
    path = folder / "theirs.json"
    path.write_text(json.dumps(fields_of(content) | fields), "utf-8")
    return path


def spec_with(**fields: Any) -> PadNetworkSpec:
    """A square of the box's longer side on 80 x 80 pixels, unless it is said otherwise."""
    plain: dict[str, Any] = {
        "model_id": "test",
        "sha256": "",
        "crop_scale": 1.0,
        "width": 80,
        "height": 80,
        "colour_order": "RGB",
        "mean": 0.0,
        "scale": 1.0,
        "bona_fide_index": 0,
        "activation": "sigmoid",
    }
    return PadNetworkSpec(**(plain | fields))


def face_at(left: float, top: float, width: float, height: float, *, turned: int = 0) -> DetectedFace:
    """A face in a box; `turned` by so many quarters clockwise, 0 = upright."""
    x, y = left + width / 2, top + height / 2
    right_eye, left_eye = [
        ((x - 9, y - 1), (x + 9, y + 1)),
        ((x + 1, y - 9), (x - 1, y + 9)),
        ((x + 9, y + 1), (x - 9, y - 1)),
        ((x - 1, y + 9), (x + 1, y - 9)),
    ][turned]
    return DetectedFace(
        BoundingBox(left, top, width, height), Landmarks(right_eye, left_eye, (x, y), (x, y), (x, y)), 0.9
    )
