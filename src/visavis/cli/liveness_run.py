"""What `evaluate-liveness` and `calibrate-liveness` share: open an engine, check the photos with progress."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from visavis.api import read_settings
from visavis.cli.dataset_run import EngineChoice, open_worker, progress_bar
from visavis.engine.examiner import LivenessOptions
from visavis.engine.pipeline import FaceEngine
from visavis.evaluation.pad_dataset import PresentationSet
from visavis.evaluation.pad_run import CheckPlan, Outcome, check_photos
from visavis.presentation import Check
from visavis.types import FaceChoice


def choose_engine(
    runtime: str | None, precision: str | None, profile: str | None, calibration: Path | None
) -> EngineChoice:
    """Engine options of a command; the networks against presentation attacks are those of the settings.

    Args:
        runtime: None leaves the setting as it is, and so for the next two.
        precision: inference precision.
        profile: speed against accuracy.
        calibration: what the answers of the networks mean; None: the package's file, whatever the settings say.
    """
    settings = read_settings()
    liveness = LivenessOptions(settings.liveness_networks, settings.liveness_networks_join, calibration)
    return EngineChoice(runtime=runtime, precision=precision, profile=profile, liveness=liveness)


def run_check(
    photos: PresentationSet,
    engine: FaceEngine,
    choice: EngineChoice,
    check: Check,
    face: FaceChoice,
    workers: int | None,
) -> tuple[Outcome, ...]:
    """What the check says of every photo, with a progress bar on stderr."""
    processes = workers or len(os.sched_getaffinity(0))
    factory = functools.partial(open_worker, read_settings(), choice) if processes > 1 else lambda: engine
    with progress_bar() as bar:
        task = bar.add_task("checking", total=len(photos.presentations))
        plan = CheckPlan(factory, check, face, processes)
        return check_photos(photos, plan, lambda done, total: bar.update(task, completed=done, total=total))
