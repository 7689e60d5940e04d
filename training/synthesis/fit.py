"""Fit the network to sketches of pairs."""

# What these scripts are for is what they print.
# ruff: noqa: T201
from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from network import Judge, split
from numpy.typing import NDArray
from sketches import Sketches
from torch import Tensor
from torch.nn import functional

_PAIRS = 32
_DECAY = 5e-2
_MAP_WEIGHT = 1.0
_FEW = 400


@dataclass(frozen=True, slots=True)
class Plan:
    """Attributes:
    steps: batches of 32 pairs.
    seed: of the order, the mirroring, the first weights.
    without: kinds of forgery that are left out.
    rate: highest learning rate.
    """

    steps: int
    seed: int
    without: tuple[str, ...] = ()
    rate: float = 2e-3


def fit(parts: Sequence[Sketches], plan: Plan) -> Judge:
    """A trained network; bf16, one-cycle rate, AdamW."""
    torch.manual_seed(plan.seed)
    batches = _Batches(parts, plan)
    few = split(torch.from_numpy(np.asarray(parts[0].planes[:_FEW], np.float32)))[0]
    judge = Judge(few.std((0, 2, 3))).to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(judge.parameters(), plan.rate, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, total_steps=plan.steps, pct_start=0.1)
    started, running = time.perf_counter(), 0.0
    for step in range(plan.steps):
        sketch, labels, shares = batches.draw()
        with torch.autocast("cpu", torch.bfloat16):
            logits, maps = judge(sketch)
        loss = loss_of(logits.float(), maps.float(), labels, shares)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        running = loss.item() if not running else 0.98 * running + 0.02 * loss.item()
        if step % 200 == 199:
            print(f"step {step + 1} loss {running:.4f} {time.perf_counter() - started:.0f} s", flush=True)
    return judge.eval()


def loss_of(logits: Tensor, maps: Tensor, labels: Tensor, shares: Tensor) -> Tensor:
    """Cross-entropy of the answer and of both maps."""
    whole = functional.binary_cross_entropy_with_logits(logits[:, 0], labels)
    return whole + _MAP_WEIGHT * functional.binary_cross_entropy_with_logits(maps, shares)


@torch.no_grad()
def answers_of(judge: Judge, planes: NDArray[np.float16]) -> NDArray[np.float64]:
    """(N,) logits of (N, 36, 24, 24) sketches."""
    starts = range(0, len(planes), 128)
    parts = [torch.from_numpy(np.asarray(planes[start : start + 128], np.float32)) for start in starts]
    return np.concatenate([judge(part)[0][:, 0].double().numpy() for part in parts])


class _Batches:
    """Draws pairs of all parts alike."""

    def __init__(self, parts: Sequence[Sketches], plan: Plan) -> None:
        self._parts = parts
        self._chance = np.random.default_rng(plan.seed)
        self._places = np.array(
            [
                (number, pair)
                for number, part in enumerate(parts)
                for pair in np.flatnonzero(~np.isin(part.kinds, plan.without))
            ]
        )

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """(64, 36, 24, 24) sketches, (64,) labels, (64, 2, 12, 12) shares; photos first; all mirrored, or none."""
        places = self._places[self._chance.integers(0, len(self._places), _PAIRS)].tolist()
        pairs = np.stack([self._parts[part].planes[2 * pair : 2 * pair + 2] for part, pair in places])
        put_in = np.stack([self._parts[part].shares[pair] for part, pair in places]).astype(np.float32)
        sketch = torch.from_numpy(np.concatenate([pairs[:, 0], pairs[:, 1]]).astype(np.float32))
        shares = torch.cat([torch.zeros(put_in.shape), torch.from_numpy(put_in)])
        labels = torch.cat([torch.zeros(_PAIRS), torch.ones(_PAIRS)])
        if self._chance.random() < 0.5:
            sketch, shares = sketch.flip(3), shares.flip(3)
        return sketch.contiguous(memory_format=torch.channels_last), labels, shares
