"""What `evaluate` and `calibrate` share: read a data set, open an engine, make the templates with progress."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from visavis.api import open_engine, read_settings
from visavis.config import Settings
from visavis.engine.examiner import LivenessOptions
from visavis.engine.pipeline import FaceEngine
from visavis.errors import FileMissingError
from visavis.evaluation.cache import QualityCache, TemplateCache, clear_cache
from visavis.evaluation.layouts import load_dataset, read_people
from visavis.evaluation.run import Acquisition, AcquisitionPlan, MeasuringPlan, acquire_dataset
from visavis.evaluation.trials import Dataset, Layout
from visavis.types import FaceChoice

PeopleOption = Annotated[
    Path | None, typer.Option("--people", metavar="FILE", help="Only the people that this file lists, one a line.")
]
FaceOption = Annotated[
    FaceChoice | None, typer.Option("--face", help="Which face is the subject; by default what the data set says.")
]
LayoutOption = Annotated[
    Layout | None, typer.Option("--layout", help="How the data set is arranged; found out by default.")
]
FiguresOption = Annotated[Path | None, typer.Option("--json", metavar="PATH", help="Write every figure here.")]
ReportOption = Annotated[
    Path | None,
    typer.Option("--report", metavar="PATH", help="Write an HTML report here, and its figures as JSON beside it."),
]
ReportLanguageOption = Annotated[
    Literal["en", "zh"], typer.Option("--lang", help="Language that the report opens in; it holds both.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Of the bootstrap.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; by default one a core.")]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="Neither read nor keep templates.")]
ClearCacheOption = Annotated[bool, typer.Option("--clear-cache", help="First delete all templates that were kept.")]
# Runtimes and codecs that may change a template by a rounding.
_LIBRARIES = ("numpy", "opencv-python-headless", "openvino", "onnxruntime", "pillow", "simplejpeg")
_PACKAGE = "visavis.engine"
CHECKING = frozenset({"bpcer.py", "pad", "synthesis"})
"""Parts of the engine that check faces for attacks and synthesis, and take no part in templates and measures."""
# What these hold changes neither a template nor a measure.
_IRRELEVANT = frozenset({"calibration.py", "calibrations", "__pycache__"}) | CHECKING
MEASURING = frozenset({"analysis", "landmarks", "occlusion", "examiner.py"})
"""Parts of the engine that measure faces and take no part in making templates."""


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Engine options of a command; None leaves the setting as it is."""

    model: str | None = None
    runtime: str | None = None
    precision: str | None = None
    profile: str | None = None
    calibration: Path | None = None
    liveness: LivenessOptions | None = None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to make the templates; see the options of the commands. `measure`: measure qualities, too."""

    face: FaceChoice | None
    workers: int | None
    use_cache: bool
    clear_cache: bool
    measure: bool = False


def read_dataset(path: Path, layout: Layout | None, people: Path | None) -> Dataset:
    """Raises: FileMissingError, DatasetError."""
    return load_dataset(path, layout=layout, people=None if people is None else read_people(people))


def require_folder(*paths: Path | None) -> None:
    """Raises: FileMissingError: a file could not be written there, which is better said before the work than after."""
    for path in paths:
        if path is not None and not path.absolute().parent.is_dir():
            raise FileMissingError(f"no such folder: {path.absolute().parent}")


@contextmanager
def open_for_run(choice: EngineChoice) -> Iterator[FaceEngine]:
    """The engine of this process. It also fetches missing models, before several processes want them."""
    with open_engine(read_settings(), **_overrides(choice)) as engine:
        yield engine


def make_templates(dataset: Dataset, engine: FaceEngine, choice: EngineChoice, options: RunOptions) -> Acquisition:
    """Templates of the whole data set, and qualities if wanted, with a progress bar on stderr."""
    settings = read_settings()
    if options.clear_cache:
        clear_cache(settings.home)
    face = options.face or dataset.face
    workers = options.workers or len(os.sched_getaffinity(0))
    factory = functools.partial(open_worker, settings, choice) if workers > 1 else lambda: engine
    with ExitStack() as files:
        cache, measuring = None, MeasuringPlan(factory) if options.measure else None
        if options.use_cache:
            cache = files.enter_context(TemplateCache(settings.home, engine.identity, pipeline_version(), face))
        if options.use_cache and measuring is not None:
            kept = QualityCache(settings.home, engine.identity, analysis_version(), face)
            measuring = MeasuringPlan(factory, files.enter_context(kept))
        bar = files.enter_context(progress_bar())
        task = bar.add_task("templates" if measuring is None else "templates, measures", total=len(dataset.pictures))
        plan = AcquisitionPlan(factory, face, workers, cache, measuring)
        return acquire_dataset(dataset, plan, lambda done, total: bar.update(task, completed=done, total=total))


def pipeline_version() -> str:
    """Changes whenever code, data or libraries do that may change a template."""
    return _version_without(_IRRELEVANT | MEASURING)


def analysis_version() -> str:
    """Changes whenever code, data or libraries do that may change a measure."""
    return _version_without(_IRRELEVANT)


def _version_without(skipped: frozenset[str]) -> str:
    digest = hashlib.sha256()
    for name, content in _files(resources.files(_PACKAGE), "", skipped):
        digest.update(name.encode() + b"\0" + content + b"\0")
    for library in _LIBRARIES:
        digest.update(f"{library} {_version(library)}\n".encode())
    return digest.hexdigest()


def _files(folder: Traversable, prefix: str, skipped: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name in skipped:
            continue
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/", skipped)
        else:
            yield prefix + entry.name, entry.read_bytes()


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "absent"


def open_worker(settings: Settings, choice: EngineChoice) -> FaceEngine:
    """The engine of a worker process."""
    # One thread each: a process a core is faster than threads within one.
    return open_engine(settings, threads=1, **_overrides(choice))


def _overrides(choice: EngineChoice) -> dict[str, str | Path | LivenessOptions | None]:
    return {
        "model": choice.model,
        "runtime": choice.runtime,
        "precision": choice.precision,
        "profile": choice.profile,
        "calibration": choice.calibration,
        "liveness": choice.liveness,
    }


def progress_bar() -> Progress:
    """On stderr, with counts and times."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))
