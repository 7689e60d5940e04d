"""`visavis call`: two pictures to a running server, the way a vendor's own client sends them."""

from __future__ import annotations

import enum
import http.client
import secrets as randomness
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from visavis.cli import EXIT_ERROR
from visavis.errors import FileMissingError, ImageTooLargeError, ParameterError
from visavis.protocols.signing import alibaba, baidu, kuaidi100, native, tencent
from visavis.protocols.signing.base import Answer, AnswerError, Endpoint, SignedRequest, Signer
from visavis.protocols.signing.curl import SECRET_VARIABLE, render_curl, sign_prelude, token_prelude
from visavis.protocols.signing.transcript import Transcript

EXIT_MATCH, EXIT_NON_MATCH = 0, 1
KEY_VARIABLE = "VISAVIS_CALL_KEY"
MAX_PICTURE_BYTES = 32 * 1024 * 1024
MAX_ANSWER_BYTES = 1024 * 1024
_MAX_KEY_CHARACTERS = 512
_TIMEOUT_S = 60.0
_PLACEHOLDER = "PLACEHOLDER-OF-VISAVIS-CALL"


class Vendor(enum.StrEnum):
    """Whose client to imitate."""

    ALIBABA = "alibaba"
    ALIBABA_V1 = "alibaba-v1"
    TENCENT = "tencent"
    BAIDU = "baidu"
    KUAIDI100 = "kuaidi100"
    NATIVE = "native"


_SIGN: dict[Vendor, Callable[[Signer, bytes, bytes], SignedRequest]] = {
    Vendor.ALIBABA: alibaba.sign_comparison,
    Vendor.ALIBABA_V1: alibaba.sign_comparison_v1,
    Vendor.TENCENT: tencent.sign_comparison,
    Vendor.KUAIDI100: kuaidi100.sign_comparison,
    Vendor.NATIVE: native.sign_comparison,
}
_READ: dict[Vendor, Callable[[bytes], Answer]] = {
    Vendor.ALIBABA: alibaba.read_answer,
    Vendor.ALIBABA_V1: alibaba.read_answer,
    Vendor.TENCENT: tencent.read_answer,
    Vendor.BAIDU: baidu.read_answer,
    Vendor.KUAIDI100: kuaidi100.read_answer,
    Vendor.NATIVE: native.read_answer,
}


def call(
    vendor: Annotated[Vendor, typer.Argument(help="Whose client to imitate.")],
    reference: Annotated[Path, typer.Argument(help="The first picture.")],
    probe: Annotated[Path, typer.Argument(help="The second picture.")],
    endpoint: Annotated[str, typer.Option(help="Where the server is.")] = "http://127.0.0.1:8000",
    key: Annotated[str, typer.Option(envvar=KEY_VARIABLE, help="Public half of the key pair; native needs none.")] = "",
    secret: Annotated[str, typer.Option(envvar=SECRET_VARIABLE, help="Secret half of the key pair.")] = "",
    curl: Annotated[bool, typer.Option("--curl", help="Print a curl command, and send nothing.")] = False,
    cacert: Annotated[
        Path | None, typer.Option(metavar="PEM", help="Certificate authority to trust, for https.")
    ] = None,
) -> None:
    """Send two pictures to a server as a vendor's own client does, and show all of it but the secret.

    Exit status: 0 match, 1 non-match, 2 error.
    """
    signer = Signer(Endpoint.parse(endpoint), key, secret, time.time(), randomness.token_hex(16))
    _check_credentials(vendor, signer)
    context = _trust(signer.endpoint, cacert)
    pictures = _read_file(reference), _read_file(probe)
    if curl:
        typer.echo(curl_command(vendor, signer, pictures, cacert))
        return
    conversation = _Conversation(context, Transcript(pictures, (secret, kuaidi100.make_sign(key, secret))))
    try:
        answer = _compare(vendor, signer, pictures, conversation)
    except AnswerError as error:
        conversation.show("verdict", f"error: {error}")
        raise typer.Exit(EXIT_ERROR) from None
    decision = "match" if answer.is_match else "non-match"
    conversation.show("verdict", f"{decision}: score {answer.score:g}, threshold {answer.threshold:g}")
    raise typer.Exit(EXIT_MATCH if answer.is_match else EXIT_NON_MATCH)


