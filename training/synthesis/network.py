"""The network: a sketch of how strong detail is in each place, which is given, and what looks for what does not fit.

The logarithm of the energy of fine detail is what differs between two photos, or two ways of making a picture. Where it
is given, and not learnt, a network learns from far fewer examples, and from sketches that are made only once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.engine.synthesis.crop import CROP_PX

SKETCH_PX, MAP_PX = CROP_PX // 4, CROP_PX // 8

_FILTER_PX = 6
_GREY, _BLUE, _RED = (0.299, 0.587, 0.114), (-0.17, -0.33, 0.5), (0.5, -0.42, -0.08)
_GREY_ORDERS, _COLOUR_ORDERS = 27, 3
_LEAST_ENERGY, _LEAST_SPREAD = 1e-4, 40.0
ENERGY_PLANES = _GREY_ORDERS + 2 * _COLOUR_ORDERS
SKETCH_PLANES = ENERGY_PLANES + 3
_EMPTY = -8.0
"""Mean logarithm of energy below which a place is the black beyond the picture's edge, or as plain."""

_WIDTHS = (64, 96, 24, 64)


class Sketch(nn.Module):
    """Nothing in it is learnt.

    Input (N, 3, 96, 96) RGB 0..255, whose light and contrast are evened out. Output (N, 36, 24, 24): the logarithm of
    the energy of 27 cosine waves in the grey picture and of 3 in each of two colour differences, then the mean colours.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("waves", _waves())

    def forward(self, pixels: Tensor) -> Tensor:
        mean = pixels.mean((1, 2, 3), keepdim=True)
        spread = (pixels.square().mean((1, 2, 3), keepdim=True) - mean.square() + _LEAST_SPREAD).sqrt()
        even = (pixels - mean) / spread
        answers = functional.conv2d(even, self.waves, stride=2, padding=2)
        energy = torch.log(functional.avg_pool2d(answers.square(), 2) + _LEAST_ENERGY)
        return torch.cat([energy, functional.avg_pool2d(even, 4)], 1)


class Residual(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.both = nn.Sequential(*_block(width, width, 1), *_block(width, width, 1)[:2])

    def forward(self, found: Tensor) -> Tensor:
        return functional.relu(found + self.both(found))


class Judge(nn.Module):
    """From a sketch to an answer; it knows where on the face each part of the sketch is.

    What all of the face has in common is taken off first: how sharp and how noisy it is says which camera and which
    scaling, not which forgery, and a network that sees it is lost on the next set of photos. What is left of it is what
    no smooth filter explains, as the peaks that enlarging leaves.

    Input (N, 36, 24, 24). Outputs: (N, 1) logit, larger = more surely forged; (N, 2, 12, 12) logits, the share of each
    part that was put in, and how much of the seam runs through it, which only training needs.

    Args:
        spread: (36,) standard deviations of the planes of sketches, within a sketch.
    """

    def __init__(self, spread: Tensor) -> None:
        super().__init__()
        wide, deep, squeezed, last = _WIDTHS
        self.near = nn.Sequential(*_block(SKETCH_PLANES + 3, wide, 2), Residual(wide), Residual(wide))
        self.map = nn.Conv2d(wide, 2, 1)
        self.far = nn.Sequential(*_block(wide + 2, deep, 2), Residual(deep))
        self.places = nn.Sequential(nn.Conv2d(deep, squeezed, 1), nn.BatchNorm2d(squeezed), nn.ReLU())
        inputs = squeezed * (MAP_PX // 2) ** 2 + 2 * deep + ENERGY_PLANES
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(inputs, last), nn.ReLU(), nn.Linear(last, 1))
        self.register_buffer("spread", spread[:, None, None].clone())
        self.register_buffer("unexplained", _unexplained())
        line = torch.linspace(-1, 1, SKETCH_PX)
        self.register_buffer("where", torch.stack(torch.meshgrid(line, line, indexing="ij"))[None])

    def forward(self, sketch: Tensor) -> tuple[Tensor, Tensor]:
        even, mean, is_seen = split(sketch)
        planes = [even / self.spread, is_seen, self.where.expand(sketch.shape[0], -1, -1, -1)]
        near = self.near(torch.cat(planes, 1))
        shares = self.map(near)
        far = self.far(torch.cat([near, shares], 1))
        peaks = mean[:, :ENERGY_PLANES].float() @ self.unexplained
        found = [self.places(far).flatten(1), far.mean((2, 3)), far.amax((2, 3)), peaks]
        return self.head(torch.cat(found, 1)), shares


def split(sketch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Sketches without their means, 0 where there is no picture; the means; (N, 1, 24, 24) where there is a picture."""
    is_seen = (sketch[:, :ENERGY_PLANES].mean(1, keepdim=True) > _EMPTY).to(sketch.dtype)
    mean = (sketch * is_seen).sum((2, 3)) / (is_seen.sum((2, 3)) + 1)
    return (sketch - mean[..., None, None]) * is_seen, mean, is_seen


