"""`visavis models`: which there are, fetch, check, add one's own, remove."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from visavis.api import read_settings
from visavis.engine.models import DEFAULT_PULL, ModelSpec, ModelStore, PullProgress, pull_models
from visavis.errors import ModelIntegrityError, ModelNotFoundError

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Models: list, pull, verify, add, remove.")

_STEPS = {
    "wait": "waiting for another pull",
    "download": "downloading",
    "check": "downloaded",
    "convert": "converting",
    "ready": "ready",
}
_STATE_STYLES = {"present": "green", "missing": "yellow", "needs licence": "magenta"}


@app.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show every model: what it is for, its licence, and whether it is here."""
    store = ModelStore(read_settings().home)
    entries = [_describe(store, spec) for spec in store.specs()]
    if as_json:
        typer.echo(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    Console().print(_table(entries))


@app.command()
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models; by default those that visavis itself uses.")
    ] = None,
    accept_licence: Annotated[
        list[str] | None,
        typer.Option("--accept-licence", metavar="NAME", help="Accept a research-only model, or its licence, by name."),
    ] = None,
) -> None:
    """Fetch models with pip, from the index or folder that it is configured for."""
    store = ModelStore(read_settings().home)
    wanted = names or list(DEFAULT_PULL)
    with _progress_bar() as show:
        pull_models(store, wanted, accept_licences=accept_licence or (), progress=show)
    for name in dict.fromkeys(wanted):
        typer.echo(f"{name}  ready  {store.path(name)}")


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models; by default all that are here.")] = None,
) -> None:
    """Check the SHA-256 of models. Exit status 0: all as they should be; 2: one is damaged or missing."""
    store = ModelStore(read_settings().home)
    wanted = names or [spec.name for spec in store.specs() if store.path(spec.name).is_file()]
    if not wanted:
        raise ModelNotFoundError("there are no models here to verify; run `visavis models pull`")
    failed = False
    for name in dict.fromkeys(wanted):
        complaint = _complaint(store, name)
        failed = failed or complaint is not None
        typer.echo(f"{name}  {complaint or 'intact'}")
    if failed:
        raise typer.Exit(2)


@app.command()
def add(
    onnx: Annotated[Path, typer.Argument(help="Your recogniser: an ONNX file with its weights inside.")],
    manifest: Annotated[Path, typer.Argument(help="How to feed it: a JSON or TOML file, see docs/models.md.")],
    name: Annotated[str, typer.Option("--name", help="What to call it: a-z, 0-9, - and _.")],
) -> None:
    """Take in a recogniser of your own."""
    spec = ModelStore(read_settings().home).add(onnx, manifest, name)
    typer.echo(f"{spec.name}  added  sha256 {spec.sha256}")


@app.command()
def remove(names: Annotated[list[str], typer.Argument(help="Models to delete from this machine.")]) -> None:
    """Delete models from this machine."""
    store = ModelStore(read_settings().home)
    for name in dict.fromkeys(names):
        typer.echo(f"{name}  {'removed' if store.remove(name) else 'is not here, nothing to remove'}")


def _table(entries: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    # Names and licences are what a user types: they are wrapped where they do not fit, never cut off.
    for heading in ("name", "role", "licence"):
        table.add_column(heading, overflow="fold")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for entry in entries:
        texts = (escape(entry[field]) for field in ("name", "role", "licence"))
        state = entry["state"]
        table.add_row(*texts, f"{entry['size_bytes'] / 1e6:.1f} MB", f"[{_STATE_STYLES[state]}]{state}[/]")
    return table


def _describe(store: ModelStore, spec: ModelSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "role": spec.role,
        "licence": spec.licence,
        "research_only": spec.research_only,
        "size_bytes": spec.size_bytes,
        "state": _state(store, spec.name),
        "sha256": spec.sha256,
        "distribution": spec.source.wheel.distribution if spec.source else None,
        "description": spec.description,
        "training_data": spec.training_data,
        "path": str(store.path(spec.name)),
    }


def _state(store: ModelStore, name: str) -> str:
    if not store.is_accepted(name):
        return "needs licence"
    return "present" if store.is_present(name) else "missing"


def _complaint(store: ModelStore, name: str) -> str | None:
    try:
        store.verify(name)
    except (ModelIntegrityError, ModelNotFoundError) as error:
        return str(error)
    return None


@contextmanager
def _progress_bar() -> Iterator[Callable[[PullProgress], None]]:
    """One line a wheel or model, on stderr: nothing but the result belongs on stdout."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    bars = Progress(*columns, console=Console(stderr=True))
    tasks: dict[str, Any] = {}

    def show(event: PullProgress) -> None:
        # Not before there is something to show: an empty display leaves an empty line.
        bars.start()
        task = tasks.get(event.subject)
        if task is None:
            task = tasks[event.subject] = bars.add_task(event.subject)
        bars.update(
            task,
            description=f"{event.subject} {_STEPS[event.step]}",
            completed=event.done_bytes,
            total=event.total_bytes or None,
        )

    try:
        yield show
    finally:
        bars.stop()
