"""Encoders: from photographs to codes.

For a layer with maps the code is the whitened principal components of the flattened map, which is a
fully connected read-out; the inverse of that projection becomes the generator's first layer. For a
flat layer the code is the layer's own values, after their ReLU unless they are the network's output
(Dosovitskiy & Brox, 2016; Nguyen et al., 2016).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.info import LayerInfo
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.training.settings import TrainSettings

MAX_FEATURES = 20_000  # their covariance takes 3.2 GB, its eigenvectors as much again
FLOOR = 1e-9  # of the largest variance: what lies below is rounding


class FeatureReader:
    """Reads layers for images in [0, 1] at their own size.

    The hooks live as long as one call: encoder and comparator may read the same network, and the
    one must not be stopped by the other's hooks.
    """

    def __init__(self, network: Network, layers: list[str]) -> None:
        self._network = network
        self._reader = ActivationReader(network.module, [network.read_points[x] for x in layers])

    def __call__(self, rgb: Tensor) -> list[Tensor]:
        """Values [(N, C, H, W) or (N, C), ...] for ``rgb`` (N, 3, S, S).

        A network file that fixes the number of images in a pass gets no more than that at a time.
        """
        preprocess, limit = self._network.preprocessing, self._network.info.batch_limit
        passes = [self._reader(preprocess(part)) for part in torch.split(rgb, limit or len(rgb))]
        return passes[0] if len(passes) == 1 else [torch.cat(x) for x in zip(*passes, strict=True)]


@dataclass(frozen=True)
class ComponentEncoder:
    """Whitened principal components of features: ``code = (features - mean) @ forward``.

    ``forward`` and ``inverse`` are (features, K), with ``features = inverse @ code + mean`` for
    what the K components can express; ``mean`` is (features,), ``kept`` the share of variance kept.
    """

    mean: Tensor
    forward: Tensor
    inverse: Tensor
    kept: float

    kind = "components"

    @property
    def size(self) -> int:
        """Length of a code."""
        return self.forward.shape[1]

    def __call__(self, features: Tensor) -> Tensor:
        """Codes (N, K) of feature maps (N, C, H, W)."""
        return (features.flatten(1) - self.mean) @ self.forward

    def space(self) -> CodeSpace:
        """Mean 0, scale 1, bounds of 3 either side."""
        return CodeSpace.whitened(self.size)

    def to(self, device: torch.device) -> "ComponentEncoder":
        """Move to ``device``."""
        mean, forward, inverse = (t.to(device) for t in (self.mean, self.forward, self.inverse))
        return ComponentEncoder(mean, forward, inverse, self.kept)


@dataclass(frozen=True)
class ActivationEncoder:
    """A flat layer's own values; ``mean`` and ``scale`` (K,) are those of the codes."""

    mean: Tensor
    scale: Tensor
    rectified: bool

    kept = 1.0

    @property
    def kind(self) -> str:
        """The word for it in a prior file."""
        return "activations" if self.rectified else "outputs"

    @property
    def size(self) -> int:
        """Length of a code."""
        return self.mean.numel()

    def __call__(self, values: Tensor) -> Tensor:
        """Codes (N, K) of a layer's pre-ReLU values (N, K)."""
        return F.relu(values.flatten(1)) if self.rectified else values.flatten(1)

    def space(self) -> CodeSpace:
        """Bounds 0 and mean + 3 sigma; 3 sigma either side of the mean if not rectified."""
        make = CodeSpace.activations if self.rectified else CodeSpace.outputs
        return make(self.mean, self.scale)

    def to(self, device: torch.device) -> "ActivationEncoder":
        """Move to ``device``."""
        return ActivationEncoder(self.mean.to(device), self.scale.to(device), self.rectified)


Encoder = ComponentEncoder | ActivationEncoder


def encoder_layer(settings: TrainSettings, network: Network) -> str:
    """The layer that the settings name; else the first hidden flat one, or the deepest with a map.

    Only the upconv generator, which was made for fc6, prefers a flat layer. Raises `DgnError` if
    the network has no such layer.
    """
    if settings.layer:
        return network.info.layer(settings.layer).path
    if settings.generator == "upconv":
        for layer in network.info.layers:
            hidden = layer.path != network.info.output_layer
            if hidden and layer.spatial is None and layer.kind.endswith("Linear"):
                return layer.path
    size = settings.encoder_size or settings.view or settings.image_size
    return deepest_map(network, lambda layer: _values(layer, network, size) <= MAX_FEATURES)