def _unexplained() -> Tensor:
    """(33, 33) takes off what a parabola over the waves' frequencies explains, and the mean of each colour's waves."""
    frequency = torch.tensor([math.hypot(i, j) for i, j in _orders()[:_GREY_ORDERS]], dtype=torch.float64)
    known = torch.zeros(ENERGY_PLANES, 5, dtype=torch.float64)
    known[:_GREY_ORDERS, :3] = torch.stack([frequency**0, frequency, frequency**2], 1)
    known[_GREY_ORDERS : _GREY_ORDERS + _COLOUR_ORDERS, 3] = 1
    known[_GREY_ORDERS + _COLOUR_ORDERS :, 4] = 1
    base = torch.linalg.qr(known)[0]
    return (torch.eye(ENERGY_PLANES, dtype=torch.float64) - base @ base.T).float()


class Whole(nn.Module):
    """What the product runs: (N, 3, 96, 96) RGB 0..255 to (N, 1) logit, the larger of two answers.

    Args:
        manipulated: trained without generated faces; the mean of what they say is one answer.
        generated: trained with them. It takes studio photos for generated ones where it is not sure.
        offset: taken off the latter's answer, so that only what is surely generated counts.
    """

    def __init__(self, manipulated: Sequence[Judge], generated: Judge, offset: float) -> None:
        super().__init__()
        self.sketch, self.manipulated, self.generated = Sketch(), nn.ModuleList(manipulated), generated
        self.offset = offset

    def forward(self, pixels: Tensor) -> Tensor:
        sketch = self.sketch(pixels)
        manipulated = torch.stack([judge(sketch)[0] for judge in self.manipulated]).mean(0)
        return torch.maximum(manipulated, self.generated(sketch)[0] - self.offset)


def _waves() -> Tensor:
    """(33, 3, 6, 6) the cosine transform's, from coarse to fine."""
    place = (torch.arange(_FILTER_PX) + 0.5) * torch.pi / _FILTER_PX
    lines = torch.stack([torch.cos(order * place) for order in range(_FILTER_PX)])
    orders = _orders()
    grey = [_wave(_GREY, lines[i], lines[j]) for i, j in orders[:_GREY_ORDERS]]
    colour = [_wave(tint, lines[i], lines[j]) for tint in (_BLUE, _RED) for i, j in orders[:_COLOUR_ORDERS]]
    return torch.stack(grey + colour)


def _orders() -> list[tuple[int, int]]:
    """Of all waves but the constant one, from coarse to fine."""
    orders = [(i, j) for i in range(_FILTER_PX) for j in range(_FILTER_PX) if i + j > 0]
    return sorted(orders, key=lambda order: (sum(order), order))


def _wave(tint: tuple[float, float, float], down: Tensor, across: Tensor) -> Tensor:
    return torch.tensor(tint)[:, None, None] * (down[:, None] * across) / _FILTER_PX


def _block(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]
