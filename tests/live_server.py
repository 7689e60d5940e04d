"""A real server with a home of its own, for tests that speak HTTP to it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

from visavis.api import read_settings
from visavis.server.launch import LaunchedServer as LiveServer
from visavis.server.launch import launch_server

__all__ = ["LiveServer", "live_server"]


@contextmanager
def live_server(
    workers: int = 1, *, folder: Path | None = None, variables: Mapping[str, str] | None = None, **settings: str
) -> Iterator[LiveServer]:
    """Start a server on free loopback ports, and stop it at the end.

    Args:
        workers: its processes.
        folder: its home, empty, to be kept; None: a folder of its own, which is removed.
        variables: further environment variables.
        settings: `VISAVIS_*` without the prefix, in lower case.
    """
    models = read_settings().home / "models"
    models.mkdir(parents=True, exist_ok=True)
    chosen = {f"VISAVIS_{name.upper()}": value for name, value in settings.items()}
    with nullcontext(folder) if folder else tempfile.TemporaryDirectory(prefix="visavis-server-") as named:
        home = Path(named)
        (home / "models").symlink_to(models)
        changes = chosen | dict(variables or {}) | {"VISAVIS_HOME": str(home)}
        with launch_server(home, workers, changes) as server:
            yield server
