"""How far one gets without looking for traces at all: colours, contrast and sharpness, and a straight line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from examine import UNTOUCHED, Examined
from numpy.typing import NDArray
from prepare import GENERATED, Examples, load_examples
from score import area_under_curve
from sketches import training_people
from view import plain_view

Pixels = NDArray[np.uint8]
_SIGMAS = (0.7, 1.4, 2.8)
_MOST = 1500
_RIDGE = 1e-2


def control_areas(data: Path, cache: Path, sets: dict[str, Examined], seed: int) -> dict[str, Any]:
    """AUC on generated faces and on morphs of a linear classifier of such figures, trained on the same examples."""
    examples = load_examples(data, cache, seed)
    found: dict[str, Any] = {}
    for kind, tested in ((GENERATED, "generated"), ("morph", "morph"), ("swap", "swap"), ("self_blend", "self-blend")):
        weights = _line(examples, kind)
        for name, examined in sets.items():
            scores = [_scores(weights, examined.crops[examined.kinds == one]) for one in (UNTOUCHED, tested)]
            found[f"{name}: {tested}"] = area_under_curve(scores[0], scores[1])
    return found


def look_at(crop: Pixels) -> NDArray[np.float64]:
    """Means and spreads of the colours, and how strong detail of three sizes is, of a crop's middle."""
    middle = crop[5:-5, 5:-5].astype(np.float32)
    luma = cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY)
    colours = [*middle.mean((0, 1)).tolist(), *middle.std((0, 1)).tolist()]
    detail = [float((luma - cv2.GaussianBlur(luma, (0, 0), sigma)).std()) for sigma in _SIGMAS]
    return np.array([*colours, *np.log(np.array(detail) + 0.1), 255.0])


def _line(examples: Examples, kind: str) -> NDArray[np.float64]:
    """Weights of a regularised least-squares fit to -1 for photos and 1 for forgeries."""
    used = np.flatnonzero(training_people(examples))
    photos = [plain_view(examples.boxes[n], examples.eyes[n]).crop(examples.untouched[n]) for n in used[::3][:_MOST]]
    numbers = np.flatnonzero(examples.kinds == kind)[:_MOST].tolist()
    forgeries = [plain_view(*examples.place(n)).crop(examples.forged[n]) for n in numbers]
    inputs = np.stack([look_at(crop) for crop in photos + forgeries]) / 255
    wanted = np.array([-1.0] * len(photos) + [1.0] * len(forgeries))
    weight = np.where(wanted > 0, 1 / len(forgeries), 1 / len(photos))[:, None]
    normal = inputs.T @ (weight * inputs) + _RIDGE * 1e-2 * np.eye(inputs.shape[1])
    return np.asarray(np.linalg.solve(normal, inputs.T @ (weight[:, 0] * wanted)))


def _scores(weights: NDArray[np.float64], crops: Pixels) -> NDArray[np.float64]:
    return np.array([float(look_at(crop) / 255 @ weights) for crop in crops])
