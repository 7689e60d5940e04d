"""A signed request as a shell command that sends the same bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from visavis.protocols.signing.base import Endpoint, SignedRequest

SECRET_VARIABLE = "VISAVIS_CALL_SECRET"
_MARK = "END_OF_BODY"


def render_curl(request: SignedRequest, variables: Mapping[str, str], cacert: Path | None = None) -> str:
    """The command; the body follows it as a here-document.

    Args:
        request: its body is one line of text, as all signers make it. `--data` drops the line break after it.
        variables: shell variables whose values stand in the request; their names are written in place of the values.
        cacert: certificate authority to trust.
    """
    words = ["curl -sS", "-X", request.method, *_trust(cacert)]
    for name, value in request.headers:
        words.append(f"-H {_quote(f'{name}: {value}', variables)}")
    words.append(_quote(request.url, variables))
    return f"{' '.join(words)} --data @- <<{_MARK}\n{_escape(request.body.decode(), variables)}\n{_MARK}"


def token_prelude(endpoint: Endpoint, path: str, key: str, cacert: Path | None = None) -> str:
    """Sets `access_token` from Baidu's token request; the secret comes out of the environment."""
    form = f"-d grant_type=client_credentials --data-urlencode {_quote(f'client_id={key}', {})}"
    words = " ".join(["curl -sS -G", *_trust(cacert), form])
    pattern = r"""'s/.*"access_token": *"\([^"]*\)".*/\1/p'"""
    return (
        f'access_token=$({words} --data-urlencode "client_secret=${SECRET_VARIABLE}" '
        f"{_quote(endpoint.url(path), {})} | sed -n {pattern})"
    )


def sign_prelude(key: str) -> str:
    """Sets `secret_sign` as Kuaidi100 wants it; the secret comes out of the environment."""
    return f'secret_sign=$(printf %s {_quote(key, {})}"${SECRET_VARIABLE}" | openssl md5 -r | cut -c1-32 | tr a-f A-F)'


def _trust(cacert: Path | None) -> list[str]:
    return [] if cacert is None else [f"--cacert {_quote(str(cacert), {})}"]


def _split(text: str, variables: Mapping[str, str]) -> list[str]:
    """Literal text and variable names in turn, literal text first."""
    if not variables:
        return [text]
    names = {value: name for name, value in variables.items()}
    pieces = re.split(f"({'|'.join(map(re.escape, names))})", text)
    return [names[piece] if index % 2 else piece for index, piece in enumerate(pieces)]


def _quote(text: str, variables: Mapping[str, str]) -> str:
    """One word of a shell command."""
    words = [
        f'"${piece}"' if index % 2 else "'" + piece.replace("'", "'\\''") + "'"
        for index, piece in enumerate(_split(text, variables))
    ]
    return "".join(word for word in words if word != "''") or "''"


def _escape(text: str, variables: Mapping[str, str]) -> str:
    """A line of a here-document in which variables are replaced."""
    return "".join(
        f"${{{piece}}}" if index % 2 else re.sub(r"([\\$`])", r"\\\1", piece)
        for index, piece in enumerate(_split(text, variables))
    )
