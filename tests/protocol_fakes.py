"""Stand-ins for what adapters call: a service that answers what a test says, keys in a dictionary, no threads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from tests.measured import FLAWLESS
from visavis.errors import (
    ImageTooLargeError,
    MeasuresMissingError,
    QualityRefusedError,
    Side,
    VisavisError,
    naming_side,
)
from visavis.findings import Findings
from visavis.measures import FaceMeasures
from visavis.presentation import PadResult, SynthesisResult
from visavis.service.accounts import AccessKey, Account, AccountState, Interface, KeyKind, Limits
from visavis.service.controls import ControlPolicy
from visavis.service.orders import (
    Caller,
    Control,
    InlinePicture,
    NamedFace,
    PictureRules,
    ScoredPair,
    ServedFace,
    Subject,
)
from visavis.types import BoundingBox, DetectedFace, FaceCheck, FmrEstimate, FoundFace, Landmarks, Template, Timings

FACE = DetectedFace(
    BoundingBox(10.0, 20.0, 40.0, 50.0), Landmarks((20, 30), (40, 30), (30, 42), (22, 55), (38, 55)), 0.98
)
OTHER_FACE = DetectedFace(
    BoundingBox(60.0, 30.0, 20.0, 25.0), Landmarks((65, 37), (75, 37), (70, 43), (66, 49.5), (74, 49.5)), 0.9
)


LIVING = PadResult(0.97, 0.99)
UNTOUCHED = SynthesisResult(0.05, 0.01)


async def offload(call: Callable[..., Any], /, *arguments: Any) -> Any:
    """Call it here and now."""
    return call(*arguments)


class LinearScores:
    """A calibration by ruler: a native score of 0 means an FMR of 1, and each 0.1 divides it by ten."""

    calibration_id = "linear"

    def fmr_at(self, score: float) -> float:
        return float(min(1.0, 10 ** (-10 * score)))

    def threshold_at(self, fmr: float) -> float:
        return -math.log10(fmr) / 10

    def fmr_estimate(self, score: float) -> FmrEstimate:
        value = self.fmr_at(score)
        return FmrEstimate(value, value / 2, min(1.0, value * 2), score > 0.5)


def account(**changes: Any) -> Account:
    """An active account that may call everything."""
    values: dict[str, Any] = {
        "account_id": "a1",
        "name": "test",
        "state": AccountState.ACTIVE,
        "interfaces": frozenset(Interface),
        "limits": Limits(),
    }
    return Account(**(values | changes))


@dataclass
class FakeKeys:
    """A `KeyFinder`."""

    keys: dict[tuple[KeyKind, str], AccessKey] = field(default_factory=dict)

    def add(self, kind: KeyKind, key_id: str, *secrets: str, is_enabled: bool = True) -> None:
        self.keys[kind, key_id] = AccessKey(key_id, kind, secrets, is_enabled, account())

    def find_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
        return self.keys.get((kind, key_id))

    def known_key(self, kind: KeyKind, key_id: str) -> AccessKey | None:
        return None


@dataclass
class FakeNonces:
    """A `NonceLog`."""

    seen: set[tuple[str, str, str]] = field(default_factory=set)

    def remember_nonce(self, kind: KeyKind, key_id: str, nonce: str, now: float, lifetime_s: float) -> bool:
        entry = (kind, key_id, nonce)
        is_new = entry not in self.seen
        self.seen.add(entry)
        return is_new


@dataclass
class FakeService:
    """Answers like `FaceService`, with one score or one error for all.

    Attributes:
        score: native score of every pair.
        admit_error: raised by `admit`.
        error: raised by `compare` and `detect`.
        measures: of the face of each picture; None: a face token that bears none. What quality control makes of them,
            the levels of the adapter decide.
        pads: likewise, in turn where there are more pictures; None: a face token that bears none.
        syntheses: likewise.
        orders: what was asked: (reference, probe or None, rules, keep_tokens).
        interfaces: what was admitted.
    """

    score: float = 0.45
    admit_error: VisavisError | None = None
    error: VisavisError | None = None
    measures: tuple[FaceMeasures | None, FaceMeasures | None] = (FLAWLESS, FLAWLESS)
    pads: Sequence[PadResult | None] = (LIVING, LIVING)
    syntheses: Sequence[SynthesisResult | None] = (UNTOUCHED, UNTOUCHED)
    tokens: tuple[str, str] = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")
    orders: list[tuple[Subject, Subject | None, PictureRules, bool]] = field(default_factory=list)
    interfaces: list[Interface] = field(default_factory=list)
    scores: LinearScores = field(default_factory=LinearScores)
    policy: ControlPolicy = field(default_factory=ControlPolicy)

    async def admit(self, who: Account, interface: Interface, deadline: float) -> Caller:
        self.interfaces.append(interface)
        if self.admit_error:
            raise self.admit_error
        return Caller(who, interface, deadline)

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
        self.orders.append((reference, probe, rules, keep_tokens))
        if self.error:
            raise self.error
        _require_size(reference, rules, "reference")
        _require_size(probe, rules, "probe")
        self._check(((reference, "reference"), (probe, "probe")))
        one, other = (ServedFace(FACE, (FACE,), 100, 120, token if keep_tokens else None) for token in self.tokens)
        return ScoredPair(self.score, self.scores.fmr_estimate(self.score), one, other, Timings({"template": 0.005}))

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
        self.orders.append((subject, None, rules, keep_token))
        if self.error:
            raise self.error
        _require_size(subject, rules, None)
        self._check(((subject, None),))
        first, second = (measures or FLAWLESS for measures in self.measures)
        examined = keep_token or bool(checks)
        chosen = self._examined(FACE, first, 0) if examined else None
        others = (NamedFace(self._examined(OTHER_FACE, second, 1), self.tokens[1]),) if other_tokens else ()
        faces = (FACE, *(one.found.face for one in others))
        token = self.tokens[0] if keep_token else None
        return ServedFace(FACE, faces, 100, 120, token, chosen, others), Timings({"detect": 0.002})

    async def inspect(
        self,
        caller: Caller,
        subjects: Sequence[Subject],
        rules: PictureRules,
        checks: frozenset[FaceCheck],
        *,
        keep_tokens: bool = False,
    ) -> tuple[list[ServedFace], Timings]:
        sides: list[Side | None] = ["reference", "probe", *[None] * 6]
        self.orders += [(subject, None, rules, keep_tokens) for subject in subjects]
        if self.error:
            raise self.error
        for subject, side in zip(subjects, sides, strict=False):
            _require_size(subject, rules, side)
        self._check(list(zip(subjects, sides, strict=False)))
        served = []
        for number in range(len(subjects)):
            found = self._examined(FACE, self.measures[number % 2] or FLAWLESS, number)
            token = f"{number:032x}" if keep_tokens else None
            served.append(ServedFace(FACE, (FACE,), 100, 120, token, found))
        return served, Timings({"liveness": 0.002})

    def _examined(self, face: DetectedFace, measures: FaceMeasures, number: int) -> FoundFace:
        found = found_face(face, measures)
        return replace(found, pad=_of(self.pads, number), synthesis=_of(self.syntheses, number))

    def _check(self, subjects: Sequence[tuple[Subject, Side | None]]) -> None:
        for number, (subject, side) in enumerate(subjects):
            _require_quality(subject, self.measures[number % 2], side)
        for control in Control:
            for number, (subject, side) in enumerate(subjects):
                with naming_side(side):
                    findings = Findings(None, _of(self.pads, number), _of(self.syntheses, number))
                    self.policy.require(control, subject, findings)


_Found = TypeVar("_Found")


def _of(found: Sequence[_Found], number: int) -> _Found:
    """What was found of a picture; there may be fewer than pictures, which have them in turn."""
    return found[number % len(found)]


def found_face(face: DetectedFace, measures: FaceMeasures = FLAWLESS) -> FoundFace:
    """A face that was measured; each of its landmarks lies at (number, 1000 + number)."""
    numbers = np.arange(468.0)
    points = np.column_stack([numbers, 1000 + numbers, np.zeros(468)])
    return FoundFace(face, Template(np.ones(1, np.float32), "m"), measures, points)


def _require_quality(subject: Subject, measures: FaceMeasures | None, side: Side | None) -> None:
    if subject.quality is None:
        return
    with naming_side(side):
        if measures is None:
            raise MeasuresMissingError("nothing was measured")
        flaws = subject.quality.flaws(measures)
        if flaws:
            raise QualityRefusedError(tuple(flaws))


def _require_size(subject: Subject, rules: PictureRules, side: Side | None) -> None:
    if isinstance(subject.source, InlinePicture) and len(subject.source.content) > rules.max_bytes:
        error = ImageTooLargeError("byte count", len(subject.source.content), rules.max_bytes)
        error.side = side
        raise error
