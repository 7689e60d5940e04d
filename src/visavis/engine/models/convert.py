"""Make an ONNX file that every runtime reads, the same bytes every time.

Published files are block-quantised for size, and no two runtimes accept the same ones; folded to fp32 they are read by
all. BatchNormalization is left alone: the runtimes fuse it into the convolution before it, to the same speed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import numpy_helper

from visavis.errors import ModelFormatError

_Array = NDArray[Any]
_INTEGERS = ("int8", "uint8", "int16", "uint16", "int32")


def convert_onnx(
    source: bytes, input_shape: Sequence[int | str], joined_outputs: Sequence[Sequence[str]] = ()
) -> bytes:
    """Fold what is constant into fp32 weights, fix the input's shape, and strip what does not matter to inference.

    Args:
        source: an ONNX file.
        input_shape: of its only input; a name where a size stays free, e.g. `(1, 3, "height", "width")`.
        joined_outputs: names of outputs (batch, cells, numbers) that become one, `joined`: those of a group side by
            side, the groups one after the other. Empty: all outputs stay as they are.

    Returns:
        An ONNX file; equal sources give equal bytes, whatever the versions of onnx and protobuf.

    Raises:
        ModelFormatError: not an ONNX file, weights kept in another file, not exactly one input and an output, an input
            whose fixed sizes contradict `input_shape`, or no such outputs to join.
    """
    model = _parse(source)
    graph = model.graph
    _drop_initialised_inputs(graph)
    _bypass_dropout(graph)
    _fold_constants(graph)
    _drop_unused(graph)
    _set_input_shape(graph, input_shape)
    if joined_outputs:
        _join_outputs(graph, joined_outputs)
    _strip(model)
    return bytes(model.SerializeToString(deterministic=True))


def _parse(source: bytes) -> onnx.ModelProto:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(source)
    except DecodeError as error:
        raise ModelFormatError("not an ONNX file, or a damaged one") from error
    if not model.graph.node:
        raise ModelFormatError("not an ONNX file: it has no graph")
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise ModelFormatError(f"the weights {tensor.name!r} are kept in another file; save the model as one file")
    return model


def _drop_initialised_inputs(graph: onnx.GraphProto) -> None:
    """Before IR version 4 every weight was also an input; runtimes then ask the caller for it."""
    initialised = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in initialised]
    used = set(_names_used(graph))
    _replace(graph.input, [value for value in inputs if value.name in used])


def _bypass_dropout(graph: onnx.GraphProto) -> None:
    """Dropout does nothing at inference, unless its mask or its training mode is wanted."""
    wanted = {value.name for value in graph.output} | set(_names_used(graph))
    renamed: dict[str, str] = {}
    kept = []
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = renamed.get(name, name)
        has_mask = any(name in wanted for name in node.output[1:])
        is_output = node.output[0] in {value.name for value in graph.output}
        if node.op_type == "Dropout" and len(node.input) < 3 and not has_mask and not is_output:
            renamed[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    _replace(graph.node, kept)


def _fold_constants(graph: onnx.GraphProto) -> None:
    constants = {tensor.name: tensor for tensor in graph.initializer}
    kept = []
    for node in graph.node:
        folded = _fold(node, constants)
        if folded is None:
            kept.append(node)
        else:
            name = node.output[0]
            constants[name] = initializer_of(name, folded)
    _replace(graph.node, kept)
    _replace(graph.initializer, list(constants.values()))


def _fold(node: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> _Array | None:
    """The value of a node over constants; None where it has to be computed at run time."""
    if node.op_type not in ("DequantizeLinear", "Reshape") or any(n and n not in constants for n in node.input):
        return None
    arrays = [numpy_helper.to_array(constants[name]) for name in node.input if name]
    attributes = {attribute.name: attribute.i for attribute in node.attribute}
    if node.op_type == "Reshape":
        return _reshape(arrays[0], arrays[1], bool(attributes.get("allowzero", 0)))
    if arrays[0].dtype.name not in _INTEGERS or arrays[1].dtype != np.float32:
        return None
    zero_point = arrays[2] if len(arrays) > 2 else np.zeros_like(arrays[1])
    return _dequantize(arrays[0], arrays[1], zero_point, attributes.get("axis", 1), attributes.get("block_size", 0))


def _reshape(values: _Array, shape: _Array, allow_zero: bool) -> _Array:
    """ONNX's rule: 0 copies the size of that axis, unless `allow_zero`."""
    sizes = [int(n) if n or allow_zero else values.shape[axis] for axis, n in enumerate(shape)]
    return values.reshape(sizes)


