"""Write the trained network where the product looks for it: an ONNX file that every runtime reads, and its manifest."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import torch
from compose import CROP_PX, CROP_SPREAD
from network import OcclusionNet, Probabilities

from visavis.engine.models.convert import convert_onnx

TARGET = Path(__file__).parents[2] / "src/visavis/engine/occlusion"
_OPSET = 17


def onnx_of(network: OcclusionNet, scale: float, bias: float) -> bytes:
    """The network with its probabilities; equal weights give equal bytes."""
    buffer = io.BytesIO()
    shape = (1, 3, CROP_PX, CROP_PX)
    torch.onnx.export(
        Probabilities(network, scale, bias).eval().float(),
        (torch.zeros(shape),),
        buffer,
        input_names=["pictures"],
        output_names=["covers", "regions", "worn"],
        opset_version=_OPSET,
        dynamo=False,
        dynamic_axes={name: {0: "count"} for name in ("pictures", "covers", "regions", "worn")},
    )
    return convert_onnx(buffer.getvalue(), ("count", *shape[1:]))


def write(network: OcclusionNet, about: dict[str, Any], scale: float, bias: float) -> None:
    """Both files.

    Args:
        network: trained.
        about: what else the manifest says.
        scale: of the logit that a mask is worn, and
        bias: added to it.
    """
    content = onnx_of(network, scale, bias)
    TARGET.joinpath("occlusion.onnx").write_bytes(content)
    document = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "spread": CROP_SPREAD,
    } | about
    TARGET.joinpath("occlusion.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")
