"""The drawing of an analysis, of a face whose mesh is the mean face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, Polygon

from tests.measured import FLAWLESS, changed, covered
from tests.unit.engine.analysis.test_components import face
from visavis.cli.analyze_drawing import draw_analysis
from visavis.cli.analyze_record import quality_levels
from visavis.engine.landmarks.shape import load_shape
from visavis.measures import FaceMeasures, HeadPose, Region
from visavis.types import AcquiredFace, AnalyzedFace, FaceImage, Template, Timings

WIDTH, HEIGHT = 300, 240
PICTURE = FaceImage(np.full((HEIGHT // 2, WIDTH // 2, 3), 200, np.uint8), WIDTH, HEIGHT)
NORMAL = quality_levels()["normal"]


def analyzed(measures: FaceMeasures, centre: tuple[float, float] = (150, 120)) -> AnalyzedFace:
    """The mean face, its eyes 60 pixels apart, in a picture of 300 x 240 that was decoded at half its size."""
    points = load_shape().points * 60 + np.array([*centre, 0])
    acquired = AcquiredFace(WIDTH, HEIGHT, None, (face(100),), Template(np.ones(1, np.float32), "model"), Timings())
    return AnalyzedFace(acquired, replace(measures, face_width_px=120.0), points)


def test_regions_take_the_colour_of_what_covers_them() -> None:
    figure = draw_analysis(PICTURE, analyzed(covered(mouth=0.9)), NORMAL)
    picture, _ = figure.axes
    outlines = [patch for patch in picture.patches if isinstance(patch, Polygon) and not patch.get_fill()]
    assert len(outlines) == len(Region)
    colours = dict(zip(load_shape().regions, (to_rgb(patch.get_edgecolor()) for patch in outlines), strict=True))
    red, _, _ = colours["mouth"]
    assert red > 0.7
    assert len(set(colours.values())) == 2
    assert figure.get_suptitle() == "quality 90 of 100 · refused at level normal"
    assert figure.get_supxlabel() == "do not cover your mouth"


def test_regions_that_the_head_hides_are_left_out() -> None:
    hidden = {**FLAWLESS.hidden, Region.LEFT_EYE: 1.0, Region.LEFT_CHEEK: 0.5}
    figure = draw_analysis(PICTURE, analyzed(changed(hidden=hidden)), NORMAL)
    outlines = [patch for patch in figure.axes[0].patches if isinstance(patch, Polygon) and not patch.get_fill()]
    assert len(outlines) == len(Region) - 1
    assert {patch.get_alpha() for patch in outlines} == {0.5, 1.0}
    assert "accepted" in figure.get_suptitle()


def test_axes_of_the_head_turn_with_it() -> None:
    figure = draw_analysis(PICTURE, analyzed(changed(pose=HeadPose(90, 0, 0))), NORMAL)
    arrows = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    moves = [np.subtract(*np.array(arrow._posA_posB)[::-1]) for arrow in arrows]  # type: ignore[attr-defined]
    # 0.55 of 120 pixels: the subject's left points away from the camera, its nose to the right of the picture.
    assert np.round(moves, 6).tolist() == [[0, 0], [0, -66], [66, 0]]


def test_a_face_that_is_cut_off_is_shown_with_what_lies_outside() -> None:
    inside, outside = (draw_analysis(PICTURE, analyzed(FLAWLESS, centre), NORMAL) for centre in ((150, 120), (20, 120)))
    assert inside.axes[0].get_xlim()[0] >= 0
    left, right = outside.axes[0].get_xlim()
    assert left < -30 < 100 < right
    (shown,) = outside.axes[0].images
    assert shown.get_extent()[0] == 0


def test_every_measure_has_a_bar_and_flaws_stand_out() -> None:
    texts = draw_analysis(PICTURE, analyzed(changed(blur=0.9)), NORMAL).axes[1].texts
    bold = [text.get_text() for text in texts if text.get_fontweight() == "bold"]
    assert bold == ["blur", "0.90"]
    assert len(texts) == 2 * (1 + len(Region) + 11)
