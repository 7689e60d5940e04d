"""One Protocol over OpenVINO and ONNX Runtime: pictures in, numbers out.

The precision is always set, never left to a runtime: OpenVINO would take bf16 by itself wherever the CPU has it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.engine.openvino_import import import_openvino
from visavis.errors import ModelFormatError, RuntimeUnavailableError

RuntimeName = Literal["openvino", "onnxruntime"]
Precision = Literal["bf16", "fp32"]

_ENDED = (RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class InputLayout:
    """What a network wants to be fed: input = (pixel - mean) * scale, planes in `colour_order`.

    Attributes:
        batch: pictures a run.
        height: of each, pixels.
        width: of each, pixels.
        colour_order: order of the planes.
        mean: one number, or one for each plane in `colour_order`.
        scale: multiplied after the mean is taken off.
    """

    batch: int
    height: int
    width: int
    colour_order: Literal["RGB", "BGR"] = "RGB"
    mean: float | tuple[float, float, float] = 0.0
    scale: float = 1.0

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(batch, 3, height, width)."""
        return self.batch, 3, self.height, self.width

    @property
    def means(self) -> tuple[float, float, float]:
        """One for each plane."""
        return self.mean if isinstance(self.mean, tuple) else (self.mean, self.mean, self.mean)


class Network(Protocol):
    """A compiled network of a fixed input shape. Safe to call from several threads; calls take turns."""

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Run it on (batch, height, width, 3) uint8 RGB; float32 arrays in the order of the model's outputs."""
        ...

    def prepare(self, pixels: NDArray[np.uint8]) -> Callable[[], None]:
        """A call that runs it on these pixels again and again and drops the answer; for benchmarks."""
        ...


class Runtime(Protocol):
    """Compiles networks at one precision, with a fixed number of threads."""

    name: RuntimeName
    precision: Precision

    def compile(self, model: bytes, layout: InputLayout) -> Network:
        """Make a network of these ONNX bytes.

        Raises:
            ModelFormatError: the runtime cannot use them.
        """
        ...


class OpenVinoRuntime:
    """OpenVINO on the CPU."""

    name: RuntimeName = "openvino"

    def __init__(self, precision: Precision, threads: int) -> None:
        self._openvino = import_openvino()
        self._core = self._openvino.Core()
        if precision == "bf16" and not self.has_bf16(self._core):
            raise RuntimeUnavailableError("this CPU has no bf16 (AMX or AVX512-BF16); use precision fp32")
        self.precision: Precision = precision
        self._settings = {
            "INFERENCE_PRECISION_HINT": {"bf16": "bf16", "fp32": "f32"}[precision],
            "INFERENCE_NUM_THREADS": threads,
            # Pinning puts the first thread of every process on the same core.
            "ENABLE_CPU_PINNING": False,
            "PERFORMANCE_HINT": "LATENCY",
        }

    @staticmethod
    def has_bf16(core: Any) -> bool:
        """Whether this CPU computes in bf16."""
        return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")

    def compile(self, model: bytes, layout: InputLayout) -> Network:
        """See `Runtime.compile`."""
        try:
            graph = self._core.read_model(model)
            graph.reshape(list(layout.shape))
            compiled = self._core.compile_model(self._with_pixels_in(graph, layout), "CPU", self._settings)
        except _ENDED as error:
            raise ModelFormatError(f"OpenVINO cannot use the model: {str(error).splitlines()[-1]}") from error
        return _OpenVinoNetwork(compiled)

    def _with_pixels_in(self, graph: Any, layout: InputLayout) -> Any:
        # Layout, colour order and scaling become part of the graph, where they are fused with the first convolution.
        ov = self._openvino
        pre = ov.preprocess.PrePostProcessor(graph)
        # Bytes would be transposed and converted in two passes; floats take one.
        pre.input().tensor().set_element_type(ov.Type.f32).set_layout(ov.Layout("NHWC"))
        pre.input().tensor().set_color_format(ov.preprocess.ColorFormat.RGB)
        pre.input().model().set_layout(ov.Layout("NCHW"))
        steps = pre.input().preprocess()
        if layout.colour_order == "BGR":
            steps = steps.convert_color(ov.preprocess.ColorFormat.BGR)
        if any(layout.means):
            steps = steps.mean(list(layout.means))
        if layout.scale != 1.0:
            steps.scale(1 / layout.scale)
        return pre.build()


