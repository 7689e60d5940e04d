"""Which comparisons go first when the worst pictures are left out (ISO/IEC 29794-1, error-versus-discard)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.scores import ScoredPairs

Doubles = NDArray[np.float64]

SHARES: Doubles = np.arange(51) / 100
"""Shares of the mated comparisons that are discarded: 0, 1, … 50 %."""


@dataclass(frozen=True, slots=True, eq=False)
class DiscardOrder:
    """Mated comparisons from the lowest pairwise quality to the highest.

    Those that a failure to acquire prevented come before all others: their quality is none at all. Comparisons of equal
    quality, such as those of one poor picture, go together; where a share ends among them, the same part of all of
    them and of the rejections among them is discarded, as if drawn at random very often.

    Attributes:
        order: (N,) indices into the mated comparisons.
        ends: (G,) how many of them there are up to the end of each group of equal quality.
        quality: (G,) pairwise quality of each group, rising.
    """

    order: NDArray[np.intp]
    ends: NDArray[np.intp]
    quality: Doubles

    def frr(self, rejected: NDArray[np.bool_], weight: Doubles, failed: float, shares: Doubles = SHARES) -> Doubles:
        """(S,) false rejection rate of what is left after discarding each share; NaN without any comparison.

        Args:
            rejected: (N,) which mated comparisons do not match.
            weight: (N,) how often each counts.
            failed: weight of the comparisons that a failure to acquire prevented; each is a rejection.
            shares: (S,) 0 <= share < 1.
        """
        discarded, errors = self._cumulative(rejected, weight, failed)
        total = discarded[-1]
        if not total:
            return np.full(len(shares), np.nan)
        left = errors[-1] - np.interp(shares * total, discarded, errors)
        return np.asarray(np.maximum(left, 0.0) / (total * (1 - shares)))

    def quality_at(self, share: float, failed: int) -> float | None:
        """Pairwise quality up to which this share is discarded; None where failures to acquire are all of it."""
        wanted = share * (failed + len(self.order)) - failed
        if wanted <= 0 or not len(self.quality):
            return None
        return float(self.quality[min(int(np.searchsorted(self.ends, wanted)), len(self.quality) - 1)])

    def _cumulative(self, rejected: NDArray[np.bool_], weight: Doubles, failed: float) -> tuple[Doubles, Doubles]:
        ordered = weight[self.order]
        sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in (ordered, ordered * rejected[self.order])]
        compared, wrong = (np.concatenate([[0.0, failed], failed + part[self.ends]]) for part in sums)
        return compared, wrong


def order_by_quality(mated: ScoredPairs, qualities: Doubles) -> DiscardOrder:
    """The order in which mated comparisons go: that of the smaller quality of the two pictures.

    Args:
        mated: completed comparisons.
        qualities: (pictures,) higher = better, of every picture with a template.
    """
    pairwise = np.minimum(qualities[mated.reference], qualities[mated.probe])
    order = np.argsort(pairwise, kind="stable")
    quality, counts = np.unique(pairwise, return_counts=True)
    return DiscardOrder(order, np.cumsum(counts), quality)


def ideal_frr(errors: float, total: float, shares: Doubles = SHARES) -> Doubles:
    """(S,) the same when only rejections are discarded, as long as there are any: no order does better.

    Args:
        errors: rejections among all comparisons.
        total: comparisons, > 0.
        shares: (S,) 0 <= share < 1.
    """
    return np.asarray(np.maximum(errors - shares * total, 0.0) / (total * (1 - shares)))
