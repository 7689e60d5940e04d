"""The use cases on a bench: an engine and a store of dictionaries, pictures of a few bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tests.measured import FLAWLESS, changed
from tests.protocol_fakes import FACE, LIVING, OTHER_FACE, UNTOUCHED, LinearScores, account, offload
from visavis.errors import (
    ImageDownloadError,
    NoFaceError,
    QuotaExhaustedError,
    VisavisError,
)
from visavis.measures import FaceMeasures
from visavis.presentation import NonResponse, PadResult, SynthesisResult
from visavis.service.accounts import Interface, Limits
from visavis.service.admission import Admission
from visavis.service.comparison import FaceService, PictureJob
from visavis.service.controls import ControlPolicy
from visavis.service.orders import (
    Caller,
    Control,
    ControlLevel,
    FaceTokenReference,
    InlinePicture,
    PictureRules,
    PictureUrl,
    ScoredPair,
    ServedFace,
    Subject,
)
from visavis.service.ports import Reservation, StoredFace
from visavis.service.quality import QualityLevel, QualityRule
from visavis.types import AcquiredFace, FaceCheck, FaceChoice, FoundFace, ImageFormat, Template, Timings

RULES = PictureRules(max_bytes=100)
SHARP = QualityLevel("sharp", (QualityRule({}, max_blur=0.2, max_angle=20),))
NOW = 1_000_000.0


@dataclass
class Books:
    """Rates, quotas and face tokens in memory."""

    is_exhausted: bool = False
    rate_error: VisavisError | None = None
    reserved: int = 0
    given_back: int = 0
    faces: dict[tuple[str, str], StoredFace] = field(default_factory=dict)

    def count_call(self, account_id: str, per_second: int) -> None:
        if self.rate_error:
            raise self.rate_error

    def reserve_call(self, account_id: str, limits: Limits, now: float) -> Reservation:
        if self.is_exhausted:
            raise QuotaExhaustedError("none left")
        self.reserved += 1
        return Reservation(account_id, "2026-11-22", None)

    def give_back_call(self, reservation: Reservation) -> None:
        self.given_back += 1

    def put_faces(self, faces: Sequence[StoredFace]) -> None:
        for face in faces:
            kept = self.faces.get((face.account_id, face.token))
            findings = json.loads(kept.findings) if kept else {}
            joined = json.dumps(findings | json.loads(face.findings))
            self.faces[face.account_id, face.token] = replace(face, findings=joined)

    def get_face(self, account_id: str, token: str, now: float) -> StoredFace | None:
        face = self.faces.get((account_id, token))
        return face if face and (face.expires_at is None or face.expires_at > now) else None

    def delete_face(self, account_id: str, token: str) -> bool:
        return self.faces.pop((account_id, token), None) is not None

    def purge_faces(self, now: float) -> int:
        return 0


PADS = {b"p": PadResult(0.1, 0.2), b"?": PadResult(None, None, NonResponse.TOO_TIGHT)}
SYNTHESES = {b"g": SynthesisResult(0.6, 0.8), b"?": SynthesisResult(None, None, NonResponse.FACE_TOO_SMALL)}


class Workshop:
    """A picture's template points along its first byte; `-` has no face, `~` a blurred one.

    `p` is a picture of a picture, `g` a generated face, `?` one that no check can tell.
    """

    def __init__(self) -> None:
        self.jobs: list[PictureJob] = []

    async def acquire(self, account_id: str, jobs: Sequence[PictureJob], deadline: float) -> list[AcquiredFace]:
        self.jobs += jobs
        for job in jobs:
            if job.content.startswith(b"-"):
                error = NoFaceError("no face")
                error.side = job.side
                raise error
        return [self._face(job) for job in jobs]

    async def detect(self, account_id: str, job: PictureJob, deadline: float) -> AcquiredFace:
        return (await self.acquire(account_id, [job], deadline))[0]

    def _face(self, job: PictureJob) -> AcquiredFace:
        vector = np.zeros(4, np.float32)
        vector[job.content[0] % 4] = 1
        choice = FACE if job.choice is FaceChoice.LARGEST else replace(FACE, probability=0.7)
        is_measured = FaceCheck.MEASURES in job.checks
        measures = measures_of(job.content) if is_measured else None
        points = np.zeros((468, 3)) if is_measured else None
        other = FoundFace(OTHER_FACE, Template(-vector, "m"), measures, points)
        return AcquiredFace(
            100,
            120,
            ImageFormat.PNG,
            (choice,),
            Template(vector, "m"),
            Timings({"template": 0.1}),
            (other,) * min(job.others, 1),
            measures,
            points,
            PADS.get(job.content[:1], LIVING) if FaceCheck.PAD in job.checks else None,
            SYNTHESES.get(job.content[:1], UNTOUCHED) if FaceCheck.SYNTHESIS in job.checks else None,
        )


def measures_of(content: bytes) -> FaceMeasures:
    return changed(blur=0.5) if content.startswith(b"~") else FLAWLESS


@dataclass
class Fetcher:
    """Serves one page."""

    timeouts_s: list[float] = field(default_factory=list)

    async def fetch_picture(self, url: str, max_bytes: int, timeout_s: float) -> bytes:
        self.timeouts_s.append(timeout_s)
        if url != "http://here/":
            raise ImageDownloadError("not there")
        return b"a picture"


@dataclass
class Bench:
    """A service with its parts."""

    books: Books = field(default_factory=Books)
    workshop: Workshop = field(default_factory=Workshop)
    fetcher: Fetcher = field(default_factory=Fetcher)
    policy: ControlPolicy = field(default_factory=ControlPolicy)
    now: float = NOW

    @property
    def service(self) -> FaceService:
        return FaceService(
            workshop=self.workshop,
            scores=LinearScores(),
            admission=Admission(self.books, self.books, offload, lambda: self.now),
            tokens=self.books,
            fetcher=self.fetcher,
            policy=self.policy,
            offload=offload,
            token_key=b"k" * 32,
            clock=lambda: self.now,
        )

    def compare(
        self,
        reference: Subject,
        probe: Subject,
        keep_tokens: bool = False,
        owner: str = "a1",
        checks: frozenset[FaceCheck] = frozenset(),
    ) -> ScoredPair:
        caller = Caller(account(account_id=owner), Interface.BAIDU_MATCH, 1e12)
        called = self.service.compare(caller, reference, probe, RULES, keep_tokens=keep_tokens, checks=checks)
        return asyncio.run(called)

    def detect(self, subject: Subject, keep_token: bool = False, other_tokens: int = 0) -> ServedFace:
        caller = Caller(account(), Interface.BAIDU_DETECT, 1e12)
        called = self.service.detect(caller, subject, RULES, keep_token=keep_token, other_tokens=other_tokens)
        return asyncio.run(called)[0]


def picture(content: bytes) -> Subject:
    return Subject(InlinePicture(content))


def token(text: str) -> Subject:
    return Subject(FaceTokenReference(text))


def url(text: str) -> Subject:
    return Subject(PictureUrl(text, 1))


def sharp(content: bytes) -> Subject:
    return Subject(InlinePicture(content), quality=SHARP)


def controlled(content: bytes, condition: str = "live", **levels: str) -> Subject:
    """Levels by the name of the control, e.g. `liveness="HIGH"`."""
    controls = {Control[name.upper()]: ControlLevel(level) for name, level in levels.items()}
    return Subject(InlinePicture(content), condition=condition, controls=controls)


def controlled_token(text: str, condition: str = "live", **levels: str) -> Subject:
    return replace(controlled(b"", condition, **levels), source=FaceTokenReference(text))


def sharp_token(text: str) -> Subject:
    return Subject(FaceTokenReference(text), quality=SHARP)
