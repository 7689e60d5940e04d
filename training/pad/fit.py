"""Fit a network to crops: the same for the product's networks and for those that leave something out."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from network import PadNet, spectrum_of
from numpy.typing import NDArray
from photos import PRINT, SCREEN
from pool import KINDS, SOURCES, Pool
from torch import Tensor
from torch.nn import functional
from views import spec_of

_BATCH, _SAID = 32, 500
_RATE, _DECAY = 3e-3, 5e-4
_WHERE, _SPECTRUM = 0.3, 0.15
_SMOOTH = 0.02
_REAL, _LEVELLING = 3.0, 0.35


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how.

    Attributes:
        samples: crops shown in all.
        seed: of everything.
        where_weight: of the answer over the crop.
        spectrum_weight: of the Fourier answer.
    """

    samples: int
    seed: int = 1
    where_weight: float = _WHERE
    spectrum_weight: float = _SPECTRUM


def train_network(pool: Pool, view: str, use: NDArray[np.bool_], recipe: Recipe) -> PadNet:
    """A network for one view of those crops of the pool that are to be used."""
    torch.manual_seed(recipe.seed)
    chance = np.random.default_rng(recipe.seed)
    rows = np.flatnonzero(use)
    weights = weights_of(pool, rows)
    crops, labels = torch.from_numpy(pool.views[view]), torch.from_numpy(pool.is_bona_fide.astype(np.float32))
    network = PadNet().to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=_DECAY)
    steps = recipe.samples // _BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps, pct_start=0.15)
    started, sums = time.perf_counter(), 0.0
    for step in range(steps):
        drawn = torch.from_numpy(chance.choice(rows, _BATCH, p=weights))
        pixels = shift_and_light(crops[drawn], view, chance)
        loss = _loss(network, pixels, labels[drawn][:, None], recipe)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        sums += float(loss.detach())
        if (step + 1) % _SAID == 0:
            took = time.perf_counter() - started
            print(f"{view} {step + 1}/{steps} loss {sums / _SAID:.3f} {took:.0f} s", flush=True)  # noqa: T201
            sums = 0.0
    return network.eval()


def weights_of(pool: Pool, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """How often each row is drawn: living people and attacks equally; within each, no source drowns the others."""
    live = pool.is_bona_fide[rows]
    source, asked = pool.source[rows], pool.asked[rows]
    weights = np.zeros(len(rows))
    for number in range(len(SOURCES)):
        for kind in range(len(KINDS)):
            group = (source == number) & (asked == kind)
            if group.any():
                weights[group] = (_REAL if KINDS[kind] in (PRINT, SCREEN) else 1.0) * group.sum() ** -_LEVELLING
    for side in (live, ~live):
        weights[side] *= 0.5 / max(weights[side].sum(), 1e-9)
    return weights / weights.sum()


def shift_and_light(crops: Tensor, view: str, chance: np.random.Generator) -> Tensor:
    """(N, 3, H, W) -1..1: crops shifted within their margin, mirrored, lit otherwise, a part of some covered."""
    spec = spec_of(view)
    rooms = crops.shape[1] - spec.height, crops.shape[2] - spec.width
    places = chance.integers(0, [rooms[0] + 1, rooms[1] + 1], (len(crops), 2)).tolist()
    cut = [crop[y : y + spec.height, x : x + spec.width] for crop, (y, x) in zip(crops, places, strict=True)]
    mirrored = chance.random(len(cut)) < 0.5
    cut = [one.flip(1) if flip else one for one, flip in zip(cut, mirrored, strict=True)]
    pixels = torch.stack(cut).permute(0, 3, 1, 2).float() / 255
    gamma = torch.from_numpy(np.exp(chance.normal(0, 0.2, (len(cut), 1, 1, 1))).astype(np.float32))
    gains = torch.from_numpy(np.exp(chance.normal(0, 0.05, (len(cut), 3, 1, 1))).astype(np.float32))
    pixels = (pixels.clamp(1e-4, 1) ** gamma * gains).clamp(0, 1) * 2 - 1
    for row in np.flatnonzero(chance.random(len(cut)) < 0.25).tolist():
        height, width = (int(chance.integers(side // 6, side // 2)) for side in (spec.height, spec.width))
        top, left = int(chance.integers(spec.height - height)), int(chance.integers(spec.width - width))
        pixels[row, :, top : top + height, left : left + width] = float(chance.uniform(-1, 1))
    return pixels.contiguous(memory_format=torch.channels_last)


def _loss(network: PadNet, pixels: Tensor, labels: Tensor, recipe: Recipe) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        logits, where, spectrum = network.explain(pixels)
    wanted = labels * (1 - 2 * _SMOOTH) + _SMOOTH
    loss = functional.binary_cross_entropy_with_logits(logits.float(), wanted)
    spread = wanted[..., None, None].expand_as(where)
    loss = loss + recipe.where_weight * functional.binary_cross_entropy_with_logits(where.float(), spread)
    return loss + recipe.spectrum_weight * functional.mse_loss(spectrum.float(), spectrum_of(pixels.float()))


@torch.no_grad()
def logits_of(network: PadNet, crops: NDArray[np.uint8], view: str) -> NDArray[np.float64]:
    """(N,) answers to the middle of crops that have a margin."""
    middle = middle_of(crops, view)
    answers = []
    for first in range(0, len(middle), 256):
        pixels = torch.from_numpy(np.ascontiguousarray(middle[first : first + 256])).permute(0, 3, 1, 2).float()
        answers.append(network((pixels - 127.5) / 127.5)[:, 0].double())
    return torch.cat(answers).numpy()


def middle_of(crops: NDArray[np.uint8], view: str) -> NDArray[np.uint8]:
    """Crops without their margin: what the product sees."""
    spec = spec_of(view)
    top, left = (crops.shape[1] - spec.height) // 2, (crops.shape[2] - spec.width) // 2
    return crops[:, top : top + spec.height, left : left + spec.width]
