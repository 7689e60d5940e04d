"""Train the eye network on prepared examples and write it as ONNX.

pip install torch==2.13.0+cpu    (into an environment that visavis need not share)
python training/eyes/train.py examples.npz src/visavis/engine/analysis/eyes.onnx
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH_PX, HEIGHT_PX = 40, 32
CLOSED_GAP, OPEN_GAP = 0.05, 0.30
"""Gap between the lids, in widths of the eye, that is called 0 and 1: the teacher's for closed eyes, and its median."""

_LUMA = (0.299, 0.587, 0.114)
_VALIDATION = 0.1


class EyeNet(nn.Module):
    """Luminance, evened out, through three convolutions and two layers.

    Input (N, 3, 32, 40) RGB 0..1, a right eye or a mirrored left one in the middle; output (N, 1) openness 0..1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_block(1, 16, 5, 2), *_block(16, 32, 3, 2), *_block(32, 32, 3, 1), nn.Conv2d(32, 12, 1), nn.ReLU()
        )
        cells = 12 * (HEIGHT_PX // 4) * (WIDTH_PX // 4)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(cells, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 1))
        self.register_buffer("luma", torch.tensor(_LUMA).view(1, 3, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        luma = functional.conv2d(pixels, self.luma)
        luma = luma - luma.mean((2, 3), keepdim=True)
        luma = luma / (luma.square().mean((2, 3), keepdim=True) + 4e-4).sqrt()
        return torch.sigmoid(self.head(self.features(luma)))


def _block(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def openness_of(gaps: np.ndarray) -> np.ndarray:
    """0..1 from gaps between the lids."""
    return np.clip((gaps - CLOSED_GAP) / (OPEN_GAP - CLOSED_GAP), 0, 1).astype(np.float32)


def view(eyes: Tensor) -> Tensor:
    """(N, HEIGHT_PX, WIDTH_PX, 3) and a margin, uint8 → (N, 3, HEIGHT_PX, WIDTH_PX) 0..1: what the network will see."""
    top, left = (eyes.shape[1] - HEIGHT_PX) // 2, (eyes.shape[2] - WIDTH_PX) // 2
    return eyes[:, top : top + HEIGHT_PX, left : left + WIDTH_PX].permute(0, 3, 1, 2).float() / 255


def vary(eyes: Tensor, source: torch.Generator) -> Tensor:
    """The same, each shifted, turned, sized and lit a little differently; some of them blurred, some noisy."""
    count, height, width, _ = eyes.shape
    angle, size, x, y, gamma, gain = (torch.rand(6, count, generator=source) * 2 - 1).unbind()
    size = 1 + 0.1 * size
    cosine, sine = size * torch.cos(0.12 * angle), size * torch.sin(0.12 * angle)
    rows = [
        torch.stack([cosine * WIDTH_PX / width, -sine * HEIGHT_PX / width, x * 6 / width], 1),
        torch.stack([sine * WIDTH_PX / height, cosine * HEIGHT_PX / height, y * 5 / height], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), [count, 3, HEIGHT_PX, WIDTH_PX], align_corners=False)
    pixels = functional.grid_sample(eyes.permute(0, 3, 1, 2).float() / 255, grid, align_corners=False)
    pixels = pixels.pow((0.6 * gamma).exp().view(-1, 1, 1, 1)) * (0.8 + 0.2 * gain).view(-1, 1, 1, 1)
    soft = functional.avg_pool2d(pixels, 3, 1, 1, count_include_pad=False)
    noisy = pixels + 0.05 * torch.randn(pixels.shape, generator=source)
    choice = torch.rand(count, 1, 1, 1, generator=source)
    return torch.where(choice < 0.2, soft, torch.where(choice < 0.4, noisy, pixels)).clamp(0, 1)


def train(eyes: np.ndarray, gaps: np.ndarray, epochs: int, seed: int) -> EyeNet:
    """Train on some of the pictures, print how well it does on the others; closed eyes count more, being few."""
    torch.manual_seed(seed)
    source = torch.Generator().manual_seed(seed)
    held = max(1, int(_VALIDATION * len(eyes)))
    pixels, targets = torch.from_numpy(eyes).flatten(0, 1), torch.from_numpy(openness_of(gaps)).flatten()
    pixels, seen, targets, known = pixels[2 * held :], pixels[: 2 * held], targets[2 * held :], targets[: 2 * held]
    weights = 1 + 4 * (targets < 0.5).float()
    net = EyeNet()
    print(sum(one.numel() for one in net.parameters()), "parameters,", len(pixels), "eyes")  # noqa: T201
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-3)
    steps = len(pixels) // 128
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=epochs * steps)
    started = time.perf_counter()
    for epoch in range(epochs):
        net.train()
        order = torch.randperm(len(pixels), generator=source)
        for step in range(steps):
            some = order[128 * step : 128 * step + 128]
            answers = net(vary(pixels[some], source))[:, 0]
            losses = functional.smooth_l1_loss(answers, targets[some], beta=0.1, reduction="none")
            optimiser.zero_grad()
            (losses * weights[some]).mean().backward()
            optimiser.step()
            schedule.step()
        if epoch % 10 == 9:
            took = time.perf_counter() - started
            print(f"{epoch}: {took:.0f} s,", report(net, seen, known), flush=True)  # noqa: T201
    return net


@torch.no_grad()
def report(net: EyeNet, eyes: Tensor, targets: Tensor) -> str:
    """Mean absolute error: of all, and of eyes that the teacher calls less than a quarter open."""
    net.eval()
    errors = (net(view(eyes))[:, 0] - targets).abs()
    shut = targets < 0.25
    return f"error {errors.mean():.3f}, of {int(shut.sum())} nearly closed {errors[shut].mean():.3f}"


def export(net: EyeNet, path: Path) -> None:
    """Write it as ONNX, fp32, both eyes in one run; equal weights give equal bytes."""
    net.eval()
    torch.onnx.export(net, (torch.zeros(2, 3, HEIGHT_PX, WIDTH_PX),), path, opset_version=17, dynamo=False)
    model = onnx.load(path)
    onnx.checker.check_model(model)
    model.producer_name, model.producer_version, model.doc_string = "", "", ""
    path.write_bytes(model.SerializeToString(deterministic=True))


def main() -> None:
    """Parse the arguments, train, write."""
    parser = argparse.ArgumentParser(description="Train the eye network.")
    parser.add_argument("examples", type=Path, help="from prepare.py")
    parser.add_argument("output", type=Path, help="where to write the network, .onnx")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    examples = np.load(arguments.examples)
    export(train(examples["eyes"], examples["gaps"], arguments.epochs, arguments.seed), arguments.output)


if __name__ == "__main__":
    main()
