"""Faces with their meshes, as the tests of the landmarks have them."""

from tests.unit.engine.landmarks.conftest import landmarker, locate

__all__ = ["landmarker", "locate"]
