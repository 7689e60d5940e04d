"""The engine's side of the workshop: jobs with the rules of their API."""

from __future__ import annotations

from collections.abc import Sequence

from visavis.engine.image import ImageLimits
from visavis.engine.image.content import recognise_format
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.errors import naming_side
from visavis.service.comparison import PictureJob
from visavis.types import AcquiredFace

_SERVER_LIMITS = ImageLimits()


class EngineJobs:
    """Does jobs on an engine. Blocking; for one thread."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine

    def acquire(self, jobs: Sequence[PictureJob]) -> list[AcquiredFace]:
        """The subjects of some pictures.

        Raises:
            ImageError: a picture cannot be used; the error's `side` says which.
            AcquisitionError: a picture has no usable face; likewise.
        """
        pictures = [_open(job) for job in jobs]
        found = self._engine.acquire_all(pictures, [job.choice for job in jobs])
        return [self._examined(*of_one) for of_one in zip(jobs, pictures, found, strict=True)]

    def detect(self, job: PictureJob) -> AcquiredFace:
        """The same for one picture, searched for small faces too, and for others than the subject where asked."""
        picture = _open(job)
        (found,) = self._engine.acquire_all([picture], [job.choice], thorough=True)
        if job.others:
            found = self._engine.acquire_others(picture, found, job.others)
        return self._examined(job, picture, found)

    def _examined(self, job: PictureJob, picture: Picture, found: AcquiredFace) -> AcquiredFace:
        if not job.checks:
            return found
        with naming_side(job.side):
            return self._engine.examine(picture, found, job.checks)


def _open(job: PictureJob) -> Picture:
    rules = job.rules
    with naming_side(job.side):
        side = rules.max_side_px.get(recognise_format(job.content, rules.formats), _SERVER_LIMITS.max_side)
    limits = ImageLimits(
        max_bytes=rules.max_bytes,
        max_side=min(side, _SERVER_LIMITS.max_side),
        min_side=max(rules.min_side_px, _SERVER_LIMITS.min_side),
        formats=rules.formats,
    )
    return Picture(job.content, limits, job.side)
