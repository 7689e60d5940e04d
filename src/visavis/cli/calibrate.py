"""`visavis calibrate`: the calibration file of a model, precision and profile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from visavis import __version__
from visavis.cli.dataset_run import (
    ClearCacheOption,
    EngineChoice,
    FaceOption,
    LayoutOption,
    NoCacheOption,
    PeopleOption,
    RunOptions,
    WorkersOption,
    make_templates,
    open_for_run,
    read_dataset,
    require_folder,
)
from visavis.cli.options import Model, Precision, Profile, Runtime
from visavis.engine.geometry import estimate_similarity, warp_pixels
from visavis.engine.image import decode_image
from visavis.engine.pipeline import FaceEngine
from visavis.errors import ParameterError
from visavis.evaluation.calibrate import (
    CalibrationPlan,
    CalibrationResult,
    Exclusion,
    excluded_pictures,
    parse_exclusions,
    read_exclusions,
)
from visavis.evaluation.calibrate import (
    calibrate as make_calibration,
)
from visavis.evaluation.plots import plot_calibration
from visavis.evaluation.report import format_rate
from visavis.evaluation.run import Acquisition
from visavis.evaluation.scores import score_trials
from visavis.evaluation.suspects import SAME_PHOTOGRAPH, Suspect, patch_correlation, top_strangers
from visavis.evaluation.trials import Dataset, stranger_trials
from visavis.types import FaceChoice

_PATCH_PX = 128
# Where the five points go in a patch that shows the head with some of what is around it.
_PATCH_POINTS = np.array([[50.0, 55.0], [78.0, 55.0], [64.0, 71.0], [53.0, 87.0], [75.0, 87.0]])
_GREY = np.array([0.299, 0.587, 0.114])


def calibrate(
    dataset: Annotated[Path, typer.Argument(help="A folder (LFW, CFP, or a folder a person) or a CSV file of pairs.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write the calibration here, and its picture beside."),
    ] = None,
    people: PeopleOption = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option("--exclude", metavar="FILE", help="Leave out the pictures that this list names, besides our own."),
    ] = None,
    suspects: Annotated[
        int, typer.Option(min=0, metavar="N", help="List the N most alike pairs of different people, for inspection.")
    ] = 0,
    face: FaceOption = None,
    layout: LayoutOption = None,
    workers: WorkersOption = None,
    resamples: Annotated[int, typer.Option(min=20, help="Bootstrap resamples.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 1,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Written into the file; today's.")] = None,
    no_cache: NoCacheOption = False,
    clear: ClearCacheOption = False,
    model: Model = None,
    runtime: Runtime = None,
    precision: Precision = None,
    profile: Profile = None,
) -> None:
    """Count how alike strangers look to a model, and write what its scores mean."""
    if output is None and not suspects:
        raise ParameterError("name a file with --output, or list pairs with --suspects N")
    require_folder(output)
    day = checked_date(date)
    exclusions = [*packaged_exclusions(), *(row for file in exclude or () for row in read_exclusions(file))]
    chosen = EngineChoice(model, runtime, precision, profile)
    trials = read_dataset(dataset, layout, people)
    with open_for_run(chosen) as engine:
        made = make_templates(trials, engine, chosen, RunOptions(face, workers, not no_cache, clear))
        subject = face or trials.face
        if suspects:
            _show_suspects(trials, made, exclusions, suspects, _Patches(engine, subject))
        if output is None:
            return
        plan = CalibrationPlan(engine.identity, subject, day, __version__, resamples, seed)
    with Console(stderr=True).status("counting"):
        result = make_calibration(trials, made, exclusions, plan)
    output.write_text(result.text, "utf-8")
    title = f"{plan.identity.model_id} {plan.identity.precision} {plan.identity.profile}, {trials.name}"
    output.with_suffix(".png").write_bytes(plot_calibration(result, title))
    _show(result, output)


def packaged_exclusions() -> tuple[Exclusion, ...]:
    """Pictures of public data sets whose labels are proven wrong; the lists lie beside the calibrations."""
    folder = resources.files("visavis.engine") / "calibrations"
    files = sorted((file for file in folder.iterdir() if file.name.startswith("exclusions-")), key=lambda f: f.name)
    return tuple(row for file in files for row in parse_exclusions(file.read_bytes(), file.name))


def checked_date(date: str | None) -> str:
    """A date as it is written into a file; None: today's. Raises: ParameterError: it is none."""
    if date is None:
        return datetime.now(UTC).date().isoformat()
    try:
        return datetime.strptime(date, "%Y-%m-%d").date().isoformat()
    except ValueError as error:
        raise ParameterError(f"{date!r} is not a date as YYYY-MM-DD") from error


def _show(result: CalibrationResult, output: Path) -> None:
    out = Console()
    tail = result.tail
    last = next(knot for knot in reversed(result.knots) if knot.count is not None)
    out.print(
        f"{len(result.scores.non_mated):,} comparisons of different people; counted down to FMR "
        f"{format_rate(10**last.log10_fmr)}, extrapolated to {format_rate(10 ** result.knots[-1].log10_fmr)}",
        highlight=False,
    )
    out.print(f"tail above {tail.threshold:.4f}: shape {tail.shape:.4f}, scale {tail.scale:.4f}", highlight=False)
    out.print(f"written: {output} and {output.with_suffix('.png').name}", highlight=False, soft_wrap=True)


class _Patches:
    """Aligned grey patches of subjects, to see whether two pictures are one photograph."""

    def __init__(self, engine: FaceEngine, choice: FaceChoice) -> None:
        self._engine, self._choice = engine, choice

    def cut(self, content: bytes) -> NDArray[np.float64]:
        landmarks = self._engine.acquire(content, self._choice).face.landmarks
        transform = estimate_similarity(landmarks.to_array(), _PATCH_POINTS)
        patch: NDArray[np.float64] = warp_pixels(decode_image(content).pixels, transform, _PATCH_PX, _PATCH_PX) @ _GREY
        return patch


def _show_suspects(
    dataset: Dataset, acquisition: Acquisition, exclusions: Sequence[Exclusion], count: int, patches: _Patches
) -> None:
    scores = score_trials(acquisition.templates, stranger_trials(dataset))
    excluded = frozenset(excluded_pictures(acquisition, exclusions))
    typer.echo("score\tcorrelation\texcluded\treference\tprobe\treference SHA-256\tprobe SHA-256")
    for suspect in top_strangers(scores.sample, count):
        both = (suspect.reference, suspect.probe)
        fields = [
            f"{suspect.score:.4f}",
            f"{_correlation(dataset, suspect, patches):.3f}",
            "yes" if excluded & set(both) else "no",
            *(dataset.pictures[index].path for index in both),
            *(acquisition.keys[index].hex() for index in both),
        ]
        typer.echo("\t".join(fields))
    typer.echo(f"a correlation of {SAME_PHOTOGRAPH} or more: one photograph; anything less proves nothing", err=True)


def _correlation(dataset: Dataset, suspect: Suspect, patches: _Patches) -> float:
    first, second = (
        patches.cut((dataset.root / dataset.pictures[index].path).read_bytes())
        for index in (suspect.reference, suspect.probe)
    )
    return patch_correlation(first, second)
