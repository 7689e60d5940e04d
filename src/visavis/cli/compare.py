"""`visavis compare`: two pictures in, a verdict out; or many pairs from a CSV file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from visavis.api import open_engine, read_picture
from visavis.cli import EXIT_ERROR, options, print_error
from visavis.cli.document import comparison_document, error_document
from visavis.drawing import count_faces, describe_fmr, describe_meaning
from visavis.engine.pipeline import FaceEngine
from visavis.errors import FileMissingError, ParameterError, VisavisError
from visavis.types import Comparison, FaceChoice

EXIT_MATCH, EXIT_NON_MATCH = 0, 1
_MAX_PAIRS = 10_000_000


def compare(
    reference: Annotated[Path | None, typer.Argument(help="The first picture.")] = None,
    probe: Annotated[Path | None, typer.Argument(help="The second picture.")] = None,
    pairs: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Many pairs: a CSV file with columns reference and probe.")
    ] = None,
    fmr: Annotated[float, typer.Option(help="False match rate to decide at.")] = 1e-4,
    face: options.Face = FaceChoice.LARGEST,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: one document, or one line a pair.")] = False,
    draw: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw both pictures and the verdict.")] = None,
    model: options.Model = None,
    runtime: options.Runtime = None,
    precision: options.Precision = None,
    profile: options.Profile = None,
) -> None:
    """Say how alike two faces are, and how often strangers would score as high.

    Exit status: 0 match, 1 non-match, 2 error. Of many pairs the highest counts.
    """
    if not 0 < fmr < 1:
        raise ParameterError(f"--fmr is {fmr}; it must lie between 0 and 1, both excluded")
    if pairs is not None:
        if reference is not None or draw is not None:
            raise ParameterError("--pairs goes with neither pictures nor --draw")
        rows = read_pairs(pairs)
        with open_engine(model=model, runtime=runtime, precision=precision, profile=profile) as engine:
            raise typer.Exit(_compare_pairs(engine, rows, pairs.parent, fmr, face, as_json=as_json))
    if reference is None or probe is None:
        raise ParameterError("name two pictures, or a CSV file of pairs with --pairs")
    a, b = read_picture(reference), read_picture(probe)
    with open_engine(model=model, runtime=runtime, precision=precision, profile=profile) as engine:
        engine.warm_up()
        comparison = engine.compare(a, b, fmr=fmr, choice=face, keep_pictures=draw is not None)
    if as_json:
        typer.echo(json.dumps(comparison_document(comparison), indent=2))
    else:
        Console().print(verdict_table(comparison))
    if draw is not None:
        save_drawing(comparison, draw)
    raise typer.Exit(EXIT_MATCH if comparison.is_match else EXIT_NON_MATCH)


def verdict_table(comparison: Comparison) -> Table:
    """The verdict as a person reads it."""
    it = comparison.engine
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    style = "bold green" if comparison.is_match else "bold red"
    table.add_row("decision", f"[{style}]{comparison.decision}[/] at false match rate {comparison.decision_fmr:.0e}")
    table.add_row("score", f"{comparison.score:.3f}  (threshold {comparison.threshold:.3f})")
    table.add_row("false match rate", describe_fmr(comparison.fmr))
    table.add_row("meaning", describe_meaning(comparison))
    for name, side in (("reference", comparison.reference), ("probe", comparison.probe)):
        box = side.face.box
        size = f"{side.image_width}×{side.image_height} {side.format or 'array'}"
        subject = f"the subject {box.width:.0f}×{box.height:.0f} px"
        table.add_row(name, f"{size}, {count_faces(len(side.faces))}, {subject}")
    table.add_row("engine", f"{it.model_id}, {it.runtime} {it.precision}, profile {it.profile}")
    table.add_row("calibration", escape(comparison.calibration_id))
    stages = ", ".join(f"{stage} {1000 * seconds:.1f}" for stage, seconds in comparison.timings.stages.items())
    table.add_row("time", f"{1000 * comparison.timings.total_s:.1f} ms ({stages})")
    return table


def save_drawing(comparison: Comparison, path: Path) -> None:
    """Write the figure; its format follows the file's name.

    Raises:
        FileMissingError: the file cannot be written.
        ParameterError: no picture format has that name.
    """
    try:
        comparison.plot().savefig(path)
    except OSError as error:
        raise FileMissingError(f"cannot write {path}: {error.strerror}") from error
    except ValueError as error:
        raise ParameterError(f"cannot draw {path}: {error}") from error


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """The pairs of a CSV file with the columns reference and probe; other columns are allowed.

    Raises:
        FileMissingError: it cannot be read.
        ParameterError: a column is missing, a row is incomplete, or there are none, or too many.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(_rows(csv.DictReader(file), path))
    except OSError as error:
        raise FileMissingError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ParameterError(f"{path} is not a CSV file in UTF-8: {error}") from error


def _rows(reader: csv.DictReader[str], path: Path) -> Iterator[tuple[str, str]]:
    columns = reader.fieldnames or []
    for name in ("reference", "probe"):
        if name not in columns:
            raise ParameterError(f"{path} has no column {name!r}; its columns: {', '.join(columns) or 'none'}")
    count = 0
    for row in reader:
        count += 1
        if not row["reference"] or not row["probe"]:
            raise ParameterError(f"{path}, line {reader.line_num}: reference and probe must both be named")
        if count > _MAX_PAIRS:
            raise ParameterError(f"{path} has more than {_MAX_PAIRS:,} pairs")
        yield row["reference"], row["probe"]
    if not count:
        raise ParameterError(f"{path} has no pairs")


def _compare_pairs(
    engine: FaceEngine, rows: list[tuple[str, str]], folder: Path, fmr: float, choice: FaceChoice, *, as_json: bool
) -> int:
    """One line a pair on stdout; the highest exit status of all. Paths are relative to the CSV file's folder."""
    from rich.progress import track

    _ = engine.calibration
    worst = EXIT_MATCH
    if not as_json:
        typer.echo("reference,probe,decision,score,fmr,error")
    for reference, probe in track(rows, description="comparing", console=Console(stderr=True)):
        try:
            a, b = read_picture(folder / reference), read_picture(folder / probe)
            comparison = engine.compare(a, b, fmr=fmr, choice=choice)
        except VisavisError as error:
            print_error(error, f"{reference}, {probe}: ")
            typer.echo(_line(reference, probe, error, as_json=as_json))
            worst = EXIT_ERROR
        else:
            typer.echo(_line(reference, probe, comparison, as_json=as_json))
            worst = max(worst, EXIT_MATCH if comparison.is_match else EXIT_NON_MATCH)
    return worst


def _line(reference: str, probe: str, outcome: Comparison | VisavisError, *, as_json: bool) -> str:
    if as_json:
        document: dict[str, Any] = {"reference_path": reference, "probe_path": probe}
        document |= error_document(outcome) if isinstance(outcome, VisavisError) else comparison_document(outcome)
        return json.dumps(document)
    row = io.StringIO()
    if isinstance(outcome, VisavisError):
        results = ("", "", "", outcome.code)
    else:
        results = (str(outcome.decision), f"{outcome.score:.6f}", f"{outcome.fmr.value:.3e}", "")
    csv.writer(row, lineterminator="").writerow((reference, probe, *results))
    return row.getvalue()
