"""What a network makes of finished images: the numbers that are shown are those of these pixels.

An ascent sees what the generator puts out, in float and beyond black and white. What is stored,
exported and shown is rounded to 8 bits and cut off there, and a unit may answer it differently:
so nothing of the ascent itself is reported of a finished image.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.objective import Objective, weighted
from dgn_explorer.synthesis.probabilities import probabilities
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.unit_reader import UnitReader

TOP_CLASSES = 5
_TOGETHER = 64  # of the many images of one record

Classes = tuple[tuple[int, float], ...]  # index and probability, best first


def activation_of_image(
    network: Network, prior: Prior | None, recipe: Recipe, image: np.ndarray
) -> float:
    """The recipe's objective for its finished ``image`` (S, S, 3) uint8, at the working size.

    The weighted sum, where the objective has several units. ``prior`` is the one that made it.
    """
    return float(activations_of_images(network, prior, [recipe], image[None])[0])


@torch.no_grad()
def activations_of_images(
    network: Network, prior: Prior | None, recipes: Sequence[Recipe], images: np.ndarray
) -> Tensor:
    """The same for several recipes and their images (N, S, S, 3) uint8: (N,) on the device."""
    size = network.info.working_size
    objective = Objective(network, recipes)
    with convolutions(network.device):
        terms = objective(resize(_shown(network, prior, images, size), size))
        return weighted(terms, objective.weights).float()


@torch.no_grad()
def readings_of_images(
    network: Network, prior: Prior | None, units: Sequence[UnitAddress], images: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What the network makes of many ``images`` (N, S, S, 3) uint8 at the working size.

    Activations (N, units) and pooled features (N, D), both float32, as `UnitReader` reads them.
    """
    size = network.info.working_size
    reader = UnitReader(network, units)
    values, features = [], []
    with convolutions(network.device):
        most = min(_TOGETHER, network.info.batch_limit or _TOGETHER)
        for at in range(0, len(images), most):
            rgb = resize(_shown(network, prior, images[at : at + most], size), size)
            value, feature = reader.with_features(rgb)
            values.append(value.float().cpu().numpy())
            features.append(feature.float().cpu().numpy())
    return np.concatenate(values), np.concatenate(features)


@torch.no_grad()
def classes_of_images(
    network: Network, images: np.ndarray, prior: Prior | None = None, count: int = TOP_CLASSES
) -> list[Classes]:
    """The best ``count`` classes of each of the ``images`` (N, S, S, 3) uint8, at the native size.

    ``prior`` is the one that made them, if any did. Empty for a network without labels.
    """
    if not network.info.labels:
        return [()] * len(images)
    found: list[Classes] = []
    for start in range(0, len(images), _TOGETHER):
        part = images[start : start + _TOGETHER]
        with convolutions(network.device):
            shown = _shown(network, prior, part, network.info.input_size)
            shares = probabilities(network.logits(shown).float())
        best = shares.topk(min(count, shares.shape[1]))
        rows = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        found += [tuple(zip(classes, values, strict=True)) for classes, values in rows]
    return found


def _shown(network: Network, prior: Prior | None, images: np.ndarray, size: int) -> Tensor:
    rgb = from_uint8(images, network.device)
    return rgb if prior is None else prior.seen(rgb, size)
