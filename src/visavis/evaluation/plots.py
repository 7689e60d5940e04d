"""Pictures of score distributions, error trade-offs and calibrations, as PNG bytes.

Figures are built without pyplot: no global state, no display, safe in any thread.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from visavis.evaluation.calibrate import CalibrationResult
from visavis.evaluation.protocol import Histogram, OperatingPoint, ProtocolResult

_MATED, _NON_MATED, _GREY, _ACCENT = "#0072B2", "#D55E00", "#555555", "#009E73"
_LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
_DPI = 130


def plot_scores(result: ProtocolResult) -> bytes:
    """Histograms of mated and non-mated scores, with the counted thresholds."""
    figure, axes = _new_figure(7.2, 3.7)
    for shares, colour, label in (
        (result.histogram.non_mated, _NON_MATED, "non-mated (two people)"),
        (result.histogram.mated, _MATED, "mated (one person)"),
    ):
        axes.stairs(shares, result.histogram.edges, fill=True, color=colour, alpha=0.35)
        axes.stairs(shares, result.histogram.edges, color=colour, label=label, linewidth=1.3)
    top = max(float(result.histogram.mated.max()), float(result.histogram.non_mated.max()), 1e-3)
    axes.set_ylim(0, 1.28 * top)
    _mark_thresholds(axes, result.operating_points, result.histogram)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.set_xlabel("comparison score (cosine), higher = more alike")
    axes.set_ylabel("share of comparisons per bin")
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.13), ncols=2, frameon=False, borderaxespad=0)
    return _png(figure)


def _mark_thresholds(axes: Axes, points: Sequence[OperatingPoint], histogram: Histogram) -> None:
    low, high = float(histogram.edges[0]), float(histogram.edges[-1])
    axes.set_xlim(low, high)
    for point in points:
        if point.threshold is not None:
            axes.axvline(point.threshold, color=_GREY, linewidth=0.9, linestyle=(0, (4, 3)))
            axes.annotate(
                f"FMR {_power(point.fmr)}",
                (point.threshold, 0.985),
                xycoords=("data", "axes fraction"),
                xytext=(-3, 0),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="top",
                fontsize=8,
                color=_GREY,
            )


def plot_det(results: Sequence[ProtocolResult]) -> bytes:
    """FNMR against FMR of every protocol on logarithmic axes, with operating points and their intervals."""
    figure, axes = _new_figure(7.2, 4.6)
    drawn = [result for result in results if len(result.det.fmr)]
    for result, colour in zip(drawn, _LINES * len(drawn), strict=False):
        shown = result.det.fnmr > 0
        label = result.name if result.eer is None else f"{result.name} (EER {result.eer:.2%})"
        axes.plot(result.det.fmr[shown], result.det.fnmr[shown], color=colour, linewidth=1.6, label=label)
        _draw_points(axes, result, colour)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.plot([1e-9, 1], [1e-9, 1], color=_GREY, linewidth=0.8, linestyle=":", label="FMR = FNMR")
    axes.set_xlim(*_decades([float(result.det.fmr.min()) for result in drawn], 1e-5))
    axes.set_ylim(*_decades([float(r.det.fnmr[r.det.fnmr > 0].min(initial=1.0)) for r in drawn], 1e-2))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(10, numticks=12))
        axis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
    axes.set_xlabel("false match rate (FMR): strangers accepted")
    axes.set_ylabel("false non-match rate (FNMR): same person refused")
    axes.grid(which="major", color="#dddddd", linewidth=0.7)
    axes.legend(loc="best", frameon=True, framealpha=0.9, edgecolor="none")
    return _png(figure)


def _draw_points(axes: Axes, result: ProtocolResult, colour: str) -> None:
    for point in result.operating_points:
        if point.threshold is None or not point.fnmr or not point.counted_fmr:
            continue
        axes.plot([point.counted_fmr], [point.fnmr], "o", color=colour, markersize=4.5)
        if point.frr_interval is not None and point.frr_interval[0] > 0:
            axes.plot([point.counted_fmr] * 2, point.frr_interval, color=colour, linewidth=1.2)


def _decades(lowest: Sequence[float], default: float) -> tuple[float, float]:
    """Axis limits: a whole decade at or below the smallest value, and 1."""
    least = min([value for value in lowest if value > 0], default=default)
    return 10.0 ** np.floor(np.log10(min(least, default))), 1.0


def plot_calibration(result: CalibrationResult, title: str) -> bytes:
    """The non-mated distribution, and the curve score → FMR with its knots, interval and fitted tail."""
    figure = _figure(7.2, 7.4)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1, 2.2])
    for axes in (upper, lower):
        _style(axes)
    non_mated = result.scores.non_mated
    counts, edges = np.histogram(non_mated, bins=200, range=(-0.4, 1.0))
    upper.stairs(counts, edges, fill=True, color=_NON_MATED, alpha=0.4)
    upper.set_yscale("log")
    upper.set_ylim(bottom=0.7)
    upper.set_ylabel("non-mated comparisons\nper bin")
    upper.set_title(title, fontsize=10, loc="left")
    _draw_curve(lower, result)
    lower.set_xlim(-0.4, 1.0)
    lower.set_yscale("log")
    lower.yaxis.set_major_locator(LogLocator(10, numticks=14))
    lower.yaxis.set_minor_formatter(NullFormatter())
    lower.set_ylim(10 ** np.floor(result.knots[-1].log10_fmr) / 3, 2)
    lower.grid(which="major", color="#dddddd", linewidth=0.7)
    lower.set_xlabel("comparison score (cosine), higher = more alike")
    lower.set_ylabel("false match rate (FMR)")
    lower.legend(loc="lower left", frameon=True, framealpha=0.9, edgecolor="none")
    return _png(figure)


def _draw_curve(axes: Axes, result: CalibrationResult) -> None:
    non_mated = result.scores.non_mated
    ranks = np.unique(np.geomspace(1, len(non_mated), 2_000).astype(np.int64))
    axes.plot(
        non_mated[len(non_mated) - ranks],
        ranks / len(non_mated),
        color=_GREY,
        linewidth=1,
        label=f"every score ({len(non_mated):,} comparisons)",
    )
    score = np.array([knot.score for knot in result.knots])
    low, value, high = (
        10.0 ** np.array([getattr(knot, name) for knot in result.knots]) for name in ("low", "log10_fmr", "high")
    )
    axes.fill_between(score, low, high, color=_MATED, alpha=0.18, linewidth=0, label="95 % interval over people")
    counted = np.array([knot.count is not None for knot in result.knots])
    axes.plot(score[counted], value[counted], ".", color=_MATED, markersize=5, label="counted knots")
    axes.plot(score[~counted], value[~counted], ".", color=_NON_MATED, markersize=5, label="fitted tail (extrapolated)")
    axes.axvline(result.tail.threshold, color=_ACCENT, linewidth=1, linestyle="--", label="the fit uses scores above")


def _power(rate: float) -> str:
    return f"$10^{{{round(np.log10(rate))}}}$" if np.isclose(np.log10(rate) % 1, (0, 1)).any() else f"{rate:g}"


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = _figure(width, height)
    axes = figure.subplots()
    _style(axes)
    return figure, axes


def _style(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # No creation date or version inside: the same input gives the same bytes.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
