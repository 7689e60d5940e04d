"""Native score of a check ↔ rate of bona fide presentations refused (BPCER) → public score, from a data file.

Between knots a curve is linear in the suspicion of a native score, see `presentation.suspicion_of`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from visavis.errors import CalibrationFormatError, CalibrationNotFoundError, FileMissingError, ParameterError
from visavis.presentation import BpcerEstimate, Check, CheckNetwork, native_of_suspicion, suspicion_of

FORMAT = "visavis-bpcer"
FORMAT_VERSION = 1
_TEXTS = ("calibration_id", "precision", "date", "tool_version")
_COUNTS = ("photos", "people")
_SHA256 = re.compile("[0-9a-f]{64}")

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BpcerScale:
    """What a native score of one check means.

    Attributes:
        calibration_id: names the file.
        check: what the networks look for; for PAD a higher native and public score is better, for synthesis worse.
        networks: whose native score it is.
        precision: `bf16` or `fp32`.
        data_sets: names of the sets of bona fide photos.
        date: when it was made, ISO 8601.
        photos: bona fide photos counted.
        people: of how many people.
        native: (K,) native scores 0..1 of the knots, strictly from the best (1 for PAD, 0 for synthesis) to worse ones.
        log10_bpcer: (K,) strictly falling, the first is 0: the rate refused when what is worse than the knot is.
        low: (K,) lower end of the 95 % interval, log10.
        high: (K,) upper end, log10.
        counted_to_native: the worst native score whose rate was counted; what is worse is extrapolated.
        anchors: (BPCER, public score), by falling BPCER.
        document: the whole file.
    """

    calibration_id: str
    check: Check
    networks: tuple[CheckNetwork, ...]
    precision: str
    data_sets: tuple[str, ...]
    date: str
    photos: int
    people: int
    native: Doubles
    log10_bpcer: Doubles
    low: Doubles
    high: Doubles
    counted_to_native: float
    anchors: tuple[tuple[float, float], ...]
    document: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Self:
        """A calibration file.

        Raises:
            FileMissingError: it cannot be read.
            CalibrationFormatError: it is not a calibration of a check.
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
            knots = _columns(document["knots"], ("native", "log10_bpcer", "low", "high"))
            anchors = _columns(document["anchors"], ("bpcer", "score"))
            counted = [float(knot["native"]) for knot in document["knots"] if knot["count"] is not None]
            facts = _facts(document, origin)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CalibrationFormatError(f"{origin} is not a calibration of a check: {error!r}") from error
        _check_curve(facts["check"], knots, counted, origin)
        _check_anchors(facts["check"], anchors, knots, origin)
        knots.setflags(write=False)
        native, log10_bpcer, low, high = knots.T
        return cls(
            **facts,
            native=native,
            log10_bpcer=log10_bpcer,
            low=low,
            high=high,
            counted_to_native=counted[-1],
            anchors=tuple((float(rate), float(score)) for rate, score in anchors),
            document=document,
        )

    @property
    def claimed_to_bpcer(self) -> float:
        """The lowest rate that is claimed; a native score beyond the last knot has this one."""
        return float(10.0 ** self.log10_bpcer[-1])

    def require_match(self, networks: Sequence[CheckNetwork], precision: str) -> None:
        """Raises: CalibrationNotFoundError: the calibration belongs to other networks, or another precision."""
        if self.precision != precision:
            raise CalibrationNotFoundError(
                f"calibration {self.calibration_id} is for precision {self.precision}, the engine has {precision}"
            )
        if set(self.networks) != set(networks):
            mine, theirs = _names(self.networks), _names(networks)
            raise CalibrationNotFoundError(f"calibration {self.calibration_id} is for {mine}, the engine has {theirs}")

    def public_score(self, native: float) -> float:
        """The public score 0..1 of a native one, strictly monotone: higher is better for PAD, worse for synthesis.

        Linear in log10 BPCER between the anchors; before the first it runs on to the best score at BPCER 1, beyond the
        last in the native score to the worst score at the worst native one.

        Raises:
            ParameterError: not in 0..1.
        """
        log10 = self._at(native, self.log10_bpcer)
        last_rate, last_score = self.anchors[-1]
        last_native = self.native_at(last_rate)
        if self._worse(native, last_native):
            worst = 0.0 if self.check.refuses_below else 1.0
            return last_score + (worst - last_score) * (native - last_native) / (worst - last_native)
        rates, scores = self._public_curve()
        return float(np.interp(-log10, -rates, scores))

    def native_of(self, score: float) -> float:
        """The native score that has this public one: the inverse of `public_score`.

        Raises:
            ParameterError: not in 0..1.
        """
        _check_share("a public score", score)
        last_rate, last_score = self.anchors[-1]
        last_native = self.native_at(last_rate)
        if self._worse(score, last_score):
            worst = 0.0 if self.check.refuses_below else 1.0
            return last_native + (worst - last_native) * (score - last_score) / (worst - last_score)
        rates, scores = self._public_curve()
        rising = np.argsort(scores)
        return self._native_at_log10(float(np.interp(score, scores[rising], rates[rising])))

    def native_at(self, bpcer: float) -> float:
        """The native score with this BPCER: refusing what is worse refuses that share of bona fide presentations.

        Raises:
            ParameterError: not in `claimed_to_bpcer`..1.
        """
        # The floor is a power of ten that does not survive log10 and back to the last bit.
        if not self.claimed_to_bpcer * (1 - 1e-9) <= bpcer <= 1:
            raise ParameterError(f"a BPCER of {bpcer:g} is not within {self.claimed_to_bpcer:.1e} and 1")
        return self._native_at_log10(math.log10(bpcer))

    def bpcer_estimate(self, native: float) -> BpcerEstimate:
        """The share of bona fide presentations whose native score is worse than this, with its 95 % interval.

        Beyond the last knot the rate stays and the interval is open downwards: `low` is 0.

        Raises:
            ParameterError: not in 0..1.
        """
        value = self._rate(native, self.log10_bpcer)
        beyond = self._worse(native, float(self.native[-1]))
        low = 0.0 if beyond else min(value, self._rate(native, self.low))
        high = max(value, self._rate(native, self.high))
        return BpcerEstimate(value, low, high, extrapolated=self._worse(native, self.counted_to_native))

    def threshold_estimate(self, score: float) -> BpcerEstimate:
        """`bpcer_estimate` of a public score: what a threshold there refuses.

        Raises:
            ParameterError: not in 0..1.
        """
        return self.bpcer_estimate(self.native_of(score))

    def _public_curve(self) -> tuple[Doubles, Doubles]:
        """(log10 BPCER falling from 0, public score) of the best end and of the anchors."""
        best = 1.0 if self.check.refuses_below else 0.0
        rates, scores = np.array([(1.0, best), *self.anchors]).T
        return np.log10(rates), scores

    def _worse(self, a: float, b: float) -> bool:
        return a < b if self.check.refuses_below else a > b

    def _rate(self, native: float, curve: Doubles) -> float:
        return float(min(1.0, 10.0 ** self._at(native, curve)))

    def _at(self, native: float, curve: Doubles) -> float:
        _check_share("a native score", native)
        where = suspicion_of(np.array([native]), self.check)
        return float(np.interp(where, suspicion_of(self.native, self.check), curve)[0])

    def _native_at_log10(self, log10: float) -> float:
        where = float(np.interp(-log10, -self.log10_bpcer, suspicion_of(self.native, self.check)))
        return native_of_suspicion(where, self.check)


