"""Every runtime at every precision that this machine can have, for the suites of this folder."""

from __future__ import annotations

import pytest

from visavis.engine.runtime import Runtime, open_runtime
from visavis.errors import RuntimeUnavailableError

KINDS = ("openvino-fp32", "openvino-bf16", "onnxruntime-fp32")
FP32_KINDS = ("openvino-fp32", "onnxruntime-fp32")


def open_or_skip(kind: str, threads: int = 1) -> Runtime:
    """The runtime, or a skip that says why it cannot be had."""
    name, precision = kind.split("-")
    try:
        return open_runtime(name, precision, threads)
    except RuntimeUnavailableError as error:
        pytest.skip(str(error))
