"""Train the example network ``shapes`` on patterns that this module draws.

``python -m dgn_explorer.training.shapes FILE`` writes its checkpoints, a minute's work on one core
without any data; the program comes with the file that this has written.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Generator, Tensor

from dgn_explorer.disk import write_file
from dgn_explorer.networks.weights.shapes import (
    LABELS,
    PREPROCESSING,
    SIZE_PX,
    ShapesNet,
    bundled,
    untrained,
)

CHECKPOINTS = (0, 10, 30, 100, 300, 1000, 3000)
_BATCH, _RATE, _SEED = 64, 2e-3, 0
_COLOURS = ((0.9, 0.1, 0.1), (0.1, 0.7, 0.2), (0.15, 0.25, 0.9), (0.95, 0.85, 0.1), (0.95,) * 3)


def draw(count: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Patterns (count, 3, 32, 32) in [0, 1] and which they are (count,) int64.

    Place, size, direction, both colours and noise are random; the five figures keep to the hue
    that their name says.
    """

    def random(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator)

    kinds = torch.randint(len(LABELS), (count,), generator=generator)
    ticks = torch.arange(SIZE_PX) / SIZE_PX - 0.5
    y, x = (axis[None] for axis in torch.meshgrid(ticks, ticks, indexing="ij"))
    x, y = (axis - 0.3 * (random(count, 1, 1) - 0.5) for axis in (x, y))
    angle, size = 6.2832 * random(count, 1, 1), 0.2 + 0.15 * random(count, 1, 1)
    u, v = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    radius = (x**2 + y**2).sqrt()
    wave = 6.2832 * (3 + 3 * random(count, 1, 1))
    three = torch.stack([u * c + v * s for c, s in ((0.0, 1.0), (0.866, -0.5), (-0.866, -0.5))])
    nearer, farther = torch.minimum(u.abs(), v.abs()), torch.maximum(u.abs(), v.abs())
    masks = torch.stack(
        [
            radius < size,
            farther < 0.9 * size,
            three.amax(0) < 0.6 * size,
            (nearer < 0.3 * size) & (farther < size),
            (radius - size).abs() < 0.25 * size,
            (wave * u).sin() > 0,
            (wave * u).sin() * (wave * v).sin() > 0,
            (wave * u).sin() * (wave * v).sin() > 0.5,
        ]
    )  # (kinds, count, 32, 32)
    mask = masks[kinds, torch.arange(count)][:, None].float()
    front, back = random(count, 3, 1, 1), random(count, 3, 1, 1)
    hues = torch.tensor(_COLOURS)[kinds.clamp(max=len(_COLOURS) - 1)][:, :, None, None]
    named = (kinds < len(_COLOURS))[:, None, None, None]
    front = torch.where(named, hues + 0.2 * (front - 0.5), front)
    noise = 0.05 * torch.randn(count, 3, SIZE_PX, SIZE_PX, generator=generator)
    return (mask * front + (1 - mask) * back + noise).clamp(0, 1), kinds


def train(checkpoints: tuple[int, ...] = CHECKPOINTS) -> dict[str, dict[str, Tensor]]:
    """The weights after each number of steps, by position."""
    network = untrained(_SEED)
    optimiser = torch.optim.Adam(network.parameters(), _RATE)
    generator = torch.Generator().manual_seed(_SEED)
    states = {}
    for step in range(checkpoints[-1] + 1):
        if step in checkpoints:
            states[f"step-{step}"] = {k: v.clone() for k, v in network.state_dict().items()}
        images, kinds = draw(_BATCH, generator)
        loss = F.cross_entropy(network(PREPROCESSING(images)), kinds)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return states


def right(network: ShapesNet, count: int = 1000) -> float:
    """The share of new patterns that ``network`` names rightly."""
    images, kinds = draw(count, torch.Generator().manual_seed(_SEED + 1))
    with torch.no_grad():
        return float((network(PREPROCESSING(images)).argmax(1) == kinds).float().mean())


if __name__ == "__main__":
    torch.set_num_threads(1)  # another number rounds differently
    write_file(Path(sys.argv[1]), save(bundled(train())))
