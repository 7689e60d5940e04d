"""What is said about how a face came before the camera: as a living person, as a picture of one, or as none at all.

The words are those of ISO/IEC 30107-3: a presentation is bona fide or an attack, and a check that cannot tell gives no
response. Scores are public ones: what they mean is a rate of bona fide presentations that are refused (BPCER).
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray


class Check(enum.StrEnum):
    """What a check looks for, and which way its native score runs."""

    PAD = "pad"
    SYNTHESIS = "synthesis"

    @property
    def refuses_below(self) -> bool:
        """Whether a score below the threshold is refused; otherwise one above it is."""
        return self is Check.PAD


# What public scores mean: (BPCER, score) by falling BPCER. Refusing what is worse than the score refuses that share of
# bona fide presentations.
BPCER_ANCHORS: Mapping[Check, tuple[tuple[float, float], ...]] = MappingProxyType(
    {
        Check.PAD: ((1e-2, 0.9), (1e-3, 0.3), (1e-4, 0.05)),
        Check.SYNTHESIS: ((5e-2, 0.3), (1e-2, 0.5), (1e-3, 0.7)),
    }
)
# Native scores within about 1e-12 of 0 and 1 count as these: a double does not tell those near 1 apart much longer.
WORST_SUSPICION = 27.6


def suspicion_of(native: NDArray[np.float64], check: Check) -> NDArray[np.float64]:
    """(N,) logit of native scores 0..1, turned so that more is worse whatever the check, within ±`WORST_SUSPICION`.

    Here the scores of a network that ends in a sigmoid keep their order far into both ends, and tails can be fitted.
    """
    inner = np.clip(native, 1e-13, 1 - 1e-13)
    logit: NDArray[np.float64] = np.clip(np.log(inner) - np.log1p(-inner), -WORST_SUSPICION, WORST_SUSPICION)
    return -logit if check.refuses_below else logit


def native_of_suspicion(suspicion: float, check: Check) -> float:
    """The inverse of `suspicion_of`: 0 and 1 at its ends."""
    logit = -suspicion if check.refuses_below else suspicion
    if abs(logit) >= WORST_SUSPICION:
        return 1.0 if logit > 0 else 0.0
    return 1 / (1 + math.exp(-logit))


@dataclass(frozen=True, slots=True)
class CheckNetwork:
    """A network that a check's native score comes from.

    Attributes:
        model_id: its name.
        sha256: of its file, hexadecimal.
    """

    model_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class BpcerEstimate:
    """A rate of bona fide presentations that are refused.

    Attributes:
        value: 0..1.
        low: lower end of the 95 % interval.
        high: its upper end.
        extrapolated: it comes from a fitted tail; too few bona fide presentations were refused to count it.
    """

    value: float
    low: float
    high: float
    extrapolated: bool


class NonResponse(enum.StrEnum):
    """Why a check cannot tell."""

    FACE_TOO_SMALL = "face_too_small"
    TOO_BLURRED = "too_blurred"
    TOO_TIGHT = "too_tight"
    TURNED_AWAY = "turned_away"
    NOT_CALIBRATED = "not_calibrated"


@dataclass(frozen=True, slots=True)
class PadResult:
    """Presentation attack detection on one still photo.

    Attributes:
        score: 0..1, higher = more surely a living person before the camera; refusing what is below 0.05, 0.3 and 0.9
            refuses 1e-4, 1e-3 and 1e-2 of bona fide presentations, see the calibration; None: cannot tell.
        native: what the networks answered, 0..1, higher = the same; None where they were not asked.
        non_response: why it cannot tell; None where it can.
    """

    score: float | None
    native: float | None
    non_response: NonResponse | None = None


@dataclass(frozen=True, slots=True)
class SynthesisResult:
    """Detection of generated and manipulated faces.

    Attributes:
        score: 0..1, *lower* = more surely an untouched photo; refusing what is above 0.3, 0.5 and 0.7 refuses 5e-2,
            1e-2 and 1e-3 of untouched photos, see the calibration; None: cannot tell.
        native: what the networks answered, 0..1, lower = the same; None where they were not asked.
        non_response: why it cannot tell; None where it can.
    """

    score: float | None
    native: float | None
    non_response: NonResponse | None = None
