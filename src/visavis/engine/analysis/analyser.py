"""All measures of one face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.engine.analysis.blur import BlurNetwork
from visavis.engine.analysis.colour import measure_colourfulness
from visavis.engine.analysis.completeness import WIDENING, eye_distance_of, face_width_of, share_outside
from visavis.engine.analysis.light import Light, luminance_of, measure_light
from visavis.engine.analysis.openness import EyeNetwork, mouth_openness
from visavis.engine.analysis.quality import QualityModel
from visavis.engine.analysis.skin import Skin, carry_over, find_skin, inside_of
from visavis.engine.geometry import Transform, scale_of
from visavis.engine.landmarks.mesh import FaceMesh, MeshLandmarker, face_window
from visavis.engine.landmarks.pose import estimate_pose
from visavis.engine.occlusion.segmenter import Cover, FaceOcclusion, OcclusionSegmenter
from visavis.engine.picture import Picture
from visavis.engine.runtime import Runtime
from visavis.measures import FaceMeasures, Region
from visavis.types import DetectedFace, Template

_CANVAS_PX, _SPREAD = 160, 1.25
_SIZE = (_CANVAS_PX, _CANVAS_PX)
_UNLIT = Light(0.0, 0.0, 0.0, 0.0)


class FaceAnalyser:
    """Measures faces that were found already. Safe to share between threads.

    Args:
        runtime: runs the networks.
        mesh_model: the landmarker's file.
        quality: what the measures mean for a comparison.
    """

    def __init__(self, runtime: Runtime, mesh_model: bytes, quality: QualityModel) -> None:
        self._landmarker = MeshLandmarker(runtime, mesh_model)
        self._segmenter = OcclusionSegmenter(runtime)
        self._blur = BlurNetwork(runtime)
        self._eyes = EyeNetwork(runtime)
        self._quality = quality

    def warm_up(self) -> None:
        """Compile the networks now, not within the first analysis: about half a second."""
        for part in (self._landmarker, self._segmenter, self._blur, self._eyes):
            part.network()

    def locate(self, picture: Picture, face: DetectedFace) -> FaceMesh:
        """The 468 landmarks of a face."""
        return self._landmarker.locate(picture, face)

    def measure(
        self, picture: Picture, face: DetectedFace, template: Template, mesh: FaceMesh | None = None
    ) -> FaceMeasures:
        """Measure a face.

        Args:
            picture: the one that the face was found in.
            face: with its refined points.
            template: of the face.
            mesh: of the face, where it is known already.

        Raises:
            ImageError: the picture cannot be decoded.
        """
        mesh = mesh or self._landmarker.locate(picture, face)
        pose = estimate_pose(mesh, face.landmarks)
        covered = self._segmenter.measure(picture, mesh, pose)
        transform = face_window(mesh, _SPREAD, _CANVAS_PX)
        canvas = picture.warp(transform, _CANVAS_PX, _CANVAS_PX, min(1.0, scale_of(transform)))
        placed = mesh.seen_through(transform)
        skin = _visible_skin(picture, transform, placed, covered)
        light = measure_light(luminance_of(canvas), skin) or _UNLIT
        left_eye, right_eye = self._eyes.measure(canvas, _SPREAD, placed)
        blur = self._blur.measure(canvas, _SPREAD)
        occlusion = {region: covered.regions[region].covered for region in Region}
        return FaceMeasures(
            pose=pose,
            occlusion=occlusion,
            hidden={region: covered.regions[region].hidden for region in Region},
            blur=blur,
            illumination=light.illumination,
            illumination_imbalance=light.imbalance,
            over_exposed=light.over_exposed,
            under_exposed=light.under_exposed,
            outside=share_outside(mesh.points, picture.width, picture.height, WIDENING),
            face_width_px=face_width_of(mesh.points),
            eye_distance_px=eye_distance_of(mesh.points),
            left_eye_open=left_eye,
            right_eye_open=right_eye,
            mouth_open=mouth_openness(mesh.points),
            mask=covered.mask,
            dark_glasses=covered.dark_glasses,
            colourfulness=measure_colourfulness(canvas, skin.both) or 0.0,
            quality=self._quality.quality(face.probability, template, blur, occlusion),
        )


def _visible_skin(picture: Picture, transform: Transform, placed: NDArray[np.float64], covered: FaceOcclusion) -> Skin:
    """Where the canvas shows skin; of a face that is covered all over, where it would."""
    inside = inside_of(picture.width, picture.height, transform, _SIZE)
    seen = inside & carry_over(covered.covers[Cover.VISIBLE], covered.transform, transform, _SIZE)
    skin = find_skin(placed, _SIZE, seen)
    return skin if skin.both.any() else find_skin(placed, _SIZE, inside)
