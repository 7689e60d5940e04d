"""`visavis liveness`: whether a living person was before the camera, and whether the photo was left as it was taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from visavis.api import control_policy, open_engine, read_picture, read_settings
from visavis.cli import EXIT_ERROR, options, print_error
from visavis.cli.document import error_document
from visavis.cli.liveness_record import CheckedPhoto, liveness_document
from visavis.cli.liveness_table import advice_lines, heading, liveness_table
from visavis.engine.pipeline import FaceEngine
from visavis.errors import FileMissingError, VisavisError
from visavis.findings import Findings
from visavis.service.controls import ControlPolicy
from visavis.service.orders import Control, InlinePicture, Subject
from visavis.service.verdicts import judge
from visavis.types import LIVENESS_CHECKS, FaceChoice

EXIT_PASSED, EXIT_REFUSED = 0, 1
Condition = Literal["live", "idcard", "watermark", "cert", "infrared"]
Language = Literal["en", "zh"]


def liveness(
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE", help="One picture or several.")],
    level: Annotated[
        Literal["low", "normal", "high"] | None,
        typer.Option(help="Exit with status 1 where this level of either control refuses a face."),
    ] = None,
    condition: Annotated[Condition, typer.Option(help="What kind of pictures they are.")] = "live",
    face: options.Face = FaceChoice.LARGEST,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: one document, or one line a picture.")] = False,
    language: Annotated[Language, typer.Option("--lang", help="Language of the table and of advice.")] = "en",
    runtime: options.Runtime = None,
    precision: options.Precision = None,
) -> None:
    """Say how surely a living person was before the camera, and how surely the photo is neither generated nor edited.

    Exit status: 0; 1 where --level is given and refuses a face; 2 error. Of several pictures the highest counts.
    """
    policy = control_policy(read_settings())
    status, one = EXIT_PASSED, len(pictures) == 1
    with open_engine(runtime=runtime, precision=precision) as engine:
        for path, outcome in _check_all(engine, policy, pictures, face, condition):
            if isinstance(outcome, VisavisError):
                if one:
                    raise outcome
                _show_error(path, outcome, as_json=as_json)
                status = EXIT_ERROR
                continue
            if level is not None and outcome.is_refused_at(level):
                status = max(status, EXIT_REFUSED)
            if as_json:
                document = liveness_document(outcome, engine.identity, engine.examiner.calibration_ids, language)
                told = document if one else {"path": str(path)} | document
                typer.echo(json.dumps(told, indent=2 if one else None, ensure_ascii=False))
            else:
                _show(outcome, language)
    raise typer.Exit(status)


def _check_all(
    engine: FaceEngine, policy: ControlPolicy, paths: list[Path], face: FaceChoice, condition: str
) -> Iterator[tuple[Path, CheckedPhoto | VisavisError]]:
    for path in paths:
        try:
            content = read_picture(path)
            acquired = engine.inspect(content, LIVENESS_CHECKS, face)
        except VisavisError as error:
            yield path, error
            continue
        assert isinstance(content, bytes)
        subject = Subject(InlinePicture(content), condition=condition)
        findings = Findings(pad=acquired.pad, synthesis=acquired.synthesis)
        judgements = {control: judge(policy, control, subject, findings) for control in reversed(Control)}
        yield path, CheckedPhoto(path, acquired, judgements)


def _show_error(path: Path, error: VisavisError, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"path": str(path), **error_document(error)}, ensure_ascii=False))
    else:
        print_error(error, "" if isinstance(error, FileMissingError) else f"{path}: ")


def _show(photo: CheckedPhoto, language: str) -> None:
    out = Console(highlight=False)
    out.print(heading(photo, language), soft_wrap=True)
    out.print(liveness_table(photo, language))
    for line in advice_lines(photo, language):
        out.print(line, soft_wrap=True)
