"""`visavis tls`: certificates, so that clients that insist on HTTPS reach the server under the vendors' own names."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from visavis.api import read_settings
from visavis.server.certificates import Issued, make_certificates, renew_certificate

app = typer.Typer(add_completion=False, no_args_is_help=True, help="TLS certificates: init.")

_CLIENT_HINTS = (
    ("Go, C#, Ruby; Python's ssl and httpx; alibabacloud-* and bce-python-sdk", "export SSL_CERT_FILE={file}"),
    ("Node.js, every vendor's SDK", "export NODE_EXTRA_CA_CERTS={file}"),
    ("Python, aliyun-python-sdk-core", "export ALIBABA_CLOUD_CA_BUNDLE={file}"),
    ("Python, requests", "export REQUESTS_CA_BUNDLE={file}"),
    ("Python, tencentcloud-sdk-python: no variable, but in the program", "HttpProfile(certification={text})"),
    ("tccli: no variable; with the Python that it runs on", 'cat {file} >> "$(python -m certifi)"'),
    ("Python, baidu-aip: nothing, it verifies no certificates", ""),
    ("Java", "keytool -importcert -noprompt -cacerts -alias visavis -file {file}"),
    ("curl", "export CURL_CA_BUNDLE={file}"),
    (
        "PHP, C++ and others that use the system's store; on Debian, as root",
        "cp {file} /usr/local/share/ca-certificates/visavis.crt && update-ca-certificates",
    ),
)
"""Who is told of the authority how. Of the SDKs those for Python and Node.js were tried, each with each variable."""


@app.callback()
def _root() -> None:
    """Keeps `init` a command of its own although it is the only one."""


@app.command()
def init(
    host: Annotated[
        list[str] | None,
        typer.Option("--host", help="A name or address besides the vendors' own and this machine; again for more."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder for the files; unset: `tls` in the folder of visavis.", file_okay=False)
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make a new server certificate from the authority that is there.")
    ] = False,
) -> None:
    """Make a private certificate authority and a server certificate for the vendors' host names."""
    folder = (output or read_settings().home / "tls").absolute()
    issued = (renew_certificate if renew else make_certificates)(folder, host or ())
    _print_issued(issued, is_renewed=renew)


def _print_issued(issued: Issued, *, is_renewed: bool) -> None:
    files = issued.files
    made = () if is_renewed else (files.authority, files.authority_key)
    written = (*made, files.server, files.server_key)
    typer.echo("wrote " + ", ".join(str(path) for path in written))
    typer.echo("good for " + ", ".join(issued.hosts))
    typer.echo(f"until {issued.expires_at:%Y-%m-%d}; before that day run this again with --renew")
    typer.echo(f"the authority is good until {issued.authority_expires_at:%Y-%m-%d}; keep {files.authority_key} secret")
    typer.echo("\nFor the server, which takes it up when it starts:")
    _print_variable("VISAVIS_TLS_CERT", files.server)
    _print_variable("VISAVIS_TLS_KEY", files.server_key)
    typer.echo("\nFor clients, what applies:")
    for who, what in _CLIENT_HINTS:
        typer.echo(f"  # {who}")
        if what:
            path = str(files.authority)
            typer.echo("  " + what.format(file=shlex.quote(path), text=json.dumps(path, ensure_ascii=False)))
    typer.echo(
        "\nA variable other than NODE_EXTRA_CA_CERTS replaces the authorities that were trusted before: a program that"
        " calls other servers too needs a file with both."
    )
    typer.echo(
        "A client that keeps a vendor's host name needs that name to lead to this server, in its hosts file or DNS."
    )


def _print_variable(name: str, path: Path) -> None:
    typer.echo(f"  export {name}={shlex.quote(str(path))}")
