"""The use cases: find the faces of one picture, compare those of two."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from visavis.errors import (
    ControlUnavailableError,
    FaceTokenNotFoundError,
    ImageTooLargeError,
    MeasuresMissingError,
    QualityRefusedError,
    Side,
    TemplateMismatchError,
    naming_side,
)
from visavis.measures import FaceMeasures
from visavis.service.accounts import Account, Interface
from visavis.service.admission import Admission, Offload
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
from visavis.types import AcquiredFace, FaceChoice, FmrEstimate, FoundFace, Template, Timings

FACE_TOKEN_LIFETIME_S = 3600.0


@dataclass(frozen=True, slots=True)
class PictureJob:
    """One picture for the engine.

    Attributes:
        content: encoded.
        rules: what the caller's API accepts.
        choice: which of several faces is the subject.
        side: of the comparison, for errors; None in a detection.
        others: how many faces besides the subject get a template; in a detection only.
        is_measured: whether its faces are measured.
    """

    content: bytes
    rules: PictureRules
    choice: FaceChoice
    side: Side | None
    others: int = 0
    is_measured: bool = False


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


class FaceAnalyser(Protocol):
    """Makes the checks of a picture that callers ask for."""

    def require_controls(self, controls: Mapping[Control, str], face: AcquiredFace | None) -> None:
        """Pass, or raise.

        Args:
            controls: asked for, with their level.
            face: what was found; None where it came from a face token.

        Raises:
            ControlUnavailableError: this server cannot make one of the checks.
        """
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
        analyser: makes the checks that callers ask for.
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
        analyser: FaceAnalyser,
        offload: Offload,
        token_key: bytes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.scores = scores
        self._workshop = workshop
        self._admission = admission
        self._tokens = tokens
        self._fetcher = fetcher
        self._analyser = analyser
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
        measure: bool = False,
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
            measure: measure the faces whether or not their quality matters, so that their tokens bear measures.

        Raises:
            VisavisError: see `Admission.charge`, `PictureFetcher`, `Workshop` and `FaceAnalyser`; the error's `side`
                says which picture it is about.
            FaceTokenNotFoundError: a face token is unknown to this account, or has expired.
            QualityRefusedError: a face does not pass the quality control that was asked for.
            MeasuresMissingError: it was asked for of a face token that bears no measures.
        """
        async with self._admission.charge(caller) as charge:
            sides: Sequence[tuple[Subject, Side]] = ((reference, "reference"), (probe, "probe"))
            one, other = await self._find(caller, sides, rules, keep_tokens, measure)
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
        measure: bool = False,
    ) -> tuple[ServedFace, Timings]:
        """Find every face of a picture, the chosen one first. Charged when there is one.

        Args:
            caller: from `admit`.
            subject: where to look.
            rules: what the API accepts.
            keep_token: keep the chosen face for an hour, and say under which token.
            other_tokens: keep so many of the next faces too; those that are too small to be compared are passed over.
            measure: measure the chosen face and those that are kept. Faces that are kept always are.

        Raises:
            VisavisError: as `compare`.
        """
        async with self._admission.charge(caller) as charge:
            ((content, _),) = await self._contents(caller, ((subject, None),), rules)
            if content is None:
                raise FaceTokenNotFoundError("a face token stands for a face, not for a picture to be searched")
            is_measured = measure or keep_token or subject.quality is not None
            job = PictureJob(content, rules, subject.choice, None, other_tokens, is_measured)
            found = await self._workshop.detect(caller.account.account_id, job, caller.deadline)
            _require_quality(subject, found.measures)
            if subject.controls:
                self._analyser.require_controls(subject.controls, found)
            chosen = [found.subject] if keep_token else []
            kept = self._named(caller.account, job.content, subject, [*chosen, *found.others])
            if kept:
                await self._offload(self._tokens.put_faces, kept)
            charge.commit()
        tokens = [one.token for one in kept[len(chosen) :]]
        others = tuple(NamedFace(one, token) for one, token in zip(found.others, tokens, strict=True))
        return replace(_served(found, kept[0] if chosen else None), others=others), found.timings

    async def _find(
        self,
        caller: Caller,
        subjects: Sequence[tuple[Subject, Side]],
        rules: PictureRules,
        keep_tokens: bool,
        measure: bool,
    ) -> list[_Side]:
        loaded = await self._contents(caller, subjects, rules)
        jobs = [
            PictureJob(content, rules, subject.choice, side, is_measured=measure or subject.quality is not None)
            for (subject, side), (content, _) in zip(subjects, loaded, strict=True)
            if content is not None
        ]
        acquired = await self._workshop.acquire(caller.account.account_id, jobs, caller.deadline) if jobs else []
        found = iter(acquired)
        faces = [(None if content is None else next(found), stored) for content, stored in loaded]
        self._check(subjects, faces)
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

    def _check(
        self,
        subjects: Sequence[tuple[Subject, Side]],
        faces: Sequence[tuple[AcquiredFace | None, StoredFace | None]],
    ) -> None:
        """One control of both sides before the next control of either."""
        for (subject, side), (face, stored) in zip(subjects, faces, strict=True):
            with naming_side(side):
                _require_quality(subject, face.measures if face else _stored_measures(stored))
        for (subject, side), (face, _) in zip(subjects, faces, strict=True):
            if subject.controls:
                with naming_side(side):
                    self._analyser.require_controls(subject.controls, face)

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
                    found.measures.to_json() if found.measures else "{}",
                    expires_at,
                )
            )
        return kept


class NoAnalyser:
    """Until a server can make them, these controls are refused; none is passed in silence."""

    def require_controls(self, controls: Mapping[Control, str], face: AcquiredFace | None) -> None:
        """See `FaceAnalyser`."""
        for control in controls:
            raise ControlUnavailableError(control)


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
        raise MeasuresMissingError("nothing was measured of this face; send the picture again")
    flaws = subject.quality.flaws(measures)
    if flaws:
        raise QualityRefusedError(tuple(flaw.value for flaw in flaws))


def _stored_measures(stored: StoredFace | None) -> FaceMeasures | None:
    return FaceMeasures.from_json(stored.measures) if stored else None
