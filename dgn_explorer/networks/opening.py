"""`open_network`: from a spec to a `Network`."""

import difflib
from functools import lru_cache
from importlib import resources

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks import efficientnet_lite
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.networks.layers import trace
from dgn_explorer.networks.network import Network, Preprocessing, fingerprint, freeze

DEFAULT_NETWORK = "lite0"


def network_names() -> tuple[str, ...]:
    """The names that `open_network` takes."""
    return tuple(efficientnet_lite.SIZES)


def open_network(spec: str, device: str | torch.device = "cpu") -> Network:
    """Open the network called ``spec``, frozen and ready for ascent, on ``device``.

    Raises `DgnError` if there is no such network or its weights are not installed.
    """
    if spec not in efficientnet_lite.SIZES:
        near = difflib.get_close_matches(spec, network_names(), n=1)
        instead = f"Did you mean {near[0]}? " if near else ""
        raise DgnError(
            f"There is no network called {spec!r}.",
            f"{instead}The networks are: {', '.join(network_names())}.",
        )
    return _open_lite(spec, torch.device(device))


def _open_lite(name: str, device: torch.device) -> Network:
    size = efficientnet_lite.SIZES[name]
    module = efficientnet_lite.load(name)
    digest = fingerprint(module)
    module.fold()
    freeze(module).to(device)
    preprocessing = Preprocessing(mean=(127.0,) * 3, std=(128.0,) * 3)
    blank = torch.full((1, 3, size.working_size, size.working_size), 0.5, device=device)
    layers, points = trace(module, preprocessing(blank))
    info = NetworkInfo(
        name=name,
        title=f"EfficientNet-{name.capitalize()}",
        fingerprint=digest,
        layers=layers,
        labels=imagenet_labels(),
        output_layer="fc",
        input_size=size.input_size,
        working_size=size.working_size,
    )
    return Network(info, module, preprocessing, points)


@lru_cache
def imagenet_labels() -> tuple[str, ...]:
    """The 1000 ImageNet class names in index order."""
    text = resources.files("dgn_explorer.resources").joinpath("imagenet-classes.txt").read_text()
    return tuple(text.splitlines())
