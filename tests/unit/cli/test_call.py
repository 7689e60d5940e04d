"""`visavis call` against a small server: what is sent, what is shown, what is not, and the exit status."""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.protocol_fakes import FakeKeys, FakeService, offload
from visavis.cli.call import MAX_ANSWER_BYTES, MAX_PICTURE_BYTES, call
from visavis.errors import FileMissingError, ImageTooLargeError, ParameterError, VisavisError
from visavis.protocols.base import WireRequest, header_list
from visavis.protocols.kuaidi100.routes import Kuaidi100Adapter
from visavis.protocols.signing.kuaidi100 import make_sign
from visavis.service.accounts import KeyKind

KEY, SECRET = "AKtest", "sEcrEt+of/the=customer~24"
TOKEN = "24.0123456789abcdef.2592000.1797897729.282335-1"
PICTURES = (bytes(range(256)) * 4, bytes(reversed(range(256))) * 700)
VENDORS = ("alibaba", "alibaba-v1", "tencent", "baidu", "kuaidi100", "native")
ALIBABA = {
    "Success": True,
    "Data": {"SimilarityScore": 95.5, "ConfidenceThresholds": json.dumps({"0.0001": "90.07"})},
}
ANSWERS: dict[str, object] = {
    "alibaba": ALIBABA,
    "alibaba-v1": ALIBABA,
    "tencent": {"Response": {"Score": 62.5, "RequestId": "r"}},
    "baidu": {"error_code": 0, "result": {"score": 91.5}},
    "kuaidi100": {"code": 200, "message": "", "data": {"score": "79.99"}},
    "native": {"score": 0.41, "threshold": 0.4},
}
TOKENS = {"access_token": TOKEN, "refresh_token": "25.refresh", "session_key": "k3y", "expires_in": 2592000}
VERDICTS = {
    "alibaba": "match: score 95.5, threshold 90.07",
    "alibaba-v1": "match: score 95.5, threshold 90.07",
    "tencent": "match: score 62.5, threshold 50",
    "baidu": "match: score 91.5, threshold 80",
    "kuaidi100": "non-match: score 79.99, threshold 80",
    "native": "match: score 0.41, threshold 0.4",
}


