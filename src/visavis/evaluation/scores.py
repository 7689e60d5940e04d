"""Templates and trials become comparison scores, without ever holding a square matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import DatasetError
from visavis.evaluation.trials import CrossTrials, PairTrials, Trials

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]

MAX_NON_MATED = 250_000_000
"""Non-mated scores are held in memory, four bytes each."""
_ROWS_AT_ONCE = 512
_TOP_SHARE, _TOP_LEAST, _TOP_MOST = 0.03, 200_000, 1_000_000
_THINNED = 300_000


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPairs:
    """Completed comparisons with their pictures, all arrays of one length.

    Attributes:
        score: (N,) float32, higher = more alike.
        reference: (N,) int32 picture indices.
        probe: (N,) int32 picture indices.
        weight: (N,) float32: how many comparisons each stands for.
    """

    score: Floats
    reference: Indices
    probe: Indices
    weight: Floats

    def take(self, order: NDArray[np.intp]) -> ScoredPairs:
        """Those at `order`."""
        return ScoredPairs(self.score[order], self.reference[order], self.probe[order], self.weight[order])


@dataclass(frozen=True, slots=True, eq=False)
class ProtocolScores:
    """The comparisons of one protocol.

    Attributes:
        mated: completed mated comparisons by rising score, weight 1.
        mated_failed: (people,) int64: mated comparisons of each person that a failure to acquire prevented.
        non_mated: (N,) float32: every completed non-mated score, rising.
        non_mated_failed: how many non-mated comparisons a failure to acquire prevented.
        sample: non-mated comparisons by falling score: the highest ones all, with weight 1, the rest thinned at random
            and weighted up. Error rates come from `non_mated`; the sample serves intervals and lists.
    """

    mated: ScoredPairs
    mated_failed: NDArray[np.int64]
    non_mated: Floats
    non_mated_failed: int
    sample: ScoredPairs


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """Templates of a data set's pictures.

    Attributes:
        vectors: (pictures, D) float32, unit L2 norm; zeros where `acquired` is False.
        acquired: (pictures,) bool: False for a failure to acquire.
        persons: (pictures,) int32: the person of each picture, 0-based.
    """

    vectors: Floats
    acquired: NDArray[np.bool_]
    persons: Indices

    @property
    def people(self) -> int:
        """Number of people."""
        return int(self.persons.max(initial=-1)) + 1


def score_trials(templates: Templates, trials: Trials, *, seed: int = 0) -> ProtocolScores:
    """Cosine of every trial.

    Args:
        templates: of the whole data set.
        trials: which to compare.
        seed: of the thinning of low non-mated scores.

    Raises:
        DatasetError: more than `MAX_NON_MATED` non-mated comparisons.
    """
    if isinstance(trials, PairTrials):
        return _score_pairs(templates, trials)
    return _score_cross(templates, trials, seed)


def pair_scores(templates: Templates, trials: PairTrials) -> tuple[Floats, NDArray[np.bool_]]:
    """(N,) scores in the order of the trials, and (N,) bool: completed. The score of an incomplete one is 0."""
    scores = np.einsum("ij,ij->i", templates.vectors[trials.reference], templates.vectors[trials.probe])
    completed = templates.acquired[trials.reference] & templates.acquired[trials.probe]
    return scores.astype(np.float32), completed


def _score_pairs(templates: Templates, trials: PairTrials) -> ProtocolScores:
    scores, completed = pair_scores(templates, trials)
    pairs = ScoredPairs(scores, trials.reference, trials.probe, np.ones(len(scores), np.float32))
    mated = _by_score(pairs.take(np.flatnonzero(completed & trials.mated)))
    sample = _by_score(pairs.take(np.flatnonzero(completed & ~trials.mated)), falling=True)
    failed = templates.persons[trials.reference[~completed & trials.mated]]
    failed_people = np.bincount(failed, minlength=templates.people)
    non_mated_failed = int((~completed & ~trials.mated).sum())
    return ProtocolScores(mated, failed_people, sample.score[::-1].copy(), non_mated_failed, sample)


def _score_cross(templates: Templates, trials: CrossTrials, seed: int) -> ProtocolScores:
    rows = trials.rows[templates.acquired[trials.rows]]
    columns = None if trials.columns is None else trials.columns[templates.acquired[trials.columns]]
    planned, completed = (count_cross(templates, r, c) for r, c in ((trials.rows, trials.columns), (rows, columns)))
    if completed.non_mated > MAX_NON_MATED:
        raise DatasetError(
            f"{completed.non_mated:,} non-mated comparisons; at most {MAX_NON_MATED:,}: restrict the people"
        )
    non_mated = np.empty(completed.non_mated, np.float32)
    mated, filled = [], 0
    for block in _blocks(templates, rows, columns):
        strangers = block.scores[block.non_mated]
        non_mated[filled : filled + len(strangers)] = strangers
        filled += len(strangers)
        mated.append(block.pick(block.mated))
    non_mated.sort()
    sample = _sample(templates, rows, columns, non_mated, seed)
    return ProtocolScores(
        mated=_by_score(_concatenate(mated)),
        mated_failed=planned.mated - completed.mated,
        non_mated=non_mated,
        non_mated_failed=planned.non_mated - completed.non_mated,
        sample=_by_score(sample, falling=True),
    )


@dataclass(frozen=True, slots=True, eq=False)
class CrossCount:
    """Sizes of an all-pairs protocol: `mated` is (people,) int64, `non_mated` a total."""

    mated: NDArray[np.int64]
    non_mated: int


def count_cross(templates: Templates, rows: Indices, columns: Indices | None) -> CrossCount:
    """How many mated comparisons of each person, and non-mated ones, all pairs make."""
    row_count = np.bincount(templates.persons[rows], minlength=templates.people)
    if columns is None:
        mated, total = row_count * (row_count - 1) // 2, len(rows) * (len(rows) - 1) // 2
    else:
        mated = row_count * np.bincount(templates.persons[columns], minlength=templates.people)
        total = len(rows) * len(columns)
    return CrossCount(mated, total - int(mated.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    scores: Floats
    mated: NDArray[np.bool_]
    non_mated: NDArray[np.bool_]
    rows: Indices
    columns: Indices

    def pick(self, mask: NDArray[np.bool_], weight: float = 1.0) -> ScoredPairs:
        row, column = np.nonzero(mask)
        weights = np.full(len(row), weight, np.float32)
        return ScoredPairs(self.scores[row, column], self.rows[row], self.columns[column], weights)


def _blocks(templates: Templates, rows: Indices, columns: Indices | None) -> Iterator[_Block]:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        others = rows[start:] if columns is None else columns
        scores = templates.vectors[part] @ templates.vectors[others].T
        same = templates.persons[part][:, None] == templates.persons[others][None, :]
        wanted = np.ones(scores.shape, bool)
        if columns is None:
            wanted = np.triu(wanted, 1)
        yield _Block(scores, same & wanted, ~same & wanted, part, others)


def _sample(templates: Templates, rows: Indices, columns: Indices | None, non_mated: Floats, seed: int) -> ScoredPairs:
    top = min(len(non_mated), max(_TOP_LEAST, min(_TOP_MOST, int(_TOP_SHARE * len(non_mated)))))
    if not top:
        return _concatenate([])
    cut = non_mated[len(non_mated) - top]
    below = int(np.searchsorted(non_mated, cut))
    share = min(1.0, _THINNED / max(1, below))
    random = np.random.default_rng(seed)
    parts = []
    for block in _blocks(templates, rows, columns):
        high = block.scores >= cut
        parts.append(block.pick(block.non_mated & high))
        if below:
            drawn = random.random(block.scores.shape, np.float32) < share
            parts.append(block.pick(block.non_mated & ~high & drawn))
    sample = _concatenate(parts)
    thinned = sample.score < cut
    if thinned.any():
        sample.weight[thinned] = below / thinned.sum()
    return sample


def _by_score(pairs: ScoredPairs, *, falling: bool = False) -> ScoredPairs:
    order = np.lexsort((pairs.probe, pairs.reference, -pairs.score if falling else pairs.score))
    return pairs.take(order)


def _concatenate(parts: list[ScoredPairs]) -> ScoredPairs:
    empty = ScoredPairs(np.empty(0, np.float32), np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))
    every = [empty, *parts]
    return ScoredPairs(
        np.concatenate([part.score for part in every]),
        np.concatenate([part.reference for part in every]),
        np.concatenate([part.probe for part in every]),
        np.concatenate([part.weight for part in every]),
    )
