"""All figures of a check on a set of presentations: per species, at the controls' thresholds and at nominal rates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation import pad_metrics as metrics
from visavis.evaluation.intervals import Interval, clopper_pearson, draw_people, percentile_interval
from visavis.evaluation.pad_dataset import PresentationSet
from visavis.evaluation.pad_metrics import NOMINAL_BPCERS, Doubles, Flags, PadDetCurve
from visavis.evaluation.pad_run import Answers, Outcome, to_answers
from visavis.presentation import BPCER_ANCHORS, Check, native_of_suspicion, suspicion_of


@dataclass(frozen=True, slots=True)
class PadOptions:
    """Attributes: resamples: bootstrap over people, 0 gives no such intervals; seed: of the bootstrap."""

    resamples: int = 500
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Rate:
    """A counted rate and how sure it is.

    Attributes:
        events: how many had the outcome.
        trials: how many there were.
        exact: 95 % interval of the count, as if photos were independent; None without trials.
        over_people: 95 % interval by bootstrap over people; None where there are fewer than two of them.
    """

    events: int
    trials: int
    exact: Interval | None
    over_people: Interval | None

    @property
    def value(self) -> float | None:
        """0..1; None without trials."""
        return self.events / self.trials if self.trials else None

    @property
    def interval(self) -> Interval | None:
        """What holds both intervals: photos of one person are not independent, and few people hide rare errors."""
        if self.exact is None or self.over_people is None:
            return self.exact
        return min(self.exact[0], self.over_people[0]), max(self.exact[1], self.over_people[1])


@dataclass(frozen=True, slots=True)
class Area:
    """Area under the curve. Attributes: value: 0..1, None without both kinds; interval: by bootstrap over people."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, eq=False)
class GroupResult:
    """The bona fide presentations, or the attacks of one species.

    Attributes:
        species: of the attacks; None: bona fide presentations.
        photos: how many.
        people: how many people are known; 0 where nobody knows.
        failures: photos without a usable face, by error code.
        non_responses: photos that the check could not tell of, by reason.
        non_response: BPNRR or APNRR: those photos' share of the ones with a usable face.
        area: how well the species is told from the bona fide presentations; of the bona fide group: all species are.
        det: the curve of that.
        suspicion: (N,) of the answered photos, sorted.
    """

    species: str | None
    photos: int
    people: int
    failures: Mapping[str, int]
    non_responses: Mapping[str, int]
    non_response: Rate
    area: Area
    det: PadDetCurve
    suspicion: Doubles


@dataclass(frozen=True, slots=True)
class PadPoint:
    """Errors at one threshold.

    Attributes:
        nominal: the BPCER that the threshold is for.
        threshold: a public score where `is_control`, else a native one; None: the set is too small for this rate.
        is_control: the threshold is what a control's level asks for; else it was counted on this set.
        bpcer: of the answered bona fide presentations.
        refused: bona fide photos that were not let through, those without an answer or a usable face included.
        apcer: of the answered attacks, by species.
        accepted: attacks that were let through, of all photos of the species.
        highest: the species with the highest APCER.
        highest_interval: 95 % interval of the highest APCER, whichever species it is.
        reason: why there is no threshold.
    """

    nominal: float
    threshold: float | None
    is_control: bool
    bpcer: Rate | None = None
    refused: Rate | None = None
    apcer: Mapping[str, Rate] | None = None
    accepted: Mapping[str, Rate] | None = None
    highest: str | None = None
    highest_interval: Interval | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PadResults:
    """Attributes: bona_fide; species: one each; control_points: empty without public scores; nominal_points."""

    bona_fide: GroupResult
    species: tuple[GroupResult, ...]
    control_points: tuple[PadPoint, ...]
    nominal_points: tuple[PadPoint, ...]


def evaluate_presentations(
    photos: PresentationSet, outcomes: Sequence[Outcome], check: Check, options: PadOptions
) -> PadResults:
    """Count all rates.

    Args:
        photos: what was checked.
        outcomes: of each photo, in their order.
        check: which way scores run.
        options: of the bootstrap.
    """
    return _Evaluation(photos, outcomes, check, options).results()