@dataclass
class Received:
    """A request as it came."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class SmallServer:
    """Answers one thing to everything, except to requests for a token."""

    address: str
    answer: bytes = b""
    requests: list[Received] = field(default_factory=list)
    adapter: Kuaidi100Adapter | None = None


def handler_of(server: SmallServer) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.requests.append(Received(self.command, self.path, self.headers.items(), body))
            answer = server.answer
            if self.path.startswith("/oauth/") and not answer.startswith(b'{"error"'):
                answer = json.dumps(TOKENS).encode()
            if server.adapter:
                headers = header_list(self.headers.items())
                request = WireRequest(self.command, self.path, b"", headers, body, 0.0)
                answer = asyncio.run(server.adapter.answer(request)).body
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler


def start(context: ssl.SSLContext | None = None) -> Iterator[SmallServer]:
    small = SmallServer("")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler_of(small)) as listening:
        if context:
            listening.socket = context.wrap_socket(listening.socket, server_side=True)
        small.address = f"127.0.0.1:{listening.server_address[1]}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield small
        listening.shutdown()
        thread.join()


@pytest.fixture
def server() -> Iterator[SmallServer]:
    yield from start()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Current folder with both pictures; nothing of the environment counts."""
    (tmp_path / "a.jpg").write_bytes(PICTURES[0])
    (tmp_path / "b.jpg").write_bytes(PICTURES[1])
    monkeypatch.chdir(tmp_path)
    for name in ("VISAVIS_CALL_KEY", "VISAVIS_CALL_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(vendor: str, *options: str, key: str = KEY, secret: str = SECRET) -> Result:
    app = typer.Typer()
    app.command("call")(call)
    arguments = [vendor, "a.jpg", "b.jpg", "--key", key, "--secret", secret, *options]
    return CliRunner().invoke(app, arguments)


def error_of(result: Result) -> VisavisError:
    assert isinstance(result.exception, VisavisError), result.output
    return result.exception


@pytest.mark.parametrize("vendor", VENDORS)
def test_verdict_and_status(vendor: str, server: SmallServer) -> None:
    server.answer = json.dumps(ANSWERS[vendor]).encode()
    result = run(vendor, "--endpoint", f"http://{server.address}")
    assert result.output.rstrip().endswith(f"--- verdict\n{VERDICTS[vendor]}")
    assert result.exit_code == (0 if VERDICTS[vendor].startswith("match") else 1)
    assert len(server.requests) == (2 if vendor == "baidu" else 1)


@pytest.mark.parametrize("vendor", VENDORS)
def test_nothing_secret_is_shown(vendor: str, server: SmallServer) -> None:
    """Even where the server sends it back."""
    echo = json.dumps({"echo": [SECRET, TOKEN, make_sign(KEY, SECRET)]}).encode()
    server.answer = echo
    result = run(vendor, "--endpoint", f"http://{server.address}")
    assert result.exit_code == 2
    assert "echo" in result.output
    hidden = [SECRET, "sEcrEt", make_sign(KEY, SECRET), *(["25.refresh", "k3y", TOKEN] if vendor == "baidu" else [])]
    assert [text for text in hidden if text in result.output] == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_pictures_are_cut_short(vendor: str, server: SmallServer) -> None:
    server.answer = json.dumps(ANSWERS[vendor]).encode()
    result = run(vendor, "--endpoint", f"http://{server.address}")
    assert len(result.output) < 6000
    assert "characters)" in result.output


@pytest.mark.parametrize(
    ("vendor", "signed"), [("alibaba", "POST\n/\n"), ("alibaba-v1", "POST&%2F&"), ("tencent", "POST\n/\n")]
)
def test_canonical_string_is_shown(vendor: str, signed: str, server: SmallServer) -> None:
    server.answer = b"{}"
    result = run(vendor, "--endpoint", f"http://{server.address}")
    assert result.output.startswith(f"--- canonical string\n{signed}")


def test_only_the_signed_headers_are_sent(server: SmallServer) -> None:
    server.answer = b"{}"
    run("alibaba", "--endpoint", f"http://{server.address}/")
    (request,) = server.requests
    names = [name for name, _ in request.headers]
    assert names == [
        "host",
        "x-acs-version",
        "x-acs-action",
        "user-agent",
        "x-acs-date",
        "x-acs-signature-nonce",
        "accept",
        "content-type",
        "x-acs-content-sha256",
        "x-acs-credentials-provider",
        "Authorization",
        "Accept-Encoding",
        "Content-Length",
    ]
    assert dict(request.headers)["host"] == server.address


def test_baidu_asks_for_a_token_first(server: SmallServer) -> None:
    server.answer = json.dumps(ANSWERS["baidu"]).encode()
    run("baidu", "--endpoint", f"http://{server.address}")
    token, match = server.requests
    assert token.method == "GET"
    assert token.target.endswith("client_id=AKtest&client_secret=sEcrEt%2Bof%2Fthe%3Dcustomer~24")
    assert match.target.startswith(f"/rest/2.0/face/v3/match?access_token={TOKEN}&")


def test_baidu_without_a_token_stops_there(server: SmallServer) -> None:
    server.answer = b'{"error": "invalid_client", "error_description": "unknown client id"}'
    result = run("baidu", "--endpoint", f"http://{server.address}")
    assert result.output.rstrip().endswith("--- verdict\nerror: invalid_client unknown client id")
    assert (result.exit_code, len(server.requests)) == (2, 1)


def test_our_own_adapter_takes_the_call(server: SmallServer) -> None:
    keys = FakeKeys()
    keys.add(KeyKind.KUAIDI100, KEY, SECRET)
    service = FakeService(score=0.45)
    server.adapter = Kuaidi100Adapter(service=service, keys=keys, offload=offload)
    result = run("kuaidi100", "--endpoint", f"http://{server.address}")
    assert result.output.rstrip().endswith("match: score 85, threshold 80")
    reference, probe, _, _ = service.orders[0]
    assert probe is not None
    assert tuple(getattr(side.source, "content", None) for side in (reference, probe)) == PICTURES


def test_credentials_from_the_environment(server: SmallServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_CALL_KEY", KEY)
    monkeypatch.setenv("VISAVIS_CALL_SECRET", SECRET)
    server.answer = json.dumps(ANSWERS["kuaidi100"]).encode()
    app = typer.Typer()
    app.command("call")(call)
    result = CliRunner().invoke(app, ["kuaidi100", "a.jpg", "b.jpg", "--endpoint", f"http://{server.address}"])
    assert result.exit_code == 1
    assert make_sign(KEY, SECRET).encode() in server.requests[0].body


def test_nobody_listens(server: SmallServer) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        result = run("native", "--endpoint", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert result.exit_code == 2
    assert "error: no answer from 127.0.0.1" in result.output
    assert "Connection refused" in result.output


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html>Bad Gateway</html>", "the answer is not a JSON object"),
        (b"[" * 100_000, "the answer is not a JSON object"),
        (b" " * (MAX_ANSWER_BYTES + 1), "the answer is longer than 1,048,576 bytes"),
    ],
    ids=["html", "deep", "long"],
)
def test_odd_answers(answer: bytes, message: str, server: SmallServer) -> None:
    server.answer = answer
    result = run("native", "--endpoint", f"http://{server.address}")
    assert result.exit_code == 2
    assert result.output.rstrip().endswith(f"error: {message}")


@pytest.mark.parametrize(
    ("vendor", "key", "secret", "message"),
    [
        ("tencent", "", SECRET, "give --key, or set VISAVIS_CALL_KEY"),
        ("tencent", KEY, "", "give --secret, or set VISAVIS_CALL_SECRET"),
        ("native", "", "", "give --secret, or set VISAVIS_CALL_SECRET"),
        ("native", "", "a\r\nX: y", "--secret must be printable ASCII, at most 512 characters"),
        ("tencent", "钥", SECRET, "--key must be printable ASCII, at most 512 characters"),
        ("tencent", "k" * 513, SECRET, "--key must be printable ASCII, at most 512 characters"),
    ],
)
def test_credentials_are_checked(vendor: str, key: str, secret: str, message: str) -> None:
    error = error_of(run(vendor, key=key, secret=secret))
    assert isinstance(error, ParameterError)
    assert str(error) == message


def test_native_needs_no_key(server: SmallServer) -> None:
    server.answer = json.dumps(ANSWERS["native"]).encode()
    assert run("native", "--endpoint", f"http://{server.address}", key="").exit_code == 0


def test_files_are_checked(folder: Path) -> None:
    (folder / "b.jpg").unlink()
    assert isinstance(error_of(run("native")), FileMissingError)
    with (folder / "b.jpg").open("wb") as file:
        file.truncate(MAX_PICTURE_BYTES + 1)
    assert isinstance(error_of(run("native")), ImageTooLargeError)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        (("--endpoint", "localhost"), ParameterError, "'localhost' is not an endpoint"),
        (("--cacert", "a.jpg"), ParameterError, "--cacert goes with an https endpoint"),
        (("--endpoint", "https://h", "--cacert", "a.jpg"), ParameterError, "a.jpg holds no certificates"),
        (("--endpoint", "https://h", "--cacert", "none.pem"), FileMissingError, "cannot read none.pem: No such file"),
    ],
)
def test_options_are_checked(options: tuple[str, ...], kind: type[VisavisError], message: str) -> None:
    error = error_of(run("native", *options))
    assert isinstance(error, kind)
    assert str(error).startswith(message)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_private_certificate_authority(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "ca.pem"],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("ca.pem", "key.pem")
    for server in start(context):
        server.answer = json.dumps(ANSWERS["native"]).encode()
        assert run("native", "--endpoint", f"https://{server.address}", "--cacert", "ca.pem").exit_code == 0
        refused = run("native", "--endpoint", f"https://{server.address}")
        assert refused.exit_code == 2
        assert "certificate verify failed" in refused.output
        assert len(server.requests) == 1


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="curl and openssl run the command")
@pytest.mark.parametrize("vendor", VENDORS)
def test_printed_command_sends_the_same(vendor: str, server: SmallServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("visavis.cli.call.time.time", lambda: 1795305729.0)
    monkeypatch.setattr("visavis.cli.call.randomness.token_hex", lambda _: "0" * 32)
    server.answer = json.dumps(ANSWERS[vendor]).encode()
    key = "it's $HOME `id` \\"
    run(vendor, "--endpoint", f"http://{server.address}", key=key)
    sent = server.requests[:]
    server.requests.clear()
    printed = run(vendor, "--endpoint", f"http://{server.address}", "--curl", key=key)
    assert (printed.exit_code, server.requests) == (0, [])
    assert SECRET not in printed.output

    environment = {"PATH": os.environ["PATH"], "VISAVIS_CALL_SECRET": SECRET, "no_proxy": "*"}
    Path("command.sh").write_text(printed.output, "utf-8")
    done = subprocess.run(["bash", "command.sh"], env=environment, capture_output=True, timeout=30, check=True)

    assert done.stdout == server.answer
    assert len(server.requests) == len(sent)
    assert [request.body for request in server.requests] == [request.body for request in sent]
    assert server.requests[-1].target == sent[-1].target
    expected = {name.lower(): value for name, value in sent[-1].headers}
    by_curl = {name.lower(): value for name, value in server.requests[-1].headers}
    assert {name: by_curl.get(name) for name in expected} == expected
