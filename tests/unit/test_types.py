"""The domain words."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from visavis.types import (
    AcquiredFace,
    BoundingBox,
    Comparison,
    ComparisonDecision,
    DetectedFace,
    EngineIdentity,
    FaceImage,
    FmrEstimate,
    ImageFormat,
    Landmarks,
    Template,
    Timings,
)

POINTS = Landmarks((30, 40), (70, 41), (50, 60), (35, 80), (65, 81))


def acquired(vector: tuple[float, float] = (0.6, 0.8)) -> AcquiredFace:
    face = DetectedFace(BoundingBox(10, 20, 80, 90), POINTS, 0.9)
    template = Template(np.array(vector, np.float32), "m")
    return AcquiredFace(200, 100, ImageFormat.JPEG, (face,), template, Timings({"decode": 0.25}))


def comparison(decision: ComparisonDecision = ComparisonDecision.MATCH) -> Comparison:
    return Comparison(
        score=0.61234,
        fmr=FmrEstimate(2.5e-7, 1e-8, 4e-6, extrapolated=True),
        decision=decision,
        threshold=0.25,
        decision_fmr=1e-4,
        reference=acquired(),
        probe=acquired((1.0, 0.0)),
        engine=EngineIdentity("m", "ab" * 32, "d", "openvino", "fp32", "default"),
        calibration_id="by-hand",
        timings=Timings({"decode": 0.5}),
    )


def test_box_measures() -> None:
    box = BoundingBox(-10, 20, 30, 40)
    assert (box.area, box.centre) == (1200, (5, 40))


def test_landmarks_survive_the_way_through_an_array() -> None:
    array = POINTS.to_array()
    assert array.tolist() == [[30, 40], [70, 41], [50, 60], [35, 80], [65, 81]]
    assert Landmarks.from_array(array) == POINTS
    assert isinstance(Landmarks.from_array(array.astype(np.float32)).nose_tip[0], float)


def test_picture_knows_by_how_much_it_was_reduced() -> None:
    image = FaceImage(np.zeros((30, 50, 3), np.uint8), 400, 240, ImageFormat.JPEG)
    assert (image.width, image.height, image.scale) == (50, 30, 0.125)
    assert repr(image) == "FaceImage(400x240, decoded 50x30, JPEG)"


def test_timings_add_up() -> None:
    total = Timings({"decode": 1.0, "detect": 2.0}) + Timings({"detect": 3.0, "compare": 0.5})
    assert list(total.stages.items()) == [("decode", 1.0), ("detect", 5.0), ("compare", 0.5)]
    assert total.total_s == 6.5
    assert Timings().total_s == 0


def test_subject_is_the_first_face() -> None:
    assert acquired().face.box == BoundingBox(10, 20, 80, 90)


@pytest.mark.parametrize(
    ("decision", "is_match"), [(ComparisonDecision.MATCH, True), (ComparisonDecision.NON_MATCH, False)]
)
def test_verdict(decision: ComparisonDecision, is_match: bool) -> None:
    assert comparison(decision).is_match is is_match


def test_comparison_reads_as_one_line() -> None:
    assert repr(comparison()) == (
        "<Comparison match: score 0.6123, FMR 2.5e-07 [1.0e-08, 4.0e-06], decided at FMR 1e-04>"
    )


@pytest.mark.parametrize("thing", [POINTS, acquired(), comparison(), Timings()])
def test_domain_words_are_frozen(thing: object) -> None:
    assert dataclasses.is_dataclass(thing)
    name = dataclasses.fields(thing)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(thing, name, None)
