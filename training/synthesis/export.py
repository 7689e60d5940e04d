"""Write the trained network where the product looks for it: an ONNX file that every runtime reads, and its manifest."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import torch
from network import Whole

from visavis.engine.models.convert import convert_onnx
from visavis.engine.synthesis.crop import CROP_PX

TARGET = Path(__file__).parents[2] / "src/visavis/engine/synthesis"
LIMITS = {"min_face_px": 40.0, "max_blur": 0.3, "min_inside": 0.5}
"""Where the product says that it cannot tell; see the model card."""
_OPSET = 17


def onnx_of(whole: Whole) -> bytes:
    """The network without its maps; equal weights give equal bytes."""
    buffer = io.BytesIO()
    shape = (1, 3, CROP_PX, CROP_PX)
    torch.onnx.export(
        whole.float().to(memory_format=torch.contiguous_format).eval(),
        (torch.zeros(shape),),
        buffer,
        input_names=["pictures"],
        output_names=["logit"],
        opset_version=_OPSET,
        dynamo=False,
    )
    return convert_onnx(buffer.getvalue(), shape)


def write(whole: Whole, about: dict[str, Any], target: Path = TARGET) -> None:
    """Both files.

    Args:
        whole: trained.
        about: what else the manifest says.
        target: folder.
    """
    content = onnx_of(whole)
    target.mkdir(parents=True, exist_ok=True)
    target.joinpath("synthesis.onnx").write_bytes(content)
    document = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)} | LIMITS | about
    target.joinpath("synthesis.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")
