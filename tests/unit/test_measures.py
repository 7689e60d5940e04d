from __future__ import annotations

import json

import pytest

from tests.measured import FLAWLESS, changed
from visavis.errors import ParameterError
from visavis.measures import FaceMeasures, Region


def test_measures_survive_the_store() -> None:
    read = FaceMeasures.from_document(json.loads(json.dumps(FLAWLESS.to_document())))
    assert read == FLAWLESS
    assert read is not None
    assert read.occlusion[Region.CHIN_CONTOUR] == 0.0


def test_nothing_and_other_versions_are_no_measures() -> None:
    assert FaceMeasures.from_document({}) is None
    assert FaceMeasures.from_document({"version": 99}) is None


@pytest.mark.parametrize("damage", [{"blur": "x"}, {"blur": None}, {"occlusion": {}}, {"pose": 1}, {"mask": True}])
def test_damaged_measures_are_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match="damaged"):
        FaceMeasures.from_document(FLAWLESS.to_document() | damage)


def test_complete_and_colour_are_decided_at_their_limits() -> None:
    assert changed(outside=0.01).is_complete
    assert not changed(outside=0.011).is_complete
    assert changed(colourfulness=2.1).is_colour
    assert not changed(colourfulness=2.0).is_colour
