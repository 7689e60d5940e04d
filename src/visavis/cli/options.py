"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from visavis.types import FaceChoice

Runtime = Annotated[Literal["auto", "openvino", "onnxruntime"] | None, typer.Option(help="Inference runtime.")]
Precision = Annotated[Literal["auto", "bf16", "fp32"] | None, typer.Option(help="Inference precision.")]
Profile = Annotated[Literal["default", "accurate"] | None, typer.Option(help="Speed against accuracy.")]
Model = Annotated[str | None, typer.Option(help="Recogniser; `visavis models list` shows them.")]
Face = Annotated[FaceChoice, typer.Option(help="Which of several faces is the subject.")]
