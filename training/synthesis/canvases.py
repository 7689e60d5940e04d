"""Faces cut out of their photos without touching a pixel, as long as they are no larger than the network can use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from warp import Pixels, Points

from faces import Subject, open_picture
from visavis.engine.detection.refine import across

CANVAS_PX = 208
_ROOM = 1.5
"""Side of the canvas in longer sides of the face's box, at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A face on its canvas.

    Attributes:
        pixels: (208, 208, 3) RGB, black outside of the photo.
        box: (4,) left, top, width, height of the face, pixels of the canvas.
        eyes: (2,) unit vector from the right eye to the left one.
        points: (468, 2) mesh, pixels of the canvas.
    """

    pixels: Pixels
    box: NDArray[np.float64]
    eyes: NDArray[np.float64]
    points: Points


def cut_out(subject: Subject) -> Sight:
    """The face in the middle of its canvas; large ones are made smaller as the product would."""
    scale = min(1.0, CANVAS_PX / (_ROOM * max(subject.face.box.width, subject.face.box.height)))
    shift = np.rint(CANVAS_PX / 2 - np.array(subject.face.box.centre) * scale)
    transform = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    pixels = open_picture(subject.path).warp(transform, CANVAS_PX, CANVAS_PX, 1.0)
    return Sight(pixels, box_on(subject, scale, shift), eyes_of(subject), subject.points * scale + shift)


def box_on(subject: Subject, scale: float, shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4,) the face's box on a canvas."""
    box = subject.face.box
    return np.array([box.left * scale + shift[0], box.top * scale + shift[1], box.width * scale, box.height * scale])


def eyes_of(subject: Subject) -> NDArray[np.float64]:
    """(2,) unit vector from the subject's right eye to the left one, in the picture."""
    return np.asarray(across(subject.face.landmarks.to_array()), np.float64)
