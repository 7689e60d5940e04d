"""Every error has its row, and every row its place."""

from __future__ import annotations

import pytest

from visavis import errors
from visavis.errors import RateLimitedError, VisavisError
from visavis.protocols.alibaba.errors import FAULTS, REFUSALS, Fault, find_fault, missing, signature_mismatch
from visavis.protocols.base import Refusal


def _leaves(kind: type[VisavisError]) -> list[type[VisavisError]]:
    """Of the tree as drawn; tests elsewhere may add classes of their own."""
    children = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    own = [] if kind.__name__.startswith("_") else [kind]
    return own * (not children) + [leaf for child in children for leaf in _leaves(child)]


LEAVES = _leaves(VisavisError)


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_every_leaf_has_a_row(kind: type[VisavisError]) -> None:
    fault = find_fault(kind.__new__(kind))
    assert fault.status in {200, 400, 403, 500, 503}
    assert fault.is_business == fault.message.startswith("Error.")


def test_the_root_has_none() -> None:
    """A new branch must be given a row, not inherit one."""
    assert VisavisError not in FAULTS
    with pytest.raises(StopIteration):
        find_fault(VisavisError("new"))
    assert len(LEAVES) >= 35


def test_nearest_row_counts() -> None:
    assert find_fault(errors.ImageTooLargeError("width", 2, 1)).name == "Error.ImageTooLarge"
    assert find_fault(errors.ImageDecodeError("cut off")).name == "Error.InvalidImage"
    assert find_fault(errors.UrlForbiddenError("inside")).name == "Error.ImageDownloadFailed"


def test_every_refusal_has_a_row() -> None:
    assert set(REFUSALS) == set(Refusal)
    assert all(not fault.is_business for fault in REFUSALS.values())


def test_retry_header_goes_with_throttling_only() -> None:
    every: list[Fault] = [*FAULTS.values(), *REFUSALS.values()]
    assert {fault.code for fault in every if fault.headers} == {"Throttling.User"}
    assert find_fault(RateLimitedError(6, 5)).headers == (("x-acs-retry-after", "1"),)


def test_texts_with_names() -> None:
    fault = missing("Timestamp").fault
    assert (fault.status, fault.code, fault.message) == (
        400,
        "MissingTimestamp",
        "Timestamp is mandatory for this action.",
    )


def test_mismatch_has_a_colon_before_the_echo_and_none_else() -> None:
    assert signature_mismatch("POST&%2F&").fault.message.split(":") == [
        "Specified signature is not matched with our calculation. server string to sign is",
        "POST&%2F&",
    ]
