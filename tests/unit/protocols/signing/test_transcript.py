"""What is shown: short pictures, no secrets, no control characters."""

from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import pytest

from visavis.protocols.signing.transcript import Transcript

PICTURE = bytes(range(256))
TEXT = base64.b64encode(PICTURE).decode()


@pytest.mark.parametrize(
    "encoded", [TEXT, quote(TEXT, safe=""), quote_plus(TEXT), quote(quote(TEXT, safe=""), safe="")]
)
def test_pictures_are_cut_short(encoded: str) -> None:
    shown = Transcript([b"", PICTURE], []).clean(f"a={encoded}&b={encoded}")
    assert shown == f"a={encoded[:40]}… ({len(encoded)} characters)&b={encoded[:40]}… ({len(encoded)} characters)"


def test_short_pictures_stay() -> None:
    assert Transcript([b"abc"], []).clean("YWJj") == "YWJj"


@pytest.mark.parametrize("form", ["s/e+c et", "s%2Fe%2Bc%20et", "s%2Fe%2Bc+et", "s%252Fe%252Bc%2520et"])
def test_secrets_are_hidden(form: str) -> None:
    assert Transcript([], ["s/e+c et"]).clean(f"<{form}>") == "<<hidden>>"


def test_longer_secret_goes_first() -> None:
    transcript = Transcript([], ["abc", ""])
    transcript.hide("abcdef")
    assert transcript.clean("abcdef abc def") == "<hidden> <hidden> def"


def test_terminal_is_left_alone() -> None:
    assert Transcript([], []).clean("a\x1b[2Jb\rc\n\td\u202ee中") == "a\ufffd[2Jb\ufffdc\n\td\ufffde中"