class _OpenVinoNetwork:
    def __init__(self, compiled: Any) -> None:
        self._request = compiled.create_infer_request()
        # Views of memory that the request keeps for good: asking for a tensor costs more than copying it.
        self._input = self._request.get_input_tensor().data
        self._outputs = [self._request.get_output_tensor(index).data for index in range(len(compiled.outputs))]
        self._lock = threading.Lock()

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        with self._lock:
            self._input[...] = pixels
            self._request.infer()
            return [output.copy() for output in self._outputs]

    def prepare(self, pixels: NDArray[np.uint8]) -> Callable[[], None]:
        self._input[...] = pixels
        return lambda: self._request.infer() and None


class OnnxRuntime:
    """ONNX Runtime on the CPU, fp32 only."""

    name: RuntimeName = "onnxruntime"

    def __init__(self, precision: Precision, threads: int) -> None:
        if precision != "fp32":
            raise RuntimeUnavailableError("ONNX Runtime runs in fp32 only; use precision fp32, or runtime openvino")
        try:
            import onnxruntime
        except ImportError as error:
            raise RuntimeUnavailableError("onnxruntime is not installed: pip install 'visavis[onnxruntime]'") from error
        onnxruntime.set_default_logger_severity(3)
        self.precision: Precision = precision
        self._onnxruntime = onnxruntime
        self._options = onnxruntime.SessionOptions()
        self._options.intra_op_num_threads = threads
        self._options.inter_op_num_threads = 1

    def compile(self, model: bytes, layout: InputLayout) -> Network:
        """See `Runtime.compile`."""
        errors = self._onnxruntime.capi.onnxruntime_pybind11_state
        try:
            session = self._onnxruntime.InferenceSession(model, self._options, ["CPUExecutionProvider"])
        except (errors.Fail, errors.InvalidGraph, errors.InvalidProtobuf, errors.InvalidArgument) as error:
            raise ModelFormatError(f"ONNX Runtime cannot use the model: {error}") from error
        return _OnnxNetwork(session, layout)


class _OnnxNetwork:
    def __init__(self, session: Any, layout: InputLayout) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._flip = layout.colour_order == "BGR"
        self._mean = np.array(layout.means, np.float32)[:, None, None]
        self._scale = np.float32(layout.scale)
        self._takes_one = session.get_inputs()[0].shape[0] == 1

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        prepared = self._feed(pixels)
        if not self._takes_one or len(prepared) == 1:
            return list(self._session.run(None, {self._input: prepared}))
        one_by_one = [self._session.run(None, {self._input: prepared[i : i + 1]}) for i in range(len(prepared))]
        return [np.concatenate(outputs) for outputs in zip(*one_by_one, strict=True)]

    def prepare(self, pixels: NDArray[np.uint8]) -> Callable[[], None]:
        pixels = pixels.copy()

        def run() -> None:
            self.run(pixels)

        return run

    def _feed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        planes = (pixels[..., ::-1] if self._flip else pixels).transpose(0, 3, 1, 2)
        return (np.ascontiguousarray(planes, np.float32) - self._mean) * self._scale


def open_runtime(name: str = "auto", precision: str = "auto", threads: int = 1) -> Runtime:
    """Choose a runtime and a precision.

    Args:
        name: `openvino`, `onnxruntime`, or `auto` for OpenVINO.
        precision: `bf16`, `fp32`, or `auto` for bf16 where runtime and CPU have it, else fp32.
        threads: inference threads.

    Raises:
        RuntimeUnavailableError: the runtime or the precision is not available here.
    """
    kinds: Mapping[str, type[OpenVinoRuntime] | type[OnnxRuntime]]
    kinds = {"auto": OpenVinoRuntime, "openvino": OpenVinoRuntime, "onnxruntime": OnnxRuntime}
    if name not in kinds:
        raise RuntimeUnavailableError(f"no runtime {name!r}: choose auto, openvino or onnxruntime")
    if precision not in ("auto", "bf16", "fp32"):
        raise RuntimeUnavailableError(f"no precision {precision!r}: choose auto, bf16 or fp32")
    kind = kinds[name]
    chosen: Precision = "bf16" if precision == "bf16" or (precision == "auto" and _prefers_bf16(kind)) else "fp32"
    return kind(chosen, threads)


def _prefers_bf16(kind: type[OpenVinoRuntime] | type[OnnxRuntime]) -> bool:
    return kind is OpenVinoRuntime and OpenVinoRuntime.has_bf16(import_openvino().Core())
