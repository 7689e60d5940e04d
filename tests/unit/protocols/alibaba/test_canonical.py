"""Percent-encoding, against the standard library's slow one."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from visavis.protocols.alibaba.canonical import join_pairs, percent_encode

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_what_rfc_3986_says() -> None:
    assert percent_encode("aZ09-_.~ *+/%&=:中") == "aZ09-_.~%20%2A%2B%2F%25%26%3D%3A%E4%B8%AD"


@given(_TEXT)
def test_agrees_with_the_standard_library(text: str) -> None:
    assert percent_encode(text) == quote(text, safe="-_.~")


@given(st.lists(st.tuples(_TEXT, _TEXT), unique_by=lambda pair: pair[0]))
def test_pairs_are_in_the_byte_order_of_names(pairs: list[tuple[str, str]]) -> None:
    ordered = sorted(pairs, key=lambda pair: pair[0].encode())
    assert join_pairs(pairs) == "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in ordered)


def test_order_is_by_name_not_by_pair() -> None:
    """Sorting encoded pairs as text would put `a-b` before `a`."""
    assert join_pairs([("a-b", "1"), ("a", "2"), ("B", "3"), ("aa", "4")]) == "B=3&a=2&a-b=1&aa=4"
