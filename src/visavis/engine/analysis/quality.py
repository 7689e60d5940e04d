"""Unified quality: how likely a comparison with another picture of the same person succeeds, see training/quality."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

from visavis.errors import ModelFormatError
from visavis.measures import Region
from visavis.types import Template

_OTHER = "other"
_LARGEST_LOGIT = 60.0


@dataclass(frozen=True, slots=True)
class QualityModel:
    """Logistic regression, for the templates of one recogniser. Weights are per unit of what they weigh.

    Attributes:
        bias: of none.
        strength: of the natural logarithm of the template's length; 0 for recognisers whose lengths mean nothing.
        probability: of the detector's probability that this is a face.
        blur: of the blur, 0..1; at most 0, as is the next: no flaw makes a picture better.
        covered: of the mean of what covers the nine regions, 0..1.
    """

    bias: float
    strength: float
    probability: float
    blur: float
    covered: float

    def quality(self, probability: float, template: Template, blur: float, occlusion: Mapping[Region, float]) -> float:
        """0..100, 100 = best.

        Args:
            probability: of the detector, 0..1.
            template: with its length.
            blur: 0..1.
            occlusion: of every region, 0..1.
        """
        logit = self.bias + self.probability * probability + self.blur * blur
        logit += self.covered * covered_share(occlusion)
        if self.strength and template.length:
            logit += self.strength * math.log(template.length)
        return 100 / (1 + math.exp(-max(-_LARGEST_LOGIT, min(_LARGEST_LOGIT, logit))))


def covered_share(occlusion: Mapping[Region, float]) -> float:
    """Mean of what covers the nine regions, 0..1."""
    return sum(occlusion[region] for region in Region) / len(Region)


def load_quality(model_id: str) -> QualityModel:
    """For a recogniser; one that nothing is known of gets what holds for any.

    Raises:
        ModelFormatError: the file that comes with the package is damaged.
    """
    document = json.loads(resources.files(__package__).joinpath("quality.json").read_text("utf-8"))
    return read_quality(document["models"].get(model_id, document["models"][_OTHER]))


def read_quality(found: Mapping[str, Any]) -> QualityModel:
    """A model from the file's entry.

    Raises:
        ModelFormatError: a weight is missing, no number, or would let a flaw make a picture better.
    """
    try:
        model = QualityModel(*(float(found[field.name]) for field in fields(QualityModel)))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFormatError("quality.json is damaged") from error
    if max(model.blur, model.covered) > 0 or min(model.strength, model.probability) < 0:
        raise ModelFormatError("quality.json lets a flaw make a picture better")
    return model
