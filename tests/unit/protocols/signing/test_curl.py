"""Printed commands: quoting by hand. That curl sends the same bytes is tested with the command line."""

from __future__ import annotations

from pathlib import Path

from visavis.protocols.signing.base import Endpoint, SignedRequest
from visavis.protocols.signing.curl import render_curl, sign_prelude, token_prelude

ENDPOINT = Endpoint("https", "h:1")


def test_command() -> None:
    request = SignedRequest("POST", "https://h:1/a?b=$c", (("X-A", "it's"), ("X-B", "")), rb'{"a": "\n$b`c` S"}', "")
    assert render_curl(request, {}) == (
        "curl -sS -X POST -H 'X-A: it'\\''s' -H 'X-B: ' 'https://h:1/a?b=$c' --data @- <<END_OF_BODY\n"
        r'{"a": "\\n\$b\`c\` S"}'
        "\nEND_OF_BODY"
    )


def test_variables_stand_in_for_values() -> None:
    request = SignedRequest("POST", "https://h:1/?t=SECRET", (("A", "Bearer SECRET"),), b"a=SECRET&b=x", "")
    assert render_curl(request, {"token": "SECRET"}, Path("my ca.pem")) == (
        "curl -sS -X POST --cacert 'my ca.pem' -H 'A: Bearer '\"$token\" 'https://h:1/?t='\"$token\" "
        "--data @- <<END_OF_BODY\na=${token}&b=x\nEND_OF_BODY"
    )


def test_preludes_take_the_secret_from_the_environment() -> None:
    assert sign_prelude("k'") == (
        "secret_sign=$(printf %s 'k'\\'''\"$VISAVIS_CALL_SECRET\" | openssl md5 -r | cut -c1-32 | tr a-f A-F)"
    )
    assert token_prelude(ENDPOINT, "/token", "k", Path("ca.pem")) == (
        "access_token=$(curl -sS -G --cacert 'ca.pem' -d grant_type=client_credentials "
        "--data-urlencode 'client_id=k' --data-urlencode \"client_secret=$VISAVIS_CALL_SECRET\" 'https://h:1/token' "
        r"""| sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p')"""
    )
