"""A small network to vary, and what the guard owes it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.networks.network import Network
from dgn_explorer.networks.packed import PackedConvolution
from tests.networks.making import close, image, opened


class Small(nn.Module):
    """A stem, a convolution, and a classifier; what lies between is ``between``."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.stem, self.mid = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, padding=1)
        self.fc = nn.Linear(8, 5)

    def between(self, x: Tensor) -> Tensor:
        return F.relu(self.mid(F.relu(self.stem(x))))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.between(x).mean((2, 3)))


def scores(network: Network, x: Tensor) -> Tensor:
    with torch.no_grad():
        return network.logits(x)


def fast(module: nn.Module) -> tuple[bool, bool]:
    """Whether weights lie in channels_last, and whether they are packed."""
    weight = module.stem.weight
    last = weight.is_contiguous(memory_format=torch.channels_last)
    return last, isinstance(module.stem.__dict__.get("_conv_forward"), PackedConvolution)


def same(kind: type[nn.Module], **options: object) -> Network:
    """The opened network, which gives what the plain one gives, with and without a gradient."""
    plain, network = kind().eval(), opened(kind(), **options)
    x = image(count=1 if network.info.batch_limit == 1 else 3)
    with torch.no_grad():
        wanted = plain(x.to(next(plain.parameters()).dtype)).float()
    assert close(scores(network, x), wanted)
    leaf = x.clone().requires_grad_()
    assert close(network.logits(leaf * 1).detach(), wanted)
    return network
