"""Fit the network to examples."""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from examples import Examples
from network import OcclusionNet
from numpy.typing import NDArray
from torch import Tensor, nn

from visavis.engine.landmarks.region import mirror_region
from visavis.measures import Region

_BATCH = 64
_RATE = 4e-3
_DECAY = 2e-2
_REGIONS_WEIGHT = 0.5
_MIRRORED = [list(Region).index(mirror_region(region)) for region in Region]


@dataclass(frozen=True, slots=True)
class Plan:
    """Attributes:
    epochs: passes over the examples.
    seed: of the order, the mirroring, the first weights.
    """

    epochs: int
    seed: int


def fit(examples: Examples, use: NDArray[np.int64], plan: Plan) -> OcclusionNet:
    """A network trained on the examples of these numbers; bf16 where the CPU has it, one-cycle rate, AdamW."""
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    network = OcclusionNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=_DECAY)
    steps = plan.epochs * (len(use) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps, pct_start=0.12)
    started, running = time.perf_counter(), 0.0
    for epoch in range(plan.epochs):
        order = rng.permutation(use)
        for step in range(len(use) // _BATCH):
            numbers = order[step * _BATCH : (step + 1) * _BATCH]
            pictures, planes, wanted = _batch(examples, numbers, rng)
            with torch.autocast("cpu", torch.bfloat16):
                logits, regions = network(pictures)
            loss = loss_of(logits.float(), planes) + _REGIONS_WEIGHT * loss_of_regions(regions, wanted)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            running = 0.98 * running + 0.02 * loss.item()
            if step % 100 == 99:
                print(
                    f"epoch {epoch} step {step + 1} loss {running:.4f} {time.perf_counter() - started:.0f} s",
                    flush=True,
                )
    return network.eval()


def loss_of(logits: Tensor, planes: Tensor) -> Tensor:
    """Weighted cross-entropy against soft labels, and the Dice loss of what is covered."""
    weight = planes[:, 3]
    target = torch.cat([1 - planes[:, :3].sum(1, keepdim=True), planes[:, :3]], 1).clamp(0, 1)
    entropy = -(target * torch.log_softmax(logits, 1)).sum(1)
    covered, wanted = 1 - torch.softmax(logits, 1)[:, 0], 1 - target[:, 0]
    shared = (weight * covered * wanted).sum((1, 2))
    dice = 1 - (2 * shared + 50) / ((weight * (covered + wanted)).sum((1, 2)) + 50)
    return (entropy * weight).sum() / weight.sum() + 0.3 * dice.mean()


def loss_of_regions(shares: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy and absolute error of the covered shares; regions that nothing is known of are NaN in `wanted`."""
    known = ~wanted.isnan()
    found, right = shares[known].clamp(1e-4, 1 - 1e-4), wanted[known]
    return nn.functional.binary_cross_entropy(found, right) + (found - right).abs().mean()


def answers_of(network: OcclusionNet, crops: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(N, 4, 64, 64) probabilities, (N, 9) covered shares."""
    found, regions = [], []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(crops), 128):
            logits, shares = network(_tensor(crops[start : start + 128]))
            found.append(torch.softmax(logits.float(), 1).numpy())
            regions.append(shares.float().numpy())
    return np.concatenate(found), np.concatenate(regions)


def _batch(examples: Examples, numbers: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    crops, shares, regions = examples.take(numbers)
    pictures, planes, wanted = _tensor(crops), torch.from_numpy(shares).float() / 255, torch.from_numpy(regions)
    mirrored = torch.from_numpy(rng.random(len(numbers)) < 0.5)
    pictures = torch.where(mirrored[:, None, None, None], pictures.flip(3), pictures)
    planes = torch.where(mirrored[:, None, None, None], planes.flip(3), planes)
    wanted = torch.where(mirrored[:, None], wanted[:, _MIRRORED], wanted)
    gain = torch.from_numpy(rng.uniform(0.85, 1.15, (len(numbers), 3, 1, 1)).astype(np.float32))
    pictures = ((pictures + 1) * gain - 1).clamp(-1, 1)
    return pictures.contiguous(memory_format=torch.channels_last), planes, wanted


def _tensor(crops: NDArray[np.uint8]) -> Tensor:
    pictures = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return pictures.contiguous(memory_format=torch.channels_last)
