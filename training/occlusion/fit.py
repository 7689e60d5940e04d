"""Fit the network to examples."""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from examples import Examples
from network import Answer, OcclusionNet
from numpy.typing import NDArray
from torch import Tensor, nn

from visavis.engine.landmarks.region import mirror_region
from visavis.measures import Region

_BATCH = 64
_DECAY = 2e-2
_REGIONS_WEIGHT, _WORN_WEIGHT = 0.5, 0.15
_FLAG, _STEEPNESS, _FLAG_WEIGHT = 0.2, 15.0, 0.25
_MIRRORED = [list(Region).index(mirror_region(region)) for region in Region]


@dataclass(frozen=True, slots=True)
class Plan:
    """Attributes:
    epochs: passes over the examples.
    seed: of the order, the mirroring, the first weights.
    rate: highest learning rate.
    is_whole: also learns on which side of the limit a region is, and whether a mask is worn.
    """

    epochs: int
    seed: int
    rate: float = 4e-3
    is_whole: bool = False


def fit(examples: Examples, use: NDArray[np.int64], plan: Plan, start: OcclusionNet | None = None) -> OcclusionNet:
    """A network trained on the examples of these numbers, or one trained on; bf16, one-cycle rate, AdamW."""
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    network = (start or OcclusionNet()).to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=_DECAY)
    steps = plan.epochs * (len(use) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, total_steps=steps, pct_start=0.12)
    started, running = time.perf_counter(), 0.0
    for epoch in range(plan.epochs):
        order = rng.permutation(use)
        for step in range(len(use) // _BATCH):
            numbers = order[step * _BATCH : (step + 1) * _BATCH]
            pictures, wanted = _batch(examples, numbers, rng)
            with torch.autocast("cpu", torch.bfloat16):
                answer = network(pictures)
            loss = _loss(answer, wanted, plan)
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


class _Wanted(NamedTuple):
    planes: Tensor
    regions: Tensor
    worn: Tensor


def _loss(answer: Answer, wanted: _Wanted, plan: Plan) -> Tensor:
    loss = loss_of(answer.covers.float(), wanted.planes) + _REGIONS_WEIGHT * loss_of_regions(
        answer.regions, wanted.regions
    )
    if plan.is_whole:
        loss = loss + _FLAG_WEIGHT * loss_of_flags(answer.regions, wanted.regions)
        loss = loss + _WORN_WEIGHT * loss_of_worn(answer.worn, wanted.worn)
    return loss


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
    found, right = shares[known].clamp(1e-4, 1 - 1e-4), wanted[known].clamp(0, 1)
    return nn.functional.binary_cross_entropy(found, right) + (found - right).abs().mean()


def loss_of_flags(shares: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy of the side of the limit, 0.2, that a region is on."""
    known = ~wanted.isnan()
    flagged = (wanted[known] > _FLAG).float()
    return nn.functional.binary_cross_entropy_with_logits(_STEEPNESS * (shares[known] - _FLAG), flagged)


def loss_of_worn(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy of whether a mask is worn; NaN in `wanted` where that is open to doubt."""
    known = ~wanted.isnan()
    return nn.functional.binary_cross_entropy_with_logits(logits[known], wanted[known])


class Found(NamedTuple):
    """What the network says of N crops.

    Attributes:
        covers: (N, 4, 64, 64) probabilities.
        regions: (N, 9) covered shares.
        worn: (N,) logit that a mask is worn.
    """

    covers: NDArray[np.float32]
    regions: NDArray[np.float32]
    worn: NDArray[np.float32]


def answers_of(network: OcclusionNet, crops: NDArray[np.uint8]) -> Found:
    """What the network says of (N, 128, 128, 3) uint8 crops."""
    found = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(crops), 128):
            answer = network(_tensor(crops[start : start + 128]))
            covers = torch.softmax(answer.covers.float(), 1)
            found.append((covers.numpy(), answer.regions.float().numpy(), answer.worn.numpy()))
    return Found(*(np.concatenate(pieces) for pieces in zip(*found, strict=True)))


def _batch(examples: Examples, numbers: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, _Wanted]:
    taken = examples.take(numbers)
    pictures, planes = _tensor(taken.crops), torch.from_numpy(taken.planes).float() / 255
    regions = torch.from_numpy(taken.regions)
    mirrored = torch.from_numpy(rng.random(len(numbers)) < 0.5)
    pictures = torch.where(mirrored[:, None, None, None], pictures.flip(3), pictures)
    planes = torch.where(mirrored[:, None, None, None], planes.flip(3), planes)
    regions = torch.where(mirrored[:, None], regions[:, _MIRRORED], regions)
    gain = torch.from_numpy(rng.uniform(0.85, 1.15, (len(numbers), 3, 1, 1)).astype(np.float32))
    pictures = ((pictures + 1) * gain - 1).clamp(-1, 1)
    wanted = _Wanted(planes, regions, torch.from_numpy(taken.worn))
    return pictures.contiguous(memory_format=torch.channels_last), wanted


def _tensor(crops: NDArray[np.uint8]) -> Tensor:
    pictures = torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return pictures.contiguous(memory_format=torch.channels_last)
