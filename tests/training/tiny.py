"""A network and photographs small enough that a training run takes a second."""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.networks.layers import trace
from dgn_explorer.networks.network import Network, Preprocessing, fingerprint, freeze
from dgn_explorer.training.settings import TrainSettings

SIZE = 32


class TinyNet(nn.Module):
    """Three convolutions of stride 2 and two fully connected layers, with names as in AlexNet."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU()
        self.conv2, self.relu2 = nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU()
        self.conv3, self.relu3 = nn.Conv2d(16, 16, 3, 2, 1), nn.ReLU()
        self.fc6, self.relu6 = nn.Linear(16 * side * side, 24), nn.ReLU()
        self.fc8 = nn.Linear(24, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        x = self.relu3(self.conv3(x)).flatten(1)
        return self.fc8(self.relu6(self.fc6(x)))


def tiny_network(size: int = SIZE, on: str | torch.device = "cpu") -> Network:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        module = freeze(TinyNet(-(-size // 8)).to(on))
    preprocessing = Preprocessing((127.0,) * 3, (128.0,) * 3)
    layers, points = trace(module, preprocessing(torch.full((1, 3, size, size), 0.5, device=on)))
    info = NetworkInfo(
        "tiny", "Tiny", fingerprint(module), layers, tuple("abcde"), "fc8", size, size
    )
    return Network(info, module, preprocessing, points)


def open_tiny(spec: str, device: torch.device) -> Network:
    assert spec == "tiny"
    return tiny_network(on=device)


def write_photos(folder: Path, count: int, seed: int = 0, size: int = 40) -> Path:
    """Smooth random pictures, so that there is something to learn."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for i in range(count):
        small = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8))
        small.resize((size, size), Image.Resampling.BICUBIC).save(folder / f"{i:04d}.png")
    return folder


def tiny_settings(photos: Path, **changes: object) -> TrainSettings:
    values = {
        "network": "tiny",
        "components": 16,
        "image_size": SIZE,
        "batch": 4,
        "steps": 6,
        "statistics_images": 128,
        "width": 0.05,
        "base_blocks": 1,
        "adversarial_start": 0.5,
        "bf16": False,
        **changes,
    }
    return TrainSettings(sources=(str(photos),), weights=(1.0,), **values)


def main(photos: Path, folder: Path, changes: dict[str, object], log: Path) -> None:
    """One process of a run, for tests that kill it or start several; losses go to ``log``."""
    from dgn_explorer.training.running.run import train

    def report(step: int, share: float, rate: float, left: float, losses: object) -> None:
        with log.open("a") as file:
            print(step, losses.image, losses.feature, losses.discriminator, file=file)

    train(
        tiny_settings(photos, **changes),
        folder,
        name="tiny",
        save_every_s=0.0,
        progress=lambda *_: None,
        report=report,
        device="cpu",
        opener=open_tiny,
    )


if __name__ == "__main__":
    import json

    torch.set_num_threads(1)
    main(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), Path(sys.argv[4]))
