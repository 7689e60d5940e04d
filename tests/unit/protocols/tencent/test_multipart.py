"""Multipart bodies."""

from __future__ import annotations

import pytest

from visavis.protocols.tencent.errors import Fault
from visavis.protocols.tencent.multipart import decode_multipart, is_multipart

_TYPE = "multipart/form-data; boundary=b0"


def _part(name: str, content: bytes, extra: str = "") -> bytes:
    return f'--b0\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode() + content + b"\r\n"


def test_parts_as_the_python_kit_writes_them() -> None:
    body = (
        _part("ImageA", b"QUJD", '; filename="ImageA"')
        + _part("UrlB", "http://h/中.jpg".encode())
        + _part("QualityControl", b"0", "\r\nContent-Type: application/json")
        + b"--b0--\r\n"
    )
    expected = {"ImageA": "QUJD", "UrlB": "http://h/中.jpg", "QualityControl": "0"}
    assert decode_multipart(body, _TYPE) == expected
    assert decode_multipart(b"preamble\r\n" + body + b"epilogue", 'multipart/form-data; boundary="b0"') == expected


def test_name_may_follow_the_file_name_and_content_may_hold_line_breaks() -> None:
    body = b'--b0\r\ncontent-disposition:form-data; filename="F"; name="N"\r\n\r\na\r\n\r\n--b\r\n--b0--'
    assert decode_multipart(body, _TYPE) == {"N": "a\r\n\r\n--b"}


def test_no_part_at_all() -> None:
    with pytest.raises(Fault):
        decode_multipart(b"", _TYPE)


def test_sixty_four_parts_are_enough() -> None:
    parts = [_part(f"P{i}", b"") for i in range(65)]
    assert len(decode_multipart(b"".join(parts[:64]) + b"--b0--", _TYPE)) == 64
    with pytest.raises(Fault):
        decode_multipart(b"".join(parts) + b"--b0--", _TYPE)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (_part("A", b"x") + b"--b0--", "multipart/form-data"),
        (_part("A", b"x") + b"--b0--", "multipart/form-data; boundary=" + "b" * 71),
        (_part("A", b"x") + b"--b0--", "multipart/form-data; boundary=other"),
        (_part("A", b"x"), _TYPE),
        (_part("A", b"\xff\xd8\xff") + b"--b0--", _TYPE),
        (b'--b0\r\nContent-Disposition: form-data; name="A"\r\n--b0--', _TYPE),
        (b"--b0\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b0--", _TYPE),
        (b'--b0\r\nX: form-data; name="A"\r\n\r\nx\r\n--b0--', _TYPE),
        (_part("A" * 257, b"x") + b"--b0--", _TYPE),
        (b"--b0\r\nX: " + b"x" * 4096 + b"\r\n" + _part("A", b"x")[6:] + b"--b0--", _TYPE),
    ],
    ids=["boundary", "long", "other", "open", "binary", "head", "name", "disposition", "long name", "long head"],
)
def test_malformed_bodies(body: bytes, content_type: str) -> None:
    with pytest.raises(Fault) as caught:
        decode_multipart(body, content_type)
    assert caught.value.code == "InvalidRequest"


def test_is_multipart() -> None:
    assert is_multipart(" Multipart/Form-Data; boundary=x")
    assert not is_multipart("application/json")
