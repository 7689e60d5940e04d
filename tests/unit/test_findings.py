from __future__ import annotations

import json

import pytest

from tests.measured import FLAWLESS
from visavis.errors import ParameterError
from visavis.findings import Findings
from visavis.presentation import NonResponse, PadResult, SynthesisResult

FOUND = Findings(FLAWLESS, PadResult(0.97, 0.9), SynthesisResult(None, None, NonResponse.FACE_TOO_SMALL))


def test_findings_survive_the_store() -> None:
    assert Findings.from_json(FOUND.to_json()) == FOUND
    assert Findings.from_json("{}") == Findings()


def test_only_what_is_known_has_a_member() -> None:
    written = Findings(pad=PadResult(0.5, 0.25)).to_json()
    assert json.loads(written) == {"pad": {"score": 0.5, "native": 0.25, "non_response": None}}


def test_members_of_later_versions_are_passed_over() -> None:
    assert Findings.from_json('{"version": 1, "blur": 0.5, "measures": {"version": 99}}') == Findings()


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        "1",
        '{"measures": 1}',
        '{"pad": {}}',
        '{"pad": {"score": true, "native": 1, "non_response": null}}',
        '{"pad": {"score": NaN, "native": 1, "non_response": null}}',
        '{"synthesis": {"score": 0.5, "native": 1, "non_response": "asleep"}}',
    ],
)
def test_what_is_damaged_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="damaged"):
        Findings.from_json(text)