def _columns(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> Doubles:
    return np.array([[_number(row[name]) for name in names] for row in rows], np.float64).reshape(-1, len(names))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _facts(document: dict[str, Any], origin: str) -> dict[str, Any]:
    texts = {name: document[name] for name in _TEXTS}
    data_sets = tuple(document["data_sets"])
    networks = tuple(CheckNetwork(row["model_id"], row["sha256"]) for row in document["networks"])
    counts = {name: document["counts"][name] for name in _COUNTS}
    names = [*texts.values(), *data_sets, *(network.model_id for network in networks)]
    if not all(isinstance(name, str) and name for name in names):
        raise CalibrationFormatError(f"{origin}: {', '.join(_TEXTS)}, data_sets and model_id must be texts")
    if not networks or not all(_SHA256.fullmatch(network.sha256) for network in networks):
        raise CalibrationFormatError(f"{origin}: networks must be named with their SHA-256 in lower-case hexadecimal")
    if not all(type(count) is int and count > 0 for count in counts.values()):
        raise CalibrationFormatError(f"{origin}: {' and '.join(_COUNTS)} must be counted")
    del texts["tool_version"]
    return {**texts, **counts, "check": Check(document["check"]), "networks": networks, "data_sets": data_sets}


def _check_curve(check: Check, knots: Doubles, counted: list[float], origin: str) -> None:
    if len(knots) < 2 or not counted or not np.isfinite(knots).all():
        raise CalibrationFormatError(f"{origin}: at least two knots of finite numbers, one of them counted, are needed")
    native, value, low, high = knots.T
    best = 1.0 if check.refuses_below else 0.0
    if native[0] != best or value[0] != 0 or native.min() < 0 or native.max() > 1:
        raise CalibrationFormatError(f"{origin}: the curve must begin at native {best:g} with BPCER 1, within 0 and 1")
    if (np.diff(suspicion_of(native, check)) <= 0).any() or (np.diff(value) >= 0).any():
        raise CalibrationFormatError(f"{origin}: native scores must worsen and rates fall from knot to knot")
    if (low > value).any() or (high < value).any() or (np.diff(low) > 0).any() or (np.diff(high) > 0).any():
        raise CalibrationFormatError(f"{origin}: an interval does not hold its rate, or rises")
    if native[: len(counted)].tolist() != counted:
        raise CalibrationFormatError(f"{origin}: a counted knot lies beyond one that is not")


def _check_anchors(check: Check, anchors: Doubles, knots: Doubles, origin: str) -> None:
    if not len(anchors) or not np.isfinite(anchors).all() or anchors.min() <= 0 or anchors.max() >= 1:
        raise CalibrationFormatError(f"{origin}: anchors must be rates and scores between 0 and 1")
    rates, scores = anchors.T
    worsens = np.diff(scores) < 0 if check.refuses_below else np.diff(scores) > 0
    if (np.diff(rates) >= 0).any() or not worsens.all():
        raise CalibrationFormatError(f"{origin}: anchors must go from the highest rate to the lowest, scores to worse")
    worst = 0.0 if check.refuses_below else 1.0
    if knots[-1, 1] > math.log10(rates[-1]) + 1e-9 or knots[-1, 0] == worst:
        raise CalibrationFormatError(f"{origin}: the curve does not reach the lowest rate of an anchor")


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ParameterError(f"{name} must be a number from 0 to 1, not {value}")


def _names(networks: Sequence[CheckNetwork]) -> str:
    return ", ".join(f"{network.model_id} {network.sha256[:12]}" for network in networks)
