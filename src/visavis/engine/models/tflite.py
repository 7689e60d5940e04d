"""Turn a TensorFlow Lite file into an ONNX file that every runtime reads, the same bytes every time.

OpenVINO reads such files itself, but only from a path, never the very bytes that were hashed; ONNX Runtime does not
read them at all. Only what the small convolutional networks of the catalogue are made of is understood.

Source of the format: the FlatBuffers encoding and the schema of TensorFlow Lite, version 3.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from visavis.engine.models.convert import initializer_of
from visavis.errors import ModelFormatError

_OPSET, _IR_VERSION = 17, 8
_MAGIC = b"TFL3"
_TYPES = {0: np.dtype("<f4"), 2: np.dtype("<i4")}
_SAME = 0


class _Table:
    """A table of a FlatBuffers file; its fields are known by their numbers in the schema."""

    def __init__(self, content: bytes, place: int) -> None:
        self._content = content
        self._place = place
        self._fields = place - self._unpack("<i", place)

    def _unpack(self, kind: str, place: int) -> int:
        return int(struct.unpack_from(kind, self._content, place)[0])

    def _find(self, field: int) -> int:
        """Where the field is; 0 where it is left out."""
        slot = 4 + 2 * field
        if slot >= self._unpack("<H", self._fields):
            return 0
        offset = self._unpack("<H", self._fields + slot)
        return self._place + offset if offset else 0

    def number(self, field: int, kind: str = "<i", default: int = 0) -> int:
        place = self._find(field)
        return self._unpack(kind, place) if place else default

    def table(self, field: int) -> _Table | None:
        place = self._find(field)
        return _Table(self._content, place + self._unpack("<I", place)) if place else None

    def tables(self, field: int) -> list[_Table]:
        start, count = self._vector(field)
        places = range(start, start + 4 * count, 4)
        return [_Table(self._content, place + self._unpack("<I", place)) for place in places]

    def numbers(self, field: int) -> list[int]:
        start, count = self._vector(field)
        return [int(n) for n in struct.unpack_from(f"<{count}i", self._content, start)]

    def raw(self, field: int) -> bytes:
        start, count = self._vector(field)
        if start + count > len(self._content):
            raise IndexError("a vector reaches past the end")
        return self._content[start : start + count]

    def _vector(self, field: int) -> tuple[int, int]:
        place = self._find(field)
        if not place:
            return 0, 0
        start = place + self._unpack("<I", place)
        return start + 4, self._unpack("<I", start)


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: str
    shape: tuple[int, ...]
    values: NDArray[Any] | None  # None: computed at run time


@dataclass(frozen=True, slots=True)
class _Operator:
    options: _Table | None
    inputs: tuple[_Tensor, ...]
    output: _Tensor

    def option(self, field: int, kind: str = "<i", default: int = 0) -> int:
        return self.options.number(field, kind, default) if self.options else default

    def constant(self, index: int) -> NDArray[Any]:
        values = self.inputs[index].values
        if values is None:
            raise ModelFormatError(f"the weights of {self.output.name!r} are not in the file")
        return values


class _Graph:
    """The ONNX graph as it grows; pictures are (batch, channels, height, width) throughout."""

    def __init__(self) -> None:
        self.proto = onnx.GraphProto(name="graph")

    def add(self, kind: str, operator: _Operator, weights: Sequence[NDArray[Any]] = (), **attributes: Any) -> None:
        inputs = [tensor.name for tensor in operator.inputs if tensor.values is None]
        for index, values in enumerate(weights):
            name = f"{operator.output.name} weights {index}"
            self.proto.initializer.append(initializer_of(name, values))
            inputs.append(name)
        self.proto.node.append(onnx.helper.make_node(kind, inputs, [operator.output.name], **attributes))


def convert_tflite(source: bytes, input_shape: Sequence[int | str]) -> bytes:
    """The same network as an ONNX file.

    Args:
        source: a TensorFlow Lite file of convolutions, PReLU, max pooling, padding and additions, weights in float32.
        input_shape: (batch, channels, height, width) of its only input; a name where the batch stays free.

    Returns:
        An ONNX file whose outputs are (batch, channels, height, width), in the order and of the names of the source;
        equal sources give equal bytes.

    Raises:
        ModelFormatError: not such a file, or an input of another shape.
    """
    try:
        return _convert(source, tuple(input_shape))
    except (struct.error, IndexError, UnicodeDecodeError, ValueError) as error:
        raise ModelFormatError("not a TensorFlow Lite file, or a damaged one") from error


def _convert(source: bytes, input_shape: tuple[int | str, ...]) -> bytes:
    if source[4:8] != _MAGIC:
        raise ModelFormatError("not a TensorFlow Lite file")
    model = _Table(source, struct.unpack_from("<I", source)[0])
    # One byte held the code until there were more than 127 of them; old files have only that byte.
    codes = [max(code.number(0, "<b"), code.number(3)) for code in model.tables(1)]
    buffers = [buffer.raw(0) for buffer in model.tables(4)]
    subgraph = model.tables(2)[0]
    tensors = [_read_tensor(tensor, buffers) for tensor in subgraph.tables(0)]
    graph = _Graph()
    for operator in subgraph.tables(3):
        _translate(graph, codes[operator.number(0)], _read_operator(operator, tensors))
    inputs, outputs = ([tensors[index] for index in subgraph.numbers(field)] for field in (1, 2))
    if len(inputs) != 1 or not outputs:
        raise ModelFormatError("the model must have one input and an output")
    if _planes_first(inputs[0].shape)[1:] != input_shape[1:]:
        raise ModelFormatError(f"the model's input has the shape {_planes_first(inputs[0].shape)}, not {input_shape}")
    for field, ends in ((graph.proto.input, inputs), (graph.proto.output, outputs)):
        field.extend(_value(tensor, input_shape[0]) for tensor in ends)
    proto = onnx.ModelProto(
        ir_version=_IR_VERSION, opset_import=[onnx.helper.make_opsetid("", _OPSET)], graph=graph.proto
    )
    return bytes(proto.SerializeToString(deterministic=True))


def _value(tensor: _Tensor, batch: int | str) -> onnx.ValueInfoProto:
    return onnx.helper.make_tensor_value_info(
        tensor.name, onnx.TensorProto.FLOAT, [batch, *_planes_first(tensor.shape)[1:]]
    )


def _read_tensor(table: _Table, buffers: Sequence[bytes]) -> _Tensor:
    shape = tuple(table.numbers(0))
    name = table.raw(3).decode()
    content = buffers[table.number(2, "<I")]
    if not content:
        return _Tensor(name, shape, None)
    kind = _TYPES.get(table.number(1, "<b"))
    if kind is None:
        raise ModelFormatError(f"the weights {name!r} are not float32")
    return _Tensor(name, shape, np.frombuffer(content, kind).reshape(shape))


def _read_operator(table: _Table, tensors: Sequence[_Tensor]) -> _Operator:
    inputs = tuple(tensors[index] for index in table.numbers(1) if index >= 0)
    return _Operator(table.table(4), inputs, tensors[table.numbers(2)[0]])


def _planes_first(shape: Sequence[int]) -> tuple[int, ...]:
    """(batch, height, width, channels) in the order of ONNX."""
    batch, height, width, channels = shape
    return batch, channels, height, width


def _translate(graph: _Graph, code: int, operator: _Operator) -> None:
    if code not in _TRANSLATIONS:
        raise ModelFormatError(f"the model has an operator (code {code}) that visavis cannot convert")
    _TRANSLATIONS[code](graph, operator)


def _add(graph: _Graph, operator: _Operator) -> None:
    _require_plain(operator, 0)
    graph.add("Add", operator)


def _convolve(graph: _Graph, operator: _Operator) -> None:
    _require_plain(operator, 3)
    weights = operator.constant(1).transpose(0, 3, 1, 2)
    strides, dilations = _pair(operator, 2), _pair(operator, 5)
    _add_convolution(graph, operator, weights, strides, dilations, group=1)


def _convolve_planes(graph: _Graph, operator: _Operator) -> None:
    """Each plane by itself."""
    _require_plain(operator, 4)
    weights = operator.constant(1).transpose(3, 0, 1, 2)
    strides, dilations = _pair(operator, 2), _pair(operator, 6)
    _add_convolution(graph, operator, weights, strides, dilations, group=_planes_first(operator.inputs[0].shape)[1])


def _add_convolution(
    graph: _Graph,
    operator: _Operator,
    weights: NDArray[Any],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    *,
    group: int,
) -> None:
    kernel = weights.shape[2], weights.shape[3]
    reach = tuple((size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations, strict=True))
    graph.add(
        "Conv",
        operator,
        (weights, operator.constant(2)),
        kernel_shape=kernel,
        strides=strides,
        dilations=dilations,
        group=group,
        pads=_margins(operator, reach, strides),
    )


def _pool(graph: _Graph, operator: _Operator) -> None:
    _require_plain(operator, 5)
    kernel, strides = _pair(operator, 4), _pair(operator, 2)
    graph.add("MaxPool", operator, kernel_shape=kernel, strides=strides, pads=_margins(operator, kernel, strides))


def _pad(graph: _Graph, operator: _Operator) -> None:
    before, after = operator.constant(1).astype(np.int64).T.tolist()
    graph.add("Pad", operator, (np.array([*_planes_first(before), *_planes_first(after)], np.int64),))


def _rectify(graph: _Graph, operator: _Operator) -> None:
    slopes = operator.constant(1)
    graph.add("PRelu", operator, (slopes.reshape(-1, 1, 1),))


_TRANSLATIONS: dict[int, Callable[[_Graph, _Operator], None]] = {
    0: _add,
    3: _convolve,
    4: _convolve_planes,
    17: _pool,
    34: _pad,
    54: _rectify,
}
"""By the codes of the schema."""


def _require_plain(operator: _Operator, field: int) -> None:
    if operator.option(field, "<b"):
        raise ModelFormatError(f"{operator.output.name!r} has an activation of its own, which visavis cannot convert")


def _pair(operator: _Operator, field: int) -> tuple[int, int]:
    """A height and a width; the schema has the height second."""
    return operator.option(field, default=1), operator.option(field - 1, default=1)


def _margins(operator: _Operator, reach: Sequence[int], strides: Sequence[int]) -> list[int]:
    """Top, left, bottom, right. `SAME` puts what is odd at the end."""
    if operator.option(0, "<b") != _SAME:
        return [0, 0, 0, 0]
    starts, ends = [], []
    for size, span, stride in zip(operator.inputs[0].shape[1:3], reach, strides, strict=True):
        total = max(0, (-(-size // stride) - 1) * stride + span - size)
        starts.append(total // 2)
        ends.append(total - total // 2)
    return [*starts, *ends]
