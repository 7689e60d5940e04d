"""What the checks for a living person and for an untouched photo found, as cases write it.

A number is a public score, a text why the check cannot tell, null a token that bears nothing, and `{"native": 0.5}`
what networks answered whose answers nobody has calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from visavis.presentation import NonResponse, PadResult, SynthesisResult

Written = float | str | Mapping[str, float] | None
_Result = TypeVar("_Result", PadResult, SynthesisResult)


def read_pads(written: Sequence[Written]) -> tuple[PadResult | None, ...]:
    """Of each picture of a case."""
    return tuple(_read(PadResult, one) for one in written)


def read_syntheses(written: Sequence[Written]) -> tuple[SynthesisResult | None, ...]:
    """The same of the other check."""
    return tuple(_read(SynthesisResult, one) for one in written)


def _read(kind: type[_Result], written: Written) -> _Result | None:
    if written is None:
        return None
    if isinstance(written, str):
        return kind(None, None, NonResponse(written))
    return kind(None, written["native"]) if isinstance(written, Mapping) else kind(written, written)
