"""What the generator is trained on, but for the adversary: image, feature and code losses.

``unit`` feature losses compare channel vectors of length 1 at several layers of a frozen network,
as LPIPS does (Zhang et al., 2018), on a random crop, so that the layers' strides meet the image at
a different place in every step and no grid can form. ``euclidean`` losses are the published ones,
half the squared distance *summed* over an image's values; a mean with the same weights would be
smaller by the number of values, 77,000 times for a 227 px image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.training.learning.encoder import FeatureReader, deepest_map

MIN_CROP = 32
Features = list[Tensor]  # (N, C, H, W) each, as the comparator's layers put them out


def comparator_layers(network: Network, loss: str, most: int = 7) -> list[str]:
    """The layers to compare by default: for ``unit`` up to ``most``, spread evenly over the depth.

    For ``euclidean`` it is the deepest with a map alone, as published (pool5). Raises `DgnError` if
    the network has none.
    """
    if loss == "euclidean":
        return [deepest_map(network)]
    maps = [x for x in network.info.layers if x.spatial and max(x.spatial) > 1]
    if not maps:
        raise DgnError(
            f"{network.info.name} has no layer with positions to compare.",
            "Name a --comparator network, or the layers with feature_layers.",
        )
    blocks = [x for x in maps if x.kind.endswith("Block")] or maps
    steps = torch.linspace(0, len(blocks) - 1, min(most, len(blocks)))
    return [blocks[round(float(i))].path for i in steps]


class Comparator:
    """Features of several layers for images at ``size`` px, 0 for any size."""

    def __init__(self, network: Network, layers: list[str], size: int = 0) -> None:
        self.layers = layers
        self._size = size
        self._reader = FeatureReader(network, layers)

    def __call__(self, rgb: Tensor) -> Features:
        """Features [(N, C, H, W), ...] of ``rgb`` (N, 3, S, S), flat layers with H = W = 1."""
        values = self._reader(resize(rgb, self._size) if self._size else rgb)
        return [v.float() if v.ndim == 4 else v.float()[:, :, None, None] for v in values]


def unit_length(features: Features) -> Features:
    """Every position's channel vector at length 1."""
    return [F.normalize(m, dim=1, eps=1e-4) for m in features]


def unit_distance(fake: Features, real: Features, weights: list[float]) -> Tensor:
    """Weighted mean over layers of the squared distance of unit vectors; from 0 to 4.

    ``fake`` and ``real`` have been through `unit_length`.
    """
    pairs = zip(fake, real, weights, strict=True)
    terms = [w * (a - b).square().sum(1).mean() for a, b, w in pairs]
    return torch.stack(terms).sum() / sum(weights)


def euclidean(fake: Tensor, real: Tensor) -> Tensor:
    """Half the squared distance summed over all values of an image, mean over the images.

    This is Caffe's EuclideanLoss. ``fake`` and ``real`` are (N, ...).
    """
    return 0.5 * (fake - real).square().sum() / len(fake)


def euclidean_distance(fake: Features, real: Features, weights: list[float]) -> Tensor:
    """Weighted sum over layers of `euclidean`."""
    pairs = zip(fake, real, weights, strict=True)
    return torch.stack([w * euclidean(a, b) for a, b, w in pairs]).sum()


def image_distance(fake: Tensor, real: Tensor, loss: str) -> Tensor:
    """L1 in units of the full range, or `euclidean` in pixel values from 0 to 255, as published.

    ``fake`` and ``real`` are (N, 3, S, S) in [0, 1].
    """
    return F.l1_loss(fake, real) if loss == "l1" else euclidean(255 * fake, 255 * real)


def code_distance(found: Tensor, code: Tensor, scale: Tensor) -> Tensor:
    """Mean squared distance of codes (N, K) in units of their standard deviation (K,).

    Units that never vary over the photographs say nothing and are left out.
    """
    alive = scale > 1e-6 * scale.max()
    missed = torch.where(alive, (found - code) / torch.where(alive, scale, 1.0), 0.0)
    return missed.square().sum() / (alive.sum() * len(code))


def centre(images: Tensor, side: int) -> Tensor:
    """The centre ``side`` x ``side`` of images (N, C, S, S); all of them for side 0."""
    if not side:
        return images
    margin = (images.shape[-1] - side) // 2
    return images[..., margin : margin + side, margin : margin + side]


def crop_side(size: int, share: float) -> int:
    """Side of the crops that the comparator sees: about ``share`` * ``size`` px.

    It is a multiple of 8 and at least 32, unless ``share`` is 1 or the image is smaller.

    >>> crop_side(128, 0.875), crop_side(24, 0.5), crop_side(50, 1.0)
    (112, 24, 50)
    """
    return size if share == 1 else min(size, max(MIN_CROP, round(size * share) // 8 * 8))