class _Evaluation:
    """Arrays of one evaluation, and the bootstrap's draws, which all rates share."""

    def __init__(self, photos: PresentationSet, outcomes: Sequence[Outcome], check: Check, options: PadOptions) -> None:
        self._photos, self._check = photos, check
        self._answers: Answers = to_answers(tuple(outcomes))
        self._answered = self._answers.answered
        self._suspicion = np.full(len(outcomes), np.nan)
        self._suspicion[self._answered] = suspicion_of(self._answers.native[self._answered], check)
        labels, self._persons = np.unique(np.array(photos.persons, np.str_), return_inverse=True)
        self._draws = [
            drawn[self._persons].astype(np.float64)
            for drawn in draw_people(len(labels), options.resamples, options.seed)
        ]
        kinds = np.array([one.species or "" for one in photos.presentations], np.str_)
        self._bona_fide: Flags = kinds == ""
        self._species: dict[str, Flags] = {name: kinds == name for name in photos.species}

    def results(self) -> PadResults:
        control = []
        if (~np.isnan(self._answers.score)).any():
            control = [self._control_point(bpcer, score) for bpcer, score in BPCER_ANCHORS[self._check]]
        return PadResults(
            self._group(None, self._bona_fide, ~self._bona_fide),
            tuple(self._group(name, flags, flags) for name, flags in self._species.items()),
            tuple(control),
            tuple(self._nominal_point(bpcer) for bpcer in NOMINAL_BPCERS),
        )

    def _group(self, species: str | None, of: Flags, attacks: Flags) -> GroupResult:
        acquired = of & self._answers.acquired
        shown = [one.person for one, inside in zip(self._photos.presentations, of, strict=True) if inside]
        return GroupResult(
            species=species,
            photos=int(of.sum()),
            people=len(set(shown) - {None}),
            failures=_counts(self._answers.failures[of]),
            non_responses=_counts(self._answers.non_responses[of]),
            non_response=self._rate(~self._answered, acquired),
            area=self._area(attacks),
            det=metrics.det_curve(self._sorted(self._bona_fide), self._sorted(attacks)),
            suspicion=self._sorted(of),
        )

    def _sorted(self, of: Flags) -> Doubles:
        return np.sort(self._suspicion[of & self._answered])

    def _rate(self, events: Flags, trials: Flags) -> Rate:
        """Of events that are the same in every resample."""
        return self._rate_of(trials, events, [metrics.weighted_share(events[trials], w[trials]) for w in self._draws])

    def _rate_of(self, trials: Flags, events: Flags, resampled: Sequence[float]) -> Rate:
        happened, total = int((events & trials).sum()), int(trials.sum())
        several = len(np.unique(self._persons[trials])) > 1
        interval = percentile_interval(resampled) if several else None
        return Rate(happened, total, clopper_pearson(happened, total), interval)

    def _area(self, attacks: Flags) -> Area:
        bona_fide = np.flatnonzero(self._bona_fide & self._answered)
        bona_fide = bona_fide[np.argsort(self._suspicion[bona_fide], kind="stable")]
        attack = np.flatnonzero(attacks & self._answered)
        rising, others = self._suspicion[bona_fide], self._suspicion[attack]
        value = metrics.area_under_curve(rising, others)
        resampled = [metrics.area_under_curve(rising, others, w[bona_fide], w[attack]) for w in self._draws]
        return Area(None if math.isnan(value) else value, percentile_interval(resampled))

    def _control_point(self, nominal: float, threshold: float) -> PadPoint:
        scored = ~np.isnan(self._answers.score)
        called = np.zeros(len(scored), bool)
        called[scored] = metrics.refused_by(self._answers.score[scored], threshold, self._check)
        return self._point(PadPoint(nominal, threshold, is_control=True), scored, called)

    def _nominal_point(self, nominal: float) -> PadPoint:
        order = np.flatnonzero(self._bona_fide & self._answered)
        order = order[np.argsort(self._suspicion[order], kind="stable")]
        rising = self._suspicion[order]
        threshold = metrics.threshold_at_bpcer(rising, nominal)
        if threshold is None:
            count = f"{len(order):,} bona fide photos with an answer"
            reason = f"{count}; a rate of {nominal:g} needs {round(1 / nominal):,}"
            return PadPoint(nominal, None, is_control=False, reason=reason)
        drawn = [metrics.weighted_threshold_at_bpcer(rising, weights[order], nominal) for weights in self._draws]
        point = PadPoint(nominal, native_of_suspicion(threshold, self._check), is_control=False)
        return self._point(point, self._answered, self._suspicion >= threshold, drawn)

    def _point(self, point: PadPoint, scored: Flags, called: Flags, drawn: Sequence[float] | None = None) -> PadPoint:
        """Count at a threshold; `drawn` are the thresholds of the resamples, None where it stays the same.

        Errors of bona fide presentations are those at the threshold as it is: where each resample has its own, they are
        what they are by construction.
        """
        passed = scored & ~called
        missed = {name: self._let_through(of & scored, passed, drawn) for name, of in self._species.items()}
        let_through = {name: self._let_through(of, passed, drawn) for name, of in self._species.items()}
        apcer = {name: self._rate_of(of & scored, passed, missed[name]) for name, of in self._species.items()}
        highest = metrics.highest_apcer({name: _or_nan(rate.value) for name, rate in apcer.items()})
        return replace(
            point,
            bpcer=self._rate(called, self._bona_fide & scored),
            refused=self._rate(~passed, self._bona_fide),
            apcer=apcer,
            accepted={name: self._rate_of(of, passed, let_through[name]) for name, of in self._species.items()},
            highest=None if highest is None else highest[0],
            highest_interval=None if highest is None else _highest_interval(apcer[highest[0]], missed),
        )

    def _let_through(self, trials: Flags, passed: Flags, drawn: Sequence[float] | None) -> list[float]:
        """In each resample the share of the trials that are let through."""
        if drawn is None:
            return [metrics.weighted_share(passed[trials], weights[trials]) for weights in self._draws]
        suspicion = self._suspicion[trials]
        return [
            # A photo without an answer has no suspicion: it is never below.
            math.nan if math.isnan(threshold) else metrics.weighted_share(suspicion < threshold, weights[trials])
            for threshold, weights in zip(drawn, self._draws, strict=True)
        ]


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _highest_interval(highest: Rate, shares: Mapping[str, Sequence[float]]) -> Interval | None:
    """Of the maximum, which in every resample may be another species'."""
    drawn = percentile_interval(np.fmax.reduce(np.array(list(shares.values())), axis=0))
    return replace(highest, over_people=drawn).interval


def _counts(reasons: NDArray[np.str_]) -> dict[str, int]:
    return dict(sorted(Counter(str(reason) for reason in reasons if reason).items()))
