"""`visavis evaluate`: error rates on a data set."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from visavis import __version__
from visavis.api import read_settings
from visavis.cli.dataset_run import (
    ClearCacheOption,
    EngineChoice,
    FaceOption,
    FiguresOption,
    LayoutOption,
    NoCacheOption,
    PeopleOption,
    ReportLanguageOption,
    ReportOption,
    RunOptions,
    SeedOption,
    WorkersOption,
    make_templates,
    open_for_run,
    read_dataset,
    require_folder,
)
from visavis.cli.options import Model, Precision, Profile, Runtime
from visavis.engine.pipeline import try_calibration
from visavis.errors import ParameterError
from visavis.evaluation.cache import clear_cache
from visavis.evaluation.discard_curve import DiscardCurve
from visavis.evaluation.protocol import EvaluationOptions, ProtocolResult, evaluate_dataset
from visavis.evaluation.report import (
    Evaluation,
    format_change,
    format_interval,
    format_percent,
    format_rate,
    render_html,
    to_json,
)
from visavis.evaluation.trials import Dataset

_SHOWN = 10


def evaluate(
    dataset: Annotated[
        Path | None, typer.Argument(help="A folder (LFW, CFP, or a folder a person) or a CSV file of pairs.")
    ] = None,
    people: PeopleOption = None,
    face: FaceOption = None,
    layout: LayoutOption = None,
    json_path: FiguresOption = None,
    report: ReportOption = None,
    language: ReportLanguageOption = "en",
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails", help="Put the pictures of the worst pairs into the report.")
    ] = False,
    quality: Annotated[
        bool, typer.Option("--quality", help="Also measure every picture: errors against comparisons left out.")
    ] = False,
    workers: WorkersOption = None,
    resamples: Annotated[int, typer.Option(min=0, help="Bootstrap resamples; 0: no intervals.")] = 500,
    seed: SeedOption = 1,
    worst: Annotated[int, typer.Option(min=0, help="How many pairs of each kind to list.")] = 20,
    no_cache: NoCacheOption = False,
    clear: ClearCacheOption = False,
    model: Model = None,
    runtime: Runtime = None,
    precision: Precision = None,
    profile: Profile = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", metavar="FILE", help="Instead of the one that comes with visavis.")
    ] = None,
) -> None:
    """Count false matches and false rejections on a data set, with intervals, and list what went wrong."""
    if dataset is None:
        if not clear:
            raise ParameterError("name a data set")
        typer.echo(f"{clear_cache(read_settings().home)} files of templates deleted")
        return
    beside = report.with_suffix(".json") if report is not None and json_path is None else json_path
    require_folder(report, beside)
    evaluation = _evaluate(
        read_dataset(dataset, layout, people),
        EngineChoice(model, runtime, precision, profile, calibration),
        RunOptions(face, workers, not no_cache, clear, quality),
        EvaluationOptions(resamples=resamples, seed=seed, worst=worst),
    )
    _show(evaluation)
    if beside is not None:
        beside.write_text(json.dumps(to_json(evaluation), indent=2, ensure_ascii=False) + "\n", "utf-8")
    if report is not None:
        report.write_text(render_html(evaluation, language=language, thumbnails=thumbnails), "utf-8")


def _evaluate(dataset: Dataset, chosen: EngineChoice, run: RunOptions, options: EvaluationOptions) -> Evaluation:
    with open_for_run(chosen) as engine:
        # A calibration that was named must be usable; without one of either kind rates can be counted all the same.
        meaning = engine.calibration if chosen.calibration is not None else try_calibration(engine)
        if run.measure:
            _ = engine.examiner.analyser  # Fetches what it lacks before several processes want it.
        made = make_templates(dataset, engine, chosen, run)
        with Console(stderr=True).status("comparing"):
            results = evaluate_dataset(dataset, made, meaning, options)
        return Evaluation(
            dataset=dataset,
            acquisition=made,
            results=results,
            identity=engine.identity,
            calibration_id=None if meaning is None else meaning.calibration_id,
            face=run.face or dataset.face,
            options=options,
            date=datetime.now(UTC).date().isoformat(),
            version=__version__,
        )


def _show(evaluation: Evaluation) -> None:
    out = Console()
    identity = evaluation.identity
    out.print(
        f"[bold]{evaluation.dataset.name}[/]: {len(evaluation.dataset.pictures):,} pictures of "
        f"{len(evaluation.dataset.people):,} people, {evaluation.face.value} face; "
        f"{identity.model_id}, {identity.runtime} {identity.precision}, profile {identity.profile}"
    )
    for result in evaluation.results:
        out.print(_table(result))
        _show_single_figures(out, result)
        if result.discard is not None:
            _show_discard(out, result.discard)
    _show_failures(out, evaluation)


def _table(result: ProtocolResult) -> Table:
    title = f"{result.name}: {result.mated:,} mated, {result.non_mated:,} non-mated"
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("FMR", "threshold", "FNMR", "FRR", "95 %", "FMR by calibration"):
        table.add_column(heading, justify="right")
    for point in result.operating_points:
        if point.threshold is None:
            table.add_row(format_rate(point.fmr), "–", "–", "–", "too few comparisons", "–")
            continue
        table.add_row(
            format_rate(point.fmr),
            f"{point.threshold:.4f}",
            format_percent(point.fnmr),
            format_percent(point.frr),
            format_interval(point.frr_interval),
            format_rate(point.claimed_fmr),
        )
    return table


def _show_discard(out: Console, curve: DiscardCurve) -> None:
    if curve.threshold is None:
        out.print(f"  nothing left out by quality: {curve.reason}", markup=False, highlight=False)
        return
    at = f"FMR {format_rate(curve.fmr)}, threshold {curve.threshold:.4f}, FRR {format_percent(curve.frr[0])}"
    table = Table(title=f"mated comparisons left out by quality\n{at}", title_justify="left")
    for heading in ("left out", "quality", "FRR", "95 %", "change", "95 %", "ideal"):
        table.add_column(heading, justify="right")
    for point in curve.points:
        table.add_row(
            f"{100 * point.share:.0f} %",
            "–" if point.quality is None else f"{point.quality:.1f}",
            format_percent(point.frr),
            format_interval(point.frr_interval),
            format_change(point.change),
            format_interval(point.change_interval, "change"),
            format_change(point.ideal_change),
        )
    out.print(table)


def _show_single_figures(out: Console, result: ProtocolResult) -> None:
    figures = [f"FTA {format_percent(result.fta)} ({result.failed_pictures:,} of {result.pictures:,} pictures)"]
    figures.append(f"EER {format_percent(result.eer)} [{format_interval(result.eer_interval)}]")
    if result.accuracy is not None:
        interval = format_interval(result.accuracy_interval)
        figures.append(f"accuracy {format_percent(result.accuracy.mean)} [{interval}]")
    out.print("  " + "; ".join(figures), markup=False, highlight=False)


def _show_failures(out: Console, evaluation: Evaluation) -> None:
    failures = sorted(evaluation.acquisition.failures.items())
    for index, failure in failures[:_SHOWN]:
        out.print(f"  no template: {evaluation.dataset.pictures[index].path}: {failure.code}", markup=False)
    if len(failures) > _SHOWN:
        out.print(f"  and {len(failures) - _SHOWN:,} more; the report and the JSON list them all")