def deepest_map(network: Network, fits: Callable[[LayerInfo], bool] = lambda layer: True) -> str:
    """The deepest layer with a map of more than one position that ``fits``, or the deepest at all.

    For networks of the MobileNet kind this is the input of the widest 1x1 head.
    """
    maps = [x for x in network.info.layers if x.spatial and min(x.spatial) > 1]
    if not maps:
        raise DgnError(f"{network.info.name} has no layer with a map.", "Name one with --layer.")
    small = [x for x in maps if fits(x)] or maps
    tops = [x.path for x in small if x.kind.endswith("Block")]
    return tops[-1] if tops else small[-1].path


def _values(layer: LayerInfo, network: Network, size: int) -> int:
    """About how many numbers ``layer`` gives for an image of ``size`` px.

    A network file that fixes the number of images fixes their size too.
    """
    assert layer.spatial is not None
    info = network.info
    scale = (info.input_size if info.batch_limit else size) / info.working_size
    high, wide = (math.ceil(side * scale) for side in layer.spatial)
    return layer.channels * high * wide


def is_flat(network: Network, layer: str) -> bool:
    """Whether ``layer`` gives one number a unit, not a map."""
    spatial = network.info.layer(layer).spatial
    return spatial is None or max(spatial) == 1


def rectifies(settings: TrainSettings, network: Network, layer: str) -> bool:
    """Whether a flat layer's values are taken after a ReLU."""
    if settings.code_values == "auto":
        return layer != network.info.output_layer
    return settings.code_values == "rectified"


def fit_components(features: Iterable[Tensor], components: int) -> ComponentEncoder:
    """Principal components in one pass over batches of feature maps, float64 sums throughout.

    Raises `DgnError` if there are fewer samples than components, or too many features.
    """
    count = 0
    for batch in features:
        x = _wide(batch)
        if count == 0:
            _check_width(x.shape[1], components)
            shift = x.mean(0)  # a shift near the mean keeps the sums free of cancellation
            total = torch.zeros_like(shift)
            square = torch.zeros(len(shift), len(shift), dtype=x.dtype, device=x.device)
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
    scale = values.clamp_min(values[0] * FLOOR).sqrt()
    return ComponentEncoder(
        mean=(shift + offset).float(),
        forward=(vectors / scale).float().contiguous(),
        inverse=(vectors * scale).float().contiguous(),
        kept=float(values.sum() / covariance.trace()),
    )


def _wide(batch: Tensor) -> Tensor:
    rows = batch.flatten(1)
    return (rows.cpu() if rows.device.type == "mps" else rows).double()  # MPS has no float64


def _check_width(features: int, components: int) -> None:
    if features > MAX_FEATURES:
        raise DgnError(
            f"The layer's map has {features} values, too many for principal components.",
            f"Name a deeper --layer or a smaller --image-size: up to {MAX_FEATURES} values.",
        )
    if components > features:
        raise DgnError(
            f"The layer's map has only {features} values, fewer than {components} components.",
            f"Give --components {features} or fewer.",
        )


def fit_activations(values: Iterable[Tensor], rectified: bool) -> ActivationEncoder:
    """Mean and standard deviation of every unit in one pass, float64 sums throughout.

    ``values`` are batches (N, K), before the ReLU. Raises `DgnError` if there are fewer than two.
    """
    count = 0
    for batch in values:
        x = _wide(batch)
        x = F.relu(x) if rectified else x
        if count == 0:
            shift = x.mean(0)
            total, square = torch.zeros_like(shift), torch.zeros_like(shift)
        x = x - shift
        total += x.sum(0)
        square += x.square().sum(0)
        count += len(x)
    if count < 2:
        raise DgnError(f"{count} photographs are too few for statistics.", "Give more of them.")
    offset = total / count
    variance = (square / count - offset.square()).clamp_min(0)
    return ActivationEncoder((shift + offset).float(), variance.sqrt().float(), rectified)
