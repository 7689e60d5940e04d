"""`visavis detect`: every face of a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from visavis.api import open_engine, read_picture
from visavis.cli import options
from visavis.cli.document import face_document


def detect(
    picture: Annotated[Path, typer.Argument(help="A picture.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    runtime: options.Runtime = None,
    precision: options.Precision = None,
) -> None:
    """Show where the faces of a picture are, the largest first. Exit status: 0, or 2 where there is none."""
    content = read_picture(picture)
    with open_engine(runtime=runtime, precision=precision) as engine:
        faces = engine.detect(content)
    if as_json:
        typer.echo(json.dumps([face_document(face) for face in faces], indent=2))
        return
    table = Table("", "left", "top", "width", "height", "probability", "eyes, nose, mouth corners (right first)")
    for number, face in enumerate(faces, 1):
        box = face.box
        points = "  ".join(f"{x:.0f},{y:.0f}" for x, y in face.landmarks.to_array())
        sides = [f"{value:.0f}" for value in (box.left, box.top, box.width, box.height)]
        table.add_row(str(number), *sides, f"{face.probability:.2f}", points)
    Console().print(table)
