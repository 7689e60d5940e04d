"""Which runtime and precision are chosen, and what is said where one cannot be had."""

from __future__ import annotations

import subprocess
import sys

import pytest

from visavis.engine import runtime
from visavis.engine.runtime import InputLayout, OnnxRuntime, OpenVinoRuntime, open_runtime
from visavis.errors import ModelFormatError, RuntimeUnavailableError


def _pretend_bf16(monkeypatch: pytest.MonkeyPatch, has_it: bool) -> None:
    monkeypatch.setattr(OpenVinoRuntime, "has_bf16", staticmethod(lambda core: has_it))


def test_layout_says_its_shape_and_means() -> None:
    assert InputLayout(2, 30, 40).shape == (2, 3, 30, 40)
    assert InputLayout(1, 8, 8, mean=127.5).means == (127.5, 127.5, 127.5)
    assert InputLayout(1, 8, 8, mean=(1.0, 2.0, 3.0)).means == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(("has_it", "precision"), [(True, "bf16"), (False, "fp32")])
def test_auto_takes_bf16_where_the_cpu_has_it(has_it: bool, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend_bf16(monkeypatch, has_it)
    chosen = open_runtime()
    assert (chosen.name, chosen.precision) == ("openvino", precision)


def test_fp32_is_fp32_even_where_the_cpu_has_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend_bf16(monkeypatch, True)
    assert open_runtime("openvino", "fp32").precision == "fp32"


def test_bf16_is_refused_where_the_cpu_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend_bf16(monkeypatch, False)
    with pytest.raises(RuntimeUnavailableError, match=r"no bf16.*use precision fp32"):
        open_runtime("openvino", "bf16")


def test_onnx_runtime_is_fp32_only(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    _pretend_bf16(monkeypatch, True)
    assert open_runtime("onnxruntime").precision == "fp32"
    with pytest.raises(RuntimeUnavailableError, match="fp32 only"):
        open_runtime("onnxruntime", "bf16")


def test_onnx_runtime_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(RuntimeUnavailableError, match=r"pip install 'visavis\[onnxruntime\]'"):
        open_runtime("onnxruntime")


@pytest.mark.parametrize(
    ("name", "precision"), [("tensorrt", "auto"), ("", "auto"), ("auto", "int8"), ("auto", "BF16")]
)
def test_unknown_names_are_refused(name: str, precision: str) -> None:
    with pytest.raises(RuntimeUnavailableError, match="choose auto"):
        open_runtime(name, precision)


@pytest.mark.parametrize("kind", [OpenVinoRuntime, OnnxRuntime])
@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08" * 1000])
def test_garbage_is_no_model(kind: type[OpenVinoRuntime] | type[OnnxRuntime], content: bytes) -> None:
    if kind is OnnxRuntime:
        pytest.importorskip("onnxruntime")
    with pytest.raises(ModelFormatError, match="cannot use the model"):
        kind("fp32", 1).compile(content, InputLayout(1, 8, 8))


def test_runtimes_are_imported_only_when_one_is_opened() -> None:
    code = f"import sys, {runtime.__name__}; print([n for n in ('openvino', 'onnxruntime') if n in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
