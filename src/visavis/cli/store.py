"""`visavis store`: another secret key, another database."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from visavis.api import read_settings
from visavis.errors import ParameterError, SecretKeyError
from visavis.server.places import secret_key_file, store_url
from visavis.storage import change_secret_key, copy_store, load_secret_key

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The store: change-key, copy.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("change-key")
def change_key(
    new_key: Annotated[Path, typer.Argument(help="File of the new secret key; made where it is missing.")],
    as_json: AsJson = False,
) -> None:
    """Seal everything in the store anew, with another secret key. Stop every server first.

    All of it is done or nothing: after an interruption, run it again.
    """
    settings = read_settings()
    old_file, new_file = secret_key_file(settings).absolute(), new_key.absolute()
    if not old_file.exists():
        raise SecretKeyError(f"there is no secret key at {old_file}")
    old, is_made = load_secret_key(old_file), not new_file.exists()
    new = load_secret_key(new_file)
    if is_made:
        typer.echo(f"made a secret key: {new_file}; keep a copy, without it the store cannot be read", err=as_json)
    if old == new:
        raise ParameterError(f"{new_file} has the secret key that the store has now")
    done = change_secret_key(store_url(settings), old, new)
    if as_json:
        counts = {"secrets": done.secrets, "faces": done.faces} if done else None
        typer.echo(json.dumps({"secret_key_file": str(new_file), "is_made": is_made, "resealed": counts}, indent=2))
        return
    typer.echo(
        f"sealed anew: {done.secrets} secrets of keys, {done.faces} faces"
        if done
        else "the store is of that secret key already"
    )
    typer.echo("\nBefore a server starts, on every machine, either put it in the place of the old one, or:")
    typer.echo(f"  export VISAVIS_SECRET_KEY_FILE={shlex.quote(str(new_file))}")
    typer.echo(f"Keep {old_file} as long as there are backups of the store from before: they need it.")


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The store, sqlite:///PATH or postgresql://…")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty database, or a file that is not there yet.")],
    as_json: AsJson = False,
) -> None:
    """Copy a store to another database, e.g. from SQLite to PostgreSQL. Stop every server first.

    All of it is copied or nothing. The same secret key belongs to the copy.
    """
    counts = copy_store(source, target)
    if as_json:
        typer.echo(json.dumps(counts, indent=2))
        return
    for name, count in counts.items():
        typer.echo(f"{name:<12}{count:>10}")
    typer.echo("Set VISAVIS_STORE_URL to the copy on every machine before a server starts; the secret key stays.")
