"""Write the trained networks where the product looks for them: ONNX files, their manifests, and the fusion."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict
from pathlib import Path

import torch
from network import PadNet
from views import SPECS

from visavis.engine.models.convert import convert_onnx
from visavis.engine.pad.fusion import Fusion

TARGET = Path(__file__).parents[2] / "src/visavis/engine/pad"
_OPSET = 17
_ABOUT = {
    "face": "Presentation attacks, seen on the face itself.",
    "context": "Presentation attacks, seen on what is around the face.",
}


def write_package(networks: dict[str, PadNet], fusion: Fusion) -> None:
    """All files of the package's folder but the calibrations."""
    for view, network in networks.items():
        spec = SPECS[view]
        content = onnx_of(network, spec.width, spec.height)
        TARGET.joinpath(f"{view}.onnx").write_bytes(content)
        fields = asdict(spec) | {
            "sha256": hashlib.sha256(content).hexdigest(),
            "file": f"{view}.onnx",
            "licence": "Apache-2.0",
            "description": _ABOUT[view],
            "training_data": "see training/pad/MODEL_CARD.md",
        }
        _write(TARGET / f"{view}.json", fields)
    _write(TARGET / "fusion.json", asdict(fusion))


def onnx_of(network: PadNet, width: int, height: int) -> bytes:
    """ONNX with one logit a crop; equal weights give equal bytes."""
    buffer = io.BytesIO()
    network = network.to(memory_format=torch.contiguous_format).eval().float()
    shape = (1, 3, height, width)
    torch.onnx.export(
        network,
        (torch.zeros(shape),),
        buffer,
        input_names=["pixels"],
        output_names=["bona_fide"],
        opset_version=_OPSET,
        dynamo=False,
        dynamic_axes={"pixels": {0: "count"}, "bona_fide": {0: "count"}},
    )
    return convert_onnx(buffer.getvalue(), ("count", *shape[1:]))


def _write(path: Path, document: dict[str, object]) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
