"""The use cases: find the faces of one picture, compare those of two."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from visavis.errors import (
    FaceTokenNotFoundError,
    ImageTooLargeError,
    MeasuresMissingError,
    QualityRefusedError,
    Side,
    TemplateMismatchError,
    naming_side,
)
from visavis.findings import Findings
from visavis.measures import FaceMeasures
from visavis.service.accounts import Account, Interface
from visavis.service.admission import Admission, Offload
from visavis.service.controls import ControlPolicy
from visavis.service.orders import (
    Caller,
    Control,
    FaceTokenReference,
    InlinePicture,
    NamedFace,
    PictureRules,
    PictureUrl,
    ScoredPair,
    ServedFace,
    Subject,
)
from visavis.service.ports import FaceTokenStore, PictureFetcher, ScoreCalibration, StoredFace
from visavis.types import EVERY_CHECK, AcquiredFace, FaceCheck, FaceChoice, FmrEstimate, FoundFace, Template, Timings

FACE_TOKEN_LIFETIME_S = 3600.0
_SIDES: tuple[Side | None, ...] = ("reference", "probe")


@dataclass(frozen=True, slots=True)
class PictureJob:
    """One picture for the engine.

    Attributes:
        content: encoded.
        rules: what the caller's API accepts.
        choice: which of several faces is the subject.
        side: of the comparison, for errors; None in a detection.
        others: how many faces besides the subject get a template; in a detection only.
        checks: what is found out about its faces besides.
    """

    content: bytes
    rules: PictureRules
    choice: FaceChoice
    side: Side | None
    others: int = 0
    checks: frozenset[FaceCheck] = frozenset()


class Workshop(Protocol):
    """The engine as the server offers it: off the event loop, one job at a time, in a bounded queue."""

    async def acquire(self, account_id: str, jobs: Sequence[PictureJob], deadline: float) -> list[AcquiredFace]:
        """The subjects of some pictures.

        Raises:
            QueueFullError: too many jobs wait.
            DeadlineExceededError: its turn came after `deadline` (`time.monotonic()` seconds).
            ImageError: a picture cannot be used; the error's `side` says which.
            AcquisitionError: a picture has no usable face; likewise.
        """
        ...

    async def detect(self, account_id: str, job: PictureJob, deadline: float) -> AcquiredFace:
        """The same for one picture, searched for small faces too."""
        ...


class CalibratedScores(ScoreCalibration, Protocol):
    """A calibration that knows its own uncertainty."""

    def fmr_estimate(self, score: float) -> FmrEstimate:
        """The false match rate with its interval."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    template: Template
    served: ServedFace
    timings: Timings


