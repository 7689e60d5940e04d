"""face_recognition as its users run it: load_image_file, face_encodings, face_distance, all with their defaults."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import dlib
import face_recognition


class _FaceRecognition:
    def __init__(self) -> None:
        self.facts = {
            "face_recognition": version("face_recognition"),
            "dlib": dlib.__version__,
            "dlib_avx": str(dlib.USE_AVX_INSTRUCTIONS),
            "dlib_blas": str(dlib.DLIB_USE_BLAS),
        }

    def compare(self, reference: str, probe: str) -> float:
        # A distance, lower = more alike: turned round.
        return 1.0 - float(face_recognition.face_distance([_encoding(reference)], _encoding(probe))[0])


def _encoding(path: str) -> Any:
    return face_recognition.face_encodings(face_recognition.load_image_file(path))[0]


def open_contestant(options: dict[str, str]) -> _FaceRecognition:
    """The networks are loaded by the import."""
    return _FaceRecognition()
