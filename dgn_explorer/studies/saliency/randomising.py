"""The sanity check of Adebayo et al. 2018: a map that random layers do not change explains nothing.

Weights are put in random order, each tensor by itself, so that their distribution stays. Which
layers are above which is the order in which the network runs them.
"""

import copy
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.packed import unpack
from dgn_explorer.networks.pass_memory import watch_like
from dgn_explorer.studies.saliency.scene import Scene


def randomised(scene: Scene, share: float, seed: int) -> Scene:
    """The same scene with the upper ``share`` of the layers up to the unit's in random order.

    At least one layer is. Raises `DgnError` for a network whose layers cannot be told apart.
    """
    original = scene.network.module
    module = unpack(watch_like(copy.deepcopy(original), original))
    network = replace(scene.network, module=module)
    copied = Scene(network, scene.unit, scene.seen)
    layers = _in_order(module, copied)
    if not layers:
        raise DgnError(
            f"The layers of {network.info.name} cannot be put in random order one by one.",
            "Leave out the sanity check: randomise=0.",
        )
    random = torch.Generator().manual_seed(seed)
    count = max(1, round(share * len(layers)))
    for layer in layers[-count:]:
        for tensor in layer.parameters(recurse=False):
            _shuffle(tensor, random)
    return copied


def likeness(one: Tensor, other: Tensor) -> float:
    """Spearman's rank correlation of the magnitudes of two maps; 0 if one of them is flat."""
    ranks = [_ranks(x.abs().flatten().double().cpu()) for x in (one, other)]
    first, second = (x - x.mean() for x in ranks)
    length = float(first.norm() * second.norm())
    return float((first * second).sum()) / length if length else 0.0


def _in_order(module: nn.Module, scene: Scene) -> list[nn.Module]:
    """The modules with weights of their own, in the order in which they first run."""
    found: dict[nn.Module, None] = {}

    def note(child: nn.Module, inputs: Any) -> None:
        found[child] = None

    with ExitStack() as hooks, torch.no_grad():
        for child in module.modules():
            if any(tensor.ndim > 1 for tensor in child.parameters(recurse=False)):
                hooks.callback(child.register_forward_pre_hook(note).remove)
        scene.score(scene.rgb)
    return list(found)


def _shuffle(tensor: Tensor, random: torch.Generator) -> None:
    order = torch.randperm(tensor.numel(), generator=random).to(tensor.device)
    shuffled = tensor.data.flatten()[order].view(tensor.shape)
    tensor.data.copy_(shuffled)


def _ranks(values: Tensor) -> Tensor:
    """Ranks with equal values at their mean rank."""
    _, inverse, counts = np.unique(values.numpy(), return_inverse=True, return_counts=True)
    ranks = counts.cumsum() - (counts - 1) / 2
    return torch.from_numpy(ranks[inverse])
