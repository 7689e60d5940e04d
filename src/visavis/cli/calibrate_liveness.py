"""`visavis calibrate-liveness`: what the answers of the liveness check mean on the user's own cameras."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from visavis import __version__
from visavis.cli.calibrate import checked_date
from visavis.cli.dataset_run import WorkersOption, open_for_run, require_folder
from visavis.cli.liveness_run import choose_engine, run_check
from visavis.cli.options import Face, Precision, Profile, Runtime
from visavis.evaluation.bpcer import BpcerFit, BpcerPlan, fit_bpcer_scale, photos_to_count
from visavis.evaluation.pad_dataset import PresentationSet, load_bona_fide
from visavis.evaluation.pad_run import Answers, to_answers
from visavis.evaluation.plots import plot_bpcer
from visavis.evaluation.report import format_rate
from visavis.presentation import Check
from visavis.types import FaceChoice


def calibrate_liveness(
    photos: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Bona fide photos of your own cameras, best in a folder for each person."),
    ],
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="Write the calibration here, and its picture beside.")
    ],
    face: Face = FaceChoice.LARGEST,
    workers: WorkersOption = None,
    resamples: Annotated[int, typer.Option(min=20, help="Bootstrap resamples.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 1,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Written into the file; today's.")] = None,
    runtime: Runtime = None,
    precision: Precision = None,
    profile: Profile = None,
) -> None:
    """Count how the liveness check answers to living people, and write which scores refuse how many of them."""
    require_folder(output)
    day = checked_date(date)
    presentations = load_bona_fide(photos)
    chosen = choose_engine(runtime, precision, profile, None)
    with open_for_run(chosen) as engine:
        detector = engine.examiner.pad
        answers = to_answers(run_check(presentations, engine, chosen, Check.PAD, face, workers))
        plan = BpcerPlan(
            check=Check.PAD,
            networks=detector.identity,
            precision=detector.precision,
            data_sets=(presentations.name,),
            date=day,
            tool_version=__version__,
            failures_to_acquire=int((~answers.acquired).sum()),
            non_responses=_reasons(answers),
            resamples=resamples,
            seed=seed,
        )
    _show_answers(answers, presentations)
    _fit_and_write(answers, presentations, plan, output)


def _fit_and_write(answers: Answers, photos: PresentationSet, plan: BpcerPlan, output: Path) -> None:
    native = answers.native[answers.answered]
    with Console(stderr=True).status("counting"):
        fit = fit_bpcer_scale(native, np.array(photos.persons)[answers.answered].tolist(), plan)
    output.write_text(fit.text, "utf-8")
    title = f"{', '.join(network.model_id for network in plan.networks)} {plan.precision}, {photos.name}"
    output.with_suffix(".png").write_bytes(plot_bpcer(fit, native, plan.check, title))
    _show(fit, output)


def _reasons(answers: Answers) -> dict[str, int]:
    return dict(Counter(str(reason) for reason in answers.non_responses if reason))


def _show_answers(answers: Answers, photos: PresentationSet) -> None:
    out = Console()
    shown = [one.person for one in photos.presentations]
    out.print(f"{len(shown):,} bona fide photos of {len(set(shown) - {None}):,} people", highlight=False)
    if None in shown:
        out.print(f"  not known who: {shown.count(None):,}; each counts as a person of its own", highlight=False)
    failures = Counter(str(code) for code in answers.failures if code)
    for label, counts in (("no usable face", failures), ("cannot tell", _reasons(answers))):
        for reason, count in sorted(counts.items()):
            out.print(f"  {label}: {reason}: {count:,}", highlight=False)


def _show(fit: BpcerFit, output: Path) -> None:
    out = Console()
    table = Table(title=f"{fit.photos:,} photos with an answer", title_justify="left", title_style="bold")
    for heading in ("threshold", "native", "BPCER", "at most", "source", "refused", "by count"):
        table.add_column(heading, justify="right")
    for one in fit.thresholds:
        table.add_row(
            f"{one.score:g}",
            f"{one.native:.4g}",
            format_rate(one.bpcer),
            format_rate(one.high),
            "fitted" if one.extrapolated else "counted",
            f"{one.refused:,}",
            f"≤ {format_rate(one.counted_high)}",
        )
    out.print(table)
    out.print("at most, by count: upper ends of 95 % intervals, with and without trust in the fit")
    _advise(out, fit)
    out.print(f"written: {output} and {output.with_suffix('.png').name}", highlight=False, soft_wrap=True)
    out.print(f"to use it: VISAVIS_LIVENESS_CALIBRATION={output}", highlight=False, soft_wrap=True)


def _advise(out: Console, fit: BpcerFit) -> None:
    fitted = [one.bpcer for one in fit.thresholds if one.extrapolated]
    if fitted:
        rates = ", ".join(f"{format_rate(bpcer)}: {photos_to_count(bpcer):,}" for bpcer in fitted)
        out.print(f"photos that it takes to count a BPCER instead of fitting it: {rates}", highlight=False)
