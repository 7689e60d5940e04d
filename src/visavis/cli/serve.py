"""`visavis serve`: the server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from visavis.api import read_settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0: any free one.", min=0, max=65_535)] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; 0: one a core.", min=0, max=256)] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key, PEM.")] = None,
    admin_port: Annotated[int | None, typer.Option(help="Administrators' port.", min=0, max=65_535)] = None,
) -> None:
    """Serve face comparison: the APIs of four vendors and our own, on one port."""
    from visavis.server.supervisor import Supervisor

    options = {
        "host": host,
        "port": port,
        "workers": workers,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "admin_port": admin_port,
    }
    chosen = {name: value for name, value in options.items() if value is not None}
    settings = read_settings().model_copy(update=chosen)
    raise typer.Exit(Supervisor(settings, lambda sentence: print(sentence, file=sys.stderr, flush=True)).run())  # noqa: T201
