"""Where the lines of a discard curve run in a drawing. Its words come from the page, which has two languages."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from visavis.evaluation.discard import SHARES, Doubles
from visavis.evaluation.discard_curve import DiscardCurve

_WIDTH, _HEIGHT = 640, 346
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 624, 32, 304
_MOST_TICKS = 6
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, in units of the drawing, and what stands there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class DiscardChart:
    """A drawing; lengths in its own units, y pointing down.

    Attributes:
        across: marks of the share that is left out.
        up: marks of the rate.
        measured: path of the curve, as SVG has it.
        ideal: the same of the best that is possible.
        random: the same of leaving out at random.
        band: outline of the 95 % interval; None without one.
    """

    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    measured: str
    ideal: str
    random: str
    band: str | None
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    top: int = _TOP
    bottom: int = _BOTTOM


def draw_chart(curve: DiscardCurve) -> DiscardChart | None:
    """The drawing of a curve; None where there is none."""
    if not len(curve.frr):
        return None
    highest = max(float(part.max(initial=0.0)) for part in (curve.frr, curve.high)) or 1e-3
    step = tick_step(highest)
    top = step * math.ceil(highest / step - 1e-9)
    band = None
    if len(curve.low):
        there, back = _path(SHARES, curve.low, top), _path(SHARES[::-1], curve.high[::-1], top)
        band = f"{there} L {back.removeprefix('M ')} Z"
    rates = step * np.arange(round(top / step) + 1)
    return DiscardChart(
        across=tuple(Tick(_x(share), f"{100 * share:.0f} %") for share in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)),
        up=tuple(Tick(_y(rate, top), f"{100 * rate:.6g} %") for rate in rates.tolist()),
        measured=_path(SHARES, curve.frr, top),
        ideal=_path(SHARES, curve.ideal, top),
        random=_path(SHARES, np.full(len(SHARES), curve.frr[0]), top),
        band=band,
    )


def tick_step(highest: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten of which at most six reach `highest`, > 0."""
    power = 10.0 ** math.floor(math.log10(highest / _MOST_TICKS))
    return next(step * power for step in (*_STEPS, 10) if step * power * _MOST_TICKS >= highest)


def _x(share: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * share / float(SHARES[-1]), 1)


def _y(rate: float, top: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * rate / top, 1)


def _path(shares: Doubles, rates: Doubles, top: float) -> str:
    points = (f"{_x(share)} {_y(rate, top)}" for share, rate in zip(shares.tolist(), rates.tolist(), strict=True))
    return "M " + " L ".join(points)