class FaceService:
    """Serves callers of every API.

    Args:
        workshop: finds faces and makes templates.
        scores: says what a native score means.
        admission: lets calls in and charges them.
        tokens: keeps faces by token.
        fetcher: downloads pictures.
        policy: what it takes to pass the controls that callers ask for.
        offload: runs the store's blocking calls.
        token_key: secret from which face tokens are derived.
    """

    def __init__(
        self,
        *,
        workshop: Workshop,
        scores: CalibratedScores,
        admission: Admission,
        tokens: FaceTokenStore,
        fetcher: PictureFetcher,
        policy: ControlPolicy,
        offload: Offload,
        token_key: bytes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.scores = scores
        self._workshop = workshop
        self._admission = admission
        self._tokens = tokens
        self._fetcher = fetcher
        self.policy = policy
        self._offload = offload
        self._token_key = token_key
        self._clock = clock

    async def admit(self, account: Account, interface: Interface, deadline: float) -> Caller:
        """See `Admission.admit`. To be called once the signature has been verified, before parameters are looked at."""
        return await self._admission.admit(account, interface, deadline)

    async def compare(
        self,
        caller: Caller,
        reference: Subject,
        probe: Subject,
        rules: PictureRules,
        *,
        keep_tokens: bool = False,
        checks: frozenset[FaceCheck] = frozenset(),
    ) -> ScoredPair:
        """Compare two subjects. Charged when it comes to a score.

        What can fail fails in this order, each for the reference and then the probe: quota, the download or the face
        token, the picture, the face, its quality, the other controls.

        Args:
            caller: from `admit`.
            reference: first side.
            probe: second side.
            rules: what the API accepts.
            keep_tokens: keep both faces for an hour, and say under which tokens.
            checks: to be made whether or not a control needs them, so that tokens bear what they find.

        Raises:
            VisavisError: see `Admission.charge`, `PictureFetcher`, `Workshop` and `ControlPolicy`; the error's `side`
                says which picture it is about.
            FaceTokenNotFoundError: a face token is unknown to this account, or has expired.
            QualityRefusedError: a face does not pass the quality control that was asked for.
            MeasuresMissingError: a control was asked for of a face token that bears nothing to decide it by.
        """
        async with self._admission.charge(caller) as charge:
            sides: Sequence[tuple[Subject, Side]] = ((reference, "reference"), (probe, "probe"))
            one, other = await self._find(caller, sides, rules, keep_tokens, checks)
            if one.template.model_id != other.template.model_id:
                raise TemplateMismatchError("the face token was made with another model")
            score = float(np.clip(one.template.vector @ other.template.vector, -1.0, 1.0))
            pair = ScoredPair(
                score, self.scores.fmr_estimate(score), one.served, other.served, one.timings + other.timings
            )
            charge.commit()
        return pair

    async def detect(
        self,
        caller: Caller,
        subject: Subject,
        rules: PictureRules,
        *,
        keep_token: bool = False,
        other_tokens: int = 0,
        checks: frozenset[FaceCheck] = frozenset(),
    ) -> tuple[ServedFace, Timings]:
        """Find every face of a picture, the chosen one first. Charged when there is one.

        Args:
            caller: from `admit`.
            subject: where to look.
            rules: what the API accepts.
            keep_token: keep the chosen face for an hour, and say under which token.
            other_tokens: keep so many of the next faces too; those that are too small to be compared are passed over.
            checks: to be made of the chosen face and of those that are kept; all are, of faces that are kept.

        Raises:
            VisavisError: as `compare`.
        """
        async with self._admission.charge(caller) as charge:
            ((content, _),) = await self._contents(caller, ((subject, None),), rules)
            if content is None:
                raise FaceTokenNotFoundError("a face token stands for a face, not for a picture to be searched")
            made = EVERY_CHECK if keep_token else checks | self.policy.checks_of(subject)
            job = PictureJob(content, rules, subject.choice, None, other_tokens, made)
            found = await self._workshop.detect(caller.account.account_id, job, caller.deadline)
            self._check(((subject, None, _findings_of(found.subject)),))
            chosen = [found.subject] if keep_token else []
            kept = self._named(caller.account, job.content, subject, [*chosen, *found.others])
            if kept:
                await self._offload(self._tokens.put_faces, kept)
            charge.commit()
        tokens = [one.token for one in kept[len(chosen) :]]
        others = tuple(NamedFace(one, token) for one, token in zip(found.others, tokens, strict=True))
        return replace(_served(found, kept[0] if chosen else None), others=others), found.timings

    async def inspect(
        self,
        caller: Caller,
        subjects: Sequence[Subject],
        rules: PictureRules,
        checks: frozenset[FaceCheck],
        *,
        keep_tokens: bool = False,
    ) -> tuple[list[ServedFace], Timings]:
        """Find out more about the subjects of some pictures. Charged once, when each has a face.

        Args:
            caller: from `admit`.
            subjects: at least one; no face tokens, behind which there is no picture.
            rules: what the API accepts.
            checks: what to find out, besides what the subjects' controls need.
            keep_tokens: keep the faces for an hour, and say under which tokens; every check is made of them then.

        Raises:
            VisavisError: as `compare`; errors of the first picture name the reference, of the second the probe, of
                further ones none.
        """
        async with self._admission.charge(caller) as charge:
            sides = list(zip(subjects, itertools.chain(_SIDES, itertools.repeat(None)), strict=False))
            loaded = await self._contents(caller, sides, rules)
            jobs = []
            for (subject, side), (content, _) in zip(sides, loaded, strict=True):
                if content is None:
                    raise FaceTokenNotFoundError("a face token stands for a face, not for a picture to be inspected")
                made = EVERY_CHECK if keep_tokens else checks | self.policy.checks_of(subject)
                jobs.append(PictureJob(content, rules, subject.choice, side, checks=made))
            found = await self._workshop.acquire(caller.account.account_id, jobs, caller.deadline)
            self._check((*of_one, _findings_of(face.subject)) for of_one, face in zip(sides, found, strict=True))
            kept: list[StoredFace | None] = [None] * len(found)
            if keep_tokens:
                named = [
                    self._named(caller.account, job.content, subject, [face.subject])[0]
                    for job, subject, face in zip(jobs, subjects, found, strict=True)
                ]
                await self._offload(self._tokens.put_faces, named)
                kept = list(named)
            charge.commit()
        timings = sum((face.timings for face in found), Timings())
        return [_served(*of_one) for of_one in zip(found, kept, strict=True)], timings

    async def _find(
        self,
        caller: Caller,
        subjects: Sequence[tuple[Subject, Side]],
        rules: PictureRules,
        keep_tokens: bool,
        checks: frozenset[FaceCheck],
    ) -> list[_Side]:
        loaded = await self._contents(caller, subjects, rules)
        jobs = [
            PictureJob(content, rules, subject.choice, side, checks=checks | self.policy.checks_of(subject))
            for (subject, side), (content, _) in zip(subjects, loaded, strict=True)
            if content is not None
        ]
        acquired = await self._workshop.acquire(caller.account.account_id, jobs, caller.deadline) if jobs else []
        found = iter(acquired)
        faces = [(None if content is None else next(found), stored) for content, stored in loaded]
        self._check(
            (subject, side, _findings_of(face.subject) if face else _stored_findings(stored))
            for (subject, side), (face, stored) in zip(subjects, faces, strict=True)
        )
        sides: list[_Side] = []
        kept: list[StoredFace] = []
        for (subject, _), (content, stored), (face, _) in zip(subjects, loaded, faces, strict=True):
            if content is None or face is None:
                assert stored is not None
                template = Template(np.frombuffer(stored.vector, np.float32), stored.model_id)
                sides.append(_Side(template, ServedFace(None, (), 0, 0, stored.token), Timings()))
            else:
                named = self._named(caller.account, content, subject, [face.subject] if keep_tokens else [])
                kept += named
                sides.append(_Side(face.template, _served(face, named[0] if named else None), face.timings))
        if kept:
            await self._offload(self._tokens.put_faces, kept)
        return sides

    def _check(self, faces: Iterable[tuple[Subject, Side | None, Findings]]) -> None:
        """One control of all faces before the next control of any."""
        faces = list(faces)
        for subject, side, findings in faces:
            with naming_side(side):
                _require_quality(subject, findings.measures)
        for control in Control:
            for subject, side, findings in faces:
                with naming_side(side):
                    self.policy.require(control, subject, findings)

    async def _contents(
        self, caller: Caller, subjects: Sequence[tuple[Subject, Side | None]], rules: PictureRules
    ) -> list[tuple[bytes | None, StoredFace | None]]:
        """Bytes or stored face of each; the first side's error goes first, whichever comes first."""
        outcomes = await asyncio.gather(
            *(self._content(caller, subject, side, rules) for subject, side in subjects), return_exceptions=True
        )
        contents = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            contents.append(outcome)
        return contents

    async def _content(
        self, caller: Caller, subject: Subject, side: Side | None, rules: PictureRules
    ) -> tuple[bytes | None, StoredFace | None]:
        source = subject.source
        with naming_side(side):
            if isinstance(source, InlinePicture):
                if len(source.content) > rules.max_bytes:
                    raise ImageTooLargeError("byte count", len(source.content), rules.max_bytes)
                return source.content, None
            if isinstance(source, PictureUrl):
                timeout_s = min(source.timeout_s, caller.deadline - time.monotonic())
                return await self._fetcher.fetch_picture(source.url, rules.max_bytes, timeout_s), None
            return None, await self._stored(caller.account, source)

    async def _stored(self, account: Account, reference: FaceTokenReference) -> StoredFace:
        stored: StoredFace | None = await self._offload(
            self._tokens.get_face, account.account_id, reference.token, self._clock()
        )
        if stored is None:
            raise FaceTokenNotFoundError("no such face token, or it has expired")
        return stored

    def _named(
        self, account: Account, content: bytes, subject: Subject, faces: Sequence[FoundFace]
    ) -> list[StoredFace]:
        """What is kept of faces for an hour. The same face of the same picture gets the same token always."""
        picture = hashlib.sha256(content).digest() if faces else b""
        expires_at = self._clock() + FACE_TOKEN_LIFETIME_S
        kept = []
        for found in faces:
            box, template = found.face.box, found.template
            named = f"{account.account_id} {box.left:.0f} {box.top:.0f} {box.width:.0f} {box.height:.0f} "
            token = hmac.new(self._token_key, named.encode() + picture, hashlib.sha256).hexdigest()[:32]
            vector = template.vector.tobytes()
            kept.append(
                StoredFace(
                    token,
                    account.account_id,
                    template.model_id,
                    vector,
                    subject.condition,
                    _findings_of(found).to_json(),
                    expires_at,
                )
            )
        return kept


def _served(found: AcquiredFace, kept: StoredFace | None) -> ServedFace:
    return ServedFace(
        found.face,
        found.faces,
        found.image_width,
        found.image_height,
        kept.token if kept is not None else None,
        found.subject,
    )


def _require_quality(subject: Subject, measures: FaceMeasures | None) -> None:
    if subject.quality is None:
        return
    if measures is None:
        raise MeasuresMissingError("nothing was found out about this face; send the picture again")
    flaws = subject.quality.flaws(measures)
    if flaws:
        raise QualityRefusedError(tuple(flaw.value for flaw in flaws))


def _findings_of(found: FoundFace) -> Findings:
    return Findings(found.measures, found.pad, found.synthesis)


def _stored_findings(stored: StoredFace | None) -> Findings:
    return Findings.from_json(stored.findings) if stored else Findings()
