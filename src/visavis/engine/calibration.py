"""Native score ↔ false match rate, from a data file that names model, data set, counts and date."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from visavis.errors import CalibrationFormatError, CalibrationNotFoundError, FileMissingError, ParameterError
from visavis.types import EngineIdentity, FmrEstimate

FORMAT = "visavis-calibration"
FORMAT_VERSION = 1
_FOLDER = "calibrations"
_TEXTS = ("calibration_id", "model_id", "model_sha256", "detector_id", "precision", "profile", "date")
_LOWEST_SCORE = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What a native score of one model, precision and profile means.

    Between knots log10 FMR is linear in the score. Below the last knot the curve falls strictly; above it the rate
    stays at `claimed_to_fmr`, because nothing lower is claimed.

    Attributes:
        calibration_id: names the file.
        model_id: recogniser.
        model_sha256: of the model file.
        detector_id: detector.
        precision: `bf16` or `fp32`.
        profile: `default` or `accurate`.
        date: when it was made, ISO 8601.
        score: (K,) strictly rising native scores, the first is -1.
        log10_fmr: (K,) strictly falling, the first is 0.
        low: (K,) lower end of the 95 % interval, log10.
        high: (K,) upper end, log10.
        counted_to_score: the highest score whose rate was counted; above it the rate is extrapolated.
        document: the whole file: data set, counts, fitted tail, excluded pictures.
    """

    calibration_id: str
    model_id: str
    model_sha256: str
    detector_id: str
    precision: str
    profile: str
    date: str
    score: NDArray[np.float64]
    log10_fmr: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    counted_to_score: float
    document: dict[str, Any]

    @classmethod
    def load(cls, identity: EngineIdentity) -> Self:
        """The calibration that comes with the package for this model file, detector, precision and profile.

        Raises:
            CalibrationNotFoundError: there is none.
        """
        name = calibration_name(identity)
        file = resources.files("visavis.engine") / _FOLDER / f"{name}.json"
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CalibrationNotFoundError(f"no calibration for {name}; make one with `visavis calibrate`") from error
        calibration = cls.parse(content, f"the packaged calibration {name}")
        calibration.require_match(identity)
        return calibration

    @classmethod
    def read(cls, path: Path) -> Self:
        """A calibration file of the user's own.

        Raises:
            FileMissingError: it cannot be read.
            CalibrationFormatError: it is not a calibration.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FileMissingError(f"cannot read the calibration {path}: {error.strerror}") from error
        return cls.parse(content, str(path))

    @classmethod
    def parse(cls, content: bytes, origin: str) -> Self:
        """A calibration from the bytes of its file; `origin` names it in errors.

        Raises:
            CalibrationFormatError: malformed, or a curve that is not monotone.
        """
        try:
            document = json.loads(content)
            if document["format"] != FORMAT or document["format_version"] != FORMAT_VERSION:
                raise CalibrationFormatError(f"{origin} is not {FORMAT} version {FORMAT_VERSION}")
            texts = {name: document[name] for name in _TEXTS}
            knots = np.array(
                [[knot["score"], knot["log10_fmr"], knot["low"], knot["high"]] for knot in document["knots"]],
                np.float64,
            ).reshape(-1, 4)
            counted = [float(knot["score"]) for knot in document["knots"] if knot["count"] is not None]
        except (ValueError, KeyError, TypeError) as error:
            raise CalibrationFormatError(f"{origin} is not a calibration: {error!r}") from error
        if not all(isinstance(text, str) for text in texts.values()):
            raise CalibrationFormatError(f"{origin}: {', '.join(_TEXTS)} must be texts")
        _check_curve(knots, counted, origin)
        knots.setflags(write=False)
        return cls(**texts, **_curve(knots), counted_to_score=max(counted), document=document)

    @property
    def claimed_to_fmr(self) -> float:
        """The lowest rate that is claimed; a score above the last knot has this one."""
        return float(10.0 ** self.log10_fmr[-1])

    def require_match(self, identity: EngineIdentity) -> None:
        """Raises: CalibrationNotFoundError: the calibration belongs to another engine; the runtime does not matter."""
        for name in ("model_id", "model_sha256", "detector_id", "precision", "profile"):
            mine, theirs = getattr(self, name), getattr(identity, name)
            if mine != theirs:
                raise CalibrationNotFoundError(
                    f"calibration {self.calibration_id} is for {name} {mine}, the engine has {theirs}"
                )

    def fmr_at(self, score: float) -> float:
        """How often two strangers score at least `score`; 1 at -1 and below.

        Raises:
            ParameterError: the score is NaN.
        """
        return self._rate(score, self.log10_fmr)

    def fmr_estimate(self, score: float) -> FmrEstimate:
        """`fmr_at` with its 95 % interval, marked when it is extrapolated. Beyond the last knot the interval is open
        downwards: `low` is 0.

        Raises:
            ParameterError: the score is NaN.
        """
        value = self._rate(score, self.log10_fmr)
        low = 0.0 if score > self.score[-1] else min(value, self._rate(score, self.low))
        high = max(value, self._rate(score, self.high))
        return FmrEstimate(value, low, high, extrapolated=score > self.counted_to_score)

    def threshold_at(self, fmr: float) -> float:
        """The native score at which `fmr_at` is `fmr`: its exact inverse.

        Raises:
            ParameterError: not in `claimed_to_fmr`..1.
        """
        # The floor is a power of ten that does not survive log10 and back to the last bit.
        if not self.claimed_to_fmr * (1 - 1e-9) <= fmr <= 1:
            raise ParameterError(f"a false match rate of {fmr:g} is not within {self.claimed_to_fmr:.1e} and 1")
        return float(np.interp(-math.log10(fmr), -self.log10_fmr, self.score))

    def _rate(self, score: float, curve: NDArray[np.float64]) -> float:
        if math.isnan(score):
            raise ParameterError("a score must be a number")
        return float(min(1.0, 10.0 ** np.interp(score, self.score, curve)))


def calibration_name(identity: EngineIdentity) -> str:
    """Name of the calibration file without its ending: model, precision, profile. Both runtimes share it."""
    return f"{identity.model_id}-{identity.precision}-{identity.profile}"


def _curve(knots: NDArray[np.float64]) -> dict[str, Any]:
    return dict(zip(("score", "log10_fmr", "low", "high"), knots.T, strict=True))


def _check_curve(knots: NDArray[np.float64], counted: list[float], origin: str) -> None:
    if len(knots) < 2 or not counted or not np.isfinite(knots).all():
        raise CalibrationFormatError(f"{origin}: at least two knots of finite numbers, one of them counted, are needed")
    score, value, low, high = knots.T
    if score[0] != _LOWEST_SCORE or value[0] != 0 or score[-1] > 1:
        raise CalibrationFormatError(f"{origin}: the curve must begin at score -1 with FMR 1 and end by score 1")
    if (np.diff(score) <= 0).any() or (np.diff(value) >= 0).any():
        raise CalibrationFormatError(f"{origin}: scores must rise and rates fall from knot to knot")
    if (low > value).any() or (high < value).any() or (np.diff(low) > 0).any() or (np.diff(high) > 0).any():
        raise CalibrationFormatError(f"{origin}: an interval does not hold its rate, or rises")
