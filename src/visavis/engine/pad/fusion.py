"""Several answers become one: the logistic model of the package's networks, or the mean of a user's."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from visavis.errors import ModelFormatError

_SUREST = 12.0
"""Logits beyond it say no more: about what single precision leaves of a probability."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """Logistic model over the logits of networks and over cues.

    Attributes:
        bias: of the logit.
        weights: of each network's logit, by its model id.
        cues: of each cue, by its name, see `cues`.
    """

    bias: float
    weights: Mapping[str, float]
    cues: Mapping[str, float]

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """From JSON with the fields of this class.

        Raises:
            ModelFormatError: malformed.
        """
        try:
            document = json.loads(content)
            weights, cues = (
                {str(name): float(weight) for name, weight in document[part].items()} for part in ("weights", "cues")
            )
            model = cls(float(document["bias"]), weights, cues)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFormatError(f"the fusion of the networks is damaged: {error!r}") from error
        if not all(map(math.isfinite, [model.bias, *weights.values(), *cues.values()])):
            raise ModelFormatError("the fusion of the networks is damaged: a weight is not a number")
        return model

    def logit(self, logits: Mapping[str, float], cues: Mapping[str, float]) -> float:
        """Logit of a bona fide presentation.

        Args:
            logits: of each network.
            cues: value of each cue.
        """
        heard = sum(weight * logits[name] for name, weight in self.weights.items())
        return self.bias + heard + sum(weight * cues[name] for name, weight in self.cues.items())


def logit_of(probability: float) -> float:
    """Logit of a probability, within ±12."""
    least = 1 / (1 + math.exp(_SUREST))
    inner = min(max(probability, least), 1 - least)
    return math.log(inner) - math.log1p(-inner)


def probability_of(logit: float) -> float:
    """0..1, of any logit."""
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    return math.exp(logit) / (1 + math.exp(logit))
