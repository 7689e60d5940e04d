"""Fit what makes a comparison succeed; write src/visavis/engine/analysis/quality.json and the model card's tables.

    python training/quality/fit.py $VISAVIS_DATA

The people are those of `splits/cfp-tune.txt` and nobody else. Each photo, as it is and spoiled, is compared with all
frontal photos of the same person; the share of matches at a claimed false match rate of 1e-3 is what the regression has
to say. Everything that is random has a fixed seed: equal versions on an equal machine give equal weights.
"""

# What this script is for is what it prints.
# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
from card import write_figures
from examples import Example, Order, cfp_photos, gather
from figures import FMR, Figures, by_kind, left_out
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from visavis.api import open_engine
from visavis.engine.analysis.quality import QualityModel, covered_share
from visavis.errors import LicenceNotAcceptedError, ModelNotFoundError

_FILE = Path(__file__).parents[2] / "src/visavis/engine/analysis/quality.json"
_MODELS = ("sface-2021dec", "w600k-mbf")
_PEOPLE, _PRECISION = "cfp-tune", "fp32"
_FOLDS = 5
_WEIGHT_DECAY = 1e-5
_DECIMALS = 3
_WEIGHTS = tuple(field.name for field in fields(QualityModel))[1:]
_FLAWS = ("blur", "covered")

Doubles = NDArray[np.float64]


def main() -> None:
    """Parse the arguments, gather, fit, write."""
    parser = argparse.ArgumentParser(description="Fit the unified quality.")
    parser.add_argument("data", type=Path, help="folder with cfp and splits")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    photos = cfp_photos(arguments.data, _PEOPLE)
    entries: dict[str, dict[str, object]] = {}
    figures: dict[str, Figures] = {}
    for name in _MODELS:
        try:
            sha256, threshold = _opened(name)
        except (LicenceNotAcceptedError, ModelNotFoundError) as error:
            print(f"{name} is left out: {error}")
            continue
        examples = gather(photos, Order(name, _PRECISION, spoil=True), arguments.processes)
        succeeded = success(examples, threshold)
        model, figures[name] = _fitted(examples, succeeded, with_length=True)
        entries[name] = {"model_sha256": sha256} | asdict(model)
        if "other" not in entries:
            model, figures["other"] = _fitted(examples, succeeded, with_length=False)
            entries["other"] = asdict(model)
    document = {"data_set": f"cfp, {_PEOPLE}", "claimed_fmr": FMR, "models": entries}
    _FILE.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    write_figures("fit", figures)


def _opened(model: str) -> tuple[str, float]:
    with open_engine(model=model, precision=_PRECISION, profile="default") as engine:
        return engine.identity.model_sha256, engine.calibration.threshold_at(FMR)


def success(examples: Sequence[Example], threshold: float) -> Doubles:
    """(N,) share of the comparisons with frontal photos of the same person, as they are, that match.

    A photo is not compared with itself, nor with what was made of it.
    """
    vectors = np.stack([example.vector for example in examples])
    persons = np.array([example.photo.person for example in examples])
    paths = np.array([str(example.photo.path) for example in examples])
    partners = np.flatnonzero([one.photo.group == "frontal" and not one.spoiled for one in examples])
    meant = (persons[:, None] == persons[partners]) & (paths[:, None] != paths[partners])
    matched = vectors @ vectors[partners].T >= threshold
    return np.asarray((matched & meant).sum(1) / np.maximum(meant.sum(1), 1))


def inputs_of(examples: Sequence[Example]) -> Doubles:
    """(N, 4) what the regression sees of each, in the order of `QualityModel`."""
    rows = [
        (
            np.log(example.length),
            example.probability,
            example.measures.blur,
            covered_share(example.measures.occlusion),
        )
        for example in examples
    ]
    return np.array(rows, np.float64)


def fit(inputs: Doubles, succeeded: Doubles, *, with_length: bool) -> Doubles:
    """(5,) bias and weights; no flaw may have a weight above 0, no merit one below."""
    columns = np.column_stack([np.ones(len(inputs)), inputs])

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        logit = columns @ weights
        decay = _WEIGHT_DECAY * np.append(0.0, weights[1:])
        value = np.mean(np.logaddexp(0, logit) - succeeded * logit) + decay @ weights / 2
        return float(value), columns.T @ (expit(logit) - succeeded) / len(logit) + decay

    bounds: list[tuple[float | None, float | None]] = [
        (None, None),
        *[(None, 0.0) if name in _FLAWS else (0.0, None) for name in _WEIGHTS],
    ]
    if not with_length:
        bounds[1] = (0.0, 0.0)
    found = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 5000})
    return np.asarray(found.x, np.float64)


def _fitted(examples: Sequence[Example], succeeded: Doubles, *, with_length: bool) -> tuple[QualityModel, Figures]:
    inputs = inputs_of(examples)
    weights = fit(inputs, succeeded, with_length=with_length)
    model = QualityModel(*(round(float(weight), _DECIMALS) + 0.0 for weight in weights))
    quality = _unseen(examples, inputs, succeeded, with_length=with_length)
    columns = {name: -column if name in _FLAWS else column for name, column in zip(_WEIGHTS, inputs.T, strict=True)}
    return model, {
        "weights": asdict(model),
        "kinds": by_kind(examples, succeeded, quality),
        "left_out": {"quality": left_out(examples, quality)}
        | {name: left_out(examples, column) for name, column in columns.items()},
    }


def _unseen(examples: Sequence[Example], inputs: Doubles, succeeded: Doubles, *, with_length: bool) -> Doubles:
    """(N,) quality of each, fitted on other people: four fifths of them at a time."""
    persons = np.array([example.photo.person for example in examples])
    people = sorted(set(persons.tolist()))
    quality = np.zeros(len(examples))
    for fold in range(_FOLDS):
        tested = np.isin(persons, people[fold::_FOLDS])
        weights = fit(inputs[~tested], succeeded[~tested], with_length=with_length)
        quality[tested] = 100 * expit(weights[0] + inputs[tested] @ weights[1:])
    return quality


if __name__ == "__main__":
    main()
