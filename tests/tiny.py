"""A network and a prior so small that an ascent takes milliseconds."""

from pathlib import Path

import torch
from torch import Tensor, nn

from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.networks.layers import trace
from dgn_explorer.networks.network import Network, Preprocessing, fingerprint, freeze
from dgn_explorer.priors.architectures.compact import CompactConfig, CompactGenerator
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.files import load_prior, save_prior
from dgn_explorer.priors.info import EncoderInfo
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import RANDOM, Start
from dgn_explorer.synthesis.targets import Maximise, Term
from tests import device

CODE_SIZE = 12
LABELS = ("ant", "bee", "cat", "dog", "eel")


class TinyNet(nn.Module):
    """Two convolutions, each with a ReLU, and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 2, 1)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(8, 16, 3, 2, 1)
        self.relu2 = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, len(LABELS))

    def forward(self, x: Tensor) -> Tensor:  # (N, 3, H, W) -> (N, 5)
        x = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        return self.fc(self.pool(x).flatten(1))


def tiny_network(module: nn.Module | None = None, name: str = "tiny") -> Network:
    """`TinyNet` with fixed random weights, or another module with the same layers."""
    if module is None:
        with torch.random.fork_rng():
            torch.manual_seed(1)
            module = TinyNet()
    freeze(module.to(device.DEVICE))
    preprocessing = Preprocessing(mean=(127.0,) * 3, std=(128.0,) * 3)
    layers, points = trace(
        module, preprocessing(torch.full((1, 3, 32, 32), 0.5, device=device.DEVICE))
    )
    info = NetworkInfo(name, "Tiny", fingerprint(module), layers, LABELS, "fc", 32, 32)
    return Network(info, module, preprocessing, points)


def tiny_prior_file(path: Path, name: str = "tiny-prior") -> Path:
    """A prior of 32 px images with fixed random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        config = CompactConfig(CODE_SIZE, 4, 4, base_width=16, base_blocks=1, widths=(16, 8, 8))
        generator = CompactGenerator(config)
        generator.set_inverse(torch.randn(64, CODE_SIZE) / 4, torch.zeros(64))
        generator.train()(torch.randn(64, CODE_SIZE))  # gives batch-norm its statistics
    encoder = EncoderInfo("tiny", "0" * 64, "relu2", "components", 32)
    space = CodeSpace.whitened(CODE_SIZE)
    save_prior(path, name=name, generator=generator, space=space, encoder=encoder, card={})
    return path


def tiny_prior(folder: Path) -> Prior:
    """The prior of `tiny_prior_file`, loaded."""
    return load_prior(tiny_prior_file(folder / "tiny.safetensors"), device.DEVICE)


def recipe_for(
    network: Network,
    prior: Prior,
    *units: str,
    weights: tuple[float, ...] | None = None,
    seed: int = 0,
    start: Start = RANDOM,
    **parameters: float,
) -> Recipe:
    """A recipe for units of a tiny network."""
    resolved = [network.info.resolve(unit) for unit in units]
    terms = tuple(Term(u, w) for u, w in zip(resolved, weights or (1.0,) * len(units), strict=True))
    return Recipe(
        network=network.info.name,
        network_fingerprint=network.info.fingerprint,
        prior=prior.info.name,
        prior_fingerprint=prior.info.fingerprint,
        target=Maximise(terms),
        parameters=DgnAmParameters(**{"steps": 10, **parameters}),
        seed=seed,
        start=start,
    )
