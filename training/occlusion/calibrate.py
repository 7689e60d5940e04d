"""What the trained network's answers mean: how well regions are measured, and when a mask or dark glasses are worn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from compose import CROP_PX, CROP_SPREAD, Example, compose, draw_further, families, seat
from examples import other_skins, see
from fit import answers_of
from layers import Cover
from network import OcclusionNet
from numpy.typing import NDArray
from scipy.optimize import minimize

from faces import CANVAS_PX, SPREAD, FaceFinder, Faces
from visavis.engine.occlusion.segmenter import region_areas
from visavis.measures import Region

_FLAG = 0.2
_COVERED, _MOUTH_COVERED = 0.25, 0.5
_WEIGHT_DECAY = 0.02
_EYES = (Region.LEFT_EYE, Region.RIGHT_EYE)
_WORN, _NOT_WORN = 0.6, 0.1
_OTHERS_SAID_WORN = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Composites and what the network says of them.

    Attributes:
        names: what was laid over each.
        true: (N, 3, 9) share of each region covered by a mask, dark glasses, something else.
        found: (N, 3, 9) the same, counted on the network's map.
        regions: (N, 9) covered share of each region, NaN where it is not in the picture.
        answered: (N, 9) the same as the network answers it.
        worn: (N,) 1 where a mask is worn, 0 where none is, NaN where that is open to doubt.
        logits: (N,) that a mask is worn, as the network answers it.
    """

    names: list[str]
    true: NDArray[np.float64]
    found: NDArray[np.float64]
    regions: NDArray[np.float32]
    answered: NDArray[np.float32]
    worn: NDArray[np.float64]
    logits: NDArray[np.float32]


def take_sample(network: OcclusionNet, faces: Faces, data: Path, count: int, seed: int) -> Sample:
    """Composites of all families but the held-out ones over faces, as the product finds them."""
    chosen, others = families(data / "masks/templates"), other_skins(faces)
    finder = FaceFinder()
    names: list[str] = []
    examples: list[Example] = []
    for number in range(count):
        rng = np.random.default_rng([seed, 77, number])
        sitter = seat(faces, number % len(faces), others)
        name, makers = draw_further(rng, chosen)
        names.append(name)
        examples.append(see(rng, compose(rng, sitter, makers), sitter.points, finder))
    answers = answers_of(network, np.stack([example.crop for example in examples]))
    true = [shares(example.planes[:3] / 255, example.points) for example in examples]
    found = [shares(answer[1:], example.points) for answer, example in zip(answers.covers, examples, strict=True)]
    regions = np.stack([example.regions for example in examples])
    worn = np.array([example.worn for example in examples])
    return Sample(names, np.array(true), np.array(found), regions, answers.regions, worn, answers.worn)


def shares(planes: NDArray[Any], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 9) mean of each plane over each region."""
    areas = np.stack([region_areas(points)[region] for region in Region]).reshape(len(Region), -1).astype(np.float64)
    totals = np.maximum(areas.sum(1), 1e-9)
    return np.asarray(planes.reshape(3, -1) @ areas.T / totals)


def covered_faces(network: OcclusionNet, faces: Faces) -> NDArray[np.int64]:
    """Numbers of the faces that something covers already, in the photo as it is.

    Wide open mouths look covered to a first network; they are what the next one must learn to leave alone.
    """
    views = [plain_crop(faces, index) for index in range(len(faces))]
    covered = answers_of(network, np.stack([crop for crop, _ in views])).regions
    limits = np.array([_MOUTH_COVERED if region is Region.MOUTH else _COVERED for region in Region])
    return np.flatnonzero((covered > limits).any(1))


def plain_crop(faces: Faces, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """(128, 128, 3) crop as the product would make it, and the (468, 2) mesh on it."""
    side = round(CANVAS_PX * CROP_SPREAD / SPREAD)
    start = (CANVAS_PX - side) // 2
    part = faces.canvases[index][start : start + side, start : start + side]
    points = (faces.points[index][:, :2] - start) * (CROP_PX / side)
    crop = cv2.resize(part, (CROP_PX, CROP_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8), points.astype(np.float64)


def fit_wearing(sample: Sample) -> dict[str, Any]:
    """Logistic regression of dark glasses for `parameters.Wearing`, with a little weight decay."""
    columns, plane = [list(Region).index(region) for region in _EYES], int(Cover.DARK_GLASSES) - 1
    worn = sample.true[:, plane, columns].mean(1)
    clear = (worn > _WORN) | (worn < _NOT_WORN)
    inputs, wanted = sample.found[clear, plane][:, columns], (worn[clear] > _WORN).astype(float)

    def loss(weights: NDArray[np.float64]) -> float:
        logit = inputs @ weights[:-1] + weights[-1]
        return float(np.mean(np.logaddexp(0, logit) - wanted * logit) + _WEIGHT_DECAY * (weights[:-1] ** 2).mean() / 10)

    best = minimize(loss, np.zeros(len(columns) + 1), method="L-BFGS-B").x
    named = {str(region): round(float(weight), 4) for region, weight in zip(_EYES, best, strict=False)}
    return {"weights": named, "bias": round(float(best[-1]), 4)}


def fit_worn(sample: Sample) -> dict[str, float]:
    """Scale and bias that make a probability of the logit that a mask is worn.

    Real masks look less like ours than ours do, while bare faces look alike and are far off. So the boundary is not
    where ours are told apart best, but where a few of the faces that something else covers are said to wear a mask.
    """
    known = ~np.isnan(sample.worn)
    logits, wanted = sample.logits[known].astype(np.float64), sample.worn[known]

    def loss(weights: NDArray[np.float64]) -> float:
        logit = weights[0] * logits + weights[1]
        return float(np.mean(np.logaddexp(0, logit) - wanted * logit))

    scale = float(minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B").x[0])
    others = (sample.worn == 0) & (np.array(sample.names) != "clean")
    boundary = float(np.quantile(sample.logits[others], 1 - _OTHERS_SAID_WORN))
    return {"scale": round(scale, 4), "bias": round(-scale * boundary, 4)}


def table_of(sample: Sample) -> Mapping[str, tuple[int, float, float, float]]:
    """By what was laid over: count, mean absolute error of the region ratios, precision and recall of flags.

    Of what the network answers; for `counted`, of what is counted on its map.
    """
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(sample.names):
        groups.setdefault(name if " + " not in name else "two things", []).append(index)
    every = list(range(len(sample.names)))
    table = {"all": _figures(sample, sample.answered, every), "counted": _figures(sample, sample.found.sum(1), every)}
    return table | {name: _figures(sample, sample.answered, chosen) for name, chosen in groups.items()}


def _figures(sample: Sample, found: NDArray[Any], chosen: list[int]) -> tuple[int, float, float, float]:
    known = ~np.isnan(sample.regions[chosen])
    true, answered = sample.regions[chosen][known], found[chosen][known]
    wanted, flagged = true > _FLAG, answered > _FLAG
    both = float((wanted & flagged).sum())
    error = float(np.abs(true - answered).mean())
    return len(chosen), error, both / max(flagged.sum(), 1), both / max(wanted.sum(), 1)
