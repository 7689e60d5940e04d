"""`visavis analyze`: what can be measured of a face; of one picture, or of a folder of pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from visavis.api import open_engine, read_picture
from visavis.cli import options
from visavis.cli.analyze_folder import FolderRun, analyze_folder
from visavis.cli.analyze_record import analysis_document, quality_levels
from visavis.cli.analyze_table import measures_table, verdict_lines
from visavis.cli.dataset_run import WorkersOption
from visavis.drawing import count_faces
from visavis.errors import ParameterError
from visavis.service.quality import QualityLevel
from visavis.types import AnalyzedFace, FaceChoice

EXIT_ACCEPTED, EXIT_REFUSED = 0, 1
_SHOWN_LEVEL = "normal"


def analyze(
    picture: Annotated[Path, typer.Argument(help="A picture, or a folder of pictures.")],
    level: Annotated[
        Literal["low", "normal", "high"] | None,
        typer.Option(help="Exit with status 1 where this level of quality refuses the face."),
    ] = None,
    face: options.Face = FaceChoice.LARGEST,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    draw: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw the face with what was measured.")] = None,
    language: Annotated[
        Literal["en", "zh"], typer.Option("--lang", help="Language of the table and of advice.")
    ] = "en",
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Of a folder: one row a picture.")] = None,
    parquet: Annotated[Path | None, typer.Option(metavar="FILE", help="The same as Parquet; needs pyarrow.")] = None,
    workers: WorkersOption = None,
    runtime: options.Runtime = None,
    precision: options.Precision = None,
) -> None:
    """Measure a face: pose, what covers it, blur, light, eyes, mouth, mask, and how well it can be compared.

    Exit status: 0; 1 where --level is given and refuses the face; 2 error. Of a folder: 0 when the file is written.
    """
    judge = quality_levels()[level or _SHOWN_LEVEL]
    if picture.is_dir():
        if as_json or draw is not None:
            raise ParameterError(
                "--json and --draw are for one picture; of a folder a file is made, with --csv or --parquet"
            )
        analyze_folder(FolderRun(picture, csv, parquet, judge, face, workers, runtime, precision))
        return
    if csv is not None or parquet is not None or workers is not None:
        raise ParameterError("--csv, --parquet and --workers are for a folder of pictures")
    content = read_picture(picture)
    with open_engine(runtime=runtime, precision=precision) as engine:
        analyzed, identity = engine.analyze(content, face), engine.identity
    if as_json:
        typer.echo(json.dumps(analysis_document(analyzed, identity, language), indent=2, ensure_ascii=False))
    else:
        _show(analyzed, judge, language)
    if draw is not None:
        from visavis.cli.analyze_drawing import save_analysis

        save_analysis(content, analyzed, judge, draw)
    if level is not None and judge.flaws(analyzed.measures):
        raise typer.Exit(EXIT_REFUSED)


def _show(analyzed: AnalyzedFace, level: QualityLevel, language: str) -> None:
    out, acquired = Console(highlight=False), analyzed.acquired
    size = f"{acquired.image_width}×{acquired.image_height} {acquired.format or 'array'}"
    count = len(acquired.faces)
    out.print(f"{size}, {f'{count} 张人脸' if language == 'zh' else count_faces(count)}")
    out.print(measures_table(analyzed, level, language))
    for line in verdict_lines(analyzed.measures, level, language):
        out.print(line)
