"""What every runtime must do alike, with networks small enough to be worked out by hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tests.contract.runtimes import FP32_KINDS, KINDS, open_or_skip
from visavis.engine.runtime import InputLayout, Runtime
from visavis.errors import ModelFormatError


@pytest.fixture(params=KINDS)
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return open_or_skip(request.param)


def _model(nodes: list[tuple[str, str, str]], outputs: dict[str, list[int | str]], batch: int | str = 1) -> bytes:
    """An ONNX model of one-input nodes (operator, from, to); its input is `pixels`, of free height and width."""
    graph = helper.make_graph(
        [helper.make_node(operator, [source], [target]) for operator, source, target in nodes],
        "by hand",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [batch, 3, "height", "width"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


MEANS = _model([("GlobalAveragePool", "pixels", "means")], {"means": [1, 3, 1, 1]})
PLANES = _model([("Relu", "pixels", "planes")], {"planes": [1, 3, "height", "width"]})


def _colour(red: int, green: int, blue: int, width: int = 4, height: int = 2) -> NDArray[np.uint8]:
    return np.tile(np.array([red, green, blue], np.uint8), (1, height, width, 1))


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (InputLayout(1, 2, 4), [10, 20, 30]),
        (InputLayout(1, 2, 4, "BGR"), [30, 20, 10]),
        (InputLayout(1, 2, 4, mean=6.0, scale=0.5), [2, 7, 12]),
        (InputLayout(1, 2, 4, "BGR", mean=6.0, scale=0.25), [6, 3.5, 1]),
        (InputLayout(1, 2, 4, mean=(2.0, 4.0, 6.0)), [8, 16, 24]),
        (InputLayout(1, 2, 4, "BGR", mean=(2.0, 4.0, 6.0), scale=0.5), [14, 8, 2]),
        (InputLayout(1, 2, 4, scale=2.0), [20, 40, 60]),
    ],
    ids=["RGB", "BGR", "mean and scale", "BGR with mean and scale", "mean a plane", "mean a plane of BGR", "scale"],
)
def test_network_is_fed_as_the_layout_says(layout: InputLayout, expected: list[float], runtime: Runtime) -> None:
    """Red 10, green 20, blue 30; (pixel - mean) * scale, means in the order of the planes."""
    (means,) = runtime.compile(MEANS, layout).run(_colour(10, 20, 30))
    assert means.shape == (1, 3, 1, 1)
    assert means.dtype == np.float32
    assert means.ravel() == pytest.approx(np.array(expected), rel=1e-2 if runtime.precision == "bf16" else 1e-6)


def test_pixels_keep_their_places(runtime: Runtime) -> None:
    """Whole numbers below 256 survive bf16."""
    pixels = np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3)
    (planes,) = runtime.compile(PLANES, InputLayout(1, 2, 4)).run(pixels)
    assert np.array_equal(planes, pixels.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("batch", [1, "batch"], ids=["model of one picture", "model of any number"])
def test_batch_is_answered_picture_by_picture(batch: int | str, runtime: Runtime) -> None:
    model = _model([("GlobalAveragePool", "pixels", "means")], {"means": [batch, 3, 1, 1]}, batch)
    network = runtime.compile(model, InputLayout(2, 2, 4))
    (means,) = network.run(np.concatenate([_colour(1, 2, 3), _colour(4, 5, 6)]))
    assert means.reshape(2, 3).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_outputs_come_in_the_order_of_the_model(runtime: Runtime) -> None:
    nodes = [("Neg", "pixels", "negative"), ("Relu", "pixels", "planes"), ("GlobalAveragePool", "negative", "means")]
    model = _model(nodes, {"means": [1, 3, 1, 1], "planes": [1, 3, "height", "width"]})
    means, planes = runtime.compile(model, InputLayout(1, 2, 4)).run(_colour(1, 2, 3))
    assert means.ravel().tolist() == [-1, -2, -3]
    assert planes.shape == (1, 3, 2, 4)


def test_answer_belongs_to_the_caller(runtime: Runtime) -> None:
    network = runtime.compile(MEANS, InputLayout(1, 2, 4))
    (first,) = network.run(_colour(1, 2, 3))
    network.run(_colour(7, 8, 9))
    first += 1
    (again,) = network.run(_colour(7, 8, 9))
    assert (first.ravel().tolist(), again.ravel().tolist()) == ([2, 3, 4], [7, 8, 9])


def test_pixels_may_be_a_view_and_are_not_changed(runtime: Runtime) -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)[:, ::2, ::-1]
    pixels.setflags(write=False)
    (planes,) = runtime.compile(PLANES, InputLayout(1, 2, 4)).run(pixels)
    assert np.array_equal(planes, pixels.transpose(0, 3, 1, 2))


def test_threads_get_their_own_answers(runtime: Runtime) -> None:
    network = runtime.compile(MEANS, InputLayout(1, 2, 4))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: network.run(_colour(n, 0, 0))[0].ravel()[0], range(200)))
    assert answers == list(range(200))


def test_prepared_call_runs_on_the_given_pixels(runtime: Runtime) -> None:
    network = runtime.compile(MEANS, InputLayout(1, 2, 4))
    call = network.prepare(_colour(1, 2, 3))
    assert call() is None
    (means,) = network.run(_colour(4, 5, 6))
    assert means.ravel().tolist() == [4, 5, 6]


def test_two_networks_of_one_runtime_do_not_disturb_each_other(runtime: Runtime) -> None:
    small, large = (runtime.compile(MEANS, InputLayout(1, side, side)) for side in (2, 8))
    (means,) = small.run(_colour(1, 2, 3, 2, 2))
    large.run(_colour(9, 9, 9, 8, 8))
    assert means.ravel().tolist() == [1, 2, 3]


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_what_is_no_model_is_refused(content: bytes, runtime: Runtime) -> None:
    with pytest.raises(ModelFormatError, match="cannot use the model"):
        runtime.compile(content, InputLayout(1, 2, 4))


def test_unknown_operator_is_refused(runtime: Runtime) -> None:
    with pytest.raises(ModelFormatError, match="cannot use the model"):
        runtime.compile(_model([("NoSuchOperator", "pixels", "out")], {"out": [1]}), InputLayout(1, 2, 4))


@pytest.mark.parametrize("threads", [1, 2])
def test_runtimes_agree_on_a_convolution(threads: int) -> None:
    random = np.random.default_rng(0)
    weights = numpy_helper.from_array(random.standard_normal((8, 3, 3, 3)).astype(np.float32), "weights")
    graph = helper.make_graph(
        [helper.make_node("Conv", ["pixels", "weights"], ["out"], pads=[1, 1, 1, 1])],
        "convolution",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 8, 32, 32])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    pixels = random.integers(0, 256, (1, 32, 32, 3), np.uint8)
    layout = InputLayout(1, 32, 32, "BGR", mean=127.5, scale=1 / 128)
    a, b = (open_or_skip(kind, threads).compile(bytes(model), layout).run(pixels)[0] for kind in FP32_KINDS)
    assert a == pytest.approx(b, abs=1e-4)
