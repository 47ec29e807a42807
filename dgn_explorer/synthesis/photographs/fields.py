"""Which part of a photograph a place of a layer looks at, for any network that has a gradient.

Nothing is known of strides and paddings: the gradient of a place's units with respect to the pixels
is nought wherever these cannot matter. Deep layers may depend on every pixel and yet on few of them
much (Luo et al., "Understanding the effective receptive field", NIPS 2016); then it is the middle
part that holds most of the gradient's energy.
"""

from dataclasses import dataclass

import numpy as np
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.reading import ActivationReader
from dgn_explorer.synthesis.ascent import missing_operators

HELD = 0.95  # of the gradient's energy, where a place depends on nearly everything
_NEARLY_ALL = 0.75  # of the square's side
_DRAWS = 3  # photographs of noise, because a unit that is shut off has no gradient
_BATCH = 8
_TINY = 1e-14  # of the largest energy: rounding

Box = tuple[int, int, int, int]  # top, left, bottom, right in pixels of the square


@dataclass(frozen=True)
class Fields:
    """The fields of a layer's places: for each row and for each column (first, last + 1) pixels."""

    rows: np.ndarray
    columns: np.ndarray

    def box(self, place: int) -> Box:
        """The field of ``place``, row * width + column."""
        row, column = divmod(place, len(self.columns))
        (top, bottom), (left, right) = self.rows[row].tolist(), self.columns[column].tolist()
        return top, left, bottom, right


def fields_of(network: Network, layer: str, held: float = HELD) -> Fields | None:
    """The fields of ``layer``; None if it has no maps, or means over all places.

    They are where a change of a pixel can matter, or else hold the share ``held`` of the energy.
    A row's field is that of its middle place and a column's likewise, as maps are the same all
    over. Raises `DgnError` if no gradient comes through.
    """
    about = network.info.layer(layer)
    if about.spatial is None or about.pooled or max(about.spatial) == 1:
        return None
    height, width = about.spatial
    places = [(row, width // 2) for row in range(height)]
    places += [(height // 2, column) for column in range(width)]
    profiles = np.zeros((2, len(places), network.info.working_size))
    for draw in range(_DRAWS):
        for at in range(0, len(places), _step(network)):
            part = places[at : at + _step(network)]
            profiles[:, at : at + len(part)] += _influence(network, layer, part, draw)
    if not profiles.any():
        raise DgnError(
            f"No gradient comes from {layer} to the pixels.", "Choose a layer before it."
        )
    spans = [_span(profiles[0, n], held) for n in range(height)]
    return Fields(
        np.array(spans, np.int32),
        np.array([_span(profiles[1, height + n], held) for n in range(width)], np.int32),
    )


def _step(network: Network) -> int:
    return min(_BATCH, network.info.batch_limit or _BATCH)


def _influence(
    network: Network, layer: str, places: list[tuple[int, int]], draw: int
) -> np.ndarray:
    """The gradient's energy, its square, over rows and over columns: (2, places, S)."""
    size, device = network.info.working_size, network.device
    random = torch.Generator().manual_seed(draw)
    noise = torch.rand(1, 3, size, size, generator=random)
    rgb = noise.expand(len(places), -1, -1, -1).to(device).clone().requires_grad_(True)
    reader = ActivationReader(network.module, [network.read_points[layer]])
    with torch.enable_grad(), missing_operators(device):
        maps = reader(network.preprocessing(rgb))[0]
        weights = torch.randn(maps.shape[1], generator=random).to(device)
        values = [(maps[n, :, y, x] * weights).sum() for n, (y, x) in enumerate(places)]
        (gradient,) = torch.autograd.grad(torch.stack(values).sum(), rgb)
    energy = gradient.double().nan_to_num(0.0, 0.0, 0.0).square().sum(1)  # (places, S, S)
    both = torch.stack([energy.sum(2), energy.sum(1)])
    return both.cpu().numpy()


def _span(profile: np.ndarray, held: float) -> tuple[int, int]:
    """First and last + 1 pixel of what ``profile`` (S,) says matters."""
    there = np.flatnonzero(profile > _TINY * profile.max())
    if not len(there):
        return 0, len(profile)
    first, last = int(there[0]), int(there[-1]) + 1
    if last - first <= _NEARLY_ALL * len(profile):
        return first, last
    share = np.cumsum(profile) / profile.sum()
    first = int(np.searchsorted(share, (1 - held) / 2))
    return first, int(np.searchsorted(share, (1 + held) / 2)) + 1
