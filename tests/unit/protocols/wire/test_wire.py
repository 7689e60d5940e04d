"""Pictures as text and forms, with the damage that clients do to them; scales."""

from __future__ import annotations

import base64
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol_fakes import LinearScores
from visavis.errors import ImageEmptyError, ImageEncodingError, ParameterError
from visavis.protocols.scale import make_scale
from visavis.protocols.wire import percent
from visavis.protocols.wire.form import MAX_PARAMETERS, decode_form
from visavis.protocols.wire.image_value import decode_image_text

CONTENT = bytes(range(256)) * 3 + b"\xfb\xff"
TEXT = base64.b64encode(CONTENT).decode()


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"  {TEXT}\n",
        f"data:image/jpeg;base64,{TEXT}",
        f"data:;base64,{TEXT}",
        TEXT.replace("+", " "),
        TEXT.replace("+", "-").replace("/", "_"),
        TEXT.rstrip("="),
        "\r\n".join(TEXT[i : i + 76] for i in range(0, len(TEXT), 76)),
        TEXT.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D"),
    ],
)
def test_damaged_base64_is_mended(text: str) -> None:
    assert decode_image_text(text) == CONTENT


@pytest.mark.parametrize("text", ["", "  ", "=", "data:image/png;base64,"])
def test_nothing_is_empty(text: str) -> None:
    with pytest.raises(ImageEmptyError):
        decode_image_text(text)


@pytest.mark.parametrize("text", ["A", "Zm9v!", "http://example.com/a.jpg", "中文", "Zm9v\0", "%ff%fe%", "\ud800%41"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ImageEncodingError):
        decode_image_text(text)


@pytest.mark.parametrize(
    ("content", "pairs"),
    [
        (b"", []),
        (b"a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
        (b"a=x+y%20z&&b", [("a", "x y z"), ("b", "")]),
        (b"a=%E4%B8%AD%zz%", [("a", "中%zz%")]),
        (b"a=%252B%2b%2B%3D", [("a", "%2B++=")]),
        (b"a=!'()*~", [("a", "!'()*~")]),
        (b"a=%ff\xfe", [("a", "��")]),
        (b"a=b=c", [("a", "b=c")]),
    ],
)
def test_form_is_decoded(content: bytes, pairs: list[tuple[str, str]]) -> None:
    assert decode_form(content) == pairs


@given(st.text(alphabet="%4aF=+ \r\n_-zA", max_size=60).map(str.encode), st.integers(3, 9))
def test_percent_signs_are_decoded_as_the_standard_library_does(text: bytes, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(percent, "_PIECE_BYTES", piece)
        assert percent.decode_percent(text) == unquote_to_bytes(text)


def test_endless_form_is_cut() -> None:
    assert len(decode_form(b"a=1&" * 5000)) == MAX_PARAMETERS


ANCHORS = ((1e-2, 60.0), (1e-3, 70.0), (1e-4, 80.0))


def test_scale_goes_through_its_anchors_and_never_falls() -> None:
    scale = make_scale(ANCHORS, LinearScores())
    for rate, score in ANCHORS:
        assert scale.public_score(LinearScores().threshold_at(rate)) == pytest.approx(score)
    # Half-way between two anchors in log10 FMR, which is linear in this calibration's native score.
    assert scale.public_score(0.25) == pytest.approx(65.0)
    # Above the last anchor linear in the native score up to 100 at 1: 0.4 is worth 80, 0.7 is half of the way.
    assert scale.public_score(0.7) == pytest.approx(90.0)
    assert [scale.public_score(x) for x in (-1.0, -0.3, 0.0, 1.0, 1.1)] == pytest.approx([0, 0, 0, 100, 100], abs=1e-6)
    values = [scale.public_score(-1 + i / 500) for i in range(1001)]
    assert values == sorted(values)


@pytest.mark.parametrize("anchors", [((1e-3, 60.0), (1e-2, 70.0)), ((1e-2, 70.0), (1e-3, 60.0)), ((1e-2, 100.0),)])
def test_scale_that_does_not_rise_is_refused(anchors: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ParameterError):
        make_scale(anchors, LinearScores())
