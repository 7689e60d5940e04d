"""Odd pictures give the right pixels, bad ones their typed error, all of them quickly and in silence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.robustness.pictures.bad_jpeg import BAD_JPEGS
from tests.robustness.pictures.bad_other import BAD_BMPS, BAD_WEBPS, FOREIGN_FILES
from tests.robustness.pictures.bad_png import BAD_PNGS
from tests.robustness.pictures.builders import astronaut
from tests.robustness.pictures.case import BadPicture, OddPicture
from tests.robustness.pictures.odd_bmp import BMPS
from tests.robustness.pictures.odd_jpeg import JPEGS
from tests.robustness.pictures.odd_png import PNGS
from tests.robustness.pictures.odd_webp import WEBPS
from visavis.engine.image import decode_image, from_array
from visavis.engine.pipeline import FaceEngine
from visavis.types import BoundingBox

_ODD = (*JPEGS, *PNGS, *BMPS, *WEBPS)
_BAD = (*FOREIGN_FILES, *BAD_JPEGS, *BAD_PNGS, *BAD_BMPS, *BAD_WEBPS)
_LONGEST_S = 2.0


@pytest.mark.parametrize("case", _ODD, ids=lambda case: case.name)
def test_odd_picture_gives_the_right_pixels(case: OddPicture, capfd: pytest.CaptureFixture[str]) -> None:
    expected, content = case.expected(), case.content()
    started = time.perf_counter()
    image = decode_image(content)
    assert time.perf_counter() - started < _LONGEST_S
    assert image.pixels.shape == expected.shape
    assert (image.full_width, image.full_height) == (expected.shape[1], expected.shape[0])
    assert str(image.format).lower() == case.name.split("-")[0]
    assert np.abs(image.pixels.astype(int) - expected).mean() <= case.tolerance
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("case", _BAD, ids=lambda case: case.name)
def test_bad_picture_gives_its_error(case: BadPicture, capfd: pytest.CaptureFixture[str]) -> None:
    content = case.content()
    started = time.perf_counter()
    with pytest.raises(case.error, match=case.says) as caught:
        decode_image(content)
    assert time.perf_counter() - started < _LONGEST_S
    assert type(caught.value) is case.error
    assert capfd.readouterr() == ("", "")


@pytest.fixture(scope="module")
def engine(model_home: Path) -> Iterator[FaceEngine]:
    with FaceEngine(home=model_home, auto_pull=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def portrait_box(engine: FaceEngine) -> BoundingBox:
    (face,) = engine.detect(from_array(astronaut()))
    assert abs(face.box.centre[0] - 128) < 15 and abs(face.box.centre[1] - 112) < 20  # between the eyes and the chin
    return face.box


@pytest.mark.parametrize("case", [case for case in _ODD if case.shows_face], ids=lambda case: case.name)
def test_face_of_odd_picture_is_where_it_should_be(
    case: OddPicture, engine: FaceEngine, portrait_box: BoundingBox
) -> None:
    (face,) = engine.detect(case.content())
    assert _overlap(face.box, portrait_box) > 0.75


def _overlap(a: BoundingBox, b: BoundingBox) -> float:
    """Area of the intersection over that of the union."""
    width = min(a.left + a.width, b.left + b.width) - max(a.left, b.left)
    height = min(a.top + a.height, b.top + b.height) - max(a.top, b.top)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (a.area + b.area - shared)


def test_names_are_unique() -> None:
    names = [*(case.name for case in _ODD), *(case.name for case in _BAD)]
    assert len(set(names)) == len(names) >= 60
