"""A catalogue of tiny models in hand-made wheels, so that pulling needs no network."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from visavis.engine.models import ModelSpec, ModelStore, RecognitionManifest, Wheel, WheelMember
from visavis.engine.models.convert import convert_onnx

TINY_SHAPE = (1, 3, 16, 16)
TINY_DIMENSION = 8
TINY_MANIFEST = RecognitionManifest(
    16,
    16,
    "RGB",
    mean=127.5,
    scale=1 / 127.5,
    dimension=TINY_DIMENSION,
    template_points=((5, 7), (11, 7), (8, 10), (6, 13), (10, 13)),
)


def make_tiny_onnx(seed: int = 0) -> bytes:
    """A recogniser of one layer: (1, 3, 16, 16) to 8 numbers."""
    weights = np.random.default_rng(seed).standard_normal((TINY_DIMENSION, 3 * 16 * 16)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["pixels"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights"], ["template"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, TINY_SHAPE)],
        [helper.make_tensor_value_info("template", TensorProto.FLOAT, (1, TINY_DIMENSION))],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="test")
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def make_wheel(folder: Path, distribution: str, members: dict[str, bytes]) -> Path:
    """A wheel that pip accepts, and nothing more."""
    name, version = distribution.split("==")
    stem = f"{name.replace('-', '_')}-{version}"
    path = folder / f"{stem}-py3-none-any.whl"
    texts = {
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{stem}.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in (members | {k: v.encode() for k, v in texts.items()}).items():
            archive.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_DEFLATED)
    return path


def describe_wheel(path: Path, distribution: str) -> Wheel:
    """The wheel as a catalogue names it."""
    content = path.read_bytes()
    return Wheel(distribution, hashlib.sha256(content).hexdigest(), len(content))


def describe_model(name: str, wheel: Wheel, member: str, source: bytes) -> ModelSpec:
    """A recogniser of the catalogue, made of `source` at `member`."""
    converted = convert_onnx(source, TINY_SHAPE)
    return ModelSpec(
        name=name,
        role="recognition",
        sha256=hashlib.sha256(converted).hexdigest(),
        size_bytes=len(converted),
        licence="MIT",
        research_only=False,
        description="one layer",
        training_data="none",
        source=WheelMember(wheel, member, hashlib.sha256(source).hexdigest(), len(source)),
        input_shape=TINY_SHAPE,
        recognition=TINY_MANIFEST,
    )


@dataclass(frozen=True)
class Wheelhouse:
    """A folder of wheels that pip is configured for, and the catalogue of what is in them."""

    folder: Path
    catalogue: tuple[ModelSpec, ...]
    home: Path

    @property
    def store(self) -> ModelStore:
        """Of this catalogue, in an empty home."""
        return ModelStore(self.home, catalogue=self.catalogue)

    def changed(self, name: str, change: Callable[[ModelSpec], ModelSpec]) -> ModelStore:
        """The store of a catalogue in which one model is described differently."""
        catalogue = tuple(change(spec) if spec.name == name else spec for spec in self.catalogue)
        return ModelStore(self.home, catalogue=catalogue)


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    """`alpha` and `beta` share a wheel; `gamma`, for research only, has its own."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    sources = {name: make_tiny_onnx(seed) for seed, name in enumerate(("alpha", "beta", "gamma"))}
    pair = make_wheel(folder, "tiny-pair==1.0", {"pair/a.onnx": sources["alpha"], "pair/b.onnx": sources["beta"]})
    alone = make_wheel(folder, "tiny-alone==2.1", {"alone/g.onnx": sources["gamma"]})
    pair_wheel = describe_wheel(pair, "tiny-pair==1.0")
    gamma = describe_model("gamma", describe_wheel(alone, "tiny-alone==2.1"), "alone/g.onnx", sources["gamma"])
    catalogue = (
        describe_model("alpha", pair_wheel, "pair/a.onnx", sources["alpha"]),
        describe_model("beta", pair_wheel, "pair/b.onnx", sources["beta"]),
        replace(gamma, research_only=True, licence="Tiny-Research"),
    )
    return Wheelhouse(folder, catalogue, tmp_path / "home")
