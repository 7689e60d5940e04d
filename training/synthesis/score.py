"""Error rates of scores that are larger for forgeries, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
_RESAMPLES = 200


def area_under_curve(photos: Doubles, forgeries: Doubles) -> float:
    """Chance that a forgery has the larger score, ties counted half."""
    ordered = np.sort(photos)
    below, up_to = (np.searchsorted(ordered, forgeries, side=side) for side in ("left", "right"))
    return float((below + up_to).mean() / (2 * len(photos)))


def share_missed(photos: Doubles, forgeries: Doubles, bpcer: float) -> float:
    """APCER: share of forgeries that pass where this share of photos is refused."""
    return float((forgeries <= np.quantile(photos, 1 - bpcer)).mean())


def interval_of(
    figure: Callable[[Doubles, Doubles], float],
    photos: tuple[Doubles, Sequence[str]],
    forgeries: tuple[Doubles, Sequence[str]],
    seed: int,
) -> tuple[float, float]:
    """95 % interval of a figure by drawing people anew; those of both sides are drawn together where they are the same.

    Args:
        figure: of scores of photos and of forgeries.
        photos: scores and who is on them.
        forgeries: the same.
        seed: of the drawing.
    """
    chance = np.random.default_rng(seed)
    people = sorted({*photos[1], *forgeries[1]})
    places = [_by_person(labels, people) for _, labels in (photos, forgeries)]
    found = []
    for _ in range(_RESAMPLES):
        drawn = chance.integers(0, len(people), len(people))
        sides = [
            scores[np.concatenate([of_person[number] for number in drawn])]
            for (scores, _), of_person in zip((photos, forgeries), places, strict=True)
        ]
        if all(len(side) for side in sides):
            found.append(figure(sides[0], sides[1]))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def _by_person(labels: Sequence[str], people: list[str]) -> list[NDArray[np.int64]]:
    own = np.asarray(labels)
    return [np.flatnonzero(own == person) for person in people]
