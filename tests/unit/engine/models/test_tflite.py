"""TensorFlow Lite files written by hand; what they compute is worked out by hand too."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from visavis.engine.models.tflite import convert_tflite
from visavis.errors import ModelFormatError

Array = NDArray[np.float32]
Table = Mapping[int, Any]
"""Fields by number: bytes, a table, a list of tables or of integers; `Byte` or int for a number."""

ADD, CONV, CONV_PLANES, POOL, PAD, PRELU, SOFTMAX = 0, 3, 4, 17, 34, 54, 25
SAME, VALID = 0, 1


class Byte(int):
    """A number of one byte."""


def write(root: Table, magic: bytes = b"TFL3") -> bytes:
    """A FlatBuffers file: parents before children, every table right after its list of fields."""
    content = bytearray(4) + magic
    _point(content, 0, _write_table(content, root))
    return bytes(content)


def _point(content: bytearray, slot: int, place: int) -> None:
    struct.pack_into("<I", content, slot, place - slot)


def _write_table(content: bytearray, table: Table) -> int:
    content += bytes(-len(content) % 4)
    count = max(table, default=-1) + 1
    fields = len(content)
    offsets = [4 + 4 * field if field in table else 0 for field in range(count)]
    content += struct.pack(f"<HH{count}H", 4 + 2 * count, 4 + 4 * count, *offsets)
    content += bytes(-len(content) % 4)
    place = len(content)
    content += struct.pack("<i", place - fields) + bytes(4 * count)
    for field, value in table.items():
        slot = place + 4 + 4 * field
        if isinstance(value, int):
            struct.pack_into("<b" if isinstance(value, Byte) else "<i", content, slot, value)
        else:
            _point(content, slot, _write(content, value))
    return place


def _write(content: bytearray, value: Any) -> int:
    if isinstance(value, Mapping):
        return _write_table(content, value)
    content += bytes(-len(content) % 4)
    place = len(content)
    content += struct.pack("<I", len(value))
    if isinstance(value, bytes):
        content += value
    elif value and isinstance(value[0], Mapping):
        slots = len(content)
        content += bytes(4 * len(value))
        for index, item in enumerate(value):
            _point(content, slots + 4 * index, _write_table(content, item))
    else:
        content += struct.pack(f"<{len(value)}i", *value)
    return place


def one_layer(
    code: int,
    options: Table,
    shape: Sequence[int],
    out: Sequence[int],
    weights: Sequence[NDArray[Any]] = (),
    twice: bool = False,
    kind: int | None = None,
) -> bytes:
    """A file of one layer: tensor 0 is its input, 1 its output, then the weights."""
    types = {"f": 0, "i": 2}
    tensors: list[Table] = [
        {0: list(shape), 1: Byte(0), 2: 0, 3: b"in"},
        {0: list(out), 1: Byte(0), 2: 0, 3: b"out"},
    ]
    buffers: list[Table] = [{}]
    for index, values in enumerate(weights):
        type_code = types[values.dtype.kind] if kind is None else kind
        tensors.append({0: list(values.shape), 1: Byte(type_code), 2: 1 + index, 3: b"w%d" % index})
        buffers.append({0: values.tobytes()})
    inputs = [0] * (2 if twice else 1) + [2 + index for index in range(len(weights))]
    operator = {0: 0, 1: inputs, 2: [1], 4: options}
    subgraph = {0: tensors, 1: [0], 2: [1], 3: [operator]}
    return write({0: 3, 1: [{0: Byte(code)}], 2: [subgraph], 4: buffers})


def run(source: bytes, pixels: NDArray[Any]) -> Array:
    """The converted file on one picture, (height, width, channels) in and out."""
    planes = np.asarray(pixels, np.float32).transpose(2, 0, 1)[None]
    converted = convert_tflite(source, ("batch", *planes.shape[1:]))
    model = onnx.load_model_from_string(converted)
    onnx.checker.check_model(model)
    (answer,) = ReferenceEvaluator(model).run(None, {"in": planes})
    planes = np.asarray(answer, np.float32)[0]
    return np.asarray(planes.transpose(1, 2, 0))


SQUARE = np.arange(1, 17, dtype=np.float32).reshape(4, 4, 1)
"""1 to 16, row by row."""
ONES = np.ones((1, 3, 3, 1), np.float32)


def test_a_convolution_pads_what_is_odd_at_the_end() -> None:
    options = {0: Byte(SAME), 1: 2, 2: 2}
    source = one_layer(CONV, options, (1, 4, 4, 1), (1, 2, 2, 1), [ONES, np.array([0.5], np.float32)])
    # 1+2+3+5+6+7+9+10+11, 3+4+7+8+11+12, 9+10+11+13+14+15, 11+12+15+16; and a half each.
    np.testing.assert_array_equal(run(source, SQUARE)[..., 0], [[54.5, 45.5], [72.5, 54.5]])


def test_a_convolution_without_padding_skips_what_is_left() -> None:
    options = {0: Byte(VALID), 1: 2, 2: 2}
    source = one_layer(CONV, options, (1, 4, 4, 1), (1, 1, 1, 1), [ONES, np.array([0.0], np.float32)])
    np.testing.assert_array_equal(run(source, SQUARE)[..., 0], [[54]])


def test_the_strides_of_rows_and_columns_are_told_apart() -> None:
    options = {0: Byte(VALID), 1: 3, 2: 2}
    weights = [np.ones((1, 1, 1, 1), np.float32), np.zeros(1, np.float32)]
    source = one_layer(CONV, options, (1, 4, 4, 1), (1, 2, 2, 1), weights)
    # Columns 0 and 3, rows 0 and 2.
    np.testing.assert_array_equal(run(source, SQUARE)[..., 0], [[1, 4], [9, 12]])


def test_a_dilated_convolution_looks_further() -> None:
    options = {0: Byte(VALID), 4: 3, 5: 3}
    weights = [np.ones((1, 2, 2, 1), np.float32), np.zeros(1, np.float32)]
    source = one_layer(CONV, options, (1, 4, 4, 1), (1, 1, 1, 1), weights)
    # The four corners.
    np.testing.assert_array_equal(run(source, SQUARE)[..., 0], [[1 + 4 + 13 + 16]])


def test_channels_are_mixed_by_the_last_axis_of_the_weights() -> None:
    weights = [np.array([[[[1, 10]]], [[[0, 2]]]], np.float32), np.array([0, 1], np.float32)]
    source = one_layer(CONV, {}, (1, 1, 1, 2), (1, 1, 1, 2), weights)
    np.testing.assert_array_equal(run(source, np.array([[[3, 4]]])), [[[43, 9]]])


def test_planes_are_convolved_each_by_itself() -> None:
    weights = [np.array([2, 3], np.float32).reshape(1, 1, 1, 2), np.array([0, 1], np.float32)]
    source = one_layer(CONV_PLANES, {}, (1, 1, 1, 2), (1, 1, 1, 2), weights)
    np.testing.assert_array_equal(run(source, np.array([[[5, 7]]])), [[[10, 22]]])


def test_pooling_takes_the_largest() -> None:
    options = {0: Byte(VALID), 1: 2, 2: 2, 3: 2, 4: 2}
    source = one_layer(POOL, options, (1, 4, 4, 1), (1, 2, 2, 1))
    np.testing.assert_array_equal(run(source, SQUARE)[..., 0], [[6, 8], [14, 16]])


def test_channels_can_be_padded() -> None:
    source = one_layer(PAD, {}, (1, 1, 1, 1), (1, 1, 1, 3), [np.array([[0, 0], [0, 0], [0, 0], [0, 2]], np.int32)])
    np.testing.assert_array_equal(run(source, np.array([[[4]]])), [[[4, 0, 0]]])


def test_each_channel_has_its_slope() -> None:
    source = one_layer(PRELU, {}, (1, 1, 1, 2), (1, 1, 1, 2), [np.array([[[0.5, 0.25]]], np.float32)])
    np.testing.assert_array_equal(run(source, np.array([[[-4, -4]]])), [[[-2, -1]]])
    np.testing.assert_array_equal(run(source, np.array([[[4, 4]]])), [[[4, 4]]])


def test_two_inputs_are_added() -> None:
    source = one_layer(ADD, {}, (1, 1, 1, 1), (1, 1, 1, 1), twice=True)
    np.testing.assert_array_equal(run(source, np.array([[[4]]])), [[[8]]])


def test_equal_sources_give_equal_bytes() -> None:
    source = one_layer(ADD, {}, (1, 2, 2, 3), (1, 2, 2, 3), twice=True)
    assert convert_tflite(source, (1, 3, 2, 2)) == convert_tflite(source, (1, 3, 2, 2))


def test_the_batch_is_free_where_it_has_a_name() -> None:
    source = one_layer(ADD, {}, (1, 2, 2, 3), (1, 2, 2, 3), twice=True)
    model = onnx.load_model_from_string(convert_tflite(source, ("batch", 3, 2, 2)))
    dims = [(dim.dim_param, dim.dim_value) for dim in model.graph.output[0].type.tensor_type.shape.dim]
    assert dims == [("batch", 0), ("", 3), ("", 2), ("", 2)]


@pytest.mark.parametrize("source", [b"", b"TFL3", b"\x08\0\0\0TFL4" + bytes(50), b"\xff\xff\xff\x7fTFL3" + bytes(50)])
def test_what_is_no_such_file_is_refused(source: bytes) -> None:
    with pytest.raises(ModelFormatError, match="TensorFlow Lite"):
        convert_tflite(source, (1, 3, 2, 2))


def test_a_file_that_ends_early_is_refused() -> None:
    source = one_layer(PRELU, {}, (1, 1, 1, 2), (1, 1, 1, 2), [np.array([[[0.5, 0.25]]], np.float32)])
    for length in range(0, len(source), 3):
        with pytest.raises(ModelFormatError):
            convert_tflite(source[:length], (1, 2, 1, 1))


def test_a_damaged_file_is_refused_or_read() -> None:
    source = one_layer(CONV, {}, (1, 4, 4, 1), (1, 2, 2, 1), [ONES, np.array([0.5], np.float32)])
    refused = 0
    for index in range(len(source)):
        damaged = bytearray(source)
        damaged[index] ^= 0xFF
        try:
            convert_tflite(bytes(damaged), (1, 1, 4, 4))
        except ModelFormatError:
            refused += 1
    assert refused > len(source) / 4


def test_an_input_of_another_size_is_refused() -> None:
    source = one_layer(ADD, {}, (1, 2, 2, 3), (1, 2, 2, 3), twice=True)
    with pytest.raises(ModelFormatError, match=r"\(1, 3, 2, 2\), not \(1, 3, 4, 4\)"):
        convert_tflite(source, (1, 3, 4, 4))


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(ModelFormatError, match="code 25"):
        convert_tflite(one_layer(SOFTMAX, {}, (1, 1, 1, 2), (1, 1, 1, 2)), (1, 2, 1, 1))


@pytest.mark.parametrize(
    ("code", "field"), [(ADD, 0), (CONV, 3), (CONV_PLANES, 4), (POOL, 5)], ids=["add", "conv", "planes", "pool"]
)
def test_an_activation_of_its_own_is_refused(code: int, field: int) -> None:
    with pytest.raises(ModelFormatError, match="activation"):
        convert_tflite(one_layer(code, {field: Byte(1)}, (1, 1, 1, 2), (1, 1, 1, 2)), (1, 2, 1, 1))


def test_weights_of_another_type_are_refused() -> None:
    source = one_layer(PRELU, {}, (1, 1, 1, 2), (1, 1, 1, 2), [np.array([[[1, 2]]], np.float32)], kind=9)
    with pytest.raises(ModelFormatError, match="not float32"):
        convert_tflite(source, (1, 2, 1, 1))


def test_weights_that_are_computed_are_refused() -> None:
    with pytest.raises(ModelFormatError, match="not in the file"):
        convert_tflite(one_layer(PRELU, {}, (1, 1, 1, 2), (1, 1, 1, 2), twice=True), (1, 2, 1, 1))
