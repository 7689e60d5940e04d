from __future__ import annotations

import math

import numpy as np
import pytest

from tests.unit.evaluation.pad_fakes import NO_FACE, TIGHT, answered, make_set
from visavis.evaluation.pad_protocol import PadOptions, PadResults, Rate, evaluate_presentations
from visavis.evaluation.pad_run import Outcome
from visavis.presentation import Check, SynthesisResult

ROWS: list[tuple[str | None, str | None]] = [
    *[(None, "ann"), (None, "ann"), (None, "bob"), (None, None), (None, "bob"), (None, None)],
    *[("print", "ann"), ("print", "ann"), ("print", "bob"), ("print", "bob")],
    *[("screen", None), ("screen", None), ("screen", None)],
]
BONA_FIDE: list[Outcome] = [
    answered(0.9, 0.95),
    answered(0.8, 0.6),
    answered(0.7, 0.2),
    answered(0.6, 0.04),
    TIGHT,
    NO_FACE,
]
PRINTS: list[Outcome] = [answered(0.75, 0.4), answered(0.1, 0.01), answered(0.2, 0.02), TIGHT]
SCREENS: list[Outcome] = [answered(0.95, 0.97), answered(0.3, 0.03), NO_FACE]
OUTCOMES = [*BONA_FIDE, *PRINTS, *SCREENS]


@pytest.fixture(scope="module")
def results() -> PadResults:
    return evaluate_presentations(make_set(ROWS), OUTCOMES, Check.PAD, PadOptions(resamples=50))


def counts(rate: Rate | None) -> tuple[int, int]:
    assert rate is not None
    return rate.events, rate.trials


def test_nothing_vanishes(results: PadResults) -> None:
    groups = (results.bona_fide, *results.species)
    assert [(group.species, group.photos, group.people) for group in groups] == [
        (None, 6, 2),
        ("print", 4, 2),
        ("screen", 3, 0),
    ]
    assert [dict(group.failures) for group in groups] == [{"no_face": 1}, {}, {"no_face": 1}]
    assert [dict(group.non_responses) for group in groups] == [{"too_tight": 1}, {"too_tight": 1}, {}]
    # Of the photos with a usable face.
    assert [counts(group.non_response) for group in groups] == [(1, 5), (1, 4), (0, 2)]
    assert sum(len(group.suspicion) for group in groups) == 4 + 3 + 2


def test_errors_at_the_controls_thresholds_by_hand(results: PadResults) -> None:
    high, normal, low = results.control_points
    assert [(point.nominal, point.threshold) for point in results.control_points] == [
        (1e-2, 0.9),
        (1e-3, 0.3),
        (1e-4, 0.05),
    ]
    # Public scores 0.95, 0.6, 0.2, 0.04.
    assert [counts(point.bpcer) for point in (high, normal, low)] == [(3, 4), (2, 4), (1, 4)]
    # Those without an answer or a face are not let through.
    assert [counts(point.refused) for point in (high, normal, low)] == [(5, 6), (4, 6), (3, 6)]
    assert high.apcer is not None and normal.apcer is not None and normal.accepted is not None
    assert (counts(high.apcer["print"]), counts(high.apcer["screen"])) == ((0, 3), (1, 2))
    assert (counts(normal.apcer["print"]), counts(normal.apcer["screen"])) == ((1, 3), (1, 2))
    assert (counts(normal.accepted["print"]), counts(normal.accepted["screen"])) == ((1, 4), (1, 3))
    assert [point.highest for point in (high, normal, low)] == ["screen"] * 3


def test_areas_by_hand(results: PadResults) -> None:
    # Attacks 0.75, 0.1, 0.2 are worse than 2, 4 and 4 of the four bona fide ones; 0.95 and 0.3 than 0 and 4.
    assert results.species[0].area.value == pytest.approx(10 / 12)
    assert results.species[1].area.value == pytest.approx(4 / 8)
    assert results.bona_fide.area.value == pytest.approx(14 / 20)
    for group in (results.bona_fide, *results.species):
        assert group.area.interval is not None
        assert group.area.interval[0] <= (group.area.value or 0) <= group.area.interval[1]


def test_a_set_that_is_too_small_says_how_many_photos_a_rate_takes(results: PadResults) -> None:
    assert [point.threshold for point in results.nominal_points] == [None, None]
    assert results.nominal_points[0].reason == "4 bona fide photos with an answer; a rate of 0.01 needs 100"
    assert results.nominal_points[1].highest is None


def test_an_interval_holds_the_exact_one_and_that_over_people() -> None:
    assert Rate(1, 10, (0.0025, 0.445), (0.0, 0.3)).interval == (0.0, 0.445)
    assert Rate(1, 10, (0.0025, 0.445), None).interval == (0.0025, 0.445)
    assert Rate(0, 0, None, None).interval is None
    assert Rate(0, 0, None, None).value is None
    assert Rate(1, 4, None, None).value == 0.25


