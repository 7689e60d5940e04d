"""The Python front door: reads the settings, opens engines, takes paths as well as bytes."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError as MalformedSettingError

from visavis.config import Settings
from visavis.engine.examiner import LivenessOptions
from visavis.engine.image import from_array
from visavis.engine.pipeline import FaceEngine
from visavis.errors import FileMissingError, SettingsError
from visavis.service.controls import ControlPolicy
from visavis.service.orders import ControlLevel
from visavis.types import LIVENESS_CHECKS, AnalyzedFace, CheckedFace, Comparison, FaceChoice, FaceImage

PictureSource = str | os.PathLike[str] | bytes | NDArray[np.uint8] | FaceImage
"""A path, an encoded picture, an (H, W, 3) uint8 RGB array, or decoded pixels."""

_shared: FaceEngine | None = None
_lock = threading.Lock()


def read_settings() -> Settings:
    """The settings from the environment.

    Raises:
        SettingsError: one of them is not valid; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "VISAVIS_" + str(first["loc"][0]).upper()
        raise SettingsError(f"{name}: {first['msg']}") from None
    except MalformedSettingError as error:
        name = "VISAVIS_" + str(error).split('"')[1].upper()
        raise SettingsError(f'{name}: must be a list in JSON, like ["one", "two"]') from None


def open_engine(settings: Settings | None = None, **overrides: Any) -> FaceEngine:
    """An engine as the settings say; keyword arguments of `FaceEngine` that are not None go before them."""
    settings = settings or read_settings()
    arguments: dict[str, Any] = settings.model_dump(
        include={"home", "model", "runtime", "precision", "profile", "threads", "auto_pull", "calibration"}
    )
    arguments["liveness"] = LivenessOptions(
        settings.liveness_networks, settings.liveness_networks_join, settings.liveness_calibration
    )
    arguments |= {name: value for name, value in overrides.items() if value is not None}
    return FaceEngine(announce=_announce, **arguments)


def control_policy(settings: Settings) -> ControlPolicy:
    """What it takes to pass the controls for a living person and for an untouched photo."""
    return ControlPolicy(
        synthesis=dict(zip(ControlLevel, settings.synthesis_thresholds, strict=True)),
        liveness_must_tell=frozenset(ControlLevel(level) for level in settings.liveness_must_tell),
        synthesis_must_tell=frozenset(ControlLevel(level) for level in settings.synthesis_must_tell),
        tests_documents=settings.liveness_of_documents,
    )


def compare(
    reference: PictureSource,
    probe: PictureSource,
    *,
    fmr: float = 1e-4,
    choice: FaceChoice = FaceChoice.LARGEST,
) -> Comparison:
    """Compare the faces of two pictures.

    The first call opens an engine as the `VISAVIS_*` settings say, and keeps it for the next. A program with its own
    wishes makes a `FaceEngine`.

    Args:
        reference: a path, an encoded picture, an (H, W, 3) uint8 RGB array, or a `FaceImage`.
        probe: the same.
        fmr: the false match rate to decide at, 0 < fmr < 1.
        choice: which of several faces is the subject.

    Raises:
        FileMissingError: a path cannot be read.
        ImageError: a picture cannot be used.
        AcquisitionError: a picture has no usable face.
        ParameterError: an argument is out of range.
    """
    a, b = read_picture(reference), read_picture(probe)
    return _shared_engine().compare(a, b, fmr=fmr, choice=choice, keep_pictures=True)


def analyze(picture: PictureSource, *, choice: FaceChoice = FaceChoice.LARGEST) -> AnalyzedFace:
    """Measure the face of a picture: pose, what covers it, blur, light, eyes, mouth, mask, and its quality.

    It uses the same engine as `compare`, and opens it when it is the first call.

    Args:
        picture: a path, an encoded picture, an (H, W, 3) uint8 RGB array, or a `FaceImage`.
        choice: which of several faces is the subject.

    Raises:
        FileMissingError: a path cannot be read.
        ImageError: the picture cannot be used.
        AcquisitionError: the picture has no usable face.
        ParameterError: an array of another shape or type.
    """
    content = read_picture(picture)
    return _shared_engine().analyze(content, choice)


def liveness(picture: PictureSource, *, choice: FaceChoice = FaceChoice.LARGEST) -> CheckedFace:
    """Say how surely the face of a picture is a living person's before the camera, and its photo untouched.

    It uses the same engine as `compare`, and opens it when it is the first call. One photo tells only so much: scores
    are rates of living people who are refused, not proofs.

    Args:
        picture: a path, an encoded picture, an (H, W, 3) uint8 RGB array, or a `FaceImage`.
        choice: which of several faces is the subject.

    Raises:
        FileMissingError: a path cannot be read.
        ImageError: the picture cannot be used.
        AcquisitionError: the picture has no usable face.
        ParameterError: an array of another shape or type.
    """
    content = read_picture(picture)
    return CheckedFace.of(_shared_engine().inspect(content, LIVENESS_CHECKS, choice))


def read_picture(source: PictureSource) -> bytes | FaceImage:
    """What an engine takes. Only ever call it with what the machine's own user named: it opens paths.

    Raises:
        FileMissingError: a path cannot be read.
        ImageTooLargeError: the file is far larger than any picture that is accepted.
        ParameterError: an array of another shape or type.
    """
    if isinstance(source, bytes | FaceImage):
        return source
    if isinstance(source, np.ndarray):
        return from_array(source)
    try:
        with Path(source).open("rb") as file:
            return file.read(_READ_LIMIT_BYTES)
    except OSError as error:
        raise FileMissingError(f"cannot read {os.fspath(source)}: {error.strerror}") from error


_READ_LIMIT_BYTES = 64 * 1024 * 1024
"""More than any engine accepts, so that what is cut off here is refused for its size there."""


def _shared_engine() -> FaceEngine:
    global _shared
    with _lock:
        if _shared is None:
            _shared = open_engine()
        return _shared


def _announce(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201
