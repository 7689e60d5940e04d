"""The network: a small U-Net that says of each pixel of a face crop what covers it, how much of each region is covered,
and whether a mask is worn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from compose import CROP_SPREAD
from torch import Tensor, nn

from visavis.engine.landmarks.mesh import FaceMesh, face_window
from visavis.engine.landmarks.shape import load_shape
from visavis.engine.occlusion.segmenter import CROP_PX, region_areas
from visavis.measures import Region

CLASSES = 4
REGIONS = 9
_WIDTHS = (40, 72, 104)
_WORN_WIDTH = 16


class Answer(NamedTuple):
    """What the network says of N crops.

    Attributes:
        covers: (N, 4, 64, 64) logits in the order of `layers.Cover`.
        regions: (N, 9) covered shares, 0..1.
        worn: (N,) logit that a mask is worn.
    """

    covers: Tensor
    regions: Tensor
    worn: Tensor


class OcclusionNet(nn.Module):
    """(N, 3, 128, 128), -1..1 RGB, to what covers each pixel, how much of each region, and whether a mask is worn.

    Its finest features are of 32 x 32; the last layer answers for the four quarters of each. Regions are answered
    for apart, since where a region is can only be guessed where it is covered: each has a map of where to look, which
    starts as the region's place on the mean face, and one of what is seen there. Whether a mask is worn is told from
    the coarsest features of the whole crop: what it is made of tells less than where it begins and ends.
    """

    def __init__(self) -> None:
        super().__init__()
        fine, middle, coarse = _WIDTHS
        self.stem = nn.Sequential(_conv(3, 16, 5, 2), _conv(16, fine, 3, 2), _Residual(fine))
        self.down = nn.ModuleList(
            [
                nn.Sequential(_conv(fine, middle, 3, 2), _Residual(middle)),
                nn.Sequential(_conv(middle, coarse, 3, 2), _Residual(coarse)),
            ]
        )
        self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(coarse, coarse, 1), nn.ReLU())
        self.across = nn.ModuleList([_conv(middle, fine, 1), _conv(coarse, middle, 1)])
        self.join = nn.ModuleList([_Residual(fine), _Residual(middle)])
        self.last = nn.Sequential(nn.Conv2d(fine, 4 * CLASSES, 3, padding=1), nn.PixelShuffle(2))
        self.place = nn.Parameter(torch.log(average_places() + 0.01))
        self.regions = nn.Sequential(_conv(fine, fine), nn.Conv2d(fine, 2 * REGIONS, 1))
        self.worn = nn.Sequential(
            nn.Conv2d(coarse, _WORN_WIDTH, 1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(_WORN_WIDTH * (CROP_PX // 16) ** 2, 2 * _WORN_WIDTH),
            nn.ReLU(),
            nn.Linear(2 * _WORN_WIDTH, 1),
        )

    def forward(self, pictures: Tensor) -> Answer:
        """What it makes of them."""
        levels = [self.stem(pictures)]
        for step in self.down:
            levels.append(step(levels[-1]))
        found = levels[-1] + self.whole(levels[-1])
        worn = self.worn(found).float()[:, 0]
        for level in (1, 0):
            wider = nn.functional.interpolate(self.across[level](found), scale_factor=2.0, mode="nearest")
            found = self.join[level](wider + levels[level])
        where, what = self.regions(found).float().flatten(2).split(REGIONS, 1)
        looking = torch.softmax(where + self.place.flatten(1), 2)
        return Answer(self.last(found), (looking * torch.sigmoid(what)).sum(2), worn)


def average_places() -> Tensor:
    """(9, 32, 32) where the regions of the mean face, seen from the front, are on its crop, 0..1."""
    mesh = FaceMesh(load_shape().points, 1.0)
    areas = region_areas(mesh.seen_through(face_window(mesh, CROP_SPREAD, CROP_PX)))
    maps = torch.from_numpy(np.stack([areas[region] for region in Region]))
    return nn.functional.avg_pool2d(maps, 2)


class Probabilities(nn.Module):
    """The network, answering with the probabilities that the product expects.

    Args:
        network: trained.
        scale: of the logit that a mask is worn, and
        bias: added to it; see `calibrate.fit_worn`.
    """

    def __init__(self, network: OcclusionNet, scale: float, bias: float) -> None:
        super().__init__()
        self.network, self.scale, self.bias = network, scale, bias

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 4, 64, 64), each pixel sums to 1; (N, 9); (N, 1)."""
        answer = self.network(pictures)
        worn = torch.sigmoid(self.scale * answer.worn + self.bias)
        return torch.softmax(answer.covers, 1), answer.regions, worn[:, None]


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, values: Tensor) -> Tensor:
        return torch.relu(values + self.second(self.first(values)))


def _conv(before: int, after: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, size, stride, size // 2, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )
