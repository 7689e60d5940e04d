"""`visavis evaluate-liveness`: error rates of the checks for attacks and for synthesis on a set of photos."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from visavis import __version__
from visavis.api import read_settings
from visavis.cli.dataset_run import (
    EngineChoice,
    FiguresOption,
    ReportLanguageOption,
    ReportOption,
    SeedOption,
    WorkersOption,
    open_for_run,
    require_folder,
)
from visavis.cli.liveness_run import choose_engine, run_check
from visavis.cli.options import Face, Precision, Profile, Runtime
from visavis.engine.bpcer import BpcerScale
from visavis.errors import ParameterError
from visavis.evaluation.pad_dataset import PresentationSet, load_presentations
from visavis.evaluation.pad_protocol import GroupResult, PadOptions, PadPoint, Rate, evaluate_presentations
from visavis.evaluation.pad_report import (
    PadEvaluation,
    control_levels,
    failures_of,
    highest_value,
    render_pad_html,
    to_pad_json,
)
from visavis.evaluation.report import format_interval, format_percent, format_rate
from visavis.presentation import BPCER_ANCHORS, BpcerEstimate, Check
from visavis.types import FaceChoice

_SHOWN = 10


def evaluate_liveness(
    photos: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="bona_fide/[PERSON/] and attack/SPECIES/[PERSON/], or a CSV file: path,kind,species,person.",
        ),
    ],
    check: Annotated[
        Check, typer.Option("--check", help="pad: presentation attacks; synthesis: generated and manipulated faces.")
    ] = Check.PAD,
    face: Face = FaceChoice.LARGEST,
    json_path: FiguresOption = None,
    report: ReportOption = None,
    language: ReportLanguageOption = "en",
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails", help="Put the worst photos of each kind into the report.")
    ] = False,
    workers: WorkersOption = None,
    resamples: Annotated[int, typer.Option(min=0, help="Bootstrap resamples; 0: exact intervals only.")] = 500,
    seed: SeedOption = 1,
    worst: Annotated[int, typer.Option(min=0, help="How many photos of each kind to list.")] = 20,
    runtime: Runtime = None,
    precision: Precision = None,
    profile: Profile = None,
    calibration: Annotated[
        Path | None,
        typer.Option(
            "--calibration", metavar="FILE", help="Of the liveness check, instead of VISAVIS_LIVENESS_CALIBRATION."
        ),
    ] = None,
) -> None:
    """Count how many attacks of each species get through, and how many bona fide photos do not, with intervals."""
    if calibration is not None and check is not Check.PAD:
        raise ParameterError("--calibration is for --check pad")
    beside = report.with_suffix(".json") if report is not None and json_path is None else json_path
    require_folder(report, beside)
    presentations = load_presentations(photos)
    chosen = choose_engine(runtime, precision, profile, calibration or read_settings().liveness_calibration)
    run = _Run(check, face, workers, PadOptions(resamples, seed), worst)
    evaluation = _evaluate(presentations, chosen, run)
    _show(evaluation)
    if beside is not None:
        beside.write_text(json.dumps(to_pad_json(evaluation), indent=2, ensure_ascii=False) + "\n", "utf-8")
    if report is not None:
        report.write_text(render_pad_html(evaluation, language=language, thumbnails=thumbnails), "utf-8")


@dataclass(frozen=True, slots=True)
class _Run:
    """Options of the command that are not the engine's."""

    check: Check
    face: FaceChoice
    workers: int | None
    options: PadOptions
    worst: int


def _evaluate(photos: PresentationSet, chosen: EngineChoice, run: _Run) -> PadEvaluation:
    with open_for_run(chosen) as engine:
        detector = engine.examiner.pad if run.check is Check.PAD else engine.examiner.synthesis
        outcomes = run_check(photos, engine, chosen, run.check, run.face, run.workers)
        with Console(stderr=True).status("counting"):
            results = evaluate_presentations(photos, outcomes, run.check, run.options)
        return PadEvaluation(
            photos=photos,
            outcomes=outcomes,
            results=results,
            check=run.check,
            networks=detector.identity,
            identity=engine.identity,
            calibration_id=None if detector.scale is None else detector.scale.calibration_id,
            claims=_claims(run.check, detector.scale),
            face=run.face,
            options=run.options,
            worst=run.worst,
            date=datetime.now(UTC).date().isoformat(),
            version=__version__,
        )


