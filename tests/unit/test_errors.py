"""The exception tree: as drawn, with stable codes, and fit to cross a process boundary."""

from __future__ import annotations

import pickle
import re

import pytest

from visavis import errors
from visavis.errors import (
    AcquisitionError,
    FaceTooSmallError,
    ImageTooLargeError,
    ImageTooSmallError,
    InputError,
    LivenessRefusedError,
    NoFaceError,
    RateLimitedError,
    SynthesisRefusedError,
    VisavisError,
)

_DRAWN = re.compile(r"^    (?P<branch>[│├└─ ]*)(?P<name>\w+Error)\b")


def _walk(kind: type[VisavisError]) -> list[type[VisavisError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _walk(child))]


EVERY = [kind for kind in _walk(VisavisError) if not kind.__name__.startswith("_")]


def _public_parent(kind: type[VisavisError]) -> str:
    return next(base.__name__ for base in kind.__mro__[1:] if not base.__name__.startswith("_"))


def _drawn() -> dict[str, str]:
    """Name → name of the class under which it is drawn."""
    tree: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        if match := _DRAWN.match(line):
            depth = len(match["branch"])
            above[depth] = match["name"]
            if depth:
                tree[match["name"]] = above[max(d for d in above if d < depth)]
            above = {d: name for d, name in above.items() if d <= depth}
    return tree


def make(kind: type[VisavisError]) -> VisavisError:
    if issubclass(kind, ImageTooLargeError | ImageTooSmallError):
        return kind("width", 17_000, 16_000)
    if kind is FaceTooSmallError:
        return FaceTooSmallError(12.5, 16)
    if issubclass(kind, LivenessRefusedError | SynthesisRefusedError):
        return kind(0.25, 0.5)
    if kind is RateLimitedError:
        return RateLimitedError(7, 5)
    return kind("what went wrong")


def test_tree_is_drawn_as_it_is() -> None:
    assert _drawn() == {kind.__name__: _public_parent(kind) for kind in EVERY if kind is not VisavisError}


def test_codes_are_unique_and_in_snake_case() -> None:
    codes = [make(kind).code for kind in EVERY]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)
    assert make(NoFaceError).code == "no_face"
    assert make(ImageTooLargeError).code == "image_too_large"


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_error_crosses_a_process_boundary_with_its_facts(kind: type[VisavisError]) -> None:
    error = make(kind)
    error.side = "probe"
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.side, vars(copy)) == (kind, str(error), "probe", vars(error))


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_error_says_what_it_means(kind: type[VisavisError]) -> None:
    assert kind.__doc__
    assert make(kind).side is None


def test_facts_are_in_the_message() -> None:
    assert str(ImageTooLargeError("width", 17_000, 16_000)) == "the picture's width is 17,000; at most 16,000"
    assert str(ImageTooSmallError("height", 5, 32)) == "the picture's height is 5; at least 32"
    small = FaceTooSmallError(12.4, 16)
    assert str(small) == "the face is 12 pixels wide; at least 16 are needed"
    assert (small.side_px, small.limit_px) == (12.4, 16)


def test_refusal_says_whether_there_is_a_score() -> None:
    refused = LivenessRefusedError(0.25, 0.9)
    assert str(refused) == "the face does not pass the liveness control: it scores 0.2500, the threshold is 0.9"
    unknown = SynthesisRefusedError(None, 0.3, "too_blurred")
    assert str(unknown) == "the face does not pass the synthesis control: cannot tell: too_blurred"
    assert (unknown.score, unknown.threshold, unknown.reason) == (None, 0.3, "too_blurred")


def test_what_a_caller_may_want_to_tell_apart() -> None:
    """A picture without a face is no fault of the input, and no face is no fault of the engine."""
    assert not issubclass(AcquisitionError, InputError)
    assert issubclass(NoFaceError, AcquisitionError)
