"""What a person sees of a comparison."""

from __future__ import annotations

import dataclasses
import html.parser
import io

import numpy as np
import pytest
from PIL import Image

from tests.unit.test_types import comparison
from visavis.drawing import describe_fmr, describe_meaning, format_rate
from visavis.errors import ParameterError
from visavis.types import Comparison, ComparisonDecision, FaceImage, FmrEstimate


def with_pictures(it: Comparison) -> Comparison:
    """Grey pictures of 200 x 100, the second decoded at half its size."""
    whole, half = (np.full((side, 2 * side, 3), 127, np.uint8) for side in (100, 50))
    return dataclasses.replace(it, pictures=(FaceImage(whole, 200, 100), FaceImage(half, 200, 100)))


@pytest.mark.parametrize(
    ("rate", "text"),
    [(1e-4, "1 in 10,000"), (7.7e-5, "1 in 12,987"), (0.1, "1 in 10"), (0.5, "50 % of"), (1.0, "100 % of")],
)
def test_rate_reads_as_people_say_it(rate: float, text: str) -> None:
    assert format_rate(rate) == text


def test_estimate_reads_with_its_interval() -> None:
    assert describe_fmr(FmrEstimate(1.23e-3, 1.1e-3, 1.5e-3, extrapolated=False)) == (
        "0.0012  (95 %: 0.0011 to 0.0015)"
    )
    assert describe_fmr(FmrEstimate(2e-9, 0.0, 4e-8, extrapolated=True)) == "2e-09  (95 %: 0 to 4e-08, extrapolated)"


def test_meaning_does_not_claim_more_than_was_counted() -> None:
    far_out = comparison()
    assert far_out.fmr.extrapolated
    assert far_out.fmr.high == 4e-6
    assert describe_meaning(far_out) == "fewer than 1 in 250,000 pairs of strangers score as high"
    counted = dataclasses.replace(far_out, fmr=FmrEstimate(1e-3, 5e-4, 2e-3, extrapolated=False))
    assert describe_meaning(counted) == "about 1 in 1,000 pairs of strangers score as high"


def test_figure_shows_both_pictures_and_the_verdict() -> None:
    figure = with_pictures(comparison()).plot()
    assert figure.get_suptitle() == "MATCH at FMR 1e-04"
    left, right = figure.axes
    for axis, name in ((left, "reference"), (right, "probe")):
        assert name in axis.get_title()
        assert (axis.get_xlim(), axis.get_ylim()) == ((0, 200), (100, 0))
        (box,) = axis.patches
        assert (box.get_x(), box.get_y(), box.get_width(), box.get_height()) == (10, 20, 80, 90)  # type: ignore[attr-defined]
        (points,) = axis.collections
        assert np.asarray(points.get_offsets()).tolist() == [[30, 40], [70, 41], [50, 60], [35, 80], [65, 81]]
    assert "by-hand" in figure.get_supxlabel()


def test_figure_renders_to_a_picture() -> None:
    buffer = io.BytesIO()
    with_pictures(comparison(ComparisonDecision.NON_MATCH)).plot().savefig(buffer, format="png")
    with Image.open(buffer) as picture:
        assert picture.format == "PNG"
        pixels = np.asarray(picture.convert("RGB"))
    # The colour of the subject's box, and the red of the verdict.
    for colour in ((0x00, 0xC2, 0xA8), (0xB4, 0x23, 0x18)):
        assert (np.abs(pixels.astype(int) - colour).max(-1) < 8).sum() > 50


def test_drawing_needs_the_pictures() -> None:
    with pytest.raises(ParameterError, match="keep_pictures=True"):
        comparison().plot()


class _Cells(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_notebook_table_is_escaped() -> None:
    hostile = "<script>alert('&')</script>"
    it = dataclasses.replace(comparison(), calibration_id=hostile)
    it = dataclasses.replace(it, engine=dataclasses.replace(it.engine, model_id="<b>m"))
    text = it._repr_html_()
    cells = _Cells()
    cells.feed(text)
    assert cells.tags == {"table", "tr", "th", "td"}
    assert hostile in cells.texts
    assert "match at FMR 1e-04" in cells.texts
    assert "0.6123 (threshold 0.2500)" in cells.texts
