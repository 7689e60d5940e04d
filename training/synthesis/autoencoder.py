"""A small autoencoder, for the traces that a network leaves when it enlarges what it made of a few numbers."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

Pixels = NDArray[np.uint8]

_PATCH_PX, _BATCH, _LATENT = 64, 16, 16


class Autoencoder(nn.Module):
    """To a quarter of the size and back; one decoder enlarges by repeating pixels, the other by transposed convolution.

    Input and outputs (N, 3, H, W) -1..1, H and W multiples of 4.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, 1), nn.SiLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.SiLU(), nn.Conv2d(64, _LATENT, 3, 1, 1)
        )
        self.repeating = nn.Sequential(
            *(nn.Conv2d(_LATENT, 64, 3, 1, 1), nn.SiLU(), nn.Upsample(scale_factor=2)),
            *(nn.Conv2d(64, 32, 3, 1, 1), nn.SiLU(), nn.Upsample(scale_factor=2), nn.Conv2d(32, 3, 3, 1, 1)),
        )
        self.transposed = nn.Sequential(
            *(nn.ConvTranspose2d(_LATENT, 32, 4, 2, 1), nn.SiLU(), nn.ConvTranspose2d(32, 3, 4, 2, 1)),
        )

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        code = self.encoder(pixels)
        return self.repeating(code), self.transposed(code)


def fit_autoencoder(canvases: Pixels, steps: int, seed: int) -> Autoencoder:
    """Trained on random patches of (N, S, S, 3) canvases."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    network = Autoencoder().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    for _ in range(steps):
        wanted = _tensor(_patches(canvases, chance))
        with torch.autocast("cpu", torch.bfloat16):
            answers = network(wanted)
        loss = torch.stack([_distance(answer.float(), wanted) for answer in answers]).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval()


@torch.no_grad()
def reconstruct(network: Autoencoder, pixels: Pixels) -> tuple[Pixels, Pixels]:
    """What each decoder makes of (S, S, 3) pixels."""
    first, second = ((answer[0].permute(1, 2, 0) + 1) * 127.5 for answer in network(_tensor(pixels[None])))
    return _whole(first), _whole(second)


def _distance(answer: Tensor, wanted: Tensor) -> Tensor:
    """Of pixels, and of the differences between neighbours, so that detail is kept."""
    far = functional.l1_loss(answer, wanted)
    across = functional.l1_loss(answer.diff(dim=3), wanted.diff(dim=3))
    return far + across + functional.l1_loss(answer.diff(dim=2), wanted.diff(dim=2))


def _patches(canvases: Pixels, chance: np.random.Generator) -> Pixels:
    numbers = chance.integers(0, len(canvases), _BATCH)
    places = chance.integers(0, canvases.shape[1] - _PATCH_PX, (_BATCH, 2))
    return np.stack(
        [canvases[n, y : y + _PATCH_PX, x : x + _PATCH_PX] for n, (y, x) in zip(numbers, places, strict=True)]
    )


def _tensor(pixels: Pixels) -> Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1


def _whole(values: Tensor) -> Pixels:
    return values.round().clamp(0, 255).numpy().astype(np.uint8)
