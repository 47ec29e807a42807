"""Does an image show what the unit wants, or what the prior likes to draw? Two control networks.

Nguyen et al. 2016 (NIPS) ask it in section 3.4 with networks that were trained on photographs with
exchanged colours: the prior, which knows ordinary photographs alone, drew exchanged colours for
their units all the same. Here no network has to be trained:

* The network with **turned colours** is the same one with its input channels in another order. Its
  units want exactly what they wanted, in colours that the prior has never drawn. If its images show
  the unit, judges name them better once the colours are turned back; if they show the prior, as
  they are. For the network itself it is the other way round: a two-headed check.
* The network with **shuffled weights** has the weights of every filter in another order. Its units
  mean nothing, so images in which judges see the class of the same number would be the prior's.
"""

import copy
import hashlib
from dataclasses import replace

import numpy as np
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network, fingerprint, freeze

_TURNED = {"r": "g", "g": "b", "b": "r"}  # what a channel gets in place of its own colour
_BACK = (1, 2, 0)  # the colours of an image as the turned network's inside sees them
_ORDERS = {"rgb": "r,g,b", "bgr": "b,g,r"}
_SEED = 0


def turned_colours(network: Network) -> Network:
    """``network`` behind an exchange of colours; raises `DgnError` if it sees none.

    For an image x (..., 3) it computes exactly what ``network`` does for `turned_back` of x.
    """
    channels = network.preprocessing.channels.strip().lower()
    items = [item.strip() for item in _ORDERS.get(channels, channels).split(",")]
    if not set(_TURNED) <= set(items):
        raise DgnError(
            f"{network.info.name} sees no colours ({channels}).",
            "The control experiment needs a network of three colours.",
        )
    turned = ",".join(_TURNED.get(item, item) for item in items)
    return _renamed(network, f"channels {turned}", replace(network, preprocessing=replace(
        network.preprocessing, channels=turned
    )))  # fmt: skip


def turned_back(images: np.ndarray) -> np.ndarray:
    """Images (N, H, W, 3) in the colours that the inside of the turned network sees."""
    return np.ascontiguousarray(images[..., list(_BACK)])


@torch.no_grad()
def shuffled_weights(network: Network) -> Network:
    """``network`` with the weights of every filter and row in another, fixed order.

    Each filter keeps its sum and its length, so that activations stay of a size.
    """
    module = copy.deepcopy(network.module)
    random = torch.Generator().manual_seed(_SEED)
    for parameter in module.parameters():
        if parameter.ndim < 2:
            continue
        rows = parameter.data.cpu().contiguous().flatten(1)
        order = torch.rand(rows.shape, generator=random).argsort(1)
        parameter.data = rows.gather(1, order).view(parameter.shape).to(parameter.device)
    freeze(module)
    return _renamed(network, fingerprint(module), replace(network, module=module))


def _renamed(network: Network, how: str, changed: Network) -> Network:
    """With a fingerprint of its own, so that no result is taken for another's."""
    digest = hashlib.sha256(f"{network.info.fingerprint} {how}".encode()).hexdigest()
    return replace(changed, info=replace(network.info, fingerprint=digest))