def _claims(check: Check, scale: BpcerScale | None) -> Mapping[float, BpcerEstimate]:
    """What each control threshold refuses, by the calibration."""
    if scale is None:
        return {}
    return {score: scale.threshold_estimate(score) for _, score in BPCER_ANCHORS[check]}


def _show(evaluation: PadEvaluation) -> None:
    out = Console()
    networks = ", ".join(network.model_id for network in evaluation.networks)
    identity = evaluation.identity
    out.print(
        f"[bold]{evaluation.photos.name}[/]: {len(evaluation.photos.presentations):,} photos, {evaluation.face.value} "
        f"face; {evaluation.check.value}: {networks}, {identity.runtime} {identity.precision}",
        highlight=False,
    )
    results = evaluation.results
    out.print(_groups_table((results.bona_fide, *results.species)))
    if results.control_points:
        levels = control_levels(results.control_points)
        out.print(_points_table("thresholds of the control", results.control_points, levels))
        _show_claims(out, evaluation)
    else:
        out.print("no public scores: there is no calibration for these networks", highlight=False)
    out.print(_points_table("thresholds counted on this set", results.nominal_points, ["native"] * 2))
    for point in results.nominal_points:
        if point.reason is not None:
            out.print(f"  BPCER {format_rate(point.nominal)}: {point.reason}", markup=False, highlight=False)
    _show_failures(out, evaluation)


def _groups_table(groups: Sequence[GroupResult]) -> Table:
    table = Table(title="photos", title_justify="left", title_style="bold")
    table.add_column("kind", no_wrap=True)
    for heading in ("photos", "people", "no face", "no answer", "NRR", "AUC", "95 %"):
        table.add_column(heading, justify="right")
    for group in groups:
        area = group.area
        table.add_row(
            group.species or "bona fide",
            f"{group.photos:,}",
            f"{group.people:,}" if group.people else "–",
            f"{sum(group.failures.values()):,}",
            f"{sum(group.non_responses.values()):,}",
            format_percent(group.non_response.value),
            "–" if area.value is None else f"{area.value:.4f}",
            "" if area.interval is None else f"{area.interval[0]:.4f} – {area.interval[1]:.4f}",
        )
    return table


def _points_table(title: str, points: Sequence[PadPoint], names: Sequence[str]) -> Table:
    """A column for each threshold, a row for each rate."""
    table = Table("rate", title=title, title_justify="left", title_style="bold")
    for point, name in zip(points, names, strict=True):
        at = "–" if point.threshold is None else f"{point.threshold:.4g}"
        table.add_column(f"{name} {at}\nBPCER {format_rate(point.nominal)}", justify="right")
    table.add_row("BPCER", *(_cell(point.bpcer) for point in points))
    species = next((list(point.apcer) for point in points if point.apcer is not None), [])
    for name in species:
        table.add_row(f"APCER {name}", *(_cell(point.apcer[name] if point.apcer else None) for point in points))
    highest = ((highest_value(point), point.highest_interval) for point in points)
    table.add_row(
        "[bold]highest APCER[/]", *(f"{format_percent(value)}\n[dim]{format_interval(i)}[/]" for value, i in highest)
    )
    table.add_row("bona fide not let through", *(_cell(point.refused) for point in points))
    return table


def _cell(rate: Rate | None) -> str:
    if rate is None or rate.value is None:
        return "–"
    return f"{format_percent(rate.value)} ({rate.events:,}/{rate.trials:,})\n[dim]{format_interval(rate.interval)}[/]"


def _show_claims(out: Console, evaluation: PadEvaluation) -> None:
    for threshold, claim in evaluation.claims.items():
        source = "from a fitted tail" if claim.extrapolated else "counted"
        out.print(
            f"  calibration: {threshold} refuses BPCER {format_rate(claim.value)}, at most {format_rate(claim.high)}, "
            f"{source}",
            highlight=False,
        )


def _show_failures(out: Console, evaluation: PadEvaluation) -> None:
    failures = failures_of(evaluation)
    for index, failure in failures[:_SHOWN]:
        out.print(f"  no face: {evaluation.photos.presentations[index].path}: {failure.code}", markup=False)
    if len(failures) > _SHOWN:
        out.print(f"  and {len(failures) - _SHOWN:,} more; the report and the JSON list them all")