def curl_command(vendor: Vendor, signer: Signer, pictures: tuple[bytes, bytes], cacert: Path | None) -> str:
    """Shell commands that send what `call` would; where they need the secret they take it from the environment."""
    blank = replace(signer, secret=_PLACEHOLDER)
    match vendor:
        case Vendor.BAIDU:
            prelude = token_prelude(signer.endpoint, baidu.TOKEN_PATH, signer.key, cacert)
            request = baidu.request_match(blank, _PLACEHOLDER, *pictures)
            return f"{prelude}\n{render_curl(request, {'access_token': _PLACEHOLDER}, cacert)}"
        case Vendor.KUAIDI100:
            variables = {"secret_sign": kuaidi100.make_sign(blank.key, blank.secret)}
            command = render_curl(_SIGN[vendor](blank, *pictures), variables, cacert)
            return f"{sign_prelude(signer.key)}\n{command}"
        case Vendor.NATIVE:
            return render_curl(_SIGN[vendor](blank, *pictures), {SECRET_VARIABLE: _PLACEHOLDER}, cacert)
        case _:
            return render_curl(_SIGN[vendor](signer, *pictures), {}, cacert)


@dataclass(frozen=True, slots=True)
class _Received:
    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Conversation:
    """Requests that are shown, sent and answered."""

    context: ssl.SSLContext | None
    transcript: Transcript

    def show(self, title: str, text: str) -> None:
        typer.echo(f"--- {title}\n{self.transcript.clean(text)}\n")

    def ask(self, request: SignedRequest, show_body: Callable[[bytes], str]) -> bytes:
        """The body of the answer.

        Raises:
            AnswerError: there is none.
        """
        if request.canonical:
            self.show("canonical string", request.canonical)
        self.show("request", _message(f"{request.method} {request.url}", request.headers, request.body.decode()))
        received = _send(request, self.context)
        self.show("response", _message(received.status, received.headers, show_body(received.body)))
        return received.body


def _compare(vendor: Vendor, signer: Signer, pictures: tuple[bytes, bytes], conversation: _Conversation) -> Answer:
    if vendor is Vendor.BAIDU:
        token = baidu.read_token(conversation.ask(baidu.request_token(signer), baidu.hide_tokens))
        conversation.transcript.hide(token)
        request = baidu.request_match(signer, token, *pictures)
    else:
        request = _SIGN[vendor](signer, *pictures)
    return _READ[vendor](conversation.ask(request, _as_text))


def _send(request: SignedRequest, context: ssl.SSLContext | None) -> _Received:
    """Send exactly these headers: http.client's own would not be those that were signed."""
    url = urlsplit(request.url)
    target = url.path + (f"?{url.query}" if url.query else "")
    connection = (
        http.client.HTTPConnection(url.hostname or "", url.port, timeout=_TIMEOUT_S)
        if context is None
        else http.client.HTTPSConnection(url.hostname or "", url.port, timeout=_TIMEOUT_S, context=context)
    )
    try:
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.method == "POST":
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        response = connection.getresponse()
        body = response.read(MAX_ANSWER_BYTES + 1)
        received = _Received(f"HTTP {response.status} {response.reason}", tuple(response.getheaders()), body)
    except (OSError, http.client.HTTPException) as error:
        raise AnswerError(f"no answer from {url.netloc}: {error or type(error).__name__}") from None
    finally:
        connection.close()
    if len(body) > MAX_ANSWER_BYTES:
        raise AnswerError(f"the answer is longer than {MAX_ANSWER_BYTES:,} bytes")
    return received


def _message(first: str, headers: tuple[tuple[str, str], ...], body: str) -> str:
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    return "\n".join([*lines, "", body] if body else lines)


def _as_text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _check_credentials(vendor: Vendor, signer: Signer) -> None:
    for option, variable, value in (("--key", KEY_VARIABLE, signer.key), ("--secret", SECRET_VARIABLE, signer.secret)):
        if not value and not (vendor is Vendor.NATIVE and option == "--key"):
            raise ParameterError(f"give {option}, or set {variable}")
        if not (value.isascii() and value.isprintable()) or len(value) > _MAX_KEY_CHARACTERS:
            raise ParameterError(f"{option} must be printable ASCII, at most {_MAX_KEY_CHARACTERS} characters")


def _trust(endpoint: Endpoint, cacert: Path | None) -> ssl.SSLContext | None:
    if endpoint.scheme == "http":
        if cacert is not None:
            raise ParameterError("--cacert goes with an https endpoint")
        return None
    try:
        return ssl.create_default_context(cafile=cacert)
    except ssl.SSLError as error:
        raise ParameterError(f"{cacert} holds no certificates in PEM format") from error
    except OSError as error:
        raise FileMissingError(f"cannot read {cacert}: {error.strerror}") from error


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_PICTURE_BYTES + 1)
    except OSError as error:
        raise FileMissingError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > MAX_PICTURE_BYTES:
        raise ImageTooLargeError("size in bytes", path.stat().st_size, MAX_PICTURE_BYTES)
    return content
