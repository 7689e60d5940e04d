"""Train the blur network on prepared examples and write it as ONNX.

pip install torch==2.13.0+cpu    (into an environment that visavis need not share)
python training/blur/train.py examples.npz src/visavis/engine/analysis/blur.onnx
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

SIDE_PX = 96
LEVELS = ((1.0, 0.0), (0.92, 0.2), (0.65, 0.6), (0.5, 0.8), (0.1, 1.0))
"""Similarity of the damaged face's template to that of the sharp one, and the blur that is to be called."""

_LUMA = (0.299, 0.587, 0.114)
_VALIDATION = 0.08
_TOGETHER = 10
_RANK_WEIGHT, _RANK_MARGIN = 3.0, 0.015


class BlurNet(nn.Module):
    """Luminance, evened out, through four convolutions; the mean and the spread of what they found through two layers.

    Input (N, 3, 96, 96) RGB 0..1, output (N, 1) blur 0..1. Where on the face something was found does not matter.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_block(1, 16, 5, 2),
            *_block(16, 32, 3, 2),
            *_block(32, 48, 3, 2),
            *_block(48, 64, 3, 1),
        )
        self.head = nn.Sequential(nn.Linear(128, 48), nn.ReLU(), nn.Linear(48, 1))
        self.register_buffer("luma", torch.tensor(_LUMA).view(1, 3, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        luma = functional.conv2d(pixels, self.luma)
        luma = luma - luma.mean((2, 3), keepdim=True)
        luma = luma / (luma.square().mean((2, 3), keepdim=True) + 4e-4).sqrt()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
            found = self.features(luma.contiguous(memory_format=torch.channels_last))
        found = found.float()
        mean = found.mean((2, 3))
        spread = ((found - mean[..., None, None]).square().mean((2, 3)) + 1e-5).sqrt()
        return torch.sigmoid(self.head(torch.cat([mean, spread], 1)))


def _block(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def blur_of(similarity: np.ndarray) -> np.ndarray:
    """What blur a template's similarity is called."""
    known, blur = np.array(LEVELS[::-1]).T
    return np.interp(similarity, known, blur).astype(np.float32)


def targets_of(similarity: np.ndarray, levels: int) -> np.ndarray:
    """(faces, 1 + chains x levels) blur; along a chain it never falls, though single similarities do by chance."""
    undamaged, rest = similarity[:, :1], similarity[:, 1:]
    chains = np.minimum.accumulate(rest.reshape(len(rest), -1, levels), axis=2)
    return blur_of(np.hstack([undamaged, chains.reshape(len(rest), -1)]))


def view(crops: Tensor, chance: np.random.Generator | None) -> Tensor:
    """(N, 96, 96, 3) uint8 of a larger crop → (N, 3, 96, 96) 0..1, as the network sees it, or shifted and relit."""
    margin = crops.shape[1] - SIDE_PX
    if chance is None:
        top, left = margin // 2, margin // 2
        return crops[:, top : top + SIDE_PX, left : left + SIDE_PX].permute(0, 3, 1, 2).float() / 255
    places = chance.integers(0, margin + 1, (len(crops), 2)).tolist()
    shifted = [crop[y : y + SIDE_PX, x : x + SIDE_PX] for crop, (y, x) in zip(crops, places, strict=True)]
    pixels = torch.stack(shifted).permute(0, 3, 1, 2).float() / 255
    if chance.random() < 0.5:
        pixels = pixels.flip(3)
    if chance.random() < 0.7:
        pixels = pixels.pow(float(np.exp(chance.uniform(-0.6, 0.6)))) * float(chance.uniform(0.5, 1.0))
    if chance.random() < 0.25:
        # The face reaches to the edge of the picture: beyond it the canvas is black.
        side, depth = int(chance.integers(4)), int(chance.integers(1, SIDE_PX // 3))
        pixels = torch.rot90(pixels, side, (2, 3)).clone()
        pixels[:, :, :depth] = 0
        pixels = torch.rot90(pixels, -side, (2, 3))
    if chance.random() < 0.3:
        pixels = pixels.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    return pixels


def loss_of(answers: Tensor, targets: Tensor, levels: int) -> tuple[Tensor, Tensor]:
    """Distance from the targets, and by how much blur falls along the chains of one face, (1 + chains x levels, 1)."""
    near = functional.smooth_l1_loss(answers, targets, beta=0.1)
    chains = answers[:, 1:].reshape(len(answers), -1, levels)
    chains = torch.cat([answers[:, :1, None].expand(-1, chains.shape[1], 1), chains], 2)
    falls = functional.relu(chains[..., :-1] - chains[..., 1:] + _RANK_MARGIN).mean()
    return near, falls


def train(crops: Tensor, targets: Tensor, levels: int, epochs: int, seed: int) -> BlurNet:
    """Train on some of the faces, all pictures of each together; print how well it does on the others."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(crops))
    held = order[: int(_VALIDATION * len(order))]
    used = order[len(held) :]
    net = BlurNet().to(memory_format=torch.channels_last)
    print(sum(weights.numel() for weights in net.parameters()), "parameters,", len(used), "faces")  # noqa: T201
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=epochs * (len(used) // _TOGETHER))
    for epoch in range(epochs):
        net.train()
        started = time.perf_counter()
        chance.shuffle(used)
        for first in range(0, len(used) - _TOGETHER + 1, _TOGETHER):
            faces = used[first : first + _TOGETHER]
            seen = torch.cat([view(crops[face], chance) for face in faces])
            near, falls = loss_of(net(seen).view(_TOGETHER, -1), targets[faces], levels)
            optimiser.zero_grad()
            (near + _RANK_WEIGHT * falls).backward()
            optimiser.step()
            schedule.step()
        print(f"{epoch}: {time.perf_counter() - started:.0f} s,", report(net, crops, targets, held, levels), flush=True)  # noqa: T201
    return net


@torch.no_grad()
def report(net: BlurNet, crops: Tensor, targets: Tensor, held: np.ndarray, levels: int) -> str:
    """Mean absolute error, and the share of neighbours in the chains that fall by more than 0.01."""
    net.eval()
    answers = torch.cat([net(view(crops[face], None)).T for face in held])
    error = (answers - targets[held]).abs().mean()
    chains = answers[:, 1:].reshape(len(held), -1, levels)
    falls = (chains[..., :-1] - chains[..., 1:] > 0.01).float().mean()
    return f"error {error:.4f}, falls {falls:.4f}, undamaged {answers[:, 0].mean():.3f}"


def export(net: BlurNet, path: Path) -> None:
    """Write it as ONNX, fp32, one picture a run; equal weights give equal bytes."""
    net = net.to(memory_format=torch.contiguous_format).eval()
    torch.onnx.export(net, (torch.zeros(1, 3, SIDE_PX, SIDE_PX),), path, opset_version=17, dynamo=False)
    model = onnx.load(path)
    onnx.checker.check_model(model)
    model.producer_name, model.producer_version, model.doc_string = "", "", ""
    path.write_bytes(model.SerializeToString(deterministic=True))


def main() -> None:
    """Parse the arguments, train, write."""
    parser = argparse.ArgumentParser(description="Train the blur network.")
    parser.add_argument("examples", type=Path, help="from prepare.py")
    parser.add_argument("output", type=Path, help="where to write the network, .onnx")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    examples = np.load(arguments.examples)
    levels = int(examples["levels"])
    crops, targets = torch.from_numpy(examples["crops"]), torch.from_numpy(targets_of(examples["own"], levels))
    export(train(crops, targets, levels, arguments.epochs, arguments.seed), arguments.output)


if __name__ == "__main__":
    main()
