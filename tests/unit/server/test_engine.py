"""Jobs of the use cases on an engine: what it is asked for, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from tests.faces import astronaut
from tests.measured import FLAWLESS
from tests.protocol_fakes import FACE, OTHER_FACE
from tests.robustness.pictures.builders import encode
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.errors import ImageDecodeError, VisavisError
from visavis.server.engine import EngineJobs
from visavis.service.comparison import PictureJob
from visavis.service.orders import PictureRules
from visavis.types import AcquiredFace, FaceCheck, FaceChoice, FoundFace, ImageFormat, Template, Timings

_TEMPLATE = Template(np.ones(1, np.float32), "m")
_FOUND = AcquiredFace(8, 8, ImageFormat.PNG, (FACE, OTHER_FACE), _TEMPLATE, Timings())

_MEASURES = frozenset({FaceCheck.MEASURES})


class _Engine:
    """Takes down what it is asked; finds the same two faces everywhere."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.measure_error: VisavisError | None = None

    def acquire_all(
        self, pictures: Sequence[Picture], choices: Sequence[FaceChoice], *, thorough: bool = False
    ) -> list[AcquiredFace]:
        self.asked.append(("all", [picture.width for picture in pictures], list(choices), thorough))
        return [_FOUND for _ in pictures]

    def acquire_others(self, picture: Picture, acquired: AcquiredFace, count: int) -> AcquiredFace:
        self.asked.append(("others", picture.width, count))
        return replace(acquired, others=(FoundFace(OTHER_FACE, _TEMPLATE),))

    def examine(self, picture: Picture, acquired: AcquiredFace, checks: frozenset[FaceCheck]) -> AcquiredFace:
        self.asked.append((*sorted(checks), picture.width, len(acquired.others)))
        if self.measure_error:
            raise self.measure_error
        return replace(acquired, measures=FLAWLESS)


@pytest.mark.parametrize(("others", "extra"), [(0, []), (3, [("others", 512, 3)])])
def test_other_faces_cost_nothing_where_nobody_asks_for_them(others: int, extra: list[tuple[Any, ...]]) -> None:
    engine = _Engine()
    job = PictureJob(encode(astronaut(), "PNG"), PictureRules(10**7), FaceChoice.CENTRAL, None, others)
    found = EngineJobs(cast(FaceEngine, engine)).detect(job)
    assert engine.asked == [("all", [512], [FaceChoice.CENTRAL], True), *extra]
    assert len(found.others) == len(extra)


def test_comparison_asks_for_subjects_only() -> None:
    engine = _Engine()
    picture = encode(astronaut(), "PNG")
    sides = [PictureJob(picture, PictureRules(10**7), FaceChoice.LARGEST, side) for side in ("reference", "probe")]
    assert len(EngineJobs(cast(FaceEngine, engine)).acquire(sides)) == 2
    assert engine.asked == [("all", [512, 512], [FaceChoice.LARGEST] * 2, False)]


def test_detection_measures_the_other_faces_too() -> None:
    engine = _Engine()
    picture = encode(astronaut(), "PNG")
    job = PictureJob(picture, PictureRules(10**7), FaceChoice.LARGEST, None, 2, checks=_MEASURES)
    assert EngineJobs(cast(FaceEngine, engine)).detect(job).measures == FLAWLESS
    assert engine.asked[1:] == [("others", 512, 2), ("measures", 512, 1)]


def test_only_the_side_whose_quality_matters_is_measured() -> None:
    engine = _Engine()
    picture = encode(astronaut(), "PNG")
    plain = PictureJob(picture, PictureRules(10**7), FaceChoice.LARGEST, "reference")
    found = EngineJobs(cast(FaceEngine, engine)).acquire([plain, replace(plain, side="probe", checks=_MEASURES)])
    assert [face.measures for face in found] == [None, FLAWLESS]
    assert engine.asked[1:] == [("measures", 512, 0)]


def test_what_fails_while_it_is_measured_names_its_side() -> None:
    engine = _Engine()
    engine.measure_error = ImageDecodeError("damaged")
    picture = encode(astronaut(), "PNG")
    plain = PictureJob(picture, PictureRules(10**7), FaceChoice.LARGEST, "reference")
    with pytest.raises(ImageDecodeError) as caught:
        EngineJobs(cast(FaceEngine, engine)).acquire([plain, replace(plain, side="probe", checks=_MEASURES)])
    assert caught.value.side == "probe"
