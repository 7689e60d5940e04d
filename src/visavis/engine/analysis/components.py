"""The measures of a face under the names of ISO/IEC 29794-5, each with a native value and a quality value.

The standard's values are read off its reference implementation, OFIQ. `Follows` says of each component how much of it
is the standard's; `docs/analysis.md` says what differs. Values of components that follow the meaning only must not be
compared with those of another implementation.
"""

from __future__ import annotations

import enum
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.engine.analysis.completeness import area_of
from visavis.engine.landmarks.shape import load_shape
from visavis.measures import GREY_WITHIN, FaceMeasures, Region
from visavis.types import AcquiredFace, AnalyzedFace

_EYES = ((33, 133), (263, 362))
_CHIN = 152
_INNER_LIPS = ((81, 178), (82, 87), (13, 14), (312, 317), (311, 402))
_FULL_COLOUR = 10.0
_STEEPEST_YAW_DEG = 80.0


class Component(enum.StrEnum):
    """Quality components of ISO/IEC 29794-5 that are covered; left and right of a crop are the picture's."""

    UNIFIED_QUALITY_SCORE = "unified_quality_score"
    ILLUMINATION_UNIFORMITY = "illumination_uniformity"
    UNDER_EXPOSURE_PREVENTION = "under_exposure_prevention"
    OVER_EXPOSURE_PREVENTION = "over_exposure_prevention"
    SHARPNESS = "sharpness"
    NATURAL_COLOUR = "natural_colour"
    SINGLE_FACE_PRESENT = "single_face_present"
    EYES_OPEN = "eyes_open"
    MOUTH_CLOSED = "mouth_closed"
    EYES_VISIBLE = "eyes_visible"
    MOUTH_OCCLUSION_PREVENTION = "mouth_occlusion_prevention"
    FACE_OCCLUSION_PREVENTION = "face_occlusion_prevention"
    INTER_EYE_DISTANCE = "inter_eye_distance"
    HEAD_SIZE = "head_size"
    LEFTWARD_CROP = "leftward_crop_of_the_face_image"
    RIGHTWARD_CROP = "rightward_crop_of_the_face_image"
    MARGIN_ABOVE = "margin_above_of_the_face_image"
    MARGIN_BELOW = "margin_below_of_the_face_image"
    HEAD_POSE_YAW = "head_pose_yaw"
    HEAD_POSE_PITCH = "head_pose_pitch"
    HEAD_POSE_ROLL = "head_pose_roll"


class Follows(enum.StrEnum):
    """How much of a component is the standard's."""

    METHOD = "method"
    """Formula of the native value and mapping are the standard's; networks and landmarks are ours."""
    MEANING = "meaning"
    """It answers the same question in another way."""


@dataclass(frozen=True, slots=True)
class QualityComponent:
    """One component of one face.

    Attributes:
        measure: which.
        native: as measured; unit and direction are the component's own, see `docs/analysis.md`.
        value: 0..100, higher = better.
        follows: how much of it is the standard's.
    """

    measure: Component
    native: float
    value: int
    follows: Follows


def quality_components(analyzed: AnalyzedFace) -> tuple[QualityComponent, ...]:
    """Every component that is covered, in the order of `Component`."""
    found = _of_measures(analyzed.measures) | _of_places(analyzed) | {_single_face(analyzed.acquired)}
    by_measure = {component.measure: component for component in found}
    return tuple(by_measure[measure] for measure in Component)


def _of_measures(measures: FaceMeasures) -> set[QualityComponent]:
    eyes = (measures.occlusion[Region.LEFT_EYE] + measures.occlusion[Region.RIGHT_EYE]) / 2
    mouth, face = measures.occlusion[Region.MOUTH], _covered_share(measures.occlusion)
    colour = (measures.colourfulness - GREY_WITHIN) / (_FULL_COLOUR - GREY_WITHIN)
    opening = min(measures.left_eye_open, measures.right_eye_open)
    burnt, black, uneven = measures.over_exposed, measures.under_exposed, measures.illumination_imbalance
    return {
        _meaning(Component.UNIFIED_QUALITY_SCORE, measures.quality, measures.quality / 100),
        _meaning(Component.ILLUMINATION_UNIFORMITY, 1 - uneven, 1 - uneven),
        _meaning(Component.UNDER_EXPOSURE_PREVENTION, black, 1 - black),
        _meaning(Component.OVER_EXPOSURE_PREVENTION, burnt, 1 - burnt),
        _meaning(Component.SHARPNESS, 1 - measures.blur, 1 - measures.blur),
        _meaning(Component.NATURAL_COLOUR, measures.colourfulness, colour),
        _meaning(Component.EYES_OPEN, opening, opening),
        _meaning(Component.EYES_VISIBLE, eyes, 1 - eyes),
        _method(Component.MOUTH_OCCLUSION_PREVENTION, mouth, 1 - mouth),
        _meaning(Component.FACE_OCCLUSION_PREVENTION, face, 1 - face),
        *_pose(measures),
    }