def two_hundred() -> tuple[list[tuple[str | None, str | None]], list[Outcome]]:
    """Bona fide 0.601..0.8 of 100 people; of 20 attacks `flat` 0.401..0.42 and one 0.9; of 10 `bent` all 0.6015."""
    rows: list[tuple[str | None, str | None]] = [(None, f"p{index // 2}") for index in range(200)]
    rows += [("flat", f"p{index}") for index in range(21)] + [("bent", None)] * 10
    natives = [*(0.601 + index / 1000 for index in range(200)), *(0.401 + index / 1000 for index in range(20)), 0.9]
    return rows, [answered(native) for native in [*natives, *[0.6015] * 10]]


def test_apcer_at_a_nominal_bpcer_by_hand() -> None:
    rows, outcomes = two_hundred()
    results = evaluate_presentations(make_set(rows), outcomes, Check.PAD, PadOptions(resamples=50))
    assert results.control_points == ()
    point = results.nominal_points[0]
    # Two of 200 may be refused: 0.601 and 0.602, but not 0.603.
    assert point.threshold is not None
    assert 0.602 < point.threshold <= 0.603
    assert counts(point.bpcer) == (2, 200)
    assert point.apcer is not None
    assert counts(point.apcer["flat"]) == (1, 21)
    assert counts(point.apcer["bent"]) == (0, 10)
    assert point.highest == "flat"
    # In some resamples 0.601 is not drawn, or rarely: the threshold falls below the bent ones.
    assert point.apcer["bent"].over_people == pytest.approx((0, 1))
    assert point.highest_interval is not None
    assert point.highest_interval[1] == pytest.approx(1.0)
    assert results.nominal_points[1].threshold is None


def test_without_resamples_there_are_exact_intervals_only() -> None:
    rows, outcomes = two_hundred()
    results = evaluate_presentations(make_set(rows), outcomes, Check.PAD, PadOptions(resamples=0))
    point = results.nominal_points[0]
    assert point.apcer is not None
    rate = point.apcer["bent"]
    assert rate.over_people is None
    assert rate.interval == pytest.approx((0, 1 - 0.025**0.1))
    assert results.bona_fide.area.interval is None
    assert point.highest_interval == point.apcer["flat"].exact


def test_one_person_says_nothing_about_people() -> None:
    rows: list[tuple[str | None, str | None]] = [(None, "ann")] * 3 + [("print", "ann")] * 2
    outcomes: list[Outcome] = [answered(0.9), answered(0.8), TIGHT, answered(0.1), answered(0.2)]
    results = evaluate_presentations(make_set(rows), outcomes, Check.PAD, PadOptions(resamples=20))
    assert results.bona_fide.non_response.over_people is None
    assert results.bona_fide.non_response.exact is not None


def test_the_other_check_runs_the_other_way() -> None:
    rows: list[tuple[str | None, str | None]] = [(None, None)] * 2 + [("morph", None)] * 2
    outcomes: list[Outcome] = [
        SynthesisResult(0.2, 0.1),
        SynthesisResult(0.6, 0.4),
        SynthesisResult(0.71, 0.9),
        SynthesisResult(0.3, 0.2),
    ]
    results = evaluate_presentations(make_set(rows), outcomes, Check.SYNTHESIS, PadOptions(resamples=0))
    assert [(point.nominal, point.threshold) for point in results.control_points] == [
        (5e-2, 0.3),
        (1e-2, 0.5),
        (1e-3, 0.7),
    ]
    assert [counts(point.bpcer) for point in results.control_points] == [(1, 2), (1, 2), (0, 2)]
    assert [counts((point.apcer or {})["morph"]) for point in results.control_points] == [(1, 2)] * 3
    # 0.9 is worse than both, 0.2 than one.
    assert results.species[0].area.value == pytest.approx(3 / 4)
    assert results.bona_fide.suspicion.tolist() == pytest.approx([math.log(1 / 9), math.log(2 / 3)])


def test_a_species_without_any_answer_has_no_rate() -> None:
    rows: list[tuple[str | None, str | None]] = [(None, None)] * 2 + [("mask", None)] * 2
    outcomes: list[Outcome] = [answered(0.9, 0.95), answered(0.8, 0.94), TIGHT, NO_FACE]
    results = evaluate_presentations(make_set(rows), outcomes, Check.PAD, PadOptions(resamples=10))
    point = results.control_points[0]
    assert point.apcer is not None and point.accepted is not None
    assert point.apcer["mask"].value is None
    assert (point.highest, point.highest_interval) == (None, None)
    assert counts(point.accepted["mask"]) == (0, 2)
    assert results.species[0].area.value is None
    assert len(results.species[0].det.bpcer) == 0
    assert np.array_equal(results.species[0].suspicion, np.empty(0))