def _dequantize(values: _Array, scale: _Array, zero_point: _Array, axis: int, block_size: int) -> _Array:
    """(values - zero_point) * scale, with one scale a tensor, a slice along `axis`, or a block of such slices."""
    scale_f = scale.astype(np.float32)
    zero_f = zero_point.astype(np.float32)
    if scale.size == 1:
        scale_f, zero_f = scale_f.reshape(()), zero_f.reshape(())
    elif scale.ndim == 1 and values.ndim > 1:
        slices = [-1 if i == axis % values.ndim else 1 for i in range(values.ndim)]
        scale_f, zero_f = scale_f.reshape(slices), zero_f.reshape(slices)
    elif block_size:
        size = values.shape[axis]
        scale_f, zero_f = (
            np.take(np.repeat(part, block_size, axis=axis), range(size), axis=axis) for part in (scale_f, zero_f)
        )
    folded: _Array = (values.astype(np.float32) - zero_f) * scale_f
    return folded


def initializer_of(name: str, values: _Array) -> onnx.TensorProto:
    """Weights of a graph, as ONNX keeps them."""
    # Written field by field: the library's own function may choose another field for the numbers one day.
    little_endian = values.dtype.newbyteorder("<")
    return onnx.TensorProto(
        name=name,
        dims=values.shape,
        data_type=onnx.helper.np_dtype_to_tensor_dtype(values.dtype),
        raw_data=np.ascontiguousarray(values, little_endian).tobytes(),
    )


def _drop_unused(graph: onnx.GraphProto) -> None:
    outputs = {value.name for value in graph.output}
    while True:
        used = outputs | set(_names_used(graph))
        kept = [node for node in graph.node if any(name in used for name in node.output)]
        if len(kept) == len(graph.node):
            break
        _replace(graph.node, kept)
    _replace(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in used])


def _set_input_shape(graph: onnx.GraphProto, shape: Sequence[int | str]) -> None:
    if len(graph.input) != 1 or not graph.output:
        names = ", ".join(value.name for value in graph.input) or "none"
        raise ModelFormatError(f"the model must have one input and an output; its inputs: {names}")
    tensor = graph.input[0].type.tensor_type
    if tensor.elem_type != onnx.TensorProto.FLOAT:
        raise ModelFormatError(f"the model's input {graph.input[0].name!r} must be float32")
    _check_sizes([dim.dim_value for dim in tensor.shape.dim], shape, graph.input[0].name)
    del tensor.shape.dim[:]
    for size in shape:
        tensor.shape.dim.add(**({"dim_param": size} if isinstance(size, str) else {"dim_value": size}))
    if any(isinstance(size, str) for size in shape):
        for value in graph.output:
            value.type.tensor_type.ClearField("shape")


def _join_outputs(graph: onnx.GraphProto, groups: Sequence[Sequence[str]]) -> None:
    names = {value.name for value in graph.output}
    missing = [name for group in groups for name in group if name not in names]
    if missing:
        raise ModelFormatError(f"the model has no outputs {', '.join(missing)}")
    _keep_batch(graph)
    parts = []
    for group in groups:
        parts.append("joined " + " ".join(group))
        graph.node.append(onnx.helper.make_node("Concat", list(group), [parts[-1]], axis=2))
    graph.node.append(onnx.helper.make_node("Concat", parts, ["joined"], axis=1))
    _replace(graph.output, [onnx.helper.make_tensor_value_info("joined", onnx.TensorProto.FLOAT, None)])


def _keep_batch(graph: onnx.GraphProto) -> None:
    """A Reshape to (1, -1, …) would lay the pictures of a batch one after the other; 0 leaves them apart."""
    shapes = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        shape = shapes.get(node.input[1]) if node.op_type == "Reshape" else None
        if shape is not None and shape[0] == 1 and -1 in shape:
            name = f"{node.output[0]} shape"
            graph.initializer.append(initializer_of(name, np.array([0, *shape[1:]], np.int64)))
            node.input[1] = name
    _drop_unused(graph)


def _check_sizes(actual: list[int], stated: Sequence[int | str], name: str) -> None:
    """A size of 0 is one that the file leaves open."""
    pairs = zip(actual, stated, strict=False)
    clash = any(a > 0 and isinstance(s, int) and a != s for a, s in pairs)
    if clash or (actual and len(actual) != len(stated)):
        raise ModelFormatError(f"the model's input {name!r} has the shape {actual}, not {list(stated)}")


def _strip(model: onnx.ModelProto) -> None:
    for field in ("producer_name", "producer_version", "domain", "model_version", "doc_string", "metadata_props"):
        model.ClearField(field)
    for field in ("doc_string", "value_info", "quantization_annotation"):
        model.graph.ClearField(field)
    for node in model.graph.node:
        node.ClearField("doc_string")


def _names_used(graph: onnx.GraphProto) -> Iterator[str]:
    """Inputs of every node, those of nested graphs included."""
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            for nested in (attribute.g, *attribute.graphs):
                yield from _names_used(nested)
                yield from (value.name for value in nested.output)


def _replace(field: Any, items: Sequence[Any]) -> None:
    del field[:]
    field.extend(items)
