"""``shapes``: an example of a checkpoint series, small enough to come with the program.

It tells apart eight synthetic patterns of 32 px; ``training/shapes.py`` draws them, trains it and
writes its checkpoints, of which the first holds the random weights that it began with.
"""

# ruff: noqa: D102 - forward() is what the class's docstring says

from importlib import resources

import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaded import Loaded, Request
from dgn_explorer.networks.preprocessing import Preprocessing

NAME, SIZE_PX, FILE = "shapes", 32, "shapes.safetensors"
LABELS = (
    "red disc",
    "green square",
    "blue triangle",
    "yellow cross",
    "white ring",
    "stripes",
    "checks",
    "dots",
)
PREPROCESSING = Preprocessing(mean=(0.5,) * 3, std=(0.25,) * 3, value_range=1.0)
_BETWEEN = "/"  # of a position and the name of a tensor


class ShapesNet(nn.Module):
    """Four convolutions, the mean over positions, and a classifier: (N, 3, 32, 32) to (N, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 24, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(24, 32, 3, stride=2, padding=1)
        self.conv4 = nn.Conv2d(32, 48, 3, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(48, len(LABELS))

    def forward(self, x: Tensor) -> Tensor:
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = F.relu(convolution(x))
        logits: Tensor = self.fc(self.pool(x).flatten(1))
        return logits


def bundled(states: dict[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """State dicts by position as one, for one file."""
    return {
        f"{position}{_BETWEEN}{name}": tensor.contiguous()
        for position, state in states.items()
        for name, tensor in state.items()
    }


def loaded(name: str, request: Request) -> Loaded:
    """The network at ``request.options.position``, by default the last; raises `DgnError`."""
    options = request.options
    if options.weights is not None or options.arch is not None:
        raise DgnError(
            f"{name} comes with its own weights and architecture.",
            "Leave out --weights and --arch, or open your own file.",
        )
    states: dict[str, dict[str, Tensor]] = {}
    for key, tensor in load(
        resources.files("dgn_explorer.resources").joinpath(FILE).read_bytes()
    ).items():
        position, _, rest = key.partition(_BETWEEN)
        states.setdefault(position, {})[rest] = tensor
    positions = tuple(sorted(states, key=_step))
    position = options.position or positions[-1]
    if position not in states:
        raise DgnError(
            f"{name} has no checkpoint {position!r}.", f"Its positions are {', '.join(positions)}."
        )
    module = ShapesNet()
    module.load_state_dict(states[position])
    return Loaded(
        module=module.eval(),
        name=name,
        title=f"Shapes, {position}",
        preprocessing=PREPROCESSING,
        input_size=SIZE_PX,
        labels=LABELS,
        output_layer="fc",
        positions=positions,
        position=position,
    )


def _step(position: str) -> int:
    return int(position.rpartition("-")[2])


def untrained(seed: int) -> ShapesNet:
    """The network as it begins."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ShapesNet()
