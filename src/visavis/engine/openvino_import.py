"""The only way in which visavis imports OpenVINO."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


def import_openvino() -> ModuleType:
    """Import `openvino` without its telemetry.

    `import openvino` by itself starts a process that reports the import to its maker, and writes to the user's home
    folder. It falls back on a stub that does nothing where `openvino_telemetry` cannot be imported; so it cannot be.
    """
    modules: dict[str, Any] = sys.modules
    modules.setdefault("openvino_telemetry", None)
    return importlib.import_module("openvino")
