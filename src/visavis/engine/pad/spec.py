"""How a network that tells bona fide presentations from attacks wants to be fed, and where its answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from visavis.engine.models.integrity import require_sha256
from visavis.engine.runtime import InputLayout

Activation = Literal["softmax", "sigmoid", "none"]
Framing = Literal["square", "box"]
Edges = Literal["black", "inward"]


@dataclass(frozen=True, slots=True)
class PadNetworkSpec:
    """What the manifest of a network says.

    Attributes:
        model_id: its name.
        sha256: of the ONNX file, lower-case hexadecimal.
        crop_scale: side of the crop in sides of the detector's box, 0.5..8.
        width: of the network's input, pixels.
        height: the same.
        colour_order: order of the planes.
        mean: taken off the pixels, 0..255; one number, or one for each plane.
        scale: multiplied afterwards.
        bona_fide_index: which number of the network's first output speaks for a bona fide presentation.
        activation: what makes a probability of that number: `softmax` over all numbers, `sigmoid`, or `none` where it
            is one already.
        framing: `square`: the crop is a square over the longer side of the box; `box`: it has the shape of the box and
            is stretched to the input.
        edges: beyond the picture the crop is `black`; or it is made smaller and moved `inward`, so that it never
            reaches beyond.
        weight: by how much the logit of its answer counts where several networks answer, > 0.
    """

    model_id: str
    sha256: str
    crop_scale: float
    width: int
    height: int
    colour_order: Literal["RGB", "BGR"]
    mean: float | tuple[float, float, float]
    scale: float
    bona_fide_index: int
    activation: Activation
    framing: Framing = "square"
    edges: Edges = "black"
    weight: float = 1.0

    @property
    def layout(self) -> InputLayout:
        """Of one crop a run."""
        return InputLayout(1, self.height, self.width, self.colour_order, self.mean, self.scale)


@dataclass(frozen=True, slots=True, eq=False)
class PadModel:
    """A network's file and what its manifest says.

    Attributes:
        spec: the manifest.
        content: the ONNX file.

    Raises:
        ModelIntegrityError: the file is not the one that the manifest was made for.
    """

    spec: PadNetworkSpec
    content: bytes

    def __post_init__(self) -> None:
        require_sha256(self.content, self.spec.sha256, f"the network {self.spec.model_id}")