def _pose(measures: FaceMeasures) -> set[QualityComponent]:
    angles = {
        Component.HEAD_POSE_YAW: measures.pose.yaw,
        Component.HEAD_POSE_PITCH: measures.pose.pitch,
        Component.HEAD_POSE_ROLL: measures.pose.roll,
    }
    return {_method(measure, angle, max(0.0, _cosine(angle)) ** 2) for measure, angle in angles.items()}


def _of_places(analyzed: AnalyzedFace) -> set[QualityComponent]:
    """What the standard works out of landmarks and the size of the picture."""
    points, acquired = analyzed.points[:, :2], analyzed.acquired
    right, left = (points[list(corners)].mean(0) for corners in _EYES)
    eyes = (right + left) / 2
    apart, height = math.dist(left, right), math.dist(points[_CHIN], eyes)
    yaw = min(abs(analyzed.measures.pose.yaw), _STEEPEST_YAW_DEG)
    lips = max(math.dist(points[upper], points[lower]) for upper, lower in _INNER_LIPS)
    distance = apart / _cosine(yaw)
    mouth, size = _share(lips, height), _share(height, acquired.image_height)
    leftward, rightward = _share(right[0], apart), _share(acquired.image_width - left[0], apart)
    above, below = _share(eyes[1], height), _share(acquired.image_height - eyes[1], height)
    return {
        _method(Component.MOUTH_CLOSED, mouth, 1 - _sigmoid(mouth, 0.2, 0.06)),
        _method(Component.INTER_EYE_DISTANCE, distance, _sigmoid(distance, 70.0, 20.0)),
        _method(Component.HEAD_SIZE, size, 2 * (1 - _sigmoid(abs(size - 0.45), 0.0, 0.05))),
        _method(Component.LEFTWARD_CROP, leftward, _sigmoid(leftward, 0.9, 0.1)),
        _method(Component.RIGHTWARD_CROP, rightward, _sigmoid(rightward, 0.9, 0.1)),
        _method(Component.MARGIN_ABOVE, above, _sigmoid(above, 1.4, 0.1)),
        _method(Component.MARGIN_BELOW, below, _sigmoid(below, 1.8, 0.1)),
    }


def _single_face(acquired: AcquiredFace) -> QualityComponent:
    areas = sorted((face.box.area for face in acquired.faces), reverse=True)
    native = math.sqrt(_share(areas[1], areas[0])) if len(areas) > 1 else 0.0
    return _method(Component.SINGLE_FACE_PRESENT, native, 1 - native)


def _covered_share(occlusion: Mapping[Region, float]) -> float:
    return sum(weight * occlusion[region] for region, weight in _region_weights().items())


@functools.cache
def _region_weights() -> Mapping[Region, float]:
    """Share of each region in the area of all, seen from the front."""
    shape = load_shape()
    corners: dict[Region, NDArray[np.float64]] = {
        region: shape.points[shape.regions[region.value], :2] for region in Region
    }
    areas = {region: area_of(polygon) for region, polygon in corners.items()}
    return {region: area / sum(areas.values()) for region, area in areas.items()}


def _method(measure: Component, native: float, share: float) -> QualityComponent:
    return QualityComponent(measure, float(native), _percent(share), Follows.METHOD)


def _meaning(measure: Component, native: float, share: float) -> QualityComponent:
    return QualityComponent(measure, float(native), _percent(share), Follows.MEANING)


def _percent(share: float) -> int:
    return round(100 * min(1.0, max(0.0, share)))


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _sigmoid(value: float, centre: float, width: float) -> float:
    return 1 / (1 + math.exp(max(-60.0, min(60.0, (centre - value) / width))))


def _cosine(angle_deg: float) -> float:
    return math.cos(math.radians(angle_deg))
