"""From a native score to an API's own scale, by way of the false match rate.

A scale is a short list of anchors: false match rate → public score. Between anchors the public score is linear in
log10 FMR. Above the last anchor it is linear in the native score, up to 100 at 1.0, so that order is never lost where
rates are too small to be known. Below the first anchor it falls to 0 at a rate of 1.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise

from visavis.errors import ParameterError
from visavis.service.ports import ScoreCalibration

_TOP = 100.0


@dataclass(frozen=True, slots=True)
class Scale:
    """One API's scale for one calibration.

    Attributes:
        native: rising scores at the knots.
        public: rising too, 0..100.
    """

    native: tuple[float, ...]
    public: tuple[float, ...]

    def public_score(self, score: float) -> float:
        """0..100, higher = more alike; never falls when the native score rises."""
        if score >= self.native[-1]:
            return self.public[-1]
        at = bisect_right(self.native, score)
        if at == 0:
            return self.public[0]
        share = (score - self.native[at - 1]) / (self.native[at] - self.native[at - 1])
        return self.public[at - 1] + share * (self.public[at] - self.public[at - 1])


def read_anchors(package: str) -> tuple[tuple[float, float], ...]:
    """The anchors in `scale.json` of a protocol's package: (FMR, public score), FMR falling."""
    document = json.loads((files(package) / "scale.json").read_text("utf-8"))
    return tuple((float(anchor["fmr"]), float(anchor["score"])) for anchor in document["anchors"])


def make_scale(anchors: Sequence[tuple[float, float]], calibration: ScoreCalibration) -> Scale:
    """Tabulate a scale, finely enough that straight lines between the knots do.

    Raises:
        ParameterError: the anchors are not strictly monotone, or not within 0..100.
    """
    whole = [(1.0, 0.0), *anchors]
    if any(b[0] >= a[0] or b[1] <= a[1] for a, b in pairwise(whole)) or whole[-1][1] >= _TOP:
        raise ParameterError(f"the anchors {list(anchors)} do not rise from 0 towards 100 as the rate falls")
    native, public = [-1.0], [0.0]
    start = calibration.threshold_at(_ALMOST_ALL)
    if start > native[-1]:
        native.append(start)
        public.append(0.0)
    for (rate, low), (next_rate, high) in pairwise(whole):
        for step in range(1, _STEPS + 1):
            share = step / _STEPS
            at = calibration.threshold_at(10 ** (math.log10(rate) + share * math.log10(next_rate / rate)))
            if at > native[-1]:
                native.append(at)
                public.append(low + share * (high - low))
            else:
                public[-1] = low + share * (high - low)
    native.append(1.0)
    public.append(_TOP)
    return Scale(tuple(native), tuple(public))


_STEPS = 32
_ALMOST_ALL = 1 - 1e-9
