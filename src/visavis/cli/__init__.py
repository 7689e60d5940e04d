"""The command line. A command's module is imported only when it is called, so that `compare` starts quickly."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from visavis import __version__
from visavis.errors import VisavisError

_COMMANDS = (
    "compare",
    "detect",
    "analyze",
    "liveness",
    "serve",
    "accounts",
    "keys",
    "store",
    "tls",
    "call",
    "evaluate",
    "calibrate",
    "evaluate-liveness",
    "calibrate-liveness",
    "bench",
    "models",
    "demo",
)

EXIT_ERROR = 2


class _LazyGroup(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        function = cmd_name.replace("-", "_")
        module = importlib.import_module(f"visavis.cli.{function}")
        sub = getattr(module, "app", None)
        if sub is None:
            sub = typer.Typer(add_completion=False)
            sub.command(cmd_name)(getattr(module, function))
        command = typer.main.get_command(sub)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Face comparison with calibrated scores, on your own machine.",
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"visavis {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; an error that visavis raises on purpose becomes one line and exit status 2."""
    try:
        app()
    except VisavisError as error:
        print_error(error)
        sys.exit(EXIT_ERROR)
    except Exception:
        # Python's own exit status for a crash is 1, which here means "non-match".
        Console(stderr=True).print_exception(show_locals=False)
        sys.exit(EXIT_ERROR)


def print_error(error: VisavisError, where: str = "") -> None:
    """One line on stderr: where, which side, what, and the stable code in brackets."""
    side = f"{error.side}: " if error.side else ""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"[bold red]error[/]: {escape(where)}{side}{escape(str(error))} [dim]({error.code})[/]")
