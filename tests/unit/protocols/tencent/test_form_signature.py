"""The older signature."""

from __future__ import annotations

import pytest

from tests.unit.protocols.tencent.vectors import FORM, SECRET, Vector
from visavis.protocols.tencent import form_signature
from visavis.protocols.tencent.errors import Fault
from visavis.protocols.wire.form import decode_form


@pytest.mark.parametrize("vector", FORM, ids=lambda vector: vector.name)
def test_each_step_is_the_kits_own(vector: Vector) -> None:
    form = dict(decode_form(vector.request.body))
    # RequestClient has an underscore in its value, which stays; no name has one.
    (text,) = form_signature.strings_to_sign("POST", vector.signed_host, form)
    assert text == vector.string_to_sign
    assert form_signature.sign(SECRET, form_signature.digest_name(form), text) == vector.signature == form["Signature"]


def test_names_with_underscores_are_tried_with_dots_too() -> None:
    assert form_signature.strings_to_sign("GET", "h", {"b_c": "1_2", "Signature": "x", "a": ""}) == (
        "GETh/?a=&b_c=1_2",
        "GETh/?a=&b.c=1_2",
    )


def test_sha1_is_the_default_and_others_are_refused() -> None:
    assert form_signature.digest_name({}) == "sha1"
    assert form_signature.digest_name({"SignatureMethod": "HmacSHA256"}) == "sha256"
    with pytest.raises(Fault) as caught:
        form_signature.digest_name({"SignatureMethod": "HmacMD5"})
    assert (caught.value.code, caught.value.facts) == ("InvalidParameterValue", {"name": "SignatureMethod"})
