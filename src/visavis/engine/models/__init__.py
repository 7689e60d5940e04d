"""Models: which exist, how they get here, and that they are what they should be."""

from visavis.engine.models.catalogue import (
    ARCFACE_TEMPLATE,
    CATALOGUE,
    DEFAULT_MODELS,
    DEFAULT_PULL,
    ModelSpec,
    RecognitionManifest,
    Wheel,
    WheelMember,
)
from visavis.engine.models.pull import PullProgress, ensure_models, pull_models
from visavis.engine.models.store import ModelStore

__all__ = [
    "ARCFACE_TEMPLATE",
    "CATALOGUE",
    "DEFAULT_MODELS",
    "DEFAULT_PULL",
    "ModelSpec",
    "ModelStore",
    "PullProgress",
    "RecognitionManifest",
    "Wheel",
    "WheelMember",
    "ensure_models",
    "pull_models",
]
