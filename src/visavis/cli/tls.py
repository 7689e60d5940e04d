"""`visavis tls`: certificates, so that clients that insist on HTTPS reach the server under the vendors' own names."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from visavis.api import read_settings
from visavis.server.certificates import Issued, make_certificates, renew_certificate

app = typer.Typer(add_completion=False, no_args_is_help=True, help="TLS certificates: init.")

_CLIENT_VARIABLES = (
    ("SSL_CERT_FILE", "OpenSSL, Go, Python's ssl and httpx"),
    ("REQUESTS_CA_BUNDLE", "Python's requests"),
    ("CURL_CA_BUNDLE", "curl"),
    ("NODE_EXTRA_CA_CERTS", "Node.js"),
)


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
    typer.echo("\nFor clients, those that apply:")
    for name, who in _CLIENT_VARIABLES:
        _print_variable(name, files.authority, f"  # {who}")
    typer.echo(
        f"  keytool -importcert -noprompt -cacerts -alias visavis -file {shlex.quote(str(files.authority))}  # Java"
    )
    typer.echo(
        "A client that keeps a vendor's host name needs that name to lead to this server, in its hosts file or DNS."
    )


def _print_variable(name: str, path: Path, comment: str = "") -> None:
    typer.echo(f"  export {name}={shlex.quote(str(path))}{comment}")
