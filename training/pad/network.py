"""The network that looks at one crop: small, of plain convolutions, which this kind of machine runs quickest."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SPECTRUM_PX = 16
_WIDTHS = (24, 40, 72, 96)


class PadNet(nn.Module):
    """(N, 3, H, W) RGB, -1..1, to the logit of a bona fide presentation, (N, 1); H and W multiples of 8.

    While it is trained it answers two more questions: where in the crop the attack is, and what the spectrum of the
    crop's luminance looks like. A screen and a print leave repeated traces that a spectrum shows.
    """

    def __init__(self) -> None:
        super().__init__()
        stem, fine, middle, coarse = _WIDTHS
        self.fine = nn.Sequential(_conv(3, stem, 5, 2), _conv(stem, fine, 3, 2), _Residual(fine))
        self.coarse = nn.Sequential(_conv(fine, middle, 3, 2), _Residual(middle), _conv(middle, coarse))
        self.head = nn.Sequential(nn.Linear(2 * coarse, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 1))
        self.where = nn.Conv2d(coarse, 1, 1)
        self.spectrum = nn.Sequential(_conv(fine, 24), nn.AdaptiveAvgPool2d(SPECTRUM_PX), nn.Conv2d(24, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """(N, 1) logits."""
        return self.judge(self.coarse(self.fine(pixels)))

    def judge(self, found: Tensor) -> Tensor:
        """(N, 1) logits of the last features: of their mean and their spread over the crop."""
        found = found.float()
        mean = found.mean((2, 3))
        spread = ((found - mean[..., None, None]).square().mean((2, 3)) + 1e-5).sqrt()
        return self.head(torch.cat([mean, spread], 1))

    def explain(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (N, 1), logits over the crop (N, 1, h, w), the spectrum (N, 1, 16, 16)."""
        fine = self.fine(pixels)
        found = self.coarse(fine)
        return self.judge(found), self.where(found).float(), self.spectrum(fine).float()


def spectrum_of(pixels: Tensor) -> Tensor:
    """(N, 1, 16, 16) log magnitudes of the luminance's spectrum, lowest frequencies in the middle, evened out."""
    luma = pixels.mean(1)
    window = torch.outer(torch.hann_window(luma.shape[1]), torch.hann_window(luma.shape[2]))
    magnitude = torch.fft.fftshift(torch.fft.fft2((luma - luma.mean((1, 2), keepdim=True)) * window), (1, 2)).abs()
    logs = functional.adaptive_max_pool2d(torch.log1p(magnitude)[:, None], SPECTRUM_PX)
    mean, spread = logs.mean((2, 3), keepdim=True), logs.std((2, 3), keepdim=True)
    return (logs - mean) / (spread + 1e-3)


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
