"""A face with what was measured of it: regions coloured by what covers them, the pose, every measure as a bar."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visavis.cli.analyze_table import REGION_NAMES
from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.pose import rotation_for
from visavis.engine.landmarks.shape import load_shape
from visavis.engine.picture import Picture
from visavis.errors import FileMissingError, ParameterError
from visavis.measures import FaceMeasures, Region
from visavis.service.quality import Flaw, QualityLevel, advice
from visavis.types import AnalyzedFace, FaceImage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _GREY, _PALE, _RED, _GREEN = "#1d2939", "#667085", "#eaecf0", "#b42318", "#1a7f37"
_SCALE = ("#2e9e5b", "#9bbf3b", "#f2b134", "#e8743b", "#c8282b")
_AXES = ("#e5484d", "#30a46c", "#3e63dd")
_NOSE_TIP = 1
_SPREAD, _AXIS_LENGTH = 1.9, 0.55
_HIDDEN = 0.9
_STRICT = 2.5
"""Times the lack of quality: what stands at 70 is bad already."""
_SHARPEST_PX = 1200


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    text: str
    share: float
    colour: str
    is_flawed: bool


def save_analysis(content: bytes | FaceImage, analyzed: AnalyzedFace, level: QualityLevel, path: Path) -> None:
    """Write the figure; its format follows the file's name.

    Raises:
        FileMissingError: the file cannot be written.
        ParameterError: no picture format has that name.
    """
    figure = draw_analysis(content, analyzed, level)
    try:
        figure.savefig(path)
    except OSError as error:
        raise FileMissingError(f"cannot write {path}: {error.strerror}") from error
    except ValueError as error:
        raise ParameterError(f"cannot draw {path}: {error}") from error


def draw_analysis(content: bytes | FaceImage, analyzed: AnalyzedFace, level: QualityLevel) -> Figure:
    """The face at the left, its measures at the right, the verdict of a level above; in English.

    Args:
        content: the picture that was analysed.
        analyzed: what came of it.
        level: whose verdict to show.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6.6), dpi=130, layout="constrained", facecolor="white")
    face, bars = figure.subplots(1, 2, width_ratios=(1.2, 1))
    _draw_face(face, content, analyzed)
    flaws = level.flaws(analyzed.measures)
    _draw_bars(bars, list(_bars(analyzed.measures, frozenset(flaws))))
    verdict = "refused" if flaws else "accepted"
    figure.suptitle(
        f"quality {analyzed.measures.quality:.0f} of 100 · {verdict} at level {level.name}",
        color=_RED if flaws else _GREEN,
        weight="bold",
        size=15,
    )
    if flaws:
        figure.supxlabel("\n".join(advice(flaw, "en") for flaw in flaws), color=_RED, size=9)
    return figure


def _draw_face(axis: Axes, content: bytes | FaceImage, analyzed: AnalyzedFace) -> None:
    points, shape = analyzed.points[:, :2], load_shape()
    oval = points[shape.contours["face_oval"]]
    arrows = _arrows(points[_NOSE_TIP], analyzed)
    left, top, right, bottom = _window(np.vstack([oval, arrows]), oval, analyzed)
    image = Picture(content, ImageLimits()).decode(min(1.0, _SHARPEST_PX / max(right - left, bottom - top)))
    pixels, extent = _cut(image, left, top, right, bottom)
    axis.imshow(pixels, extent=extent, interpolation="bilinear")
    _draw_regions(axis, points, analyzed.measures)
    closed = np.vstack([oval, oval[:1]])
    axis.plot(closed[:, 0], closed[:, 1], color="white", linewidth=1.6, alpha=0.9)
    _draw_pose(axis, points[_NOSE_TIP], arrows)
    axis.set_xlim(left, right)
    axis.set_ylim(bottom, top)
    axis.set(xticks=[], yticks=[], facecolor=_PALE)
    axis.spines[:].set_visible(False)
    pose = analyzed.measures.pose
    size = f"{analyzed.acquired.image_width}×{analyzed.acquired.image_height}"
    turn = f"yaw {round(pose.yaw):+d}°, pitch {round(pose.pitch):+d}°, roll {round(pose.roll):+d}°"
    axis.set_title(f"{size}, face {analyzed.measures.face_width_px:.0f} px wide; {turn}", size=9, color=_GREY)


def _window(
    needed: NDArray[np.float64], oval: NDArray[np.float64], analyzed: AnalyzedFace
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what is shown: the surroundings of the face, beyond the picture only as needed."""
    low, high = oval.min(0), oval.max(0)
    centre, half = (low + high) / 2, _SPREAD * float((high - low).max()) / 2
    size = np.array([analyzed.acquired.image_width, analyzed.acquired.image_height], np.float64)
    first = np.minimum(np.maximum(centre - half, 0.0), needed.min(0) - 0.03 * half)
    last = np.maximum(np.minimum(centre + half, size), needed.max(0) + 0.03 * half)
    return float(first[0]), float(first[1]), float(last[0]), float(last[1])


def _cut(
    image: FaceImage, left: float, top: float, right: float, bottom: float
) -> tuple[NDArray[np.uint8], tuple[float, float, float, float]]:
    """The pixels within, and where they lie: left, right, bottom, top in full-resolution pixels."""
    across, down = image.width / image.full_width, image.height / image.full_height
    first, last = max(0, int(left * across)), min(image.width, math.ceil(right * across))
    upper, lower = max(0, int(top * down)), min(image.height, math.ceil(bottom * down))
    extent = (first / across, last / across, lower / down, upper / down)
    return image.pixels[upper:lower, first:last], extent


def _draw_regions(axis: Axes, points: NDArray[np.float64], measures: FaceMeasures) -> None:
    from matplotlib.patches import Polygon

    for region, polygon in load_shape().regions.items():
        covered, hidden = measures.occlusion[Region(region)], measures.hidden[Region(region)]
        if hidden > _HIDDEN:
            continue
        colour, seen = _colour(covered), 1 - hidden
        axis.add_patch(Polygon(points[polygon], closed=True, facecolor=colour, alpha=0.42 * seen, edgecolor="none"))
        axis.add_patch(Polygon(points[polygon], closed=True, fill=False, edgecolor=colour, alpha=seen, linewidth=1.3))


def _arrows(origin: NDArray[np.float64], analyzed: AnalyzedFace) -> NDArray[np.float64]:
    """(3, 2) ends of arrows from the nose: to the subject's left, up, and where the nose points."""
    length = _AXIS_LENGTH * max(analyzed.measures.face_width_px, analyzed.measures.eye_distance_px)
    ends = rotation_for(analyzed.measures.pose) @ np.diag([1.0, -1.0, -1.0]) * length
    return np.asarray(origin + ends[:2].T)


def _draw_pose(axis: Axes, origin: NDArray[np.float64], ends: NDArray[np.float64]) -> None:
    from matplotlib.patches import FancyArrowPatch

    start = (float(origin[0]), float(origin[1]))
    for (x, y), colour in zip(ends.tolist(), _AXES, strict=True):
        arrow = FancyArrowPatch(
            start, (x, y), arrowstyle="-|>", mutation_scale=14, color=colour, linewidth=2.2, shrinkA=0, shrinkB=0
        )
        axis.add_patch(arrow)


def _bars(measures: FaceMeasures, flaws: frozenset[Flaw]) -> Iterator[_Bar]:
    quality = measures.quality / 100
    yield _Bar("quality", f"{measures.quality:.0f}", quality, _colour(_STRICT * (1 - quality)), False)
    for region, (name, _) in REGION_NAMES.items():
        covered, hidden = measures.occlusion[region], measures.hidden[region]
        text = f"{covered:.2f}" + (f"  ({hidden:.0%} hidden)" if hidden >= 0.2 else "")
        yield _Bar(f"{name} covered", text, covered, _colour(covered), Flaw(region.value) in flaws)
    light = {Flaw.TOO_DARK, Flaw.TOO_BRIGHT} & flaws
    yield _Bar("blur", f"{measures.blur:.2f}", measures.blur, _colour(measures.blur), Flaw.BLURRED in flaws)
    yield _Bar("illumination", f"{measures.illumination:.0f}", measures.illumination / 255, _GREY, bool(light))
    for name, share in (
        ("left-right imbalance", measures.illumination_imbalance),
        ("over-exposed", measures.over_exposed),
        ("under-exposed", measures.under_exposed),
    ):
        yield _Bar(name, f"{share:.2f}", share, _colour(share), False)
    outside = measures.outside
    yield _Bar("outside the picture", f"{outside:.2f}", outside, _colour(outside), Flaw.INCOMPLETE in flaws)
    for name, share in (
        ("left eye open", measures.left_eye_open),
        ("right eye open", measures.right_eye_open),
        ("mouth open", measures.mouth_open),
        ("mask", measures.mask),
        ("dark glasses", measures.dark_glasses),
    ):
        yield _Bar(name, f"{share:.2f}", share, _GREY, False)


def _draw_bars(axis: Axes, bars: list[_Bar]) -> None:
    places = list(range(len(bars)))
    axis.barh(places, [1.0] * len(bars), height=0.55, color=_PALE)
    axis.barh(places, [min(1.0, bar.share) for bar in bars], height=0.55, color=[bar.colour for bar in bars])
    for place, bar in zip(places, bars, strict=True):
        colour = _RED if bar.is_flawed else _INK
        weight = "bold" if bar.is_flawed else "normal"
        axis.text(-0.03, place, bar.name, ha="right", va="center", size=9, color=colour, weight=weight)
        axis.text(1.03, place, bar.text, ha="left", va="center", size=9, color=colour, weight=weight)
    axis.set_xlim(-0.62, 1.4)
    axis.set_ylim(len(bars) - 0.4, -0.6)
    axis.set_axis_off()


def _colour(share: float) -> str:
    """From green for 0 to red for 1."""
    return _SCALE[min(len(_SCALE) - 1, int(max(0.0, share) * len(_SCALE)))]
