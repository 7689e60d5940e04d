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
from numpy.typing import NDArray

from visavis.evaluation.bpcer import BpcerFit
from visavis.evaluation.calibrate import CalibrationResult
from visavis.evaluation.pad_protocol import GroupResult, PadPoint, PadResults
from visavis.evaluation.protocol import Histogram, OperatingPoint, ProtocolResult
from visavis.presentation import Check, suspicion_of

_MATED, _NON_MATED, _GREY, _ACCENT = "#0072B2", "#D55E00", "#555555", "#009E73"
_LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
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
            _mark_threshold(axes, point.threshold, f"FMR {_power(point.fmr)}")


def _mark_threshold(axes: Axes, threshold: float, label: str) -> None:
    axes.axvline(threshold, color=_GREY, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.annotate(
        label,
        (threshold, 0.985),
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


def plot_pad_det(results: PadResults) -> bytes:
    """APCER against BPCER of every species on logarithmic axes, with the thresholds of the controls."""
    figure, axes = _new_figure(7.2, 4.6)
    drawn = [group for group in results.species if len(group.det.bpcer)]
    left, right = _decades([float(group.det.bpcer.min()) for group in drawn], 1e-2)
    for group, colour in zip(drawn, _LINES * len(drawn), strict=False):
        shown = group.det.apcer > 0
        area = "" if group.area.value is None else f" (AUC {group.area.value:.3f})"
        axes.plot(group.det.bpcer[shown], group.det.apcer[shown], color=colour, linewidth=1.6)
        axes.plot([], [], color=colour, linewidth=1.6, label=f"{group.species}{area}")
        _draw_control_points(axes, results.control_points, str(group.species), colour, left)
    if results.control_points and drawn:
        axes.plot([], [], "o-", color=_GREY, markersize=4.5, linewidth=1, label="thresholds of the control, 95 %")
        axes.plot([], [], "<", color=_GREY, markersize=5, label="the same, where BPCER is 0 here")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(left, right)
    axes.set_ylim(*_decades([float(group.det.apcer[group.det.apcer > 0].min(initial=1.0)) for group in drawn], 1e-2))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(10, numticks=12))
        axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
    axes.set_xlabel("BPCER: bona fide presentations refused")
    axes.set_ylabel("APCER: attacks of the species let through")
    axes.grid(which="major", color="#dddddd", linewidth=0.7)
    if drawn:
        axes.legend(loc="best", frameon=True, framealpha=0.9, edgecolor="none", fontsize=9)
    return _png(figure)


def _draw_control_points(axes: Axes, points: Sequence[PadPoint], species: str, colour: str, left: float) -> None:
    """At the left edge where no bona fide presentation was refused: a logarithmic axis has no 0."""
    for point in points:
        if point.bpcer is None or point.bpcer.value is None or point.apcer is None:
            continue
        rate = point.apcer[species]
        if not rate.value or rate.interval is None:
            continue
        if point.bpcer.value:
            axes.plot([point.bpcer.value] * 2, rate.interval, color=colour, linewidth=1.0, alpha=0.7)
            axes.plot([point.bpcer.value], [rate.value], "o", color=colour, markersize=4.5)
        else:
            axes.plot([left], [rate.value], "<", color=colour, markersize=6, clip_on=False)


def plot_suspicions(results: PadResults, check: Check) -> bytes:
    """Histograms of the suspicion of bona fide presentations and of every species, with the counted thresholds."""
    groups = [group for group in (results.bona_fide, *results.species) if len(group.suspicion)]
    ends = [float(group.suspicion[end]) for group in groups for end in (0, -1)]
    low, high = (min(ends), max(ends)) if ends else (-1.0, 1.0)
    figure, axes = _new_figure(7.2, 3.7)
    edges = np.linspace(low, max(high, low + 1e-6), 61)
    tops = [
        _draw_suspicions(axes, group, colour, edges)
        for group, colour in zip(groups, _group_colours(groups), strict=True)
    ]
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.28 * max([*tops, 1e-3]))
    for point in results.nominal_points:
        if point.threshold is not None:
            where = float(suspicion_of(np.array([point.threshold]), check)[0])
            _mark_threshold(axes, where, f"BPCER {_power(point.nominal)}")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.set_xlabel("suspicion (logit of the native score), further right = worse")
    axes.set_ylabel("share of photos per bin")
    if groups:
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1.13), ncols=5, frameon=False, borderaxespad=0)
    return _png(figure)


def plot_bpcer(fit: BpcerFit, native: NDArray[np.float64], check: Check, title: str) -> bytes:
    """The curve suspicion → BPCER with its knots, interval and fitted tail, over the photos that it was made of."""
    figure, axes = _new_figure(7.2, 4.8)
    falling = np.sort(suspicion_of(native, check))[::-1]
    axes.step(falling, np.arange(1, len(falling) + 1) / len(falling), color=_GREY, linewidth=1, label="every photo")
    where = suspicion_of(np.array([knot.native for knot in fit.knots]), check)
    low, value, high = (
        10.0 ** np.array([getattr(knot, name) for knot in fit.knots]) for name in ("low", "log10_bpcer", "high")
    )
    axes.fill_between(where, low, high, color=_MATED, alpha=0.18, linewidth=0, label="95 % interval")
    counted = np.array([knot.count is not None for knot in fit.knots])
    axes.plot(where[counted], value[counted], ".", color=_MATED, markersize=5, label="counted knots")
    axes.plot(where[~counted], value[~counted], ".", color=_NON_MATED, markersize=5, label="fitted tail (extrapolated)")
    axes.set_xlim(falling[-1], where[-1] + 0.5)
    axes.set_yscale("log")
    axes.set_ylim(value[-1] / 3, 1.3)
    for one in fit.thresholds:
        axes.axhline(one.bpcer, color=_ACCENT, linewidth=0.8, linestyle=":")
        axes.annotate(
            f"threshold {one.score:g}",
            (0.005, one.bpcer),
            xycoords=("axes fraction", "data"),
            xytext=(0, 2),
            textcoords="offset points",
            fontsize=8,
            color=_ACCENT,
        )
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel("suspicion (logit of the native score), further right = worse")
    axes.set_ylabel("BPCER: bona fide presentations refused")
    axes.legend(loc="upper right", frameon=True, framealpha=0.9, edgecolor="none")
    return _png(figure)


def _group_colours(groups: Sequence[GroupResult]) -> list[str]:
    """Bona fide presentations are grey, species as in the error trade-off."""
    lines = iter(_LINES * len(groups))
    return [_GREY if group.species is None else next(lines) for group in groups]


def _draw_suspicions(axes: Axes, group: GroupResult, colour: str, edges: NDArray[np.float64]) -> float:
    shares = np.histogram(group.suspicion, bins=edges)[0] / len(group.suspicion)
    axes.stairs(shares, edges, fill=True, color=colour, alpha=0.3)
    axes.stairs(shares, edges, color=colour, label=group.species or "bona fide", linewidth=1.3)
    return float(shares.max())


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
