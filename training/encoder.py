"""Encoders: from photographs to codes, and the statistics of those codes.

For convolutional features the code is the whitened principal components of the flattened map, which
is a fully connected read-out; the inverse of that projection becomes the generator's first layer.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network


class FeatureReader:
    """Reads one layer's map (N, C, H, W) for images in [0, 1] at their own size."""

    def __init__(self, network: Network, layer: str) -> None:
        self._network = network
        self._reader = ActivationReader(network.module, [network.read_points[layer]])

    def __enter__(self) -> "FeatureReader":
        self._reader.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._reader.__exit__(None, None, None)

    def __call__(self, rgb: Tensor) -> Tensor:
        return self._reader(self._network.preprocessing(rgb))[0]


@dataclass(frozen=True)
class ComponentEncoder:
    """Whitened principal components of features: ``code = (features - mean) @ forward``.

    ``forward`` is (features, K), ``inverse`` (features, K) with ``features = inverse @ code + mean``
    for what the K components can express, ``mean`` (features,), ``kept`` the share of variance kept.
    """

    mean: Tensor
    forward: Tensor
    inverse: Tensor
    kept: float

    def __call__(self, features: Tensor) -> Tensor:
        """Codes (N, K) of feature maps (N, C, H, W)."""
        return (features.flatten(1) - self.mean) @ self.forward


def default_layer(network: Network) -> str:
    """The deepest layer that still has a map of more than one position before the head.

    This is the input of the widest 1x1 head for networks of the MobileNet kind.
    """
    blocks = [x for x in network.info.layers if x.spatial and min(x.spatial) > 1]
    tops = [x.path for x in blocks if x.kind.endswith("Block")]
    if not blocks:
        raise DgnError(f"{network.info.name} has no layer with a map.", "Name one with --layer.")
    return tops[-1] if tops else blocks[-1].path


def fit_components(features: Iterable[Tensor], components: int) -> ComponentEncoder:
    """Principal components in one pass over batches of feature maps, float64 sums throughout.

    Raises `DgnError` if there are fewer samples than components.
    """
    count = 0
    for batch in features:
        x = batch.flatten(1).double()
        if count == 0:
            shift = x.mean(0)  # a shift near the mean keeps the sums free of cancellation
            total = torch.zeros_like(shift)
            square = torch.zeros(len(shift), len(shift), dtype=torch.float64)
        x = x - shift
        total += x.sum(0)
        square.addmm_(x.T, x)
        count += len(x)
    if count <= components:
        raise DgnError(
            f"{count} photographs are too few for {components} components.",
            f"Give more photographs or --components {max(1, count // 2)}.",
        )
    offset = total / count
    covariance = square / count - torch.outer(offset, offset)
    values, vectors = torch.linalg.eigh(covariance)
    values, vectors = values.flip(0)[:components], vectors.flip(1)[:, :components]
    sign = torch.sign(vectors.gather(0, vectors.abs().argmax(0, keepdim=True)))
    vectors = vectors * sign  # eigenvectors have no sign of their own; fix one
    scale = values.clamp_min(values[0] * 1e-9).sqrt()
    return ComponentEncoder(
        mean=(shift + offset).float(),
        forward=(vectors / scale).float().contiguous(),
        inverse=(vectors * scale).float().contiguous(),
        kept=float(values.sum() / covariance.trace()),
    )
