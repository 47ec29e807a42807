"""From images to codes, through the network and layer that a prior's generator inverts."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.networks.reading import ActivationReader
from dgn_explorer.priors.architectures.compact import CompactGenerator
from dgn_explorer.priors.prior import Prior


@torch.no_grad()
def encode(prior: Prior, network: Network, rgb: Tensor) -> Tensor:
    """Codes (N, K) of images (N, 3, H, W) in [0, 1]; ``network`` is the prior's encoder.

    Raises `DgnError` if it is another network, or if the prior does not say how to encode.
    """
    encoder = prior.info.encoder
    if network.info.fingerprint != encoder.fingerprint:
        raise DgnError(
            f"The prior {prior.info.name!r} inverts {encoder.network}, not {network.info.name}.",
            f"Open the network {encoder.network} to encode images.",
        )
    read = ActivationReader(network.module, [network.read_points[encoder.layer]])
    values = read(network.preprocessing(resize(rgb, encoder.input_size)))[0].flatten(1)
    if encoder.kind == "activations":
        return F.relu(values)
    if encoder.kind == "outputs":
        return values
    if encoder.kind == "components" and isinstance(prior.generator, CompactGenerator):
        # The generator's first layer maps whitened components back to features; its columns are
        # orthogonal, so that dividing by their squared lengths inverts it.
        inverse, mean = prior.generator.inverse()
        return ((values - mean) @ inverse) / prior.column_squares
    raise DgnError(
        f"The prior {prior.info.name!r} does not say how its {encoder.kind} are computed.",
        "Start from a random code instead.",
    )


def decoder(prior: Prior) -> Callable[[Tensor], Tensor] | None:
    """What gives the encoder layer's values (N, F), flattened, that codes (N, K) stand for.

    Of what components do not hold it is the mean. None for priors whose codes are no components.
    """
    if prior.info.encoder.kind != "components" or not isinstance(prior.generator, CompactGenerator):
        return None
    inverse, mean = prior.generator.inverse()
    return partial(F.linear, weight=inverse, bias=mean)
