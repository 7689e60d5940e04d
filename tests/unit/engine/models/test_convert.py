"""Conversion: hand-computed dequantisation, and both runtimes on the real models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.cbook
import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from visavis.engine.models import ModelStore
from visavis.engine.models.convert import convert_onnx
from visavis.engine.openvino_import import import_openvino
from visavis.errors import LicenceNotAcceptedError, ModelFormatError, ModelNotFoundError

from .conftest import TINY_SHAPE, make_tiny_onnx

_INPUT = helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 4))


def _model(
    nodes: list[onnx.NodeProto],
    weights: Mapping[str, NDArray[Any]],
    inputs: list[onnx.ValueInfoProto] | None = None,
) -> bytes:
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    tensors = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "graph", inputs or [_INPUT], [output], tensors, doc_string="a note")
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10, producer_name="me")
    return bytes(model.SerializeToString())


def _converted(source: bytes, shape: tuple[int | str, ...] = (1, 4)) -> onnx.ModelProto:
    return onnx.load_model_from_string(convert_onnx(source, shape))


def _weight(model: onnx.ModelProto, name: str) -> NDArray[Any]:
    return next(numpy_helper.to_array(tensor) for tensor in model.graph.initializer if tensor.name == name)


_QUANTISED = np.array([[0, 1, 2, 3], [4, 5, 6, 7]], np.int8)


@pytest.mark.parametrize(
    ("scale", "zero_point", "axis", "block_size", "expected"),
    [
        (0.5, 2, 1, 0, [[-1.0, -0.5, 0.0, 0.5], [1.0, 1.5, 2.0, 2.5]]),
        ([2.0, 10.0], [0, 5], 0, 0, [[0.0, 2.0, 4.0, 6.0], [-10.0, 0.0, 10.0, 20.0]]),
        ([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1], -1, 0, [[0.0, 2.0, 3.0, 8.0], [4.0, 10.0, 15.0, 24.0]]),
        # Blocks of three along the second axis; the last one is short.
        ([[1.0, 10.0], [2.0, 100.0]], [[0, 1], [4, 6]], 1, 3, [[0.0, 1.0, 2.0, 20.0], [0.0, 2.0, 4.0, 100.0]]),
    ],
)
def test_dequantisation_over_constants_is_folded(
    scale: object, zero_point: object, axis: int, block_size: int, expected: list[list[float]]
) -> None:
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=axis, block_size=block_size),
        helper.make_node("Gemm", ["x", "w"], ["y"], transB=1),
    ]
    weights: dict[str, NDArray[Any]] = {
        "q": _QUANTISED,
        "s": np.array(scale, np.float32),
        "z": np.array(zero_point, np.int8),
    }
    model = _converted(_model(nodes, weights))
    assert [node.op_type for node in model.graph.node] == ["Gemm"]
    assert [tensor.name for tensor in model.graph.initializer] == ["w"]
    np.testing.assert_array_equal(_weight(model, "w"), np.array(expected, np.float32))


def test_dequantisation_without_a_zero_point() -> None:
    nodes = [helper.make_node("DequantizeLinear", ["q", "s"], ["w"]), helper.make_node("Gemm", ["x", "w"], ["y"])]
    model = _converted(_model(nodes, {"q": _QUANTISED.T, "s": np.array(0.25, np.float32)}))
    np.testing.assert_array_equal(_weight(model, "w"), _QUANTISED.T.astype(np.float32) / 4)


def test_dequantisation_of_what_is_computed_stays() -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["q"], to=TensorProto.INT8),
        helper.make_node("DequantizeLinear", ["q", "s"], ["y"]),
    ]
    model = _converted(_model(nodes, {"s": np.array(0.25, np.float32)}))
    assert [node.op_type for node in model.graph.node] == ["Cast", "DequantizeLinear"]


def test_reshaping_of_constants_is_folded() -> None:
    nodes = [
        helper.make_node("Reshape", ["flat", "shape"], ["w"]),
        helper.make_node("Gemm", ["x", "w"], ["y"], transB=1),
    ]
    flat = np.arange(8, dtype=np.float32).reshape(2, 1, 4)
    # 0 copies the first size, -1 takes what is left.
    model = _converted(_model(nodes, {"flat": flat, "shape": np.array([0, -1], np.int64)}))
    np.testing.assert_array_equal(_weight(model, "w"), [[0, 1, 2, 3], [4, 5, 6, 7]])
    assert len(model.graph.node) == 1


def test_dropout_is_dropped_and_its_input_takes_its_place() -> None:
    nodes = [
        helper.make_node("Constant", [], ["ratio"], value=numpy_helper.from_array(np.array(0.4, np.float32))),
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Dropout", ["a", "ratio"], ["b", "mask"]),
        helper.make_node("Dropout", ["b"], ["c"]),
        helper.make_node("Neg", ["c"], ["y"]),
    ]
    graph = _converted(_model(nodes, {})).graph
    assert [(node.op_type, list(node.input)) for node in graph.node] == [("Relu", ["x"]), ("Neg", ["a"])]


def test_dropout_whose_mask_is_used_stays() -> None:
    nodes = [
        helper.make_node("Dropout", ["x"], ["a", "mask"]),
        helper.make_node("Where", ["mask", "a", "x"], ["y"]),
    ]
    assert [node.op_type for node in _converted(_model(nodes, {})).graph.node] == ["Dropout", "Where"]


def test_weights_that_are_also_inputs_and_inputs_that_nothing_uses_are_dropped() -> None:
    inputs = [
        _INPUT,
        helper.make_tensor_value_info("w", TensorProto.FLOAT, (4, 2)),
        helper.make_tensor_value_info("idle", TensorProto.FLOAT, (1,)),
    ]
    source = _model([helper.make_node("Gemm", ["x", "w"], ["y"])], {"w": np.ones((4, 2), np.float32)}, inputs)
    assert [value.name for value in _converted(source).graph.input] == ["x"]


def test_what_nested_graphs_use_is_kept() -> None:
    branches = [
        helper.make_graph(
            [helper.make_node("Add", ["x", name], ["z"])],
            name,
            [],
            [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)],
        )
        for name in ("one", "two")
    ]
    nodes = [helper.make_node("If", ["flag"], ["y"], then_branch=branches[0], else_branch=branches[1])]
    weights = {name: np.array([n], np.float32) for n, name in enumerate(("one", "two", "idle"))}
    graph = _converted(_model(nodes, weights | {"flag": np.array(True)})).graph
    assert [tensor.name for tensor in graph.initializer] == ["one", "two", "flag"]


def test_converting_twice_changes_nothing_and_notes_are_gone() -> None:
    once = convert_onnx(make_tiny_onnx(), TINY_SHAPE)
    assert convert_onnx(once, TINY_SHAPE) == once
    model = onnx.load_model_from_string(once)
    assert (model.producer_name, model.graph.doc_string) == ("", "")


def _two_grids() -> bytes:
    """Outputs a and b of two cells, c and d of one: the first inputs, and ten times as much."""
    nodes, weights = [], {"ten": np.array(10.0, np.float32)}
    for name, start, stop in (("a", 0, 2), ("c", 2, 3)):
        weights |= {f"{name} from": np.array([start]), f"{name} to": np.array([stop]), "axis": np.array([1])}
        weights[f"{name} shape"] = np.array([1, -1, 1])
        cut, tens = f"{name} cut", {"a": "b", "c": "d"}[name]
        nodes.append(helper.make_node("Slice", ["x", f"{name} from", f"{name} to", "axis"], [cut]))
        nodes.append(helper.make_node("Reshape", [cut, f"{name} shape"], [name]))
        nodes.append(helper.make_node("Mul", [name, "ten"], [tens]))
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "abcd"]
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "graph", [helper.make_tensor_value_info("x", 1, (1, 3))], outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return bytes(model.SerializeToString())


def test_outputs_are_joined_and_pictures_of_a_batch_stay_apart() -> None:
    converted = convert_onnx(_two_grids(), ("batch", 3), (("a", "b"), ("c", "d")))
    session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    values = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    (joined,) = session.run(None, {"x": values})
    assert joined.tolist() == [[[n, 10 * n] for n in row] for row in values.tolist()]


def test_outputs_that_are_not_there_cannot_be_joined() -> None:
    with pytest.raises(ModelFormatError, match="no outputs e, f"):
        convert_onnx(_two_grids(), ("batch", 3), (("a", "e"), ("c", "f")))


@pytest.mark.parametrize(
    ("given", "shape", "expected"),
    [
        (("None", 3, 112, 112), (1, 3, 112, 112), [1, 3, 112, 112]),
        ((1, 3, 640, 640), (1, 3, "height", "width"), [1, 3, "height", "width"]),
        (None, (1, 3, 16, 16), [1, 3, 16, 16]),
    ],
)
def test_the_input_gets_the_stated_shape(
    given: tuple[int | str, ...] | None, shape: tuple[int | str, ...], expected: list[int | str]
) -> None:
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)]
    graph = _converted(_model([helper.make_node("Relu", ["x"], ["y"])], {}, inputs), shape).graph
    assert [dim.dim_param or dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim] == expected


@pytest.mark.parametrize("given", [(1, 3, 112), (1, 112, 112, 3), (1, 1, 112, 112), (2, 3, 112, 112)])
def test_an_input_of_another_shape_is_refused(given: tuple[int, ...]) -> None:
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)]
    with pytest.raises(ModelFormatError, match="shape"):
        convert_onnx(_model([helper.make_node("Relu", ["x"], ["y"])], {}, inputs), (1, 3, 112, 112))


def _two_inputs() -> bytes:
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 4)) for name in ("x", "z")]
    return _model([helper.make_node("Add", ["x", "z"], ["y"])], {}, inputs)


def _whole_numbers() -> bytes:
    inputs = [helper.make_tensor_value_info("x", TensorProto.UINT8, (1, 4))]
    return _model([helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)], {}, inputs)


def _weights_elsewhere() -> bytes:
    model = onnx.load_model_from_string(
        _model([helper.make_node("Gemm", ["x", "w"], ["y"])], {"w": np.ones((4, 2), np.float32)})
    )
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (b"", "no graph"),
        (b"\xff\xd8\xff\xe0 a picture", "not an ONNX file"),
        (make_tiny_onnx()[:-5], "damaged"),
        (_two_inputs(), "one input.*x, z"),
        (_whole_numbers(), "float32"),
        (_weights_elsewhere(), "another file"),
    ],
)
def test_files_that_cannot_be_used(source: bytes, complaint: str) -> None:
    with pytest.raises(ModelFormatError, match=complaint):
        convert_onnx(source, (1, 4))


def _portrait(width: int, height: int) -> NDArray[np.uint8]:
    """The face of a real portrait, (height, width, 3) RGB."""
    with Image.open(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as picture:
        return np.asarray(picture.convert("RGB").crop((150, 60, 370, 340)).resize((width, height)))


def _run_both(content: bytes, values: NDArray[np.float32]) -> list[dict[str, NDArray[np.float32]]]:
    core = import_openvino().Core()
    graph = core.read_model(content)
    graph.reshape(list(values.shape))
    # Before compilation: afterwards an output may also answer to the names of what was merged into it.
    names = [output.get_any_name() for output in graph.outputs]
    compiled = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    vino = dict(zip(names, (np.array(array) for array in compiled([values]).values()), strict=True))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    onnx_names = [output.name for output in session.get_outputs()]
    return [vino, dict(zip(onnx_names, session.run(None, {session.get_inputs()[0].name: values}), strict=True))]


def _cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    first, second = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


@pytest.mark.parametrize(("name", "batch"), [("sface-2021dec", 1), ("sface-2021dec", 2), ("w600k-mbf", 1)])
def test_both_runtimes_make_the_same_template(model_home: Path, name: str, batch: int) -> None:
    store = ModelStore(model_home)
    manifest = store.spec(name).recognition
    assert manifest is not None
    try:
        content = store.load(name)
    except (LicenceNotAcceptedError, ModelNotFoundError) as error:
        pytest.skip(str(error))
    face = _portrait(manifest.input_width, manifest.input_height).astype(np.float32)
    planes = ((face - manifest.mean) * manifest.scale).transpose(2, 0, 1).astype(np.float32)
    values = np.ascontiguousarray(np.stack([planes, planes[:, :, ::-1]][:batch]))
    vino, onnx_rt = (next(iter(outputs.values())) for outputs in _run_both(content, values))
    assert vino.shape == onnx_rt.shape == (batch, manifest.dimension)
    for first, second in zip(vino, onnx_rt, strict=True):
        assert _cosine(first, second) >= 0.9999


@pytest.mark.parametrize(("width", "height"), [(320, 256), (640, 640)])
def test_both_runtimes_find_the_same_faces(model_home: Path, width: int, height: int) -> None:
    bgr = _portrait(width, height)[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    vino, onnx_rt = _run_both(ModelStore(model_home).load("yunet-2023mar"), np.ascontiguousarray(bgr))
    assert vino.keys() == onnx_rt.keys() == {"joined"}
    cells = sum((width // stride) * (height // stride) for stride in (8, 16, 32))
    assert vino["joined"].shape == onnx_rt["joined"].shape == (1, cells, 16)
    for number in range(16):
        assert _cosine(vino["joined"][..., number], onnx_rt["joined"][..., number]) >= 0.9999, number
    assert float(np.sqrt(vino["joined"][..., 0] * vino["joined"][..., 1]).max()) > 0.6
