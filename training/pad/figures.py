"""AUC and APCER at stated BPCERs, with intervals from drawing people again and again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.pad_metrics import (
    NOMINAL_BPCERS,
    area_under_curve,
    weighted_share,
    weighted_threshold_at_bpcer,
)

Doubles = NDArray[np.float64]
FILE = Path(__file__).with_name("figures.json")
_RESAMPLES = 400


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Presentations of one kind.

    Attributes:
        suspicion: (N,) higher = more surely an attack.
        people: (N,) who.
    """

    suspicion: Doubles
    people: NDArray[np.str_]

    def sorted(self) -> Scored:
        """By rising suspicion."""
        order = np.argsort(self.suspicion, kind="stable")
        return Scored(self.suspicion[order], self.people[order])


def keep(**parts: Any) -> None:
    """Write some parts of figures.json anew."""
    known = json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}
    FILE.write_text(json.dumps(known | parts, indent=1) + "\n", "utf-8")


def join(kinds: list[Scored]) -> Scored:
    """All of them."""
    return Scored(np.concatenate([one.suspicion for one in kinds]), np.concatenate([one.people for one in kinds]))


def compare(bona_fide: Scored, attacks: Scored, seed: int = 1) -> dict[str, Any]:
    """AUC and APCER at each BPCER that the bona fide presentations are enough to count, each with its 95 % interval."""
    bona_fide, attacks = bona_fide.sorted(), attacks.sorted()
    plain = _measures(bona_fide, attacks, np.ones(len(bona_fide.people)), np.ones(len(attacks.people)))
    chance = np.random.default_rng(seed)
    drawn = [
        _measures(bona_fide, attacks, draw_weights(bona_fide.people, chance), draw_weights(attacks.people, chance))
        for _ in range(_RESAMPLES)
    ]
    found: dict[str, Any] = {
        "bona_fide": {"photos": len(bona_fide.people), "people": len(set(bona_fide.people.tolist()))},
        "attacks": {"photos": len(attacks.people), "people": len(set(attacks.people.tolist()))},
    }
    for name, value in plain.items():
        if np.isnan(value):
            continue
        low, high = np.nanpercentile([one[name] for one in drawn], (2.5, 97.5)).tolist()
        found[name] = {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4)}
    return found


def draw_weights(people: NDArray[np.str_], chance: np.random.Generator) -> Doubles:
    """(N,) how often each presentation counts when people are drawn with replacement."""
    names, which = np.unique(people, return_inverse=True)
    return np.bincount(chance.integers(0, len(names), len(names)), minlength=len(names))[which].astype(np.float64)


def _measures(bona_fide: Scored, attacks: Scored, live: Doubles, weights: Doubles) -> dict[str, float]:
    found = {"auc": area_under_curve(bona_fide.suspicion, attacks.suspicion, live, weights)}
    for bpcer in NOMINAL_BPCERS:
        threshold = weighted_threshold_at_bpcer(bona_fide.suspicion, live, bpcer)
        missed = weighted_share(attacks.suspicion < threshold, weights)
        found[f"apcer_at_bpcer_{bpcer:g}"] = missed if np.isfinite(threshold) else float("nan")
    return found
