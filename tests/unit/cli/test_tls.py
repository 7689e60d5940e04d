"""`visavis tls init`, as an administrator runs it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from visavis.cli import tls
from visavis.errors import FileMissingError, ParameterError
from visavis.server.certificates import VENDOR_HOSTS


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VISAVIS_HOME", str(tmp_path / "home of visavis"))
    return tmp_path / "home of visavis"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(tls.app, ["init", *arguments])


def variables(result: Result) -> dict[str, Path]:
    """What the output tells to set, as a shell reads it."""
    words = [shlex.split(line, comments=True) for line in result.stdout.splitlines() if line.startswith("  export ")]
    assert all(len(line) == 2 for line in words)
    return {name: Path(value) for name, _, value in (line[1].partition("=") for line in words)}


def test_files_go_into_the_folder_of_visavis_and_are_named(home: Path) -> None:
    result = run("--host", "face.example.org", "--host", "10.0.0.8")
    assert result.exit_code == 0, result.output
    folder = home / "tls"
    assert sorted(path.name for path in folder.iterdir()) == ["ca.key", "ca.pem", "server.key", "server.pem"]
    assert variables(result) == {
        "VISAVIS_TLS_CERT": folder / "server.pem",
        "VISAVIS_TLS_KEY": folder / "server.key",
        "SSL_CERT_FILE": folder / "ca.pem",
        "REQUESTS_CA_BUNDLE": folder / "ca.pem",
        "CURL_CA_BUNDLE": folder / "ca.pem",
        "ALIBABA_CLOUD_CA_BUNDLE": folder / "ca.pem",
        "NODE_EXTRA_CA_CERTS": folder / "ca.pem",
    }
    assert f'  HttpProfile(certification="{folder / "ca.pem"}")' in result.stdout.splitlines()
    for host in (*VENDOR_HOSTS, "localhost", "127.0.0.1", "::1", "face.example.org", "10.0.0.8"):
        assert host in result.stdout
    assert "PRIVATE KEY" not in result.output


def test_folder_can_be_chosen_and_is_named_in_full(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--output", "here/tls")
    assert result.exit_code == 0, result.output
    assert variables(result)["VISAVIS_TLS_CERT"] == tmp_path / "here" / "tls" / "server.pem"
    assert (tmp_path / "here" / "tls" / "server.pem").is_file()
    assert not home.exists()


def test_second_run_overwrites_nothing_until_told_to_renew(home: Path) -> None:
    assert run().exit_code == 0
    before = {path.name: path.read_bytes() for path in (home / "tls").iterdir()}
    again = run()
    assert again.exit_code == 1
    assert isinstance(again.exception, ParameterError)
    assert "--renew" in str(again.exception)
    assert {path.name: path.read_bytes() for path in (home / "tls").iterdir()} == before
    renewed = run("--renew")
    assert renewed.exit_code == 0, renewed.output
    assert "ca.key," not in renewed.stdout.splitlines()[0]
    after = {path.name: path.read_bytes() for path in (home / "tls").iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"server.key", "server.pem"}


@pytest.mark.parametrize(
    ("arguments", "kind"), [(("--renew",), FileMissingError), (("--host", "not a host"), ParameterError)]
)
def test_error_is_one_line(home: Path, arguments: tuple[str, ...], kind: type[Exception]) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, kind)
    assert "\n" not in str(result.exception)
    assert not home.exists()


def test_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    assert run("--output", str(tmp_path / "file")).exit_code == 2
    assert (tmp_path / "file").read_text() == "precious"
