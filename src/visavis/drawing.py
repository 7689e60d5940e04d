"""What a person sees of a comparison: a figure, and a table for notebooks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from visavis.errors import ParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from visavis.types import AcquiredFace, Comparison, DetectedFace, FaceImage, FmrEstimate

_MATCH = "#1a7f37"
_NON_MATCH = "#b42318"
_SUBJECT = "#00c2a8"
_OTHER = "#ffb000"
_GREY = "#667085"


def format_rate(rate: float) -> str:
    """A rate as people say it: `1 in 13,000`."""
    return f"1 in {1 / rate:,.0f}" if rate < 0.5 else f"{100 * rate:.0f} % of"


def count_faces(count: int) -> str:
    """`1 face`, `3 faces`."""
    return "1 face" if count == 1 else f"{count} faces"


def describe_fmr(fmr: FmrEstimate) -> str:
    """A false match rate with its interval, in one line."""
    mark = ", extrapolated" if fmr.extrapolated else ""
    return f"{fmr.value:.2g}  (95 %: {fmr.low:.2g} to {fmr.high:.2g}{mark})"


def describe_meaning(comparison: Comparison) -> str:
    """What the score means, in a sentence; where the rate is extrapolated, by the upper end of its interval."""
    if comparison.fmr.extrapolated:
        return f"fewer than {format_rate(comparison.fmr.high)} pairs of strangers score as high"
    return f"about {format_rate(comparison.fmr.value)} pairs of strangers score as high"


def draw_comparison(comparison: Comparison) -> Figure:
    """Both pictures side by side: every face boxed, the subject's five points, the verdict above.

    Raises:
        ParameterError: the pictures were not kept.
    """
    from matplotlib.figure import Figure

    if comparison.pictures is None:
        raise ParameterError("the pictures were not kept; compare with keep_pictures=True")
    figure = Figure(figsize=(9, 5.4), dpi=150, layout="constrained")
    axes = figure.subplots(1, 2)
    sides = (comparison.reference, comparison.probe)
    for axis, image, face, name in zip(axes, comparison.pictures, sides, ("reference", "probe"), strict=True):
        _draw_picture(axis, image, face, name)
    colour = _MATCH if comparison.is_match else _NON_MATCH
    figure.suptitle(
        f"{str(comparison.decision).upper()} at FMR {comparison.decision_fmr:.0e}", color=colour, weight="bold", size=15
    )
    figure.supxlabel(
        f"score {comparison.score:.3f}, threshold {comparison.threshold:.3f}: {describe_meaning(comparison)}\n"
        f"false match rate {describe_fmr(comparison.fmr)}\n"
        f"{comparison.engine.model_id}, {comparison.engine.runtime} {comparison.engine.precision}, "
        f"profile {comparison.engine.profile}, calibration {comparison.calibration_id}",
        color=_GREY,
        size=9,
    )
    return figure


def _draw_picture(axis: Axes, image: FaceImage, acquired: AcquiredFace, name: str) -> None:
    width, height = acquired.image_width, acquired.image_height
    axis.imshow(image.pixels, extent=(0, width, height, 0))
    for face in reversed(acquired.faces):
        _draw_face(axis, face, is_subject=face is acquired.face)
    axis.set_xlim(0, width)
    axis.set_ylim(height, 0)
    axis.set_axis_off()
    # Pictures of unlike shapes hang from one line.
    axis.set_anchor("N")
    axis.set_title(f"{name}, {width}×{height}, {count_faces(len(acquired.faces))}", size=9, color=_GREY)


def _draw_face(axis: Axes, face: DetectedFace, *, is_subject: bool) -> None:
    from matplotlib.patches import Rectangle

    box = face.box
    colour = _SUBJECT if is_subject else _OTHER
    axis.add_patch(Rectangle((box.left, box.top), box.width, box.height, fill=False, edgecolor=colour, linewidth=1.8))
    if is_subject:
        points = face.landmarks.to_array()
        axis.scatter(points[:, 0], points[:, 1], s=14, color=colour, edgecolors="black", linewidths=0.5)


def comparison_html(comparison: Comparison) -> str:
    """A small table for notebooks."""
    it = comparison.engine
    rows = [
        ("decision", f"{comparison.decision} at FMR {comparison.decision_fmr:.0e}"),
        ("score", f"{comparison.score:.4f} (threshold {comparison.threshold:.4f})"),
        ("false match rate", describe_fmr(comparison.fmr)),
        ("meaning", describe_meaning(comparison)),
        ("engine", f"{it.model_id}, {it.runtime} {it.precision}, profile {it.profile}"),
        ("calibration", comparison.calibration_id),
        ("time", f"{1000 * comparison.timings.total_s:.1f} ms"),
    ]
    cells = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"
