"""Everything a run trains with, put together from its settings: networks, sizes, generator."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.architectures.building import Generator
from dgn_explorer.priors.architectures.compact import CompactConfig, CompactGenerator
from dgn_explorer.priors.architectures.upconv import UpconvConfig, UpconvGenerator
from dgn_explorer.training.learning.adversary import (
    Discriminator,
    FeatureDiscriminator,
    ImageDiscriminator,
)
from dgn_explorer.training.learning.encoder import (
    ComponentEncoder,
    Encoder,
    FeatureReader,
    encoder_layer,
    is_flat,
)
from dgn_explorer.training.learning.losses import comparator_layers
from dgn_explorer.training.settings import TrainSettings

WIDTHS = (384, 224, 112, 64, 32)
FLAT_CHANNELS, FLAT_SIDE = 256, 4  # the first map of a compact generator for flat codes
COMPONENTS = 1024  # of a code, unless photographs or layer allow fewer; more add little
Opener = Callable[[str, torch.device], Network]


@dataclass(frozen=True)
class Setup:
    """The networks of a run and the sizes at which they see images.

    ``feature_shape`` is (C, H, W) of the encoder's layer, (K,) for a flat one; ``comparator_size``
    is 0 if the comparator takes images of any size, as nearly every network does.
    """

    settings: TrainSettings
    network: Network
    layer: str
    flat: bool
    encoder_size: int
    feature_shape: tuple[int, ...]
    comparator: Network
    layers: tuple[str, ...]
    layer_weights: tuple[float, ...]
    channels: tuple[int, ...]
    comparator_size: int

    @property
    def fixed_code_size(self) -> int:
        """Length of a code, 0 if the number of photographs decides it."""
        return self.feature_shape[0] if self.flat else self.settings.components

    def code_size(self, photographs: int) -> int:
        """Length of a code whose statistics are of so many ``photographs``."""
        most = min(math.prod(self.feature_shape), self.statistics_crops(photographs) // 2)
        return self.fixed_code_size or max(1, min(COMPONENTS, most))

    def statistics_crops(self, photographs: int) -> int:
        """How many crops of the ``photographs`` the code's statistics are made of."""
        return min(self.settings.statistics_images, 2 * photographs)

    @property
    def view(self) -> int:
        """Side in pixels of the square that encoder and losses see."""
        return self.settings.view or self.settings.image_size


def set_up(settings: TrainSettings, device: torch.device, opener: Opener) -> Setup:
    """Open the networks and find the sizes.

    Raises `DgnError` if a network, a layer or a size does not fit.
    """
    network = opener(settings.network, device)
    layer = encoder_layer(settings, network)
    flat = is_flat(network, layer)
    wanted = network.info.input_size if flat else settings.view or settings.image_size
    encoder_size, (values,) = _probe(network, [layer], settings.encoder_size or wanted)
    shape = tuple(values.flatten(1).shape[1:] if flat else values.shape[1:])
    if not flat and (len(shape) != 3 or shape[1] != shape[2]):
        raise DgnError(
            f"The layer {layer} puts out {shape}, which is no square map.", "Name another --layer."
        )
    name = settings.comparator
    comparator = opener(name, device) if name and name != settings.network else network
    layers = settings.feature_layers or comparator_layers(comparator, settings.feature_loss)
    layers = tuple(comparator.info.layer(x).path for x in layers)
    view = settings.view or settings.image_size
    comparator_size, features = _probe(comparator, list(layers), view)
    return Setup(
        settings,
        network,
        layer,
        flat,
        encoder_size,
        shape,
        comparator,
        layers,
        settings.feature_layer_weights or (1.0,) * len(layers),
        tuple(x.shape[1] for x in features),
        0 if comparator_size == view else comparator_size,
    )


@torch.no_grad()
def _probe(network: Network, layers: list[str], size: int) -> tuple[int, list[Tensor]]:
    """Values of ``layers`` for a grey image of ``size`` px, or of the native size if need be."""
    read = FeatureReader(network, layers)
    for side in dict.fromkeys((size, network.info.input_size)):
        try:
            return side, read(torch.full((1, 3, side, side), 0.5, device=network.device))
        except (RuntimeError, ValueError) as error:
            reason = error
    raise DgnError(
        f"{network.info.name} cannot read images of {size} px ({reason}).",
        "Give another --image-size.",
    ) from reason


def make_generator(setup: Setup, encoder: Encoder) -> Generator:
    """An untrained generator; its first layer undoes the encoder's projection if there is one."""
    s = setup.settings
    if s.generator == "upconv":
        generator = UpconvGenerator(UpconvConfig(encoder.size, _multiple(256 * s.width)))
        generator.initialise()
        return generator
    channels, side = (FLAT_CHANNELS, FLAT_SIDE) if setup.flat else setup.feature_shape[:2]
    compact = CompactGenerator(
        CompactConfig(
            code_size=encoder.size,
            feature_channels=channels,
            feature_size=side,
            base_width=_multiple(WIDTHS[0] * s.width),
            base_blocks=s.base_blocks,
            stage_blocks=s.stage_blocks,
            widths=_widths(s.image_size / side, s.width),
            output_size=s.image_size,
            upsampling=s.upsampling,
        )
    )
    if isinstance(encoder, ComponentEncoder):
        compact.set_inverse(encoder.inverse, encoder.mean)
    else:
        # a random read-in of whitened values, learned from there
        weight = torch.empty_like(compact.unproject.weight)
        nn.init.orthogonal_(weight)
        weight = weight * (len(weight) / encoder.size) ** 0.5 / _safe(encoder.scale).cpu()
        compact.set_inverse(weight, -weight @ encoder.mean.cpu(), learned=True)
    return compact


def make_discriminator(setup: Setup, encoder: Encoder) -> Discriminator:
    """The discriminator that the settings name."""
    if setup.settings.discriminator == "published":
        return ImageDiscriminator(encoder.size)
    patches = setup.settings.discriminator == "patches"
    return FeatureDiscriminator(list(setup.channels), encoder.size, patches)


def _widths(factor: float, width: float) -> tuple[int, ...]:
    """Channel numbers of the stages that enlarge a map about ``factor`` times.

    >>> _widths(32, 1.0), _widths(18.3, 0.5)
    ((384, 224, 112, 64, 32), (112, 56, 32, 16))
    """
    stages = max(1, round(torch.tensor(factor).log2().item()))
    full = WIDTHS + (WIDTHS[-1],) * (stages - len(WIDTHS))
    return tuple(_multiple(w * width) for w in full[-stages:])


def _multiple(width: float) -> int:
    return max(8, round(width / 8) * 8)


def _safe(scale: Tensor) -> Tensor:
    return scale.clamp_min(1e-3 * float(scale.max()) + 1e-12)
