"""The form's fields: the damage that the vendor's samples do, defaults, limits."""

from __future__ import annotations

import pytest

from visavis.protocols.kuaidi100.errors import ApiError
from visavis.protocols.kuaidi100.schema import (
    MAX_BASE64_CHARACTERS,
    FaceType,
    ImageType,
    LiveControl,
    read_fields,
    read_picture_fields,
    require_interface,
)

SOURCE = {"sourceImage": "AAAA", "sourceImageType": "BASE64"}


def test_first_value_that_is_not_empty_counts() -> None:
    assert read_fields(b"a=1&b=&c=%20&a=2&b=3&c=4&d=") == {"a": "1", "b": "3", "c": "4"}


def test_form_appended_to_itself_is_read_once() -> None:
    form = b"secret_key=k&sourceImage=A+B%2FC&compareImage=D"
    assert read_fields(form + b"&" + form) == {"secret_key": "k", "sourceImage": "A B/C", "compareImage": "D"}


@pytest.mark.parametrize("optional", [{}, {"sourceFaceType": "", "sourceLiveControl": "  "}])
def test_defaults(optional: dict[str, str]) -> None:
    fields = read_picture_fields(SOURCE | optional, "source")
    assert (fields.image_type, fields.face_type) == (ImageType.BASE64, FaceType.LIVE)
    assert fields.live_control is LiveControl.NONE


def test_values_are_taken_in_either_case() -> None:
    fields = {"compareImage": " https://a/b ", "compareImageType": "url", "compareFaceType": "Cert"}
    side = read_picture_fields(fields | {"compareLiveControl": "high "}, "compare")
    assert (side.image, side.image_type, side.face_type, side.live_control) == ("https://a/b", "URL", "CERT", "HIGH")


def test_picture_does_not_show_in_a_repr() -> None:
    assert "AAAA" not in repr(read_picture_fields(SOURCE, "source"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sourceImage": " "}, "sourceImage: missing"),
        ({"sourceImageType": ""}, "sourceImageType: must be one of BASE64, URL, FACE_TOKEN"),
        ({"sourceImageType": "FILE"}, "sourceImageType: must be one of BASE64, URL, FACE_TOKEN"),
        ({"sourceFaceType": "INFRARED"}, "sourceFaceType: must be one of LIVE, IDCARD, WATERMARK, CERT"),
        ({"sourceLiveControl": "1"}, "sourceLiveControl: must be one of NONE, LOW, NORMAL, HIGH"),
        ({"sourceImage": "A" * (MAX_BASE64_CHARACTERS + 1)}, "sourceImage: more than 2 MB of base64"),
        (
            {"sourceImage": "http://a/" + "b" * 4088, "sourceImageType": "URL"},
            "sourceImage: the URL is longer than 4096 characters",
        ),
        ({"sourceImageType": "FACE_TOKEN"}, "sourceImage: not a face token"),
        ({"sourceImage": "g" * 32, "sourceImageType": "FACE_TOKEN"}, "sourceImage: not a face token"),
    ],
)
def test_refusals_name_the_field(changes: dict[str, str], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_picture_fields(SOURCE | changes, "source")
    assert (caught.value.code, caught.value.message) == (400, message)


def test_largest_values_are_taken() -> None:
    assert len(read_picture_fields(SOURCE | {"sourceImage": "A" * MAX_BASE64_CHARACTERS}, "source").image) == 2097152
    url = "http://a/" + "b" * 4087
    assert read_picture_fields({"sourceImage": url, "sourceImageType": "URL"}, "source").image == url


@pytest.mark.parametrize("code", ["a01ec22b11c94a4e9f755a3af8c10a0d", " A01EC22B11C94A4E9F755A3AF8C10A0D"])
def test_interface_is_known(code: str) -> None:
    require_interface({"secret_code": code})


@pytest.mark.parametrize("fields", [{}, {"secret_code": "a01ec22b11c94a4e9f755a3af8c10a0e"}])
def test_other_interfaces_are_404(fields: dict[str, str]) -> None:
    with pytest.raises(ApiError, match="404 secret_code: unknown"):
        require_interface(fields)
