"""One answer of the networks' answers: a logistic model, fitted on people whom no network was trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from visavis.engine.pad.cues import SPECTRUM_PEAK
from visavis.engine.pad.fusion import Fusion

Doubles = NDArray[np.float64]
_HOLD = 0.02


def fit_logistic(features: Doubles, live: NDArray[np.bool_], hold: float = _HOLD) -> Doubles:
    """(1 + features,) weights, the first a bias, that tell living people from attacks, both kinds counted alike.

    Args:
        features: (N, features).
        live: (N,) whether bona fide.
        hold: how strongly weights are drawn to 0.
    """
    weights, signs = np.where(live, 0.5 / live.mean(), 0.5 / (~live).mean()), np.where(live, 1.0, -1.0)
    spread = features.std(0)

    def cost(parameters: Doubles) -> float:
        margins = signs * (parameters[0] + features @ (parameters[1:] / spread))
        return float((weights * np.logaddexp(0, -margins)).mean() + hold * (parameters[1:] ** 2).mean())

    found = minimize(cost, np.zeros(features.shape[1] + 1), method="L-BFGS-B").x
    return np.hstack([found[:1], found[1:] / spread])


def fit_fusion(names: tuple[str, ...], logits: Doubles, peaks: Doubles, live: NDArray[np.bool_]) -> Fusion:
    """The product's fusion.

    Args:
        names: of the networks.
        logits: (N, networks).
        peaks: (N,) see `spectrum_peak`.
        live: (N,) whether bona fide.
    """
    bias, *weights, cue = fit_logistic(np.hstack([logits, peaks[:, None]]), live).tolist()
    return Fusion(bias, dict(zip(names, weights, strict=True)), {SPECTRUM_PEAK: cue})


def fused(fusion: Fusion, logits: Doubles, peaks: Doubles) -> Doubles:
    """(N,) fused logits."""
    weights = np.array([*fusion.weights.values()])
    return np.asarray(fusion.bias + logits @ weights + fusion.cues[SPECTRUM_PEAK] * peaks)
