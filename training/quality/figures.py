"""How good a quality is, in figures for the model card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from examples import Example
from numpy.typing import NDArray

from visavis.evaluation.discard import order_by_quality
from visavis.evaluation.discard_curve import draw_discard_curve
from visavis.evaluation.intervals import ProtocolIntervals
from visavis.evaluation.scores import Templates, score_trials
from visavis.evaluation.trials import CrossTrials

FMR = 1e-3
"""A comparison succeeds when it matches at the threshold of this false match rate."""

Doubles = NDArray[np.float64]
Figures = dict[str, Any]


def by_kind(examples: Sequence[Example], succeeded: Doubles, quality: Doubles) -> Figures:
    """How many of each kind there are, how many comparisons succeeded, 0..1, and mean quality, 0..100."""
    kinds = np.array([example.spoiled or example.photo.group for example in examples])
    return {
        kind: {
            "count": int((kinds == kind).sum()),
            "succeeded": round(float(succeeded[kinds == kind].mean()), 4),
            "quality": round(float(quality[kinds == kind].mean()), 2),
        }
        for kind in dict.fromkeys(kinds.tolist())
    }


def left_out(examples: Sequence[Example], quality: Doubles) -> Figures:
    """FRR of the photos as they are, threshold counted on them, and its change when 5, 10, 20 % are left out."""
    plain = [index for index, example in enumerate(examples) if not example.spoiled]
    people = sorted({example.photo.person for example in examples})
    chosen = [examples[index] for index in plain]
    persons = np.array([people.index(example.photo.person) for example in chosen], np.int32)
    templates = Templates(np.stack([one.vector for one in chosen]), np.ones(len(chosen), bool), persons)
    frontal = np.array([example.photo.group == "frontal" for example in chosen])
    rows, columns = (np.flatnonzero(group).astype(np.int32) for group in (frontal, ~frontal))
    figures = {}
    for name, trials in (("frontal-frontal", CrossTrials(rows)), ("frontal-profile", CrossTrials(rows, columns))):
        scores = score_trials(templates, trials)
        order = order_by_quality(scores.mated, quality[plain])
        curve = draw_discard_curve(scores, order, ProtocolIntervals(), FMR)
        changes = [None if point.change is None else round(point.change, 4) for point in curve.points]
        figures[name] = {"frr": round(float(curve.frr[0]), 5), "changes": changes}
    return figures
